// Package workload is an app as teams write it: no security setting, and every kind of permission that the CDK's grants,
// notifications, subscriptions, targets and actions write.
package workload

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

const (
	// Partner is an account that the workload lets in on purpose.
	Partner = "222222222222"
	// LogSource is an account whose flow logs are delivered to the workload.
	LogSource = "333333333333"
	// Organization is one whose accounts the workload lets in.
	Organization = "o-abcdefghij"
)

// Fill makes the workload's resources in a stack.
func Fill(stack awscdk.Stack) {
	ours := func(id string) awsiam.Role {
		return awsiam.NewRole(stack, jsii.String(id), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil)})
	}
	buckets(stack, ours)
	messages(stack, ours)

	table := awsdynamodb.NewTable(stack, jsii.String("Table"), &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
	})
	table.GrantReadData(ours("TableReader"))
	table.GrantWriteData(ours("TableWriter"))

	secret := awssecretsmanager.NewSecret(stack, jsii.String("Secret"), nil)
	secret.GrantRead(ours("SecretReader"), nil)
	secret.GrantWrite(ours("SecretWriter"))

	logs := awslogs.NewLogGroup(stack, jsii.String("LogGroup"), nil)
	logs.GrantWrite(ours("LogWriter"))

	awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"),
		Code:        awslambda.Code_FromInline(jsii.String("exports.handler = async () => {}")),
		Environment: &map[string]*string{"TABLE": table.TableName()},
	})
	awscodebuild.NewProject(stack, jsii.String("Project"), &awscodebuild.ProjectProps{
		BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
	})
}

func buckets(stack awscdk.Stack, role func(string) awsiam.Role) {
	plain := awss3.NewBucket(stack, jsii.String("Plain"), nil)
	plain.GrantRead(role("BucketReader"), nil)
	plain.GrantReadWrite(role("BucketReadWriter"), nil)
	plain.GrantPut(role("BucketPutter"), nil)
	plain.GrantDelete(role("BucketDeleter"), nil)

	// Whoever wrote this chose a key; its grants include it.
	own := awss3.NewBucket(stack, jsii.String("Own"), &awss3.BucketProps{
		EncryptionKey: awskms.NewKey(stack, jsii.String("OwnKey"), nil),
	})
	own.GrantReadWrite(role("OwnReadWriter"), nil)

	shared := awss3.NewBucket(stack, jsii.String("Shared"), nil)
	shared.GrantRead(awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::"+Partner+":role/consumer")), nil)
	shared.GrantPut(awsiam.NewAccountPrincipal(jsii.String(Partner)), nil)

	awss3.NewBucket(stack, jsii.String("OrgShared"), nil).
		GrantRead(awsiam.NewOrganizationPrincipal(jsii.String(Organization)), nil)
	awss3.NewBucket(stack, jsii.String("Trail"), nil).
		GrantPut(awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil), nil)

	// S3 replicates as a role that the CDK makes.
	awss3.NewBucket(stack, jsii.String("Replicated"), &awss3.BucketProps{
		Versioned: jsii.Bool(true),
		ReplicationRules: &[]*awss3.ReplicationRule{{
			Destination: awss3.NewBucket(stack, jsii.String("Replicas"), &awss3.BucketProps{Versioned: jsii.Bool(true)}),
		}},
	})
	// Logs are delivered for another account, too.
	awss3.NewBucket(stack, jsii.String("FlowLogs"), nil).AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("s3:PutObject"), Resources: jsii.Strings("*"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("delivery.logs.amazonaws.com"), nil)},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": []string{LogSource}}},
	}))

	// The order in which the custom resource empties the bucket before it and its policy go is the CDK's.
	awss3.NewBucket(stack, jsii.String("Emptied"), &awss3.BucketProps{
		AutoDeleteObjects: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}

func messages(stack awscdk.Stack, role func(string) awsiam.Role) {
	queue := awssqs.NewQueue(stack, jsii.String("Queue"), nil)
	queue.GrantSendMessages(role("Sender"))
	queue.GrantConsumeMessages(role("Consumer"))
	topic := awssns.NewTopic(stack, jsii.String("Topic"), nil)
	topic.GrantPublish(role("Publisher"))
	awssqs.NewQueue(stack, jsii.String("SharedQueue"), nil).
		GrantSendMessages(awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::" + Partner + ":role/producer")))
	awssns.NewTopic(stack, jsii.String("SharedTopic"), nil).
		GrantPublish(awsiam.NewAccountPrincipal(jsii.String(Partner)))

	notifying := awss3.NewBucket(stack, jsii.String("Notifying"), nil)
	notified := awssqs.NewQueue(stack, jsii.String("Notified"), nil)
	notifying.AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewSqsDestination(notified))
	notifiedTopic := awssns.NewTopic(stack, jsii.String("NotifiedTopic"), nil)
	notifying.AddEventNotification(awss3.EventType_OBJECT_REMOVED, awss3notifications.NewSnsDestination(notifiedTopic))

	subscribed := awssqs.NewQueue(stack, jsii.String("Subscribed"), nil)
	topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(subscribed, nil))

	ruleTopic := awssns.NewTopic(stack, jsii.String("RuleTopic"), nil)
	ruleQueue := awssqs.NewQueue(stack, jsii.String("RuleQueue"), nil)
	awsevents.NewRule(stack, jsii.String("Rule"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.codecommit")},
		Targets:      &[]awsevents.IRuleTarget{awseventstargets.NewSnsTopic(ruleTopic, nil), awseventstargets.NewSqsQueue(ruleQueue, nil)},
	})

	// An alarm publishes by the default policy of a topic: the CDK writes none for it.
	alarmTopic := awssns.NewTopic(stack, jsii.String("AlarmTopic"), nil)
	awscloudwatch.NewAlarm(stack, jsii.String("Alarm"), &awscloudwatch.AlarmProps{
		Metric: queue.MetricApproximateNumberOfMessagesVisible(nil), Threshold: jsii.Number(1), EvaluationPeriods: jsii.Number(1),
	}).AddAlarmAction(awscloudwatchactions.NewSnsAction(alarmTopic))
}
