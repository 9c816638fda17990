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

// LetAlarmsAndEventsPublish lets the CloudWatch alarms and EventBridge rules of the topic's account publish to the topic,
// and use the topic's key for it. Call it once a topic; several topics may share a key.
//
// CloudWatch names the account whose alarm it is. EventBridge need not: its documentation knows no conditions in topic
// policies, and in key policies no aws:SourceAccount for encrypted topics. So its account is checked where it is told.
// "Using resource-based policies for Amazon EventBridge" (Amazon EventBridge User Guide), "Managing Amazon SNS encryption
// keys and costs" (Amazon SNS Developer Guide).
func LetAlarmsAndEventsPublish(topic awssns.ITopic, key awskms.IKey) {
	account := map[string]any{"aws:SourceAccount": awscdk.Stack_Of(topic).Account()}
	for _, publisher := range []struct{ sid, service, operator string }{
		{"Alarms", "cloudwatch.amazonaws.com", "StringEquals"},
		{"Events", "events.amazonaws.com", "StringEqualsIfExists"},
	} {
		statement := func(resource *string, actions ...string) awsiam.PolicyStatement {
			return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid:        &publisher.sid,
				Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(&publisher.service, nil)},
				Actions:    jsii.Strings(actions...),
				Resources:  &[]*string{resource},
				Conditions: &map[string]any{publisher.operator: account},
			})
		}
		topic.AddToResourcePolicy(statement(topic.TopicArn(), "sns:Publish"))
		key.AddToResourcePolicy(statement(jsii.String("*"), "kms:Decrypt", "kms:GenerateDataKey*"), nil)
	}
}
