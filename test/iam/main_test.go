package iam

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/test/internal/workload"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

const (
	subnet = "subnet-0123456789abcdef0"
	// stranger is an account that nobody lets in.
	stranger = "999999999999"
)

// synthesized returns the workload's template, as written or under the baseline.
func synthesized(t *testing.T, guarded bool) map[string]any {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	stack := awscdk.NewStack(app, jsii.String("Workload"), &awscdk.StackProps{Env: cdktest.Env(account, region)})
	workload.Fill(stack)
	if guarded {
		baseline().ApplyTo(app)
	}
	return cdktest.Template(t, app, stack)
}

func baseline() *aspects.Baseline {
	return aspects.NewBaseline(&aspects.BaselineProps{Vpc: aspects.VpcFromAttributes(&awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a"),
		PrivateSubnetIds: jsii.Strings(subnet), VpcCidrBlock: jsii.String("10.0.0.0/16"),
	})})
}
