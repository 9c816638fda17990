package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/securepipeline"
)

// pipelineWithoutStage is what a user writes who forgot the stages.
func pipelineWithoutStage(a awscdk.App) {
	stack := awscdk.NewStack(a, jsii.String("Delivery"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")},
	})
	securepipeline.NewPipeline(stack, jsii.String("Pipeline"), &securepipeline.PipelineProps{
		Source: securepipeline.CodeCommit(&securepipeline.CodeCommitSourceProps{RepositoryName: jsii.String("orders"), Branch: jsii.String("main")}),
		Vpc: aspects.VpcFromSsm(&aspects.VpcFromSsmProps{
			VpcId: jsii.String("/network/vpc-id"), PrivateSubnetIds: jsii.Strings("/network/private-subnet-a", "/network/private-subnet-b"),
		}),
	})
}
