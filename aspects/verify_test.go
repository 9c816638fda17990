package aspects

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/controls"
)

// rejected synthesizes an app that must not pass, and returns what the verification found.
func rejected(t *testing.T, app awscdk.App, v *Verification) map[string]string {
	t.Helper()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the synthesis passed")
			}
		}()
		app.Synth(nil)
	}()
	if v.Result() == nil {
		t.Fatal("no result")
	}
	found := map[string]string{}
	for _, f := range v.Result().Failures() {
		found[f.Control.ID+" "+f.Resource.ID()] = f.Verdict.String() + " " + f.Message
	}
	return found
}

func TestNestedStacksAreVerified(t *testing.T) {
	app, stack := newStack(t)
	nested := awscdk.NewNestedStack(stack, jsii.String("Nested"), nil)
	inner := awscdk.NewNestedStack(nested, jsii.String("Inner"), nil)
	v := testBaseline().Verify(app)
	awssns.NewCfnTopic(nested, jsii.String("Topic"), nil)
	awscdk.NewCfnResource(inner, jsii.String("Raw"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::SNS::Topic")})

	found := rejected(t, app, v)
	for _, want := range []string{"SNS.CMK S/Nested/Topic", "SNS.CMK S/Nested/Inner/Raw"} {
		if found[want] == "" {
			t.Errorf("not found: %s; found %v", want, found)
		}
	}
}

func TestStagesWithinStagesAreVerified(t *testing.T) {
	app, _ := newStack(t)
	stage := awscdk.NewStage(awscdk.NewStage(app, jsii.String("Outer"), nil), jsii.String("Prod"), nil)
	v := NewBaseline(nil).Verify(app)
	awss3.NewCfnBucket(awscdk.NewStack(stage, jsii.String("Data"), nil), jsii.String("Bucket"), nil)
	if found := rejected(t, app, v); found["S3.VERSIONING Outer/Prod/Data/Bucket"] == "" {
		t.Errorf("found %v", found)
	}
}

func TestResultIsNilBeforeTheSynthesis(t *testing.T) {
	if NewVerification(nil).Result() != nil {
		t.Error("a result of nothing")
	}
}

func TestAParameterWithoutDefaultIsUnknownAndFails(t *testing.T) {
	app, stack := newStack(t)
	key := awscdk.NewCfnParameter(stack, jsii.String("Key"), nil)
	awssns.NewCfnTopic(stack, jsii.String("Topic"), &awssns.CfnTopicProps{KmsMasterKeyId: key.ValueAsString()})
	v := testBaseline().Verify(app)
	testBaseline().ApplyTo(app)
	found := rejected(t, app, v)
	if !strings.HasPrefix(found["SNS.CMK S/Topic"], controls.Unknown.String()) {
		t.Errorf("found %v", found)
	}
}
