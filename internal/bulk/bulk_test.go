package bulk

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

var types = []string{"AWS::S3::Bucket", "AWS::KMS::Key"}

func read(t *testing.T, app awscdk.App) *Snapshot {
	t.Helper()
	s, err := Read(app, types, true)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func byPath(t *testing.T, s *Snapshot, path string) *Resource {
	t.Helper()
	for _, r := range s.Resources {
		if r.Path == path {
			return r
		}
	}
	t.Fatalf("no resource %s among %d", path, len(s.Resources))
	return nil
}

func TestReadSeesWhatCloudFormationWillSee(t *testing.T) {
	app := cdktest.App(t, nil)
	a := awscdk.NewStack(app, jsii.String("A"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
	b := awscdk.NewStack(app, jsii.String("B"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
	key := awskms.NewKey(a, jsii.String("Key"), nil)
	awss3.NewBucket(b, jsii.String("Typed"), &awss3.BucketProps{EncryptionKey: key})
	raw := awscdk.NewCfnResource(b, jsii.String("Raw"), &awscdk.CfnResourceProps{
		Type:       jsii.String("AWS::S3::Bucket"),
		Properties: &map[string]any{"VersioningConfiguration": map[string]any{"Status": "Enabled"}},
	})
	raw.AddPropertyOverride(jsii.String("VersioningConfiguration.Status"), "Suspended")

	s := read(t, app)

	typed := byPath(t, s, "B/Typed/Resource")
	if !typed.L2 || typed.Stack != "B" {
		t.Errorf("typed bucket: %+v", typed)
	}
	want := map[string]any{"ServerSideEncryptionConfiguration": []any{map[string]any{"ServerSideEncryptionByDefault": map[string]any{
		"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": map[string]any{"Fn::ImportValue": "A/Key/Resource#Arn"}}}}}
	if diff := cmp.Diff(want, typed.Properties["BucketEncryption"]); diff != "" {
		t.Errorf("a reference to another stack must read as an import (-want +got):\n%s", diff)
	}
	exported := map[string]any{"A/Key/Resource#Arn": map[string]any{"Fn::GetAtt": []any{byPath(t, s, "A/Key/Resource").LogicalID, "Arn"}}}
	if diff := cmp.Diff(exported, s.byPath["A"].Exports); diff != "" {
		t.Errorf("exports (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"VersioningConfiguration": map[string]any{"Status": "Suspended"}}, byPath(t, s, "B/Raw").Properties); diff != "" {
		t.Errorf("an override counts (-want +got):\n%s", diff)
	}
}

func TestReadSeesWhatAnEscapeHatchDeletes(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	bucket := awss3.NewCfnBucket(stack, jsii.String("B"), &awss3.CfnBucketProps{
		BucketName:              jsii.String("name"),
		VersioningConfiguration: &awss3.CfnBucket_VersioningConfigurationProperty{Status: jsii.String("Enabled")},
	})
	bucket.AddPropertyDeletionOverride(jsii.String("VersioningConfiguration.Status"))
	bucket.AddPropertyDeletionOverride(jsii.String("BucketName"))
	bucket.AddPropertyOverride(jsii.String("LoggingConfiguration.DestinationBucketName"), map[string]any{"Ref": "Logs"})

	want := map[string]any{"LoggingConfiguration": map[string]any{"DestinationBucketName": map[string]any{"Ref": "Logs"}}}
	if diff := cmp.Diff(want, byPath(t, read(t, app), "S/B").Properties); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, cdktest.Resources(cdktest.Template(t, app, stack), "AWS::S3::Bucket")["B"]); diff != "" {
		t.Errorf("the CDK sees it differently (-want +got):\n%s", diff)
	}
}

func TestReadMergesEscapeHatchesIntoListsAsTheCDKDoes(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	key := awskms.NewKey(stack, jsii.String("Key"), nil)
	bucket := awss3.NewBucket(stack, jsii.String("B"), &awss3.BucketProps{EncryptionKey: key}).Node().DefaultChild().(awss3.CfnBucket)
	rule := "BucketEncryption.ServerSideEncryptionConfiguration.0."
	bucket.AddPropertyOverride(jsii.String(rule+"BucketKeyEnabled"), true)
	bucket.AddPropertyOverride(jsii.String("LoggingConfiguration"), map[string]any{"Ref": "Nothing"})
	bucket.AddPropertyOverride(jsii.String("Tags.1.Key"), "second")
	bucket.AddPropertyOverride(jsii.String("Tags.1.Value"), "2")
	bucket.AddPropertyOverride(jsii.String("CorsConfiguration.CorsRules"), []any{map[string]any{"Id": "one"}})

	read := byPath(t, read(t, app), "S/B/Resource").Properties
	if _, isList := read["BucketEncryption"].(map[string]any)["ServerSideEncryptionConfiguration"].([]any); !isList {
		t.Errorf("the list is none any more: %v", read["BucketEncryption"])
	}
	for id, want := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::S3::Bucket") {
		if diff := cmp.Diff(want, read); diff != "" {
			t.Errorf("%s (-template +read):\n%s", id, diff)
		}
	}
}

func TestOverrideGoesIntoListsThatAnEscapeHatchHasSet(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	awss3.NewCfnBucket(stack, jsii.String("B"), nil).AddPropertyOverride(jsii.String("ReplicationConfiguration.Rules"),
		[]any{map[string]any{"Status": "Enabled"}, map[string]any{"Status": "Disabled"}})
	s := read(t, app)
	var batch Batch
	batch.Override(byPath(t, s, "S/B"), "ReplicationConfiguration.Rules.1.Destination.Bucket", "arn:aws:s3:::b")
	if _, err := s.Write(&batch); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"ReplicationConfiguration": map[string]any{"Rules": []any{
		map[string]any{"Status": "Enabled"}, map[string]any{"Status": "Disabled", "Destination": map[string]any{"Bucket": "arn:aws:s3:::b"}},
	}}}
	if diff := cmp.Diff(want, cdktest.Resources(cdktest.Template(t, app, stack), "AWS::S3::Bucket")["B"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadJoinsTextsAroundTokens(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	key := awskms.NewCfnKey(stack, jsii.String("K"), nil)
	awss3.NewCfnBucket(stack, jsii.String("B"), &awss3.CfnBucketProps{BucketName: jsii.Sprintf("a-%s-b-%s", *key.Ref(), *stack.Region())})
	want := map[string]any{"BucketName": map[string]any{"Fn::Join": []any{"", []any{"a-", map[string]any{"Ref": "K"}, "-b-", map[string]any{"Ref": "AWS::Region"}}}}}
	if diff := cmp.Diff(want, byPath(t, read(t, app), "S/B").Properties); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadKnowsTheLogicalIDThatAVersionComputes(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	awslambda.NewFunction(stack, jsii.String("F"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("1")),
	}).CurrentVersion()
	s, err := Read(app, []string{"AWS::Lambda::Version"}, true)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := cdktest.One(t, cdktest.Template(t, app, stack), "AWS::Lambda::Version")
	if len(s.Resources) != 1 || s.Resources[0].LogicalID != id {
		t.Errorf("read %+v, want %s", s.Resources, id)
	}
}

func TestReadEntersStagesOnlyWhenAsked(t *testing.T) {
	app := cdktest.App(t, nil)
	stage := awscdk.NewStage(app, jsii.String("Prod"), nil)
	stack := awscdk.NewStack(stage, jsii.String("S"), nil)
	awss3.NewBucket(stack, jsii.String("B"), nil)
	for enter, want := range map[bool]int{true: 1, false: 0} {
		s, err := Read(app, types, enter)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Resources) != want {
			t.Errorf("enterStages %v: %d resources, want %d", enter, len(s.Resources), want)
		}
	}
}

func TestReadDescribesWhatLiesOutsideTheScope(t *testing.T) {
	app := cdktest.App(t, nil)
	a := awscdk.NewStack(app, jsii.String("A"), nil)
	b := awscdk.NewStack(app, jsii.String("B"), nil)
	awss3.NewBucket(b, jsii.String("Bucket"), &awss3.BucketProps{EncryptionKey: awskms.NewKey(a, jsii.String("Key"), nil)})
	s, err := Read(b, types, true)
	if err != nil {
		t.Fatal(err)
	}
	if key := byPath(t, s, "A/Key/Resource"); !key.Outside {
		t.Errorf("the key is not under B: %+v", key)
	}
}

func TestWriteSetsTypedRawAndOverriddenProperties(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	awss3.NewBucket(stack, jsii.String("Typed"), nil)
	awscdk.NewCfnResource(stack, jsii.String("Raw"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::S3::Bucket")})
	escaped := awss3.NewCfnBucket(stack, jsii.String("Escaped"), nil)
	escaped.AddPropertyOverride(jsii.String("VersioningConfiguration"), map[string]any{"Status": "Suspended"})

	s := read(t, app)
	var batch Batch
	for _, r := range s.Resources {
		batch.Set(r, "versioningConfiguration", map[string]any{"status": "Enabled"}, "VersioningConfiguration", map[string]any{"Status": "Enabled"})
	}
	if _, err := s.Write(&batch); err != nil {
		t.Fatal(err)
	}

	for id, props := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::S3::Bucket") {
		if diff := cmp.Diff(map[string]any{"Status": "Enabled"}, props["VersioningConfiguration"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestEnterIsOncePerConstructAndNameButSeesNewcomers(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	stage := awscdk.NewStage(app, jsii.String("Prod"), nil)
	got := []bool{Enter(app, "a"), Enter(app, "a"), Enter(stack, "a"), Enter(stack, "b"), Enter(stage, "a")}
	got = append(got, Enter(awskms.NewKey(stack, jsii.String("Late"), nil), "a"))
	if diff := cmp.Diff([]bool{true, false, false, true, true, true}, got); diff != "" {
		t.Error(diff)
	}
}

func TestIdentityTellsAppsApart(t *testing.T) {
	a, b := cdktest.App(t, nil), cdktest.App(t, nil)
	first := Identity(a)
	if Identity(a) != first || Identity(b) == first {
		t.Error("an identity belongs to one construct")
	}
}
