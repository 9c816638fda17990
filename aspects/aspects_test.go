package aspects

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

const account, region = "111111111111", "eu-west-1"

func newStack(t *testing.T) (awscdk.App, awscdk.Stack) {
	t.Helper()
	app := cdktest.App(t, nil)
	return app, awscdk.NewStack(app, jsii.String("S"), &awscdk.StackProps{Env: cdktest.Env(account, region)})
}

func testVpc() VpcProvider {
	return VpcFromAttributes(&awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("eu-west-1a", "eu-west-1b"), PrivateSubnetIds: jsii.Strings("subnet-1", "subnet-2"),
	})
}

func testBaseline() *Baseline { return NewBaseline(&BaselineProps{Vpc: testVpc()}) }

// everything fills a stack with one of each resource that a requirement is about, without any security setting.
func everything(stack awscdk.Stack) {
	awss3.NewBucket(stack, jsii.String("Bucket"), nil)
	awssqs.NewQueue(stack, jsii.String("Queue"), nil)
	awssns.NewTopic(stack, jsii.String("Topic"), nil)
	awslogs.NewLogGroup(stack, jsii.String("Logs"), nil)
	awsdynamodb.NewTable(stack, jsii.String("Table"), &awsdynamodb.TableProps{PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING}})
	awssecretsmanager.NewSecret(stack, jsii.String("Secret"), nil)
	awskms.NewKey(stack, jsii.String("Key"), nil)
	newProject(stack)
	newFunction(stack, "Function")
	awscdk.NewCfnResource(stack, jsii.String("RawBucket"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::S3::Bucket")})
}

func newProject(stack constructs.Construct) awscodebuild.Project {
	return awscodebuild.NewProject(stack, jsii.String("Project"), &awscodebuild.ProjectProps{
		BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
	})
}

func newFunction(stack constructs.Construct, id string) awslambda.Function {
	return awslambda.NewFunction(stack, jsii.String(id), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("exports.handler = async () => 1")),
		Environment: &map[string]*string{"A": jsii.String("b")},
	})
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func one(t *testing.T, app awscdk.App, stack awscdk.Stack, cfnType string) map[string]any {
	t.Helper()
	_, props := cdktest.One(t, cdktest.Template(t, app, stack), cfnType)
	return props
}

func TestBaselineMeetsEveryControl(t *testing.T) {
	app, stack := newStack(t)
	everything(stack)
	changes := testBaseline().ApplyTo(app)
	templates := cdktest.Synth(t, app) // fails on a violation
	fixed := map[string]bool{}
	for _, c := range changes {
		fixed[c.Control] = true
		if c.Path == "" || c.LogicalID == "" || c.Property == "" || c.Description == "" {
			t.Errorf("a change that says too little: %+v", c)
		}
	}
	for _, id := range []string{"S3.VERSIONING", "S3.LOGGING", "S3.TLS", "S3.PUBLIC", "S3.CMK", "KMS.ROTATION", "CODEBUILD.VPC", "LAMBDA.VPC",
		"SNS.CMK", "SQS.CMK", "LOGS.CMK", "CODEBUILD.CMK", "LAMBDA.CMK", "DYNAMODB.CMK", "SECRETSMANAGER.CMK"} {
		if !fixed[id] {
			t.Errorf("nothing was fixed for %s", id)
		}
	}
	if len(templates) != 1 {
		t.Fatalf("%d templates", len(templates))
	}
}

func TestWithoutBaselineTheVerificationFails(t *testing.T) {
	app, stack := newStack(t)
	everything(stack)
	NewBaseline(nil).Verify(app)
	message := cdktest.Panic(t, func() { app.Synth(nil) })
	if message == "" {
		t.Fatal("no message")
	}
}

func TestApplyingTwiceChangesNothing(t *testing.T) {
	app, stack := newStack(t)
	everything(stack)
	baseline := testBaseline()
	baseline.ApplyTo(app)
	before := cdktest.Template(t, app, stack)
	if changes := baseline.ApplyTo(app); len(changes) != 0 {
		t.Errorf("second run: %+v", changes)
	}
	if diff := cmp.Diff(before, cdktest.Template(t, app, stack)); diff != "" {
		t.Error(diff)
	}
}

func TestAspectsGiveTheSameTemplateAsBulk(t *testing.T) {
	build := func(apply func(awscdk.App)) map[string]any {
		app, stack := newStack(t)
		everything(stack)
		apply(app)
		return cdktest.Template(t, app, stack)
	}
	bulk := build(func(app awscdk.App) { testBaseline().Enforce(app) })
	visited := build(func(app awscdk.App) {
		for _, a := range testBaseline().Aspects() {
			awscdk.Aspects_Of(app).Add(a, nil)
		}
	})
	if diff := cmp.Diff(bulk, visited); diff != "" {
		t.Error(diff)
	}
}

func TestStagesAreEntered(t *testing.T) {
	app := cdktest.App(t, nil)
	stage := awscdk.NewStage(app, jsii.String("Prod"), nil)
	stack := awscdk.NewStack(stage, jsii.String("S"), &awscdk.StackProps{Env: cdktest.Env(account, region)})
	everything(stack)
	testBaseline().ApplyTo(app)
	cdktest.Synth(t, app)
}

func TestStricterSettingsSurvive(t *testing.T) {
	app, stack := newStack(t)
	own := awskms.NewKey(stack, jsii.String("Own"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	awss3.NewBucket(stack, jsii.String("Bucket"), &awss3.BucketProps{Encryption: awss3.BucketEncryption_DSSE, EncryptionKey: own})
	awssqs.NewQueue(stack, jsii.String("Queue"), &awssqs.QueueProps{EncryptionMasterKey: own})
	testBaseline().ApplyTo(app)
	template := cdktest.Template(t, app, stack)
	want := map[string]any{"Fn::GetAtt": []any{*stack.GetLogicalId(own.Node().DefaultChild().(awscdk.CfnElement)), "Arn"}}
	_, queue := cdktest.One(t, template, "AWS::SQS::Queue")
	if diff := cmp.Diff(want, queue["KmsMasterKeyId"]); diff != "" {
		t.Error(diff)
	}
	for id, bucket := range cdktest.Resources(template, "AWS::S3::Bucket") {
		if id == "GuardrailAccessLogs"+id[len(id)-8:] {
			continue
		}
		rule := bucket["BucketEncryption"].(map[string]any)["ServerSideEncryptionConfiguration"].([]any)[0].(map[string]any)["ServerSideEncryptionByDefault"]
		if diff := cmp.Diff(map[string]any{"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": want}, rule); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDualLayerWithoutKeyStaysDualLayer(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewBucket(stack, jsii.String("Bucket"), &awss3.BucketProps{Encryption: awss3.BucketEncryption_DSSE_MANAGED})
	Enforce(app, NewKmsEncryption(nil))
	rule := one(t, app, stack, "AWS::S3::Bucket")["BucketEncryption"].(map[string]any)["ServerSideEncryptionConfiguration"].([]any)[0].(map[string]any)
	if got := rule["ServerSideEncryptionByDefault"].(map[string]any)["SSEAlgorithm"]; got != "aws:kms:dsse" {
		t.Errorf("got %v", got)
	}
}

func TestKeysThatCannotRotateAreLeftAlone(t *testing.T) {
	for _, spec := range []awskms.KeySpec{awskms.KeySpec_RSA_2048, awskms.KeySpec_HMAC_256} {
		app, stack := newStack(t)
		usage := awskms.KeyUsage_SIGN_VERIFY
		if spec == awskms.KeySpec_HMAC_256 {
			usage = awskms.KeyUsage_GENERATE_VERIFY_MAC
		}
		awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{KeySpec: spec, KeyUsage: usage})
		if changes := testBaseline().ApplyTo(app); len(changes) != 0 {
			t.Errorf("%s: %+v", spec, changes)
		}
		if props := one(t, app, stack, "AWS::KMS::Key"); props["EnableKeyRotation"] != nil {
			t.Errorf("%s: %v", spec, props["EnableKeyRotation"])
		}
	}
}

func TestImportedRolesAreReportedNotMutated(t *testing.T) {
	app, stack := newStack(t)
	role := awsiam.Role_FromRoleArn(stack, jsii.String("Role"), jsii.String("arn:aws:iam::111111111111:role/build"), nil)
	awscodebuild.NewProject(stack, jsii.String("Project"), &awscodebuild.ProjectProps{
		Role: role, BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
	})
	if changes := testBaseline().Enforce(app); len(changes) != 0 {
		t.Errorf("changed: %+v", changes)
	}
	if props := one(t, app, stack, "AWS::CodeBuild::Project"); props["VpcConfig"] != nil {
		t.Error("a project whose role can't be given the permission would fail to deploy in a VPC")
	}
}

func TestMissingVpcSaysWhatToType(t *testing.T) {
	app, stack := newStack(t)
	newFunction(stack, "Function")
	message := cdktest.Panic(t, func() { NewBaseline(nil).Enforce(app) })
	want := `S/Function/Resource: BaselineProps.Vpc: missing, expected a VPC for AWS::Lambda::Function; set Vpc: aspects.VpcFromSsm(…), aspects.VpcFromAttributes(…) or aspects.SameVpc(vpc)`
	if message != want {
		t.Errorf("got  %s\nwant %s", message, want)
	}
}

func TestPublicSubnetsOnlyIsRefused(t *testing.T) {
	app, stack := newStack(t)
	newFunction(stack, "Function")
	vpc := VpcFromAttributes(&awsec2.VpcAttributes{VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("a"), PublicSubnetIds: jsii.Strings("subnet-1")})
	message := cdktest.Panic(t, func() { NewBaseline(&BaselineProps{Vpc: vpc}).Enforce(app) })
	want := `S: BaselineProps.Vpc: got "vpc-1", expected a VPC with private subnets; name its private subnets (PrivateSubnetIds); builds and functions in a public subnet have no way out`
	if message != want {
		t.Errorf("got  %s\nwant %s", message, want)
	}
}

func TestImageRepositoryIsReplacedOnlyByConsent(t *testing.T) {
	for name, c := range map[string]struct {
		consents []*ReplacementConsent
		changes  int
	}{
		"without":        {nil, 0},
		"for another":    {[]*ReplacementConsent{{Path: jsii.String("Other/**"), Reason: jsii.String("not deployed yet")}}, 0},
		"for its parent": {[]*ReplacementConsent{{Path: jsii.String("S/**"), Reason: jsii.String("not deployed yet")}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			awsecr.NewRepository(stack, jsii.String("Images"), nil)
			changes := NewBaseline(&BaselineProps{Replacements: c.consents}).Enforce(app)
			if len(changes) != c.changes {
				t.Fatalf("%+v", changes)
			}
			if c.changes == 1 && changes[0].Impact != Replacement {
				t.Errorf("impact %v", changes[0].Impact)
			}
		})
	}
}

func TestPolicyOfABucketIsExtendedNotDoubled(t *testing.T) {
	app, stack := newStack(t)
	bucket := awss3.NewCfnBucket(stack, jsii.String("L1"), nil)
	awss3.NewCfnBucketPolicy(stack, jsii.String("Policy"), &awss3.CfnBucketPolicyProps{Bucket: bucket.Ref(), PolicyDocument: map[string]any{
		"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::111111111111:root"}, "Action": "s3:GetObject", "Resource": fmt.Sprintf("%s/*", *bucket.AttrArn())}},
	}})
	Enforce(app, NewTLSOnly(nil))
	policy := one(t, app, stack, "AWS::S3::BucketPolicy")
	if n := len(policy["PolicyDocument"].(map[string]any)["Statement"].([]any)); n != 2 {
		t.Errorf("%d statements: %s", n, text(t, policy))
	}
}

func TestPublicBucketIsLeftAndReported(t *testing.T) {
	app, stack := newStack(t)
	bucket := awss3.NewBucket(stack, jsii.String("Site"), &awss3.BucketProps{BlockPublicAccess: awss3.NewBlockPublicAccess(&awss3.BlockPublicAccessOptions{})})
	bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("s3:GetObject"), Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()}, Resources: &[]*string{bucket.ArnForObjects(jsii.String("*"))},
	}))
	if changes := Enforce(app, NewPublicAccess(nil)); len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
}

func TestOwnLogBucketOfTheAppNeitherLogsToItselfNorGetsAKey(t *testing.T) {
	app, stack := newStack(t)
	logs := awss3.NewBucket(stack, jsii.String("Logs"), nil)
	awss3.NewBucket(stack, jsii.String("Data"), nil)
	NewBaseline(&BaselineProps{AccessLogs: func(awscdk.Stack) awss3.IBucket { return logs }}).Enforce(app)
	id := *stack.GetLogicalId(logs.Node().DefaultChild().(awscdk.CfnElement))
	props := cdktest.Resources(cdktest.Template(t, app, stack), "AWS::S3::Bucket")[id]
	if props["LoggingConfiguration"] != nil || props["BucketEncryption"] != nil {
		t.Errorf("%s", text(t, props))
	}
	if props["VersioningConfiguration"] == nil {
		t.Error("a log bucket is versioned all the same")
	}
}

func TestCustomResourceFunctionsOfTheCdkAreCovered(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewBucket(stack, jsii.String("Bucket"), &awss3.BucketProps{AutoDeleteObjects: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY})
	testBaseline().ApplyTo(app)
	template := cdktest.Template(t, app, stack)
	_, function := cdktest.One(t, template, "AWS::Lambda::Function")
	if function["VpcConfig"] == nil {
		t.Errorf("%s", text(t, function))
	}
	_, role := cdktest.One(t, template, "AWS::IAM::Role")
	if n := len(role["ManagedPolicyArns"].([]any)); n != 2 {
		t.Errorf("the role keeps its policy and gets one more: %s", text(t, role))
	}
}

func TestAQueueHasOneKindOfEncryption(t *testing.T) {
	app, stack := newStack(t)
	awssqs.NewQueue(stack, jsii.String("Queue"), &awssqs.QueueProps{Encryption: awssqs.QueueEncryption_SQS_MANAGED})
	Enforce(app, NewKmsEncryption(nil))
	if queue := one(t, app, stack, "AWS::SQS::Queue"); queue["SqsManagedSseEnabled"] != false || queue["KmsMasterKeyId"] == nil {
		t.Errorf("SQS refuses two: %s", text(t, queue))
	}
}

func TestATableWithReplicasOfTheCdkGetsNoKey(t *testing.T) {
	app, stack := newStack(t)
	awsdynamodb.NewTable(stack, jsii.String("Table"), &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING}, ReplicationRegions: jsii.Strings("us-east-1"),
	})
	if changed(testBaseline().Enforce(app), "DYNAMODB.CMK", "S/Table/Resource") {
		t.Error("the replicas can't follow")
	}
	if why := warned(t, app, "DYNAMODB.CMK"); !strings.Contains(why, "ReplicationRegions") {
		t.Errorf("said %q", why)
	}
}

func TestThePolicyOfABucketIsThereWhenTheBucketIs(t *testing.T) {
	app, stack := newStack(t)
	include(t, stack, `{"Conditions":{"Prod":{"Fn::Equals":["a","b"]}},"Resources":{"B":{"Type":"AWS::S3::Bucket","Condition":"Prod"}}}`)
	conditional := awss3.NewBucket(stack, jsii.String("L2"), nil).Node().DefaultChild().(awscdk.CfnResource)
	conditional.AddOverride(jsii.String("Condition"), "Prod")
	Enforce(app, NewTLSOnly(nil))
	for id, r := range cdktest.Template(t, app, stack)["Resources"].(map[string]any) {
		if resource := r.(map[string]any); resource["Condition"] != "Prod" {
			t.Errorf("%s: %s", id, text(t, resource))
		}
	}
}

func TestAnIdThatIsTakenIsNotFoughtFor(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewCfnBucket(stack, jsii.String("Data"), nil)
	awssns.NewTopic(stack, jsii.String("DataPolicy"), nil)
	l2 := awss3.NewBucket(stack, jsii.String("L2"), nil)
	awssns.NewTopic(l2, jsii.String("Policy"), nil)
	Enforce(app, NewTLSOnly(nil))
	if policies := cdktest.Resources(cdktest.Template(t, app, stack), "AWS::S3::BucketPolicy"); len(policies) != 2 {
		t.Errorf("%s", text(t, policies))
	}
}

func TestALogTargetGetsNoKeyWhicheverAspectComesFirst(t *testing.T) {
	app, stack := newStack(t)
	logs := awss3.NewBucket(stack, jsii.String("Logs"), nil)
	awss3.NewBucket(stack, jsii.String("Data"), nil)
	provider := func(awscdk.Stack) awss3.IBucket { return logs }
	Enforce(app, NewKmsEncryption(&KmsEncryptionProps{AccessLogs: provider}))
	Enforce(app, NewBucketAccessLogging(&BucketAccessLoggingProps{AccessLogs: provider}))
	for id, bucket := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::S3::Bucket") {
		if isTarget := strings.HasPrefix(id, "Logs"); isTarget == (bucket["BucketEncryption"] != nil) || isTarget == (bucket["LoggingConfiguration"] != nil) {
			t.Errorf("%s: %s", id, text(t, bucket))
		}
	}
}

func TestFunctionsAtTheEdgeAreSoughtBehindTheirParameters(t *testing.T) {
	if types := typesOf([]*Aspect{NewLambdaInVpc(nil)}); !slices.Contains(types, "AWS::SSM::Parameter") {
		t.Errorf("%v", types)
	}
}

func TestAFunctionAtTheEdgeStaysOutsideTheVpc(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), &awscdk.StackProps{Env: cdktest.Env(account, "us-east-1")})
	version := awslambda.NewFunction(stack, jsii.String("F"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("1")),
	}).CurrentVersion()
	awscloudfront.NewDistribution(stack, jsii.String("D"), &awscloudfront.DistributionProps{DefaultBehavior: &awscloudfront.BehaviorOptions{
		Origin:      awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil),
		EdgeLambdas: &[]*awscloudfront.EdgeLambda{{EventType: awscloudfront.LambdaEdgeEventType_VIEWER_REQUEST, FunctionVersion: version}},
	}})
	if changes := testBaseline().Enforce(app); len(changes) != 0 {
		t.Errorf("CloudFront refuses a function in a VPC: %+v", changes)
	}
}
