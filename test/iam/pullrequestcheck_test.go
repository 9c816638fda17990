package iam

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/accesscontrol"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/constructs/pullrequestcheck"
	"github.com/securecdk/securecdk/constructs/securepipeline"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
)

const (
	connection   = "arn:aws:codeconnections:" + region + ":" + account + ":connection/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
	allSubnets   = "arn:aws:ec2:" + region + ":" + account + ":subnet/"
	interfaces   = "arn:aws:ec2:" + region + ":" + account + ":network-interface/eni-0123456789abcdef0"
	allSecrets   = "arn:aws:secretsmanager:" + region + ":" + account + ":secret:"
	foreignKey   = "arn:aws:kms:" + region + ":" + account + ":key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
	allLogs      = "arn:aws:logs:" + region + ":" + account + ":log-group:"
	byItsOwnCode = "lambda:SourceFunctionArn=arn:aws:lambda:" + region + ":" + account + ":function:any"
)

// checkTemplate is made once: tests read it through worlds of their own, which copy it.
var checkTemplate map[string]any

// checked is the world of checkTemplate.
func checked(t *testing.T) *world {
	t.Helper()
	if checkTemplate == nil {
		checkTemplate = synthesizedCheck(t)
	}
	w := newWorld(t, checkTemplate)
	for value := range w.unresolved {
		t.Errorf("no name is known for %s", value)
	}
	return w
}

// synthesizedCheck is the template of a repository with its pull-request check and approval rules, a check of another host, the
// pipeline of the repository beside them, and the duties of the people.
func synthesizedCheck(t *testing.T) map[string]any {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	stack := awscdk.NewStack(app, jsii.String("Delivery"), &awscdk.StackProps{Env: cdktest.Env(account, region)})
	vpc := aspects.VpcFromAttributes(&awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a"), PrivateSubnetIds: jsii.Strings(subnet),
	})
	repository := awscodecommit.NewRepository(stack, jsii.String("Repository"), &awscodecommit.RepositoryProps{RepositoryName: jsii.String("orders")})
	build := &pullrequestcheck.BuildProps{
		Reports: []*pullrequestcheck.ReportProps{{Name: jsii.String("Unit"), Files: jsii.Strings("reports/*.xml")}},
		Registries: []*buildsetup.Registry{buildsetup.NpmRegistry(&buildsetup.NpmRegistryProps{
			Url: jsii.String("https://packages.example.com/npm/"), Credentials: &buildsetup.SecretCredentials{SecretId: jsii.String("npm")},
		})},
		Cache: &pullrequestcheck.CacheProps{Paths: jsii.Strings("node_modules/**/*")},
	}
	check := pullrequestcheck.NewPullRequestCheck(stack, jsii.String("Check"), &pullrequestcheck.PullRequestCheckProps{Repository: repository, Vpc: vpc, Build: build})
	pullrequestcheck.NewApprovalRules(stack, jsii.String("Rules"), &pullrequestcheck.ApprovalRulesProps{
		Checks: []*pullrequestcheck.PullRequestCheck{check}, Approvers: jsii.Strings("arn:aws:sts::" + account + ":assumed-role/Reviewer/*"),
	})
	pullrequestcheck.NewWebhookCheck(stack, jsii.String("Elsewhere"), &pullrequestcheck.WebhookCheckProps{
		Host: jsii.String("GITHUB"), RepositoryUrl: jsii.String("https://github.com/bank/orders.git"), Vpc: vpc, Build: build, ConnectionArn: jsii.String(connection), Branches: jsii.Strings("main"),
	})
	securepipeline.NewPipeline(stack, jsii.String("Pipeline"), &securepipeline.PipelineProps{
		Source: securepipeline.CodeCommit(&securepipeline.CodeCommitSourceProps{Repository: repository, Branch: jsii.String("main")}), Vpc: vpc,
		Stages: []*securepipeline.StageProps{{
			Name: jsii.String("Dev"), Env: cdktest.Env(account, region), Baseline: baseline(),
			Build: func(stage awscdk.Stage) {
				awssns.NewTopic(awscdk.NewStack(stage, jsii.String("App"), nil), jsii.String("Topic"), nil)
			},
		}},
	})
	accesscontrol.NewDuties(stack, jsii.String("Duties"), &accesscontrol.DutiesProps{
		Repositories: []awscodecommit.IRepository{repository}, PipelineNames: jsii.Strings("orders"),
		// The name of a project is made up by CloudFormation, and here by world, from its logical id.
		BuildProjectNames: jsii.Strings("checkproject*"),
	})
	return cdktest.Template(t, app, stack)
}

var hash = regexp.MustCompile(`^[0-9A-F]{8}$`)

// one is the only resource with a logical id of this beginning, behind which stands nothing but the CDK's hash.
func (w *world) one(t testing.TB, prefix string) resource {
	t.Helper()
	var found []resource
	for id, r := range w.resources {
		if rest, ok := strings.CutPrefix(id, prefix); ok && hash.MatchString(rest) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d resources are called %s", len(found), prefix)
	}
	return found[0]
}

func (w *world) arnOf(t testing.TB, prefix string) string {
	t.Helper()
	return w.arn(w.one(t, prefix).id)
}

// logGroup is the ARN of a group and of one of its streams.
func (w *world) logGroup(t testing.TB, prefix string) (group, stream string) {
	t.Helper()
	group = strings.TrimSuffix(w.arnOf(t, prefix), ":*")
	return group, group + ":log-stream:0a1b"
}

// requestOf is a call under an identity's policies and the policy of the resource itself. Keys and roles that are not in
// the template trust their account, or the test would show nothing about the caller.
func (w *world) requestOf(principal string, identity []any, c call) Request {
	context := map[string]string{"aws:SecureTransport": "true"}
	for _, pair := range c.with {
		key, value, _ := strings.Cut(pair, "=")
		context[key] = value
	}
	r := Request{Principal: principal, Action: c.action, Resource: c.resource, Account: account, Context: context, Identity: identity}
	for id, found := range w.resources {
		if arn := w.arn(id); arn == c.resource || strings.HasPrefix(c.resource, arn+"/") {
			r.ResourcePolicy = w.policyOf(found)
		}
	}
	if r.ResourcePolicy == nil && (strings.HasPrefix(c.action, "kms:") || strings.HasPrefix(c.action, "sts:")) {
		r.ResourcePolicy = map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::" + account + ":root"}, "Action": c.action, "Resource": "*",
		}}}
		if strings.HasPrefix(c.action, "sts:") {
			delete(dig(r.ResourcePolicy, "Statement").([]any)[0].(map[string]any), "Resource")
		}
	}
	return r
}

// key tells calls apart.
func (c call) key() string {
	context := slices.Sorted(slices.Values(c.with))
	return c.action + " " + c.resource + " " + strings.Join(context, " ")
}

// misjudged lets the simulator judge every call of all as the role, and returns what of its work is denied and what of the
// others is allowed.
func (w *world) misjudged(t *testing.T, role resource, work, all []call, context ...string) []string {
	t.Helper()
	allowed := map[string]bool{}
	for _, c := range work {
		allowed[c.key()] = true
	}
	calls := map[string]call{}
	for _, c := range append(slices.Clone(all), work...) {
		calls[c.key()] = c
	}
	names := slices.Sorted(maps.Keys(calls))
	requests := make([]Request, len(names))
	for i, name := range names {
		requests[i] = w.requestOf(w.arn(role.id), w.identity(role), calls[name])
		for _, pair := range context {
			key, value, _ := strings.Cut(pair, "=")
			requests[i].Context[key] = value
		}
	}
	var wrong []string
	for i, got := range Simulate(t, requests) {
		switch {
		case got && !allowed[names[i]]:
			wrong = append(wrong, "allowed: "+names[i])
		case !got && allowed[names[i]]:
			wrong = append(wrong, "denied: "+names[i])
		}
	}
	return wrong
}
