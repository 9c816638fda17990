package pullrequestcheck

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/template"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/internal/nagtest"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

var vpc = aspects.VpcFromAttributes(&awsec2.VpcAttributes{
	VpcId: jsii.String("vpc-0123456789abcdef1"), AvailabilityZones: jsii.Strings("eu-west-1a", "eu-west-1b"),
	PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef1", "subnet-0123456789abcdef2"),
})

func newStack(t *testing.T) (awscdk.App, awscdk.Stack) {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	return app, awscdk.NewStack(app, jsii.String("Orders"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
}

// least is a check with its rules and nothing configured.
func least(stack awscdk.Stack) (*PullRequestCheck, *ApprovalRules) {
	check := NewPullRequestCheck(stack, jsii.String("Check"), &PullRequestCheckProps{RepositoryName: jsii.String("orders"), Vpc: vpc})
	return check, NewApprovalRules(stack, jsii.String("Rules"), &ApprovalRulesProps{
		Checks: []*PullRequestCheck{check}, Approvers: jsii.Strings("arn:aws:sts::111111111111:assumed-role/Reviewer/*"),
	})
}

// everything uses each prop.
func everything(stack awscdk.Stack) {
	repository := awscodecommit.NewRepository(stack, jsii.String("Repository"), &awscodecommit.RepositoryProps{RepositoryName: jsii.String("orders")})
	build := &BuildProps{
		Commands: jsii.Strings("make test"), InstallCommands: jsii.Strings("make tools"), Env: &map[string]*string{"STRICT": jsii.String("1")},
		Timeout: awscdk.Duration_Minutes(jsii.Number(30)), AssemblyDirectory: jsii.String("infra/cdk.out"),
		Reports:    []*ReportProps{{Name: jsii.String("Unit"), Files: jsii.Strings("reports/*.xml")}},
		Registries: []*buildsetup.Registry{buildsetup.NpmRegistry(&buildsetup.NpmRegistryProps{Url: jsii.String("https://packages.example.com:8443/npm/"), Credentials: &buildsetup.SecretCredentials{SecretId: jsii.String("npm")}})},
		Cache:      &CacheProps{Paths: jsii.Strings("/root/.npm/**/*")},
	}
	orders := NewPullRequestCheck(stack, jsii.String("Orders"), &PullRequestCheckProps{Repository: repository, Branches: jsii.Strings("main", "release/next"), Vpc: vpc, Build: build})
	payments := NewPullRequestCheck(stack, jsii.String("Payments"), &PullRequestCheckProps{RepositoryName: jsii.String("payments"), Branches: jsii.Strings("main", "release/next"), Vpc: vpc})
	NewApprovalRules(stack, jsii.String("Rules"), &ApprovalRulesProps{
		Checks: []*PullRequestCheck{orders, payments}, NamePrefix: jsii.String("bank"), Branches: []*BranchRuleProps{
			{Branch: jsii.String("main"), Approvals: jsii.Number(3), Approvers: jsii.Strings("arn:aws:sts::111111111111:assumed-role/Reviewer/*")},
			{Branch: jsii.String("release/next"), Approvals: jsii.Number(1), Approvers: jsii.Strings("arn:aws:iam::111111111111:user/release-manager")},
		},
	})
	NewWebhookCheck(stack, jsii.String("Elsewhere"), &WebhookCheckProps{
		Host: jsii.String("GITHUB"), RepositoryUrl: jsii.String("https://github.com/bank/orders.git"), Vpc: vpc, Build: build,
		ConnectionArn: jsii.String("arn:aws:codeconnections:eu-west-1:111111111111:connection/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
	})
}

var scenes = map[string]func(awscdk.Stack){
	"the least": func(stack awscdk.Stack) { least(stack) }, "everything": everything,
}

func TestEveryControlHolds(t *testing.T) {
	for name, fill := range scenes {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			fill(stack)
			parsed, err := template.New("orders", cdktest.Template(t, app, stack))
			if err != nil {
				t.Fatal(err)
			}
			result := controls.Evaluate([]*template.Template{parsed}, controls.All(), nil, time.Now())
			for _, f := range result.Failures() {
				t.Errorf("%s %s: %s %s", f.Resource.LogicalID, f.Control.ID, f.Verdict, f.Message)
			}
			if n := result.Count(controls.Compliant); n < 15 {
				t.Errorf("only %d compliant findings: was everything judged?", n)
			}
		})
	}
}

func TestFivePacksFindNothingUnsuppressed(t *testing.T) {
	for name, fill := range scenes {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			fill(stack)
			for _, finding := range nagtest.Open(nagtest.Lines(t, app)) {
				t.Error(finding)
			}
		})
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), `\u003c`, "<")
}
