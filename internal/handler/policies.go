package handler

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/nag"
)

const rolePath = "/securecdk/"

// networkActions are what Lambda needs of EC2 to put a function into a VPC. "Giving Lambda functions access to resources in
// an Amazon VPC" (AWS Lambda Developer Guide).
var networkActions = []string{
	"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
	"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
}

// newPolicies makes two managed policies of the one role: what Lambda itself needs to run a function, and what the handler
// does. So a finding that is accepted in the first is not accepted in the second by the way.
func (s *settings) newPolicies(scope constructs.Construct, role awsiam.Role, logGroupArn *string) []awsiam.ManagedPolicy {
	runtime := newPolicy(scope, "Runtime", "What AWS Lambda needs to run the function", role, s.runtimeStatements(awscdk.Stack_Of(scope), logGroupArn))
	nag.Suppress(runtime, nag.Rule{
		ID: "AwsSolutions-IAM5", Finding: "Resource::*",
		Reason: "AWS X-Ray knows no resources for what it takes in, and AWS Lambda accepts a role for a VPC only when it may manage network interfaces on all resources; the code of the function is denied to do so.",
	})
	policies := []awsiam.ManagedPolicy{runtime}
	if len(s.Statements) > 0 {
		handler := newPolicy(scope, "Handler", "What the code of the function does", role, s.Statements)
		if len(s.Accepted) > 0 {
			nag.Suppress(handler, s.Accepted...)
		}
		policies = append(policies, handler)
	}
	return policies
}

func newPolicy(scope constructs.Construct, id, description string, role awsiam.Role, statements []awsiam.PolicyStatement) awsiam.ManagedPolicy {
	return awsiam.NewManagedPolicy(scope, &id, &awsiam.ManagedPolicyProps{
		Description: &description,
		Path:        jsii.String(rolePath),
		Roles:       &[]awsiam.IRole{role},
		Statements:  &statements,
	})
}

func (s *settings) runtimeStatements(stack awscdk.Stack, logGroupArn *string) []awsiam.PolicyStatement {
	statements := []awsiam.PolicyStatement{
		statement("Logs", logGroupArn, nil, "logs:CreateLogStream", "logs:PutLogEvents"),
		statement("Traces", jsii.String("*"), nil, "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
		statement("NetworkInterfaces", jsii.String("*"), nil, networkActions...),
		statement("DeadLetters", s.DeadLetters.QueueArn(), nil, "sqs:SendMessage"),
	}
	// Only a call of the function's own code tells the function that it comes from, so that Lambda is not meant by this.
	denied := statement("NoNetworkInterfacesByCode", jsii.String("*"), map[string]any{"Null": map[string]any{"lambda:SourceFunctionArn": "false"}}, append([]string{"ec2:DetachNetworkInterface"}, networkActions...)...)
	denied.SetEffect(awsiam.Effect_DENY)
	statements = append(statements, denied)
	// "Key management" (Amazon SQS Developer Guide): who sends to an encrypted queue uses its key.
	if key := s.DeadLetters.EncryptionMasterKey(); key != nil {
		statements = append(statements, statement("DeadLetterEncryption", key.KeyArn(), map[string]any{"StringEquals": map[string]any{
			"kms:ViaService": *jsii.Sprintf("sqs.%s.%s", *stack.Region(), *stack.UrlSuffix()),
		}}, "kms:Decrypt", "kms:GenerateDataKey"))
	}
	return statements
}

func statement(sid string, resource *string, conditions map[string]any, actions ...string) awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{Sid: &sid, Actions: jsii.Strings(actions...), Resources: &[]*string{resource}}
	if conditions != nil {
		props.Conditions = &conditions
	}
	return awsiam.NewPolicyStatement(props)
}
