package secureapp_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/secureapp"
)

// A whole main function. Run ends the process: with 0 when the app may be deployed, with 1 and the reasons when not.
func ExampleRun() {
	secureapp.Run(&secureapp.Props{
		Baseline: aspects.NewBaseline(nil),
		NagPacks: []secureapp.NagPack{secureapp.AwsSolutions, secureapp.NIST80053R5},
	}, func(app awscdk.App) {
		stack := awscdk.NewStack(app, jsii.String("Orders"), nil)
		awss3.NewBucket(stack, jsii.String("Data"), nil)
	})
}

// A pipeline of one's own synthesizes a Stage in the moment it is added: the guardrails come before.
func ExampleGuard() {
	var app awscdk.App
	var pipeline pipelines.CodePipeline

	stage := awscdk.NewStage(app, jsii.String("Prod"), nil)
	awss3.NewBucket(awscdk.NewStack(stage, jsii.String("Orders"), nil), jsii.String("Data"), nil)
	secureapp.Guard(stage)
	pipeline.AddStage(stage, nil)
}

// One finding of cdk-nag on one resource is accepted, with the reason that an auditor reads.
func ExampleSuppress() {
	var bucket awss3.Bucket

	secureapp.Suppress(bucket, secureapp.Suppression{
		Rule:   "NIST.800.53.R5-S3BucketReplicationEnabled",
		Reason: "Reports are rendered anew every night; a second region would hold nothing more.",
	})
}
