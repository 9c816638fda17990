package app

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/constructs/secureapp"
)

// acceptFindings accepts what the packs of cdk-nag find and the team has decided to live with: one rule, one finding, one
// resource, one reason.
func (o *Orders) acceptFindings() {
	for _, bucket := range []awss3.Bucket{o.Incoming, o.Archive} {
		accept(bucket, "Order files can be had from the customer again for 90 days, and the archive is versioned; the business accepts the loss of a region.",
			"NIST.800.53.R5-S3BucketReplicationEnabled", "HIPAA.Security-S3BucketReplicationEnabled", "PCI.DSS.321-S3BucketReplicationEnabled")
	}
	accept(o.Table, "Point-in-time recovery restores every second of the last 35 days, which is the recovery point that the business asks for; a backup plan would add nothing to it.",
		"NIST.800.53.R5-DynamoDBInBackupPlan", "HIPAA.Security-DynamoDBInBackupPlan")
	accept(o.PaymentProvider, "The key is issued by the payment provider, whose API can't rotate it; the provider renews it every year and an operator puts it in.",
		"AwsSolutions-SMG4", "NIST.800.53.R5-SecretsManagerRotationEnabled", "HIPAA.Security-SecretsManagerRotationEnabled")
	for _, queue := range []constructs.IConstruct{o.DeadLetters, o.Work, o.Shipping} {
		accept(queue, "Only Amazon S3, Amazon SNS and AWS Lambda send and receive here, always over TLS; messages are encrypted with a customer managed key besides.", "AwsSolutions-SQS4")
	}
	accept(o.DeadLetters, "It is the dead-letter queue of all others; an alarm tells of the first message in it.", "Serverless-SQSRedrivePolicy")
	o.acceptRoles()
}

func (o *Orders) acceptRoles() {
	const inline = "The CDK makes one policy for the one role that it belongs to; a managed policy could be attached to others."
	policy := o.Process.Role().Node().FindChild(jsii.String("DefaultPolicy"))
	notifications := child(o.Incoming, "Notifications", "HandlerPolicy")
	for _, p := range []constructs.IConstruct{policy, notifications} {
		accept(p, inline, "NIST.800.53.R5-IAMNoInlinePolicy", "HIPAA.Security-IAMNoInlinePolicy", "PCI.DSS.321-IAMNoInlinePolicy")
	}
	for _, role := range []constructs.IConstruct{o.Process.Role(), child(o.Stack, "BucketNotificationsHandler050a0587b7544547bf325f094a3db834", "Role")} {
		acceptEach(role, "The policy lets the function write its logs, and nothing else.", "AwsSolutions-IAM4",
			"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
	}
	acceptEach(policy, "Families of read and write actions of the CDK's grants, on the two buckets of this stack.", "AwsSolutions-IAM5",
		"Action::s3:GetBucket*", "Action::s3:GetObject*", "Action::s3:List*", "Action::s3:Abort*", "Action::s3:DeleteObject*")
	acceptEach(policy, "The objects of the bucket, whose keys the customers choose.", "AwsSolutions-IAM5", o.objectsOf(o.Incoming), o.objectsOf(o.Archive))
	acceptEach(policy, "X-Ray knows no resources to narrow xray:PutTraceSegments and xray:PutTelemetryRecords to.", "AwsSolutions-IAM5", "Resource::*")
	for _, c := range *o.Process.Node().Children() {
		if strings.HasPrefix(*c.Node().Id(), "SqsEventSource") {
			accept(c, "A message that fails goes to the dead-letter queue of its own queue; destinations on failure are for streams.", "Serverless-LambdaEventSourceMappingDestination")
		}
	}
}

// objectsOf is the finding about the objects of a bucket, as cdk-nag writes it.
func (o *Orders) objectsOf(bucket awss3.Bucket) string {
	id := o.GetLogicalId(bucket.Node().DefaultChild().(awscdk.CfnElement))
	return fmt.Sprintf("Resource::<%s.Arn>/*", *id)
}

func child(c constructs.IConstruct, path ...string) constructs.IConstruct {
	for _, id := range path {
		c = c.Node().FindChild(&id)
	}
	return c
}

// accept accepts rules that have one finding a resource.
func accept(c constructs.IConstruct, reason string, rules ...string) {
	for _, rule := range rules {
		secureapp.Suppress(c, secureapp.Suppression{Rule: rule, Reason: reason})
	}
}

// acceptEach accepts findings of a rule that has several.
func acceptEach(c constructs.IConstruct, reason, rule string, findings ...string) {
	for _, finding := range findings {
		secureapp.Suppress(c, secureapp.Suppression{Rule: rule, Finding: finding, Reason: reason})
	}
}
