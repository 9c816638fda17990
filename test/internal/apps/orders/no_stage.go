package main

import "github.com/aws/aws-cdk-go/awscdk/v2"

func pipelineWithoutStage(a awscdk.App) {
	panic("securepipeline is not there yet")
}
