package secured

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NewTopic makes an encrypted topic that takes messages over TLS only.
func NewTopic(scope constructs.Construct, id string, key awskms.IKey) awssns.Topic {
	return awssns.NewTopic(scope, &id, &awssns.TopicProps{MasterKey: key, EnforceSSL: jsii.Bool(true)})
}

// LetAlarmsPublish lets the CloudWatch alarms of the topic's account publish to the topic, and use its key for it. Call it once
// a topic; several topics may share a key. EventBridge rules are let in by their target, awseventstargets.NewSnsTopic.
//
// "Managing Amazon SNS encryption keys and costs" (Amazon SNS Developer Guide).
func LetAlarmsPublish(topic awssns.ITopic, key awskms.IKey) {
	statement := func(resource *string, actions ...string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("Alarms"),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
			Actions:    jsii.Strings(actions...),
			Resources:  &[]*string{resource},
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(topic).Account()}},
		})
	}
	topic.AddToResourcePolicy(statement(topic.TopicArn(), "sns:Publish"))
	key.AddToResourcePolicy(statement(jsii.String("*"), "kms:Decrypt", "kms:GenerateDataKey*"), nil)
}
