package secured

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/nag"
)

// NewDeadLetterQueue makes an encrypted queue, over TLS only, that keeps what could not be handled for 14 days, as long as
// SQS does. Have AlarmOnFirstMessage tell of it.
func NewDeadLetterQueue(scope constructs.Construct, id string, key awskms.IKey) awssqs.Queue {
	queue := awssqs.NewQueue(scope, &id, &awssqs.QueueProps{
		Encryption:          awssqs.QueueEncryption_KMS,
		EncryptionMasterKey: key,
		EnforceSSL:          jsii.Bool(true),
		RetentionPeriod:     awscdk.Duration_Days(jsii.Number(14)),
	})
	nag.Suppress(queue, nag.InPacks("SQSRedrivePolicy", "The queue is itself the dead-letter queue: what lies in it is looked at by a person, whom an alarm tells of the first message.", "Serverless")...)
	return queue
}

// AlarmOnFirstMessage makes an alarm that tells the topic as soon as a message lies in the queue, and again when none does
// any more. The topic and its key must let alarms publish: LetAlarmsPublish.
func AlarmOnFirstMessage(scope constructs.Construct, id string, queue awssqs.IQueue, topic awssns.ITopic) awscloudwatch.Alarm {
	alarm := queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
		Period: awscdk.Duration_Minutes(jsii.Number(1)), Statistic: awscloudwatch.Stats_MAXIMUM(),
	}).CreateAlarm(scope, &id, &awscloudwatch.CreateAlarmOptions{
		AlarmDescription:   jsii.Sprintf("A message lies in the dead-letter queue of %s: something was not handled", *scope.Node().Path()),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		Threshold:          jsii.Number(1),
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING, // a queue without messages sends no data after hours
	})
	action := awscloudwatchactions.NewSnsAction(topic)
	alarm.AddAlarmAction(action)
	alarm.AddOkAction(action)
	return alarm
}
