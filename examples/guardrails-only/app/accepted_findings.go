package app

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/constructs/secureapp"
)

// acceptFindings accepts what the packs of cdk-nag find and the team has decided to live with: one rule, one finding, one
// resource, one reason.
func (r *Reports) acceptFindings() {
	accept(r.Bucket, "Reports are rendered anew from the data warehouse every night; the bucket is versioned, and a second region would hold nothing more.",
		"NIST.800.53.R5-S3BucketReplicationEnabled", "HIPAA.Security-S3BucketReplicationEnabled", "PCI.DSS.321-S3BucketReplicationEnabled")
	accept(r.Render, "The project has no source repository, and so no credentials of one: it gets everything from the bucket.",
		"HIPAA.Security-CodeBuildProjectSourceRepoUrl", "PCI.DSS.321-CodeBuildProjectSourceRepoUrl")

	policy := r.Render.Role().Node().FindChild(jsii.String("DefaultPolicy"))
	accept(policy, "The CDK makes one policy for the one role that it belongs to; a managed policy could be attached to others.",
		"NIST.800.53.R5-IAMNoInlinePolicy", "HIPAA.Security-IAMNoInlinePolicy", "PCI.DSS.321-IAMNoInlinePolicy")
	const wildcard = "AwsSolutions-IAM5"
	acceptEach(policy, "Families of read and write actions of the CDK's grant, on the one bucket of this stack.", wildcard,
		"Action::s3:Abort*", "Action::s3:DeleteObject*", "Action::s3:GetBucket*", "Action::s3:GetObject*", "Action::s3:List*")
	acceptEach(policy, "The reports in the bucket, whose names carry their dates.", wildcard, fmt.Sprintf("Resource::<%s.Arn>/*", r.idOf(r.Bucket)))
	acceptEach(policy, "The log streams and test reports of this project's own builds, whose names are made up when a build starts.", wildcard,
		fmt.Sprintf("Resource::arn:<AWS::Partition>:logs:%s:%s:log-group:/aws/codebuild/<%s>:*", *r.Region(), *r.Account(), r.idOf(r.Render)),
		fmt.Sprintf("Resource::arn:<AWS::Partition>:codebuild:%s:%s:report-group/<%s>-*", *r.Region(), *r.Account(), r.idOf(r.Render)))
}

// idOf is the logical id of a construct's resource, which cdk-nag puts into its findings.
func (r *Reports) idOf(c constructs.IConstruct) string {
	return *r.GetLogicalId(c.Node().DefaultChild().(awscdk.CfnElement))
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
