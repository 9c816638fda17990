package securepipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecrassets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/cdktest"
)

// grant is one statement of a policy of a template.
type grant struct{ policy, actions, resources, statement string }

// grants returns the statements that allow an action.
func grants(t *testing.T, doc map[string]any, action string) []grant {
	t.Helper()
	var found []grant
	for id, policy := range cdktest.Resources(doc, "AWS::IAM::Policy") {
		for _, s := range items(policy["PolicyDocument"].(map[string]any)["Statement"]) {
			statement := s.(map[string]any)
			if allows(statement, action) {
				found = append(found, grant{id, text(t, statement["Action"]), text(t, statement["Resource"]), text(t, statement)})
			}
		}
	}
	return found
}

func TestAutoApproverCanConfirmNothingElse(t *testing.T) {
	for name, want := range map[string]string{"the least": ":*/Prod/ConfirmBroadeningProd.Confirm", "everything": ":orders/Early/Dev.ConfirmBroadeningDev.Confirm"} {
		t.Run(name, func(t *testing.T) {
			props := realProps()
			if name == "everything" {
				props = everyProp()
			}
			app, stack, _ := newPipeline(t, props)
			found := grants(t, cdktest.Template(t, app, stack), "codepipeline:PutApprovalResult")
			if len(found) != 1 {
				t.Fatalf("%d statements approve: %v", len(found), found)
			}
			if r := found[0].resources; strings.Count(r, `.Confirm"`) != 3 || strings.Contains(r, "ApproveProd") || !strings.Contains(r, want) {
				t.Errorf("it can approve %s", r)
			}
		})
	}
}

// A stage whose name looks like that of a confirmation must not have its approval confirmed by a function.
func TestAutoApproverIsNotFooledByNames(t *testing.T) {
	props := realProps()
	props.Stages[2].Name = jsii.String("ConfirmBroadeningProd")
	app, stack, _ := newPipeline(t, props)
	for _, g := range grants(t, cdktest.Template(t, app, stack), "codepipeline:PutApprovalResult") {
		if strings.Contains(g.resources, "/ApproveConfirmBroadeningProd") {
			t.Errorf("it can approve production: %s", g.resources)
		}
	}
}

func TestOnlyThePipelineStartsBuilds(t *testing.T) {
	app, stack, _ := newPipeline(t, everyProp())
	doc := cdktest.Template(t, app, stack)
	found := grants(t, doc, "codebuild:StartBuild")
	if len(found) < 4 { // the role of the actions, and one for each confirmation
		t.Errorf("%d statements start builds", len(found))
	}
	for _, g := range found {
		if !strings.Contains(g.policy, "ActionRole") || strings.Contains(g.resources, `*"`) {
			t.Errorf("%s starts builds of %s", g.policy, g.resources)
		}
	}
	for _, action := range []string{"codebuild:CreateReport", "logs:CreateLogGroup"} {
		for _, g := range grants(t, doc, action) {
			if strings.Contains(g.policy, "AssetsFileRole") {
				t.Errorf("%s: %s", g.policy, g.statement)
			}
		}
	}
}

// The project that compares works on what a build has put together, before anybody has approved it.
func TestTheComparisonOnlyLooks(t *testing.T) {
	props := realProps()
	props.Stages[0].Build = func(stage awscdk.Stage) {
		fill(stage)
		certificates := awscdk.NewStack(stage, jsii.String("Certificates"), &awscdk.StackProps{Env: cdktest.Env("222222222222", "us-east-1")})
		awss3.NewBucket(certificates, jsii.String("B"), nil)
		own := awscdk.NewStack(stage, jsii.String("Own"), &awscdk.StackProps{Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			LookupRoleArn: jsii.String("arn:${AWS::Partition}:iam::222222222222:role/bank/CdkLookup"),
		})})
		awss3.NewBucket(own, jsii.String("B"), nil)
	}
	app, stack, _ := newPipeline(t, props)
	doc := cdktest.Template(t, app, stack)
	for _, g := range grants(t, doc, "sts:AssumeRole") {
		if !strings.Contains(g.policy, "SecurityCheck") {
			continue
		}
		if strings.Contains(g.resources, "*") || strings.Contains(g.resources, "deploy-role") {
			t.Errorf("it can assume %s", g.resources)
		}
		for _, want := range []string{
			":iam::222222222222:role/cdk-hnb659fds-lookup-role-222222222222-eu-west-1", ":iam::222222222222:role/cdk-hnb659fds-lookup-role-222222222222-us-east-1",
			":iam::222222222222:role/bank/CdkLookup", ":iam::333333333333:role/cdk-hnb659fds-lookup-role-333333333333-eu-west-1",
			":iam::444444444444:role/cdk-hnb659fds-lookup-role-444444444444-eu-central-1",
		} {
			if !strings.Contains(g.resources, want) {
				t.Errorf("it can't look by %s: %s", want, g.resources)
			}
		}
	}
	for id, project := range cdktest.Resources(doc, "AWS::CodeBuild::Project") {
		if !strings.Contains(id, "SecurityCheck") {
			continue
		}
		spec := text(t, project["Source"])
		clean, install := strings.Index(spec, "rm -f .npmrc cdk.json cdk.context.json"), strings.Index(spec, "npm install -g aws-cdk@"+DefaultCliVersion)
		if clean < 0 || install < clean || !strings.Contains(spec, "cdk diff --method=template -a . ") {
			t.Errorf("%s", spec)
		}
	}
}

func TestTheFunctionIsTriedOnce(t *testing.T) {
	app, stack, _ := newPipeline(t, realProps())
	_, config := cdktest.One(t, cdktest.Template(t, app, stack), "AWS::Lambda::EventInvokeConfig")
	if config["MaximumRetryAttempts"] != 0.0 || config["MaximumEventAgeInSeconds"] != 60.0 {
		t.Errorf("%v", config)
	}
}

func TestConnectionsAreUsedUnderTheirOwnName(t *testing.T) {
	for _, service := range []string{"codeconnections", "codestar-connections"} {
		t.Run(service, func(t *testing.T) {
			props := realProps()
			props.Source = Connection(&ConnectionSourceProps{
				ConnectionArn: jsii.String("arn:aws:" + service + ":eu-west-1:111111111111:connection/0a1b2c3d"), Repository: jsii.String("bank/orders"), Branch: jsii.String("main"),
			})
			app, stack, _ := newPipeline(t, props)
			found := grants(t, cdktest.Template(t, app, stack), service+":UseConnection")
			if len(found) != 1 || found[0].resources != `"arn:aws:`+service+`:eu-west-1:111111111111:connection/0a1b2c3d"` {
				t.Errorf("%v", found)
			}
		})
	}
}

func TestStepsKeepWhatTheUserGaveThem(t *testing.T) {
	props := realProps()
	condition := map[string]any{"StringEquals": map[string]any{"aws:ResourceTag/team": "tests"}}
	var statements []awsiam.PolicyStatement
	actions := []string{"sts:AssumeRole", "kms:Decrypt", "codebuild:StartBuild", "codepipeline:PutApprovalResult"}
	for _, action := range actions {
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(action), Resources: jsii.Strings("*"), Conditions: &condition}))
	}
	props.Stages[1].After[0].RolePolicyStatements = &statements
	app, stack, _ := newPipeline(t, props)
	doc := cdktest.Template(t, app, stack)
	for _, action := range actions {
		kept := slices.ContainsFunc(grants(t, doc, action), func(g grant) bool {
			return strings.Contains(g.policy, "SmokeTest") && g.resources == `"*"` && strings.Contains(g.statement, `"aws:ResourceTag/team":"tests"`)
		})
		if !kept {
			t.Errorf("%s was changed", action)
		}
	}
}

func TestKeysOfOtherRegionsAreUsedThroughS3(t *testing.T) {
	app, stack, _ := newPipeline(t, realProps())
	for _, g := range grants(t, cdktest.Template(t, app, stack), "kms:Decrypt") {
		if strings.Contains(g.resources, `"*"`) || strings.Contains(g.resources, "key/*") && !strings.Contains(g.statement, `"kms:ViaService":"s3.eu-central-1.amazonaws.com"`) && !strings.Contains(g.statement, `"kms:ViaService":["s3.eu-central-1.amazonaws.com"]`) {
			t.Errorf("%s: %s", g.policy, g.statement)
		}
	}
}

// What is retained must stay readable, and what is made again must find its name free.
func TestTheKeyOfASupportStackLivesAsLongAsItsBucket(t *testing.T) {
	app, _, _ := newPipeline(t, realProps())
	policies := map[string]any{}
	for name, doc := range cdktest.Synth(t, app) {
		if !strings.HasPrefix(name, "cross-region-stack-") {
			continue
		}
		for _, r := range doc["Resources"].(map[string]any) {
			resource := r.(map[string]any)
			policies[resource["Type"].(string)] = resource["DeletionPolicy"]
		}
	}
	if policies["AWS::KMS::Key"] != "Retain" || policies["AWS::S3::Bucket"] != "Retain" || policies["AWS::KMS::Alias"] != "Delete" {
		t.Errorf("%v", policies)
	}
}

// withImage is a stage that deploys an image of its own.
func withImage(t *testing.T) func(awscdk.Stage) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(stage awscdk.Stage) {
		fill(stage)
		stack := awscdk.NewStack(stage, jsii.String("Images"), nil)
		image := awsecrassets.NewDockerImageAsset(stack, jsii.String("Image"), &awsecrassets.DockerImageAssetProps{Directory: &dir})
		awscdk.NewCfnOutput(stack, jsii.String("Uri"), &awscdk.CfnOutputProps{Value: image.ImageUri()})
		awss3.NewBucket(stack, jsii.String("B"), nil)
	}
}

func TestOnlyTheBuildOfAnImageIsPrivileged(t *testing.T) {
	cases := map[string]struct {
		props *DockerAssetsProps
		want  []string
	}{
		"alone":    {&DockerAssetsProps{Reason: jsii.String("the app runs in containers")}, []string{"AssetsDocker"}},
		"at synth": {&DockerAssetsProps{Reason: jsii.String("the app runs in containers"), AtSynth: jsii.Bool(true)}, []string{"AssetsDocker", "BuildSynth"}},
		"both": {&DockerAssetsProps{Reason: jsii.String("the app runs in containers"), AtSynth: jsii.Bool(true), AtSelfMutation: jsii.Bool(true)},
			[]string{"AssetsDocker", "BuildSynth", "SelfMutation"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			props := realProps()
			props.DockerAssets = c.props
			props.Stages[0].Build = withImage(t)
			app, stack, _ := newPipeline(t, props)
			privileged := 0
			for id, project := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::CodeBuild::Project") {
				if project["Environment"].(map[string]any)["PrivilegedMode"] != true {
					continue
				}
				privileged++
				if !slices.ContainsFunc(c.want, func(part string) bool { return strings.Contains(id, part) }) {
					t.Errorf("%s is privileged", id)
				}
			}
			if privileged != len(c.want) {
				t.Errorf("%d projects are privileged, want %v", privileged, c.want)
			}
		})
	}
}

func TestAnImageNobodyGaveAReasonForIsRefused(t *testing.T) {
	props := realProps()
	props.Stages[0].Build = withImage(t)
	message := cdktest.Panic(t, func() { newPipeline(t, props) })
	if want := "Delivery/Pipeline: DockerAssets: missing, expected a reason"; !strings.HasPrefix(message, want) {
		t.Errorf("got %s", message)
	}
}

func TestAnObjectIsASource(t *testing.T) {
	props := realProps()
	props.Source = S3(&S3SourceProps{BucketName: jsii.String("bank-code"), ObjectKey: jsii.String("orders.zip"), KeyArn: jsii.String(keyArn)})
	app, stack, _ := newPipeline(t, props)
	doc := cdktest.Template(t, app, stack)
	_, rule := cdktest.One(t, doc, "AWS::Events::Rule")
	if pattern := text(t, rule["EventPattern"]); !strings.Contains(pattern, `"name":["bank-code"]`) || !strings.Contains(pattern, `"key":["orders.zip"]`) {
		t.Errorf("%s", pattern)
	}
	for _, g := range grants(t, doc, "s3:GetObject*") {
		if strings.Contains(g.resources, "bank-code/") && !strings.Contains(g.resources, "bank-code/orders.zip") {
			t.Errorf("it reads more than its object: %s", g.resources)
		}
	}
	decrypts := slices.ContainsFunc(grants(t, doc, "kms:Decrypt"), func(g grant) bool { return g.resources == `"`+keyArn+`"` && strings.Contains(g.policy, "Source") })
	if !decrypts {
		t.Error("the source action can't decrypt its object")
	}
}
