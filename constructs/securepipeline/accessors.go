package securepipeline

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
)

// CodePipeline returns the CDK's construct. It is built: stages can't be added to it any more.
func (p *Pipeline) CodePipeline() pipelines.CodePipeline { return p.pipeline }

// Pipeline returns the AWS CodePipeline pipeline.
func (p *Pipeline) Pipeline() awscodepipeline.Pipeline { return p.pipeline.Pipeline() }

// EncryptionKey returns the key of artifacts, logs and notifications.
func (p *Pipeline) EncryptionKey() awskms.Key { return p.key }

// ArtifactBucket returns the bucket of the pipeline's own region.
func (p *Pipeline) ArtifactBucket() awss3.Bucket { return p.artifacts }

// AccessLogBucket returns the bucket that takes the access logs of the artifact bucket.
func (p *Pipeline) AccessLogBucket() awss3.IBucket { return p.accessLogs }

// SecurityGroup returns the one security group of all builds.
func (p *Pipeline) SecurityGroup() awsec2.SecurityGroup { return p.securityGroup }

// Vpc returns the VPC of the builds.
func (p *Pipeline) Vpc() awsec2.IVpc { return p.vpc }

// NotificationTopic returns the topic that tells of runs. Add subscriptions to it.
func (p *Pipeline) NotificationTopic() awssns.Topic { return p.notifications }

// ApprovalTopic returns the topic that asks for approvals and confirmations. Add subscriptions to it.
func (p *Pipeline) ApprovalTopic() awssns.Topic { return p.approvals }

// Stages returns the CDK Stages in the order of the props.
func (p *Pipeline) Stages() []awscdk.Stage { return slices.Clone(p.stages) }
