package secured

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// KeyProps are the props of NewKey.
type KeyProps struct {
	// Description says what the key encrypts.
	Description string
	// LogsSid names the statement of the key policy that lets CloudWatch Logs in.
	LogsSid string
}

// NewKey makes a key that rotates, is kept when its stack goes, and that the log groups of its stack may use. Who else may
// use it is added where it is used.
func NewKey(scope constructs.Construct, id string, props *KeyProps) awskms.Key {
	stack := awscdk.Stack_Of(scope)
	key := awskms.NewKey(scope, &id, &awskms.KeyProps{
		Description:       &props.Description,
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
	})
	// CloudWatch Logs is let in by nobody else. The statement is part of the key, so it is there before any log group.
	// "Encrypt log data in CloudWatch Logs using AWS KMS" (CloudWatch Logs User Guide).
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        &props.LogsSid,
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.Sprintf("logs.%s.amazonaws.com", *stack.Region()), nil)},
		Actions:    jsii.Strings("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
		Resources:  jsii.Strings("*"),
		Conditions: &map[string]any{"ArnLike": map[string]any{
			"kms:EncryptionContext:aws:logs:arn": stack.FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("logs"), Resource: jsii.String("log-group"), ResourceName: jsii.String("*"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
			}),
		}},
	}), nil)
	return key
}

// NewLogGroup makes a log group. It is kept when what wrote it goes: logs are evidence.
func NewLogGroup(scope constructs.Construct, id string, key awskms.IKey, retention awslogs.RetentionDays) awslogs.LogGroup {
	return awslogs.NewLogGroup(scope, &id, &awslogs.LogGroupProps{
		EncryptionKey: key,
		Retention:     retention,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})
}
