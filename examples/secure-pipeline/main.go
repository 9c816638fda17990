// Command secure-pipeline is a CDK app: a delivery pipeline that brings the Orders stack through development and
// acceptance to production, in three accounts.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/secureapp"
	"github.com/securecdk/securecdk/constructs/securepipeline"
	"github.com/securecdk/securecdk/examples/secure-pipeline/app"
)

const region = "eu-west-1"

func env(account string) *awscdk.Environment {
	return &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(region)}
}

func main() {
	// The landing zone writes the same parameters into every account.
	vpc := aspects.VpcFromSsm(&aspects.VpcFromSsmProps{
		VpcId:            jsii.String("/network/vpc-id"),
		PrivateSubnetIds: jsii.Strings("/network/private-subnet-a", "/network/private-subnet-b"),
	})
	props := &secureapp.Props{
		Baseline: aspects.NewBaseline(&aspects.BaselineProps{Vpc: vpc}),
		NagPacks: secureapp.AllNagPacks(),
	}
	secureapp.Run(props, func(app awscdk.App) {
		tooling := awscdk.NewStack(app, jsii.String("OrdersDelivery"), &awscdk.StackProps{
			Env:         env("111111111111"),
			Description: jsii.String("Delivers the Orders app"),
		})
		securepipeline.NewPipeline(tooling, jsii.String("Pipeline"), &securepipeline.PipelineProps{
			Source: securepipeline.CodeCommit(&securepipeline.CodeCommitSourceProps{
				RepositoryName: jsii.String("orders"), Branch: jsii.String("main"),
			}),
			Vpc:    vpc,
			Stages: stages(),
		})
	})
}

func stages() []*securepipeline.StageProps {
	return []*securepipeline.StageProps{
		{Name: jsii.String("Development"), Env: env("222222222222"), Build: orders},
		{
			Name: jsii.String("Acceptance"), Env: env("333333333333"), Build: orders,
			After: []*securepipeline.StepProps{{
				Name:     jsii.String("SmokeTest"),
				Commands: &[]*string{jsii.String("go test ./smoketest")},
				Outputs:  &map[string]*string{"INCOMING_BUCKET": jsii.String("Orders/IncomingBucket")},
			}},
		},
		{Name: jsii.String("Production"), Env: env("444444444444"), Build: orders, Production: jsii.Bool(true)},
	}
}

func orders(stage awscdk.Stage) { app.NewOrders(stage, jsii.String("Orders"), nil) }
