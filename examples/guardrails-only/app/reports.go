// Package app is the workload of the example: the Reports stack, written without any security setting. It can be
// imported, so that tests can build it with the guardrails and without.
package app

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Reports renders reports in a build project, leaves them in a bucket and tells a topic.
type Reports struct {
	awscdk.Stack
	Bucket  awss3.Bucket
	Topic   awssns.Topic
	Signing awskms.Key
	Render  awscodebuild.Project
	Audit   awslogs.LogGroup
}

// NewReports makes the stack.
func NewReports(scope constructs.Construct, id *string, props *awscdk.StackProps) *Reports {
	r := &Reports{Stack: awscdk.NewStack(scope, id, props)}
	r.Bucket = awss3.NewBucket(r.Stack, jsii.String("Bucket"), nil)
	r.Topic = awssns.NewTopic(r.Stack, jsii.String("Rendered"), nil)
	r.Signing = awskms.NewKey(r.Stack, jsii.String("Signing"), &awskms.KeyProps{
		KeySpec: awskms.KeySpec_ECC_NIST_P256, KeyUsage: awskms.KeyUsage_SIGN_VERIFY, // can't rotate, so it is left alone
	})
	r.Audit = awslogs.NewLogGroup(r.Stack, jsii.String("Audit"), &awslogs.LogGroupProps{Retention: awslogs.RetentionDays_ONE_YEAR})
	r.Render = awscodebuild.NewProject(r.Stack, jsii.String("Render"), &awscodebuild.ProjectProps{
		BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{
			"version": "0.2",
			"phases":  map[string]any{"build": map[string]any{"commands": []string{"make reports", "aws s3 sync reports s3://$BUCKET"}}},
		}),
		EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{"BUCKET": {Value: r.Bucket.BucketName()}},
	})
	r.Bucket.GrantReadWrite(r.Render, nil)
	r.Topic.GrantPublish(r.Render)
	r.Signing.Grant(r.Render, jsii.String("kms:Sign"))
	r.acceptFindings()
	return r
}
