package securepipeline

import (
	"regexp"
	"strings"

	"github.com/securecdk/securecdk/internal/nag"
)

// accepted are the reasons for which findings of AwsSolutions-IAM5 in policies of the CDK are accepted. action narrows the
// reason to statements that allow it: what is fine for one action on "*" is not for another.
var accepted = []struct {
	finding *regexp.Regexp
	action  string
	reason  string
}{
	{regexp.MustCompile(`^Action::kms:(GenerateDataKey|ReEncrypt)\*$`), "",
		"The variants of one action each (with or without plain text, from and to), on the key of the artifacts and on no other key."},
	{regexp.MustCompile(`^Action::s3:(GetObject|GetBucket|List|DeleteObject|Abort)\*$`), "",
		"Families of actions of the CDK's grant for reading or writing artifacts, on the artifact bucket of a region and on no other bucket."},
	{regexp.MustCompile(`^Resource::(<\w+\.Arn>|arn:<AWS::Partition>:s3:::[\w.-]+)/\*$`), "",
		"The objects of the artifact bucket: their keys carry the id of an execution, which nobody knows beforehand."},
	{regexp.MustCompile(`^Resource::<\w+\.Arn>:\*$`), "lambda:InvokeFunction",
		"The versions of the one function that confirms harmless changes."},
	{regexp.MustCompile(`^Resource::arn:<AWS::Partition>:codebuild:[\w-]+:\d{12}:report-group/<\w+>-\*$`), "",
		"Report groups are named after the project and made by its builds; the project's name in front holds the role to its own reports."},
	{regexp.MustCompile(`^Resource::arn:<AWS::Partition>:logs:[\w-]+:\d{12}:log-group:/aws/codebuild/<\w+>:\*$`), "",
		"The log streams of the project's own builds, whose names are made up when a build starts."},
	{regexp.MustCompile(`^Resource::arn:<AWS::Partition>:ec2:.+:network-interface/\*$`), "ec2:CreateNetworkInterfacePermission",
		"The interface's id is unknown beforehand; the conditions hold it to CodeBuild and to the private subnets of the VPC."},
	{regexp.MustCompile(`^Resource::\*$`), "ec2:CreateNetworkInterface",
		"EC2 offers no resource-level permission for these actions before the network interface exists; AWS CodeBuild User Guide, Use CodeBuild with Amazon VPC."},
	{regexp.MustCompile(`^Resource::arn:\*:iam::\d{12}:role/\*$`), "sts:AssumeRole",
		"Roles of the CDK's bootstrap stack in the pipeline's own account alone, by the condition on their tag: the pipeline updates itself through them."},
	{regexp.MustCompile(`^Resource::\*$`), "cloudformation:DescribeStacks",
		"Reads the state of stacks: the CDK CLI looks for the bootstrap stack and for the stacks that it updates before it changes anything."},
	{regexp.MustCompile(`^Resource::\*$`), "s3:ListBucket",
		"Lists names only: the CDK CLI looks whether an asset is published already, in a bucket that the bootstrap stack names."},
	{regexp.MustCompile(`^Resource::arn:<AWS::Partition>:codepipeline:[\w-]+:\d{12}:\*(/[\w-]+/[\w.-]+)?$`), "codepipeline:",
		"Only the pipeline's name is open, which is made up when the pipeline is; the condition on the pipeline's tag holds it to pipelines with such a confirmation."},
	{regexp.MustCompile(`^Resource::arn:<AWS::Partition>:kms:[\w-]+:\d{12}:key/\*$`), "kms:",
		"The key of the artifact bucket in another region, which CloudFormation can't refer to; the condition holds its use to S3 of that region, and key policies still decide."},
	{regexp.MustCompile(`^Resource::\*$`), "sts:GetServiceBearerToken",
		"The action knows no resource; the condition holds it to AWS CodeArtifact."},
}

// reasonFor returns why a finding in a statement is accepted, or "".
func reasonFor(finding string, statement map[string]any) string {
	for _, a := range accepted {
		if a.finding.MatchString(finding) && (a.action == "" || allows(statement, a.action)) {
			return a.reason
		}
	}
	return ""
}

func allows(statement map[string]any, action string) bool {
	for _, a := range items(statement["Action"]) {
		if text, ok := a.(string); ok && (text == action || strings.HasSuffix(action, ":") && strings.HasPrefix(text, action)) {
			return true
		}
	}
	return false
}

// findingsOf returns what cdk-nag finds in a statement, written as cdk-nag writes it.
func findingsOf(statement map[string]any) []string {
	if statement["Effect"] != "Allow" {
		return nil
	}
	var found []string
	for _, a := range items(statement["Action"]) {
		if action, ok := a.(string); ok && strings.Contains(action, "*") {
			found = append(found, "Action::"+action)
		}
	}
	for _, r := range items(statement["Resource"]) {
		if resource := nag.Flat(r); strings.Contains(resource, "*") {
			found = append(found, "Resource::"+resource)
		}
	}
	return found
}

// items reads what IAM lets stand alone or in a list.
func items(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}
