package accesscontrol

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipelineactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

const developer = "arn:aws:iam::111111111111:role/developer"

// everything is each construct in a stack of its own, beside a repository and a pipeline that the app makes.
func everything(t *testing.T) (awscdk.App, awscdk.Stack) {
	t.Helper()
	context := flags.Safe()
	context["aws:cdk:enable-path-metadata"] = true // as the CDK CLI has it
	context["@aws-cdk/core:defaultCrossStackReferences"] = "strong"
	app := cdktest.App(t, context)
	delivery := awscdk.NewStack(app, jsii.String("Delivery"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
	repository := awscodecommit.NewRepository(delivery, jsii.String("Code"), &awscodecommit.RepositoryProps{RepositoryName: jsii.String("orders")})
	stack := awscdk.NewStack(app, jsii.String("Access"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
	given := []awscodecommit.IRepository{repository}
	pipeline := newPipeline(delivery, repository)
	who := awsiam.NewArnPrincipal(jsii.String(developer))
	NewBranchProtection(stack, jsii.String("Protection"), &BranchProtectionProps{Repositories: given, Branches: jsii.Strings("main", "release/*")})
	NewPermissionsBoundary(stack, jsii.String("Boundary"), &PermissionsBoundaryProps{Repositories: given, PassableRoleArns: jsii.Strings("arn:aws:iam::111111111111:role/build-*")})
	NewDuties(stack, jsii.String("Duties"), &DutiesProps{
		Repositories: given, RepositoryNames: jsii.Strings("team-*"), Pipelines: []awscodepipeline.IPipeline{pipeline}, BuildProjectNames: jsii.Strings("orders-*"),
		ManagedPolicyNamePrefix: jsii.String("Orders"),
	})
	NewDuties(stack, jsii.String("SmallTeam"), &DutiesProps{
		RepositoryNames: jsii.Strings("invoices"), PipelineNames: jsii.Strings("invoices"), Approvals: jsii.Strings("Prod/ApproveProd"),
		CommittersMayApproveReason: jsii.String("a team of three people"), MfaElsewhereReason: jsii.String("IAM Identity Center asks at sign-in"),
	})
	NewApprovalRuleAdministrator(stack, jsii.String("Administrator"), &ApprovalRuleAdministratorProps{Repositories: given, RepositoryNames: jsii.Strings("team-*"), AssumedBy: who})
	NewPipelineViewer(stack, jsii.String("Viewer"), &PipelineViewerProps{
		Pipeline: pipeline, AssumedBy: who, BuildProjectNames: jsii.Strings("orders-*", "smoke"), LogGroupNames: jsii.Strings("/aws/codebuild/orders-*"),
		StackNames: jsii.Strings("Prod-Orders"), DeployApplicationNames: jsii.Strings("orders"),
	})
	return app, stack
}

func newPipeline(stack awscdk.Stack, repository awscodecommit.Repository) awscodepipeline.Pipeline {
	code := awscodepipeline.NewArtifact(jsii.String("Code"), nil)
	return awscodepipeline.NewPipeline(stack, jsii.String("Pipeline"), &awscodepipeline.PipelineProps{
		PipelineName: jsii.String("orders"),
		Stages: &[]*awscodepipeline.StageProps{
			{StageName: jsii.String("Source"), Actions: &[]awscodepipeline.IAction{
				awscodepipelineactions.NewCodeCommitSourceAction(&awscodepipelineactions.CodeCommitSourceActionProps{ActionName: jsii.String("Code"), Repository: repository, Output: code, Branch: jsii.String("main")}),
			}},
			{StageName: jsii.String("Prod"), Actions: &[]awscodepipeline.IAction{
				awscodepipelineactions.NewManualApprovalAction(&awscodepipelineactions.ManualApprovalActionProps{ActionName: jsii.String("ApproveProd")}),
			}},
		},
	})
}

// TestLogicalIDsStay: a changed logical id replaces a policy that people and permission sets refer to.
func TestLogicalIDsStay(t *testing.T) {
	app, stack := everything(t)
	var lines []string
	for id, r := range cdktest.Template(t, app, stack)["Resources"].(map[string]any) {
		resource := r.(map[string]any)
		lines = append(lines, strings.TrimSpace(resource["Type"].(string)+" "+id+" "+nameOf(resource)))
	}
	cdktest.Golden(t, filepath.Join("testdata", "logical_ids.golden"), lines)
}

func nameOf(resource map[string]any) string {
	properties, _ := resource["Properties"].(map[string]any)
	name, _ := properties["ManagedPolicyName"].(string)
	return name
}

func TestEveryPolicyIsBelowThePathAndHasRoom(t *testing.T) {
	app, stack := everything(t)
	policies := cdktest.Resources(cdktest.Template(t, app, stack), "AWS::IAM::ManagedPolicy")
	if len(policies) != 12 {
		t.Errorf("%d policies", len(policies))
	}
	for id, p := range policies {
		if p["Path"] != Path {
			t.Errorf("%s: path %v, which no service control policy protects", id, p["Path"])
		}
		size := sizeOf(p["PolicyDocument"])
		t.Logf("%s: %d", id, size)
		if size > policyLimit || size < 500 {
			t.Errorf("%s: %d characters", id, size)
		}
		sids := map[string]bool{}
		for _, s := range p["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			sid, _ := s.(map[string]any)["Sid"].(string)
			if sid != "" && sids[sid] {
				t.Errorf("%s: two statements %s, which IAM refuses", id, sid)
			}
			sids[sid] = true
		}
	}
}

func TestADocumentThatIsTooLongIsRefused(t *testing.T) {
	stack := awscdk.NewStack(cdktest.App(t, nil), jsii.String("Access"), nil)
	got := cdktest.Panic(t, func() {
		NewBranchProtection(stack, jsii.String("Protection"), &BranchProtectionProps{RepositoryNames: many(40)})
	})
	if !strings.HasPrefix(got, "Access/Protection: the policy document of Policy: got ") || !strings.Contains(got, "at most 6144 characters") {
		t.Error(got)
	}
}

// TestDutiesHaveRoomForWhatTheirDocumentationSays: the documentation of NewDuties gives these numbers.
func TestDutiesHaveRoomForWhatTheirDocumentationSays(t *testing.T) {
	stack := awscdk.NewStack(cdktest.App(t, nil), jsii.String("Access"), nil)
	NewDuties(stack, jsii.String("Duties"), &DutiesProps{
		RepositoryNames: jsii.Strings("orders-service", "orders-frontend"), PipelineNames: jsii.Strings("orders-delivery", "orders-reports"),
		BuildProjectNames: jsii.Strings("orders-synth", "orders-assets", "orders-smoke"),
	})
}

func TestFaultsCarryThePath(t *testing.T) {
	stack := awscdk.NewStack(cdktest.App(t, nil), jsii.String("Access"), nil)
	for name, construct := range map[string]func(id *string){
		"Protection":    func(id *string) { NewBranchProtection(stack, id, nil) },
		"Boundary":      func(id *string) { NewPermissionsBoundary(stack, id, nil) },
		"Duties":        func(id *string) { NewDuties(stack, id, nil) },
		"Administrator": func(id *string) { NewApprovalRuleAdministrator(stack, id, nil) },
		"Viewer":        func(id *string) { NewPipelineViewer(stack, id, nil) },
	} {
		if got := cdktest.Panic(t, func() { construct(&name) }); !strings.HasPrefix(got, "Access/"+name+": ") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestTheBoundaryNamesItself: a policy can't refer to itself in CloudFormation, so the name must be the one that it gets.
func TestTheBoundaryNamesItself(t *testing.T) {
	app, stack := everything(t)
	policies := cdktest.Resources(cdktest.Template(t, app, stack), "AWS::IAM::ManagedPolicy")
	for id, p := range policies {
		if !strings.HasPrefix(id, "Boundary") {
			continue
		}
		document, err := json.Marshal(p["PolicyDocument"])
		if err != nil {
			t.Fatal(err)
		}
		if name := p["ManagedPolicyName"].(string); !strings.Contains(string(document), "policy/securecdk/"+name+`"`) {
			t.Errorf("%s isn't in %s", name, document)
		}
		return
	}
	t.Error("no boundary")
}

func TestOnlyTheTwoRolesAreMadeAndOneMayEditRules(t *testing.T) {
	app, stack := everything(t)
	roles := cdktest.Resources(cdktest.Template(t, app, stack), "AWS::IAM::Role")
	if len(roles) != 2 {
		t.Fatalf("%d roles", len(roles))
	}
	for id, r := range roles {
		administrator := strings.HasPrefix(id, "Administrator")
		if below := r["Path"] == Path; below != administrator {
			t.Errorf("%s: path %v, which decides on exemption", id, r["Path"])
		}
		trust, err := json.Marshal(r["AssumeRolePolicyDocument"])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(trust), developer) || strings.Contains(string(trust), `"aws:MultiFactorAuthPresent":"true"`) != administrator {
			t.Errorf("%s: trust %s", id, trust)
		}
	}
}
