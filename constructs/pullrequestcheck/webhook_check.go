package pullrequestcheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/secured"
)

// WebhookCheckProps configures NewWebhookCheck. Host, RepositoryUrl, ConnectionArn and Vpc are required.
type WebhookCheckProps struct {
	// Host is where the repository is: GITHUB, GITHUB_ENTERPRISE, GITLAB, GITLAB_SELF_MANAGED or BITBUCKET.
	Host *string
	// RepositoryUrl is what one clones: https://github.com/bank/orders.git
	RepositoryUrl *string
	// ConnectionArn is a connection of AWS CodeConnections, authorized in the console, that reaches the repository.
	ConnectionArn *string
	// Branches are the protected branches: pull requests to them are checked. Default main and develop.
	Branches *[]*string
	// Vpc gives the stack its VPC. Builds run in its private subnets.
	Vpc aspects.VpcProvider
	// Build is what is run. Default: the CDK app is synthesized, and so judged.
	Build *BuildProps
	// AccessLogs gives the stack the target bucket of the cache bucket's access logs; it is asked for with Build.Cache alone.
	// Default aspects.LogBucketPerStack(nil).
	AccessLogs aspects.LogBucketProvider
	// LogRetention is how long logs are kept. Default one year.
	LogRetention awslogs.RetentionDays
}

// WebhookCheck builds and tests the pull requests of a repository at another host, which the host's webhook tells of, and
// reports the status of each commit to the host. The host itself keeps what is not approved from being merged: what to set
// there is in the documentation of the package.
//
// Each protected branch has a project and a status of its own, "pull-request-check/main": a status belongs to a commit, and one
// commit can be requested into two branches.
type WebhookCheck struct {
	constructs.Construct
	key      awskms.Key
	logs     awslogs.LogGroup
	branches []string
	builds   map[string]*built // by branch
}

var (
	hosts   = []string{"GITHUB", "GITHUB_ENTERPRISE", "GITLAB", "GITLAB_SELF_MANAGED", "BITBUCKET"}
	urlForm = regexp.MustCompile(`^https://[\w.-]+(:\d+)?(/[\w.~-]+){2,}$`)
)

// mergeOfWebhook merges the tip of the destination into the clone of the request's head.
var mergeOfWebhook = []string{
	`git config user.name "pull request check" && git config user.email "pull-request-check@localhost"`,
	`git fetch --quiet origin "+$CODEBUILD_WEBHOOK_BASE_REF:refs/pull-request/destination"`,
	`git merge --quiet --no-edit refs/pull-request/destination`,
}

// settleWebhook turns props into settings, or into every fault that they have. It is pure.
func settleWebhook(props *WebhookCheckProps) (*settings, fault.List) {
	if props == nil {
		props = &WebhookCheckProps{}
	}
	// The name stands for the repository of CodeCommit, which there is none of.
	s, l := settle(&PullRequestCheckProps{
		RepositoryName: jsii.String("none"), Branches: props.Branches, Vpc: props.Vpc, Build: props.Build, AccessLogs: props.AccessLogs, LogRetention: props.LogRetention,
	})
	if props.Host == nil || !slices.Contains(hosts, *props.Host) {
		l.Add("Host", props.Host, "one of "+strings.Join(hosts, ", "), "name the host of the repository; for CodeCommit use NewPullRequestCheck")
	}
	l.Match("RepositoryUrl", props.RepositoryUrl, urlForm, "the https URL that one clones, without credentials", true)
	l.Match("ConnectionArn", props.ConnectionArn, fault.ConnectionForm, "the ARN of a connection, arn:aws:codeconnections:<region>:<account>:connection/<id>", true)
	return s, l
}

// NewWebhookCheck makes the check of one repository.
//
// It panics with an error that lists every fault of the props: field, value, what was expected, what to do.
func NewWebhookCheck(scope constructs.Construct, id *string, props *WebhookCheckProps) *WebhookCheck {
	s, faults := settleWebhook(props)
	fail(scope, id, faults)
	c := &WebhookCheck{branches: s.branches, builds: map[string]*built{}}
	constructs.NewConstruct_Override(c, scope, id)
	c.key = secured.NewKey(c, "Key", &secured.KeyProps{Description: fmt.Sprintf("Logs of the pull request check %s", *c.Node().Path()), LogsSid: "Logs"})
	c.logs = secured.NewLogGroup(c, "BuildLogs", c.key, s.LogRetention)
	vpc, service := secured.FindVpc(c, s.Vpc), strings.Split(*props.ConnectionArn, ":")[2]
	for _, branch := range s.branches {
		b := builder{
			scope: constructs.NewConstruct(c, jsii.String(strings.ReplaceAll(branch, "/", "--"))), settings: s.build, vpc: vpc, key: c.key, logs: c.logs,
			accessLogs: s.AccessLogs, merge: mergeOfWebhook,
			read: allow("ReadTheRepository", props.ConnectionArn, service+":GetConnection", service+":GetConnectionToken"),
		}
		c.builds[branch] = b.make()
		c.connect(branch, c.builds[branch], props)
	}
	return c
}

// connect gives a project its source and its webhook. A request from a fork is built when somebody who may write to the
// repository has commented so: its code runs in the VPC.
func (c *WebhookCheck) connect(branch string, b *built, props *WebhookCheckProps) {
	b.cfn().SetSource(&awscodebuild.CfnProject_SourceProperty{
		Type: props.Host, Location: props.RepositoryUrl, GitCloneDepth: jsii.Number(0), ReportBuildStatus: jsii.Bool(true),
		BuildSpec: b.spec.ToBuildSpec(c),
		Auth:      &awscodebuild.CfnProject_SourceAuthProperty{Type: jsii.String("CODECONNECTIONS"), Resource: props.ConnectionArn},
		BuildStatusConfig: &awscodebuild.CfnProject_BuildStatusConfigProperty{
			Context: jsii.String("pull-request-check/" + branch), TargetUrl: jsii.String("${CODEBUILD_BUILD_URL}"),
		},
	})
	kinds := "PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED, PULL_REQUEST_REOPENED"
	if *props.Host == "BITBUCKET" {
		kinds = "PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED" // it knows no reopening
	}
	filter := func(kind, pattern string) *awscodebuild.CfnProject_WebhookFilterProperty {
		return &awscodebuild.CfnProject_WebhookFilterProperty{Type: &kind, Pattern: &pattern}
	}
	b.cfn().SetTriggers(&awscodebuild.CfnProject_ProjectTriggersProperty{
		Webhook: jsii.Bool(true), BuildType: jsii.String("BUILD"),
		FilterGroups: []any{[]any{filter("EVENT", kinds), filter("BASE_REF", "^refs/heads/"+regexp.QuoteMeta(branch)+"$")}},
		PullRequestBuildPolicy: &awscodebuild.CfnProject_PullRequestBuildPolicyProperty{
			RequiresCommentApproval: jsii.String("FORK_PULL_REQUESTS"),
		},
	})
}

// Projects returns the CodeBuild projects, one a branch. Whoever may start their builds can set any status: deny it to people.
func (c *WebhookCheck) Projects() []awscodebuild.Project {
	projects := make([]awscodebuild.Project, len(c.branches))
	for i, branch := range c.branches {
		projects[i] = c.builds[branch].project
	}
	return projects
}

// EncryptionKey returns the key of the logs.
func (c *WebhookCheck) EncryptionKey() awskms.Key { return c.key }
