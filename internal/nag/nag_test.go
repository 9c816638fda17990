package nag

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

func TestSuppressKeepsWhatIsThereAndAddsOnce(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	bucket := awss3.NewBucket(stack, jsii.String("B"), nil)
	first := Rule{ID: "AwsSolutions-S1", Reason: "reason number one"}
	second := Rule{ID: "AwsSolutions-IAM5", Finding: "Resource::*", Reason: "reason number two"}

	Suppress(bucket, first)
	Suppress(bucket.Node().DefaultChild(), first, second)

	resources := cdktest.Template(t, app, stack)["Resources"].(map[string]any)
	for _, r := range resources {
		want := map[string]any{"rules_to_suppress": []any{
			map[string]any{"id": "AwsSolutions-S1", "reason": "reason number one"},
			map[string]any{"id": "AwsSolutions-IAM5", "reason": "reason number two", "applies_to": []any{"Resource::*"}},
		}}
		if diff := cmp.Diff(want, r.(map[string]any)["Metadata"].(map[string]any)["cdk_nag"]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSuppressOnAnImportedResourceIsRefused(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), nil)
	imported := awss3.Bucket_FromBucketName(stack, jsii.String("Imported"), jsii.String("a-bucket"))
	want := "S/Imported: no CloudFormation resource to attach a cdk-nag suppression to"
	if got := cdktest.Panic(t, func() { Suppress(imported, Rule{ID: "X", Reason: "nothing to attach to"}) }); got != want {
		t.Errorf("got %q", got)
	}
}

func TestReferencesAreFlatAsInFindings(t *testing.T) {
	for want, value := range map[string]any{
		"plain":                        "plain",
		"<Topic>":                      map[string]any{"Ref": "Topic"},
		"<Bucket.Arn>":                 map[string]any{"Fn::GetAtt": []any{"Bucket", "Arn"}},
		"arn:<AWS::Partition>:iam::x/": map[string]any{"Fn::Sub": "arn:${AWS::Partition}:iam::x/"},
		"<Bucket.Arn>/*":               map[string]any{"Fn::Join": []any{"", []any{map[string]any{"Fn::GetAtt": []any{"Bucket", "Arn"}}, "/*"}}},
		`{"Fn::Select":[0,"x"]}`:       map[string]any{"Fn::Select": []any{0, "x"}},
		"":                             nil,
	} {
		if got := Flat(value); got != want {
			t.Errorf("%v: got %s, want %s", value, got, want)
		}
	}
}
