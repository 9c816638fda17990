// Command orders is the workload of examples/secure-pipeline, started in ways that must end well or must not. Tests run it
// by itself and under the CDK CLI:
//
//	orders guarded       under the baseline, in the app and in a Stage
//	orders unguarded     by secureapp without a baseline
//	orders verified      without any fix, but verified
//	orders canary        guarded, with a bucket that comes when the fixes are done
//	orders no-stage      a pipeline without a stage
//	orders panic         a mistake of the app's own
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/secureapp"
	"github.com/securecdk/securecdk/examples/secure-pipeline/app"
)

func main() {
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "guarded":
		secureapp.Run(&secureapp.Props{Baseline: baseline()}, fill)
	case "unguarded":
		secureapp.Run(nil, fill)
	case "verified":
		defer jsii.Close()
		a := awscdk.NewApp(nil)
		fill(a)
		baseline().Verify(a)
		a.Synth(nil)
	case "canary":
		defer jsii.Close()
		a := awscdk.NewApp(nil)
		fill(a)
		baseline().ApplyTo(a)
		stack := a.Node().FindChild(jsii.String("Stage")).Node().FindChild(jsii.String("Orders")).(awscdk.Stack)
		awss3.NewBucket(stack, jsii.String("Canary"), nil)
		a.Synth(nil)
	case "no-stage":
		secureapp.Run(&secureapp.Props{Baseline: baseline()}, pipelineWithoutStage)
	case "panic":
		secureapp.Run(&secureapp.Props{Baseline: baseline()}, func(awscdk.App) {
			counts := map[string]map[string]int{}
			counts["missing"]["x"] = 1
		})
	default:
		fmt.Fprintln(os.Stderr, "orders: no such mode:", mode)
		os.Exit(64)
	}
}

func baseline() *aspects.Baseline {
	return aspects.NewBaseline(&aspects.BaselineProps{Vpc: aspects.VpcFromSsm(&aspects.VpcFromSsmProps{
		VpcId: jsii.String("/network/vpc-id"), PrivateSubnetIds: jsii.Strings("/network/private-subnet-a", "/network/private-subnet-b"),
	})})
}

func fill(a awscdk.App) {
	environment := &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}
	app.NewOrders(a, jsii.String("Orders"), &app.OrdersProps{StackProps: awscdk.StackProps{Env: environment}})
	app.NewOrders(awscdk.NewStage(a, jsii.String("Stage"), &awscdk.StageProps{Env: environment}), jsii.String("Orders"), nil)
}
