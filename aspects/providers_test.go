package aspects

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/cdktest"
)

// A provider is made in main, before secureapp.Run can turn a panic into a line: its faults wait until it is asked.
func TestFaultsOfProvidersAreToldWhenTheyAreAsked(t *testing.T) {
	cases := map[string]struct {
		props BaselineProps
		want  string
	}{
		"no attributes":       {BaselineProps{Vpc: VpcFromAttributes(nil)}, "VpcFromAttributes: missing"},
		"no parameters":       {BaselineProps{Vpc: VpcFromSsm(nil)}, "VpcFromSsm: missing"},
		"an id for a name":    {BaselineProps{Vpc: VpcFromSsm(&VpcFromSsmProps{VpcId: jsii.String("vpc-0a1b2c3d"), PrivateSubnetIds: jsii.Strings("/a")})}, `VpcFromSsm: got "vpc-0a1b2c3d", expected the name of a parameter`},
		"an empty name":       {BaselineProps{Vpc: VpcFromSsm(&VpcFromSsmProps{VpcId: jsii.String("/a"), PrivateSubnetIds: jsii.Strings("")})}, `VpcFromSsm: got ""`},
		"an alias for a key":  {BaselineProps{Keys: KeyFromArn(jsii.String("alias/foo"))}, `KeyFromArn: got "alias/foo"`},
		"half an ARN":         {BaselineProps{Keys: KeyFromArn(jsii.String("x:key/"))}, `KeyFromArn: got "x:key/"`},
		"no key":              {BaselineProps{Keys: SameKey(nil)}, "SameKey: missing"},
		"no bucket":           {BaselineProps{AccessLogs: LogBucketFromName(nil)}, "LogBucketFromName: missing"},
		"a bucket no one has": {BaselineProps{AccessLogs: LogBucketFromName(jsii.String("Bad_Name"))}, `LogBucketFromName: got "Bad_Name"`},
		"consent to anything": {BaselineProps{Replacements: []*ReplacementConsent{{Path: jsii.String("**"), Reason: jsii.String("not deployed yet")}}}, `Replacements[0].Path: got "**"`},
		"consent for nothing": {BaselineProps{Replacements: []*ReplacementConsent{{Path: jsii.String("S/Images"), Reason: jsii.String("x")}}}, `Replacements[0].Reason: got "x"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			awss3.NewBucket(stack, jsii.String("Data"), nil)
			awscdk.NewCfnResource(stack, jsii.String("Queue"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::SQS::Queue")})
			if c.props.Vpc != nil {
				awslambda.NewFunction(stack, jsii.String("F"), &awslambda.FunctionProps{
					Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("1")),
				})
			}
			got := cdktest.Panic(t, func() { NewBaseline(&c.props).Enforce(app) })
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s…", got, c.want)
			}
		})
	}
}
