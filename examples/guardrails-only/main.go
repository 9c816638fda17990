// Command guardrails-only is a CDK app of a team that keeps its own pipeline: securecdk fixes and verifies its stacks, and
// says by its exit code whether they may be deployed.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/secureapp"
	"github.com/securecdk/securecdk/examples/guardrails-only/app"
)

func main() {
	env := &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("eu-west-1")}
	props := &secureapp.Props{
		Baseline: aspects.NewBaseline(&aspects.BaselineProps{
			Vpc: aspects.VpcFromAttributes(&awsec2.VpcAttributes{
				VpcId:             jsii.String("vpc-0a1b2c3d4e5f60718"),
				AvailabilityZones: jsii.Strings("eu-west-1a", "eu-west-1b"),
				PrivateSubnetIds:  jsii.Strings("subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"),
			}),
		}),
		NagPacks: secureapp.AllNagPacks(),
	}
	secureapp.Run(props, func(a awscdk.App) {
		app.NewReports(a, jsii.String("Reports"), &awscdk.StackProps{Env: env})

		// A Stage of the team's own. Had the team's pipeline synthesized it already, secureapp.Guard would come first.
		nightly := awscdk.NewStage(a, jsii.String("Nightly"), &awscdk.StageProps{Env: env})
		app.NewReports(nightly, jsii.String("Reports"), nil)
	})
}
