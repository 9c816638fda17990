package aspects

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront/experimental"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/internal/cdktest"
)

func TestNestedStacksUseWhatTheirParentHas(t *testing.T) {
	app, stack := newStack(t)
	nested := awscdk.NewNestedStack(stack, jsii.String("Nested"), nil)
	everything(nested)
	testBaseline().ApplyTo(app)
	for name, doc := range cdktest.Synth(t, app) {
		for id := range cdktest.Resources(doc, "AWS::KMS::Key") {
			if strings.HasPrefix(id, keyID) && strings.Contains(name, "nested") {
				t.Errorf("%s has a guardrail key of its own: %s", name, id)
			}
		}
	}
}

func TestEachEnvironmentHasItsOwn(t *testing.T) {
	app := cdktest.App(t, nil)
	for _, id := range []string{"Dev", "Prod"} {
		stage := awscdk.NewStage(app, jsii.String(id), &awscdk.StageProps{Env: cdktest.Env(account, region)})
		everything(awscdk.NewStack(stage, jsii.String("S"), nil))
	}
	testBaseline().ApplyTo(app)
	for name, doc := range cdktest.Synth(t, app) {
		guardrailKeys := 0
		for id := range cdktest.Resources(doc, "AWS::KMS::Key") {
			if strings.HasPrefix(id, keyID) {
				guardrailKeys++
			}
		}
		if guardrailKeys != 1 {
			t.Errorf("%s: %d guardrail keys", name, guardrailKeys)
		}
	}
}

func TestLogTargetInAnotherStackIsRecognized(t *testing.T) {
	app := cdktest.App(t, nil)
	env := &awscdk.StackProps{Env: cdktest.Env(account, region)}
	shared := awscdk.NewStack(app, jsii.String("Shared"), env)
	logs := awss3.NewBucket(shared, jsii.String("Logs"), nil)
	awss3.NewBucket(awscdk.NewStack(app, jsii.String("App"), env), jsii.String("Data"), &awss3.BucketProps{ServerAccessLogsBucket: logs})
	changes := testBaseline().ApplyTo(app)
	for _, c := range changes {
		if c.Path == "Shared/Logs/Resource" && (c.Control == "S3.CMK" || c.Control == "S3.LOGGING") {
			t.Errorf("a target of access logs: %+v", c)
		}
	}
	cdktest.Synth(t, app)
}

func TestWhatAnExceptionCoversIsNotTouched(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewBucket(stack, jsii.String("B"), nil)
	register, err := exceptions.Parse("exceptions.yaml", fmt.Appendf(nil, `
- control: S3.VERSIONING
  scope: S/B/Resource
  reason: Scratch data that is rebuilt every night from the source system.
  owner: data-platform
  approver: ciso-office
  ticket: RISK-1
  expires: %s
`, time.Now().AddDate(1, 0, 0).Format(time.DateOnly)))
	if err != nil {
		t.Fatal(err)
	}
	changes := NewBaseline(&BaselineProps{Exceptions: register}).ApplyTo(app)
	if slices.ContainsFunc(changes, func(c Change) bool { return c.Control == "S3.VERSIONING" }) {
		t.Errorf("%+v", changes)
	}
	cdktest.Synth(t, app) // the finding stands, accepted
}

func TestValuesOnlyTheDeploymentKnowsAreLeftAndReported(t *testing.T) {
	app, stack := newStack(t)
	parameter := awscdk.NewCfnParameter(stack, jsii.String("KeyArn"), nil)
	awss3.NewCfnBucket(stack, jsii.String("B"), &awss3.CfnBucketProps{BucketEncryption: &awss3.CfnBucket_BucketEncryptionProperty{
		ServerSideEncryptionConfiguration: []any{&awss3.CfnBucket_ServerSideEncryptionRuleProperty{
			ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{SseAlgorithm: jsii.String("aws:kms"), KmsMasterKeyId: parameter.ValueAsString()},
		}},
	}})
	changes := testBaseline().ApplyTo(app)
	if slices.ContainsFunc(changes, func(c Change) bool { return c.Control == "S3.CMK" }) {
		t.Errorf("%+v", changes)
	}
	cdktest.Panic(t, func() { app.Synth(nil) })
	report := read(t, *app.Outdir(), "validation-report.json")
	if !strings.Contains(report, "S3.CMK") || strings.Contains(report, "S3.TLS") {
		t.Errorf("the report names what could not be known, and that alone: %s", report)
	}
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFunctionsThatShareARoleGetOnePolicy(t *testing.T) {
	app, stack := newStack(t)
	first := newFunction(stack, "First")
	for _, id := range []string{"Second", "Third"} {
		awslambda.NewFunction(stack, jsii.String(id), &awslambda.FunctionProps{
			Role: first.Role(), Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("1")),
		})
	}
	testBaseline().ApplyTo(app)
	role := one(t, app, stack, "AWS::IAM::Role")
	if n := len(role["ManagedPolicyArns"].([]any)); n != 2 {
		t.Errorf("%d managed policies: %s", n, text(t, role))
	}
}

func TestVpcFromParametersNamesNoIds(t *testing.T) {
	app, stack := newStack(t)
	newFunction(stack, "F")
	NewBaseline(&BaselineProps{Vpc: VpcFromSsm(&VpcFromSsmProps{
		VpcId: jsii.String("/network/vpc"), PrivateSubnetIds: jsii.Strings("/network/a", "/network/b"),
	})}).ApplyTo(app)
	template := cdktest.Template(t, app, stack)
	_, function := cdktest.One(t, template, "AWS::Lambda::Function")
	for _, id := range function["VpcConfig"].(map[string]any)["SubnetIds"].([]any) {
		name := id.(map[string]any)["Ref"].(string)
		parameter := template["Parameters"].(map[string]any)[name].(map[string]any)
		if parameter["Type"] != "AWS::SSM::Parameter::Value<String>" {
			t.Errorf("%v", parameter)
		}
	}
}

func TestFunctionsWaitForTheWayOutOfAVpcOfTheApp(t *testing.T) {
	app, stack := newStack(t)
	vpc := awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{AvailabilityZones: jsii.Strings("eu-west-1a")})
	newFunction(stack, "F")
	NewBaseline(&BaselineProps{Vpc: SameVpc(vpc)}).ApplyTo(app)
	resources := cdktest.Template(t, app, stack)["Resources"].(map[string]any)
	for id, r := range resources {
		resource := r.(map[string]any)
		if resource["Type"] != "AWS::Lambda::Function" || !strings.HasPrefix(id, "F") {
			continue
		}
		if !strings.Contains(text(t, resource["DependsOn"]), "VpcPrivateSubnet1DefaultRoute") {
			t.Errorf("a function that runs before the route is there reaches nothing: %s", text(t, resource["DependsOn"]))
		}
	}
}

func TestImportedKeyAndLogBucketAreUsed(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewBucket(stack, jsii.String("B"), nil)
	NewBaseline(&BaselineProps{
		Keys:       KeyFromArn(jsii.String("arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012")),
		AccessLogs: LogBucketFromName(jsii.String("central-access-logs")),
	}).ApplyTo(app)
	bucket := one(t, app, stack, "AWS::S3::Bucket")
	if !strings.Contains(text(t, bucket), "key/12345678") || !strings.Contains(text(t, bucket), "central-access-logs") {
		t.Errorf("%s", text(t, bucket))
	}
}

func TestSharedKeyOfTheUserGetsTheStatements(t *testing.T) {
	app, stack := newStack(t)
	key := awskms.NewKey(stack, jsii.String("Own"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	awss3.NewBucket(stack, jsii.String("B"), nil)
	NewBaseline(&BaselineProps{Keys: SameKey(key)}).ApplyTo(app)
	if keyStatements(t, app, stack)["GuardrailAccountS3"] == nil {
		t.Error("who could read the bucket can't any more")
	}
}

func TestDeletionOrderSetUpByTheCdkIsKept(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewBucket(stack, jsii.String("B"), &awss3.BucketProps{AutoDeleteObjects: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY})
	testBaseline().ApplyTo(app)
	for id, r := range cdktest.Template(t, app, stack)["Resources"].(map[string]any) {
		resource := r.(map[string]any)
		if resource["Type"] == "Custom::S3AutoDeleteObjects" && !strings.Contains(text(t, resource["DependsOn"]), "BPolicy") {
			t.Errorf("%s: the objects must be deleted while the policy still allows it: %s", id, text(t, resource))
		}
	}
}

func TestRawRoleOfAFunctionGetsThePolicy(t *testing.T) {
	app, stack := newStack(t)
	role := awsiam.NewCfnRole(stack, jsii.String("Role"), &awsiam.CfnRoleProps{AssumeRolePolicyDocument: map[string]any{}})
	awslambda.NewCfnFunction(stack, jsii.String("F"), &awslambda.CfnFunctionProps{
		Role: role.AttrArn(), Runtime: jsii.String("nodejs22.x"), Handler: jsii.String("i.h"), Code: &awslambda.CfnFunction_CodeProperty{ZipFile: jsii.String("1")},
	})
	testBaseline().ApplyTo(app)
	if one(t, app, stack, "AWS::IAM::Role")["ManagedPolicyArns"] == nil {
		t.Error("no permission for the network interfaces")
	}
}

// The CDK makes the function in the edge's region, in a support stack of its own, and hands its version over in a parameter.
func TestEdgeFunctionsOfAnotherRegionStayOutsideTheVpc(t *testing.T) {
	app, stack := newStack(t)
	edge := experimental.NewEdgeFunction(stack, jsii.String("Edge"), &experimental.EdgeFunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("exports.handler = async () => 1")),
	})
	awscloudfront.NewDistribution(stack, jsii.String("Site"), &awscloudfront.DistributionProps{DefaultBehavior: &awscloudfront.BehaviorOptions{
		Origin:      awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil),
		EdgeLambdas: &[]*awscloudfront.EdgeLambda{{EventType: awscloudfront.LambdaEdgeEventType_VIEWER_REQUEST, FunctionVersion: edge.CurrentVersion()}},
	}})
	testBaseline().ApplyTo(app)
	functions := 0
	for name, doc := range cdktest.Synth(t, app) { // fails on a violation
		for id, function := range cdktest.Resources(doc, "AWS::Lambda::Function") {
			functions++
			inVpc, isEdge := function["VpcConfig"] != nil, strings.HasPrefix(name, "edge-lambda-stack-")
			if inVpc == isEdge {
				t.Errorf("%s in %s: in a VPC %v, at the edge %v", id, name, inVpc, isEdge)
			}
		}
	}
	if functions != 2 { // the function, and that of the custom resource which reads the parameter
		t.Errorf("%d functions", functions)
	}
}
