package securepipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodestarnotifications"
	"github.com/aws/jsii-runtime-go"
)

// notify tells of runs that failed, succeeded or were stopped, and of approvals that are needed, given or refused.
func (p *Pipeline) notify() {
	p.pipeline.Pipeline().NotifyOn(jsii.String("Runs"), p.notifications, &awscodepipeline.PipelineNotifyOnOptions{
		DetailType: awscodestarnotifications.DetailType_FULL,
		Events: &[]awscodepipeline.PipelineNotificationEvents{
			awscodepipeline.PipelineNotificationEvents_PIPELINE_EXECUTION_FAILED,
			awscodepipeline.PipelineNotificationEvents_PIPELINE_EXECUTION_CANCELED,
			awscodepipeline.PipelineNotificationEvents_PIPELINE_EXECUTION_SUCCEEDED,
			awscodepipeline.PipelineNotificationEvents_PIPELINE_EXECUTION_SUPERSEDED,
			awscodepipeline.PipelineNotificationEvents_MANUAL_APPROVAL_NEEDED,
			awscodepipeline.PipelineNotificationEvents_MANUAL_APPROVAL_SUCCEEDED,
			awscodepipeline.PipelineNotificationEvents_MANUAL_APPROVAL_FAILED,
		},
	})
}
