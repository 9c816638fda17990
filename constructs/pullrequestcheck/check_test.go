package pullrequestcheck

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/constructs/securepipeline"
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
		Cache:      &CacheProps{Paths: jsii.Strings("node_modules/**/*")},
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
			cdktest.Compliant(t, cdktest.Synth(t, app), 15)
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

// TestLogicalIDsStay: a changed logical id replaces a key or a log group of every check that is upgraded.
func TestLogicalIDsStay(t *testing.T) {
	app, stack := newStack(t)
	everything(stack)
	var lines []string
	for id, r := range cdktest.Template(t, app, stack)["Resources"].(map[string]any) {
		lines = append(lines, r.(map[string]any)["Type"].(string)+" "+id)
	}
	cdktest.Golden(t, filepath.Join("testdata", "logical_ids.golden"), lines)
}

// TestTheBuildspecIsTheProjectsOwn: with a file of the repository for its buildspec, the request would write its own test.
func TestTheBuildspecIsTheProjectsOwn(t *testing.T) {
	app, stack := newStack(t)
	everything(stack)
	projects := cdktest.Resources(cdktest.Template(t, app, stack), "AWS::CodeBuild::Project")
	if len(projects) != 4 {
		t.Fatalf("%d projects", len(projects))
	}
	for id, project := range projects {
		spec := text(t, project["Source"].(map[string]any)["BuildSpec"])
		merge, command := strings.Index(spec, "git merge"), strings.Index(spec, "make test")
		if command < 0 {
			command = strings.Index(spec, "cdk@"+securepipeline.DefaultCliVersion+" synth")
		}
		if !strings.Contains(spec, "phases") || merge < 0 || command < 0 {
			t.Errorf("%s: %s", id, spec)
		}
		if environment := project["Environment"].(map[string]any); environment["PrivilegedMode"] != false {
			t.Errorf("%s is privileged", id)
		}
	}
}

func TestForksAreBuiltOnlyWhenSomebodySaidSo(t *testing.T) {
	app, stack := newStack(t)
	everything(stack)
	for id, project := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::CodeBuild::Project") {
		triggers, webhook := project["Triggers"].(map[string]any)
		if strings.HasPrefix(id, "Elsewhere") != webhook {
			t.Errorf("%s: %v", id, triggers)
		}
		if !webhook {
			continue
		}
		if got := text(t, triggers["PullRequestBuildPolicy"]); got != `{"RequiresCommentApproval":"FORK_PULL_REQUESTS"}` {
			t.Error(got)
		}
	}
}

// TestAStatusIsThatOfOneBranch: one commit can be requested into two branches, and a status is the commit's.
func TestAStatusIsThatOfOneBranch(t *testing.T) {
	app, stack := newStack(t)
	everything(stack)
	found := map[string]string{}
	for _, project := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::CodeBuild::Project") {
		if triggers, webhook := project["Triggers"].(map[string]any); webhook {
			config := project["Source"].(map[string]any)["BuildStatusConfig"].(map[string]any)
			filters := triggers["FilterGroups"].([]any)[0].([]any)
			found[config["Context"].(string)] = filters[1].(map[string]any)["Pattern"].(string)
		}
	}
	want := map[string]string{"pull-request-check/main": "^refs/heads/main$", "pull-request-check/develop": "^refs/heads/develop$"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}

// TestMachineAndPeopleDoNotStandForEachOther: no pool of people has a role of the machine's, and the other way round.
func TestMachineAndPeopleDoNotStandForEachOther(t *testing.T) {
	app, stack := newStack(t)
	everything(stack)
	doc := cdktest.Template(t, app, stack)
	machines := 0
	for id, rule := range cdktest.Resources(doc, "Custom::ApprovalRuleTemplate") {
		pool := text(t, rule["ApprovalPoolMembers"])
		machine := strings.Contains(id, "Machine")
		if machine != strings.Contains(pool, "VerdictRole") || machine == (strings.Contains(pool, "Reviewer") || strings.Contains(pool, "user/")) {
			t.Errorf("%s: %s", id, pool)
		}
		if !machine {
			continue
		}
		machines++
		if strings.Count(pool, "VerdictRole") != 2 || text(t, rule["Branches"]) != `["main","release/next"]` || rule["ApprovalsNeeded"] != "1" {
			t.Errorf("%s: %v", id, rule)
		}
	}
	if machines != 1 {
		t.Errorf("%d rules of the machine", machines)
	}
}

func TestDefaultsAreTwoForMainAndOneForDevelop(t *testing.T) {
	app, stack := newStack(t)
	least(stack)
	needed := map[string]any{}
	for _, rule := range cdktest.Resources(cdktest.Template(t, app, stack), "Custom::ApprovalRuleTemplate") {
		needed[rule["Name"].(string)] = rule["ApprovalsNeeded"]
	}
	want := map[string]any{"Orders-Rules-machine": "1", "Orders-Rules-main-people": "2", "Orders-Rules-develop-people": "1"}
	if diff := cmp.Diff(want, needed); diff != "" {
		t.Error(diff)
	}
}

// TestInAStageAndWithoutAnEnvironment: where names and account are only known when it is deployed.
func TestInAStageAndWithoutAnEnvironment(t *testing.T) {
	app := cdktest.App(t, flags.Safe())
	stage := awscdk.NewStage(app, jsii.String("Tooling"), nil)
	stack := awscdk.NewStack(stage, jsii.String("Orders"), nil)
	least(stack)
	docs := cdktest.Synth(t, app)
	cdktest.Compliant(t, docs, 1)
	for name, doc := range docs {
		if len(cdktest.Resources(doc, "Custom::ApprovalRuleTemplate")) != 3 {
			t.Errorf("%s has no rules", name)
		}
	}
}

// TestBesideAPipeline: the check and the pipeline of a repository live in one stack.
func TestBesideAPipeline(t *testing.T) {
	build := func(t *testing.T) (awscdk.App, awscdk.Stack) {
		app, stack := newStack(t)
		repository := awscodecommit.NewRepository(stack, jsii.String("Repository"), &awscodecommit.RepositoryProps{RepositoryName: jsii.String("orders")})
		NewPullRequestCheck(stack, jsii.String("Check"), &PullRequestCheckProps{Repository: repository, Vpc: vpc})
		securepipeline.NewPipeline(stack, jsii.String("Pipeline"), &securepipeline.PipelineProps{
			Source: securepipeline.CodeCommit(&securepipeline.CodeCommitSourceProps{Repository: repository, Branch: jsii.String("main")}),
			Vpc:    vpc, Stages: []*securepipeline.StageProps{{
				Name: jsii.String("Dev"), Env: cdktest.Env("222222222222", "eu-west-1"), Baseline: aspects.NewBaseline(&aspects.BaselineProps{Vpc: vpc}),
				Build: func(stage awscdk.Stage) {
					awssns.NewTopic(awscdk.NewStack(stage, jsii.String("App"), nil), jsii.String("Topic"), nil)
				},
			}},
		})
		return app, stack
	}
	app, stack := build(t)
	cdktest.Compliant(t, map[string]map[string]any{"orders": cdktest.Template(t, app, stack)}, 30)
	app, _ = build(t)
	for _, finding := range nagtest.Open(nagtest.Lines(t, app)) {
		t.Error(finding)
	}
}
