package app

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// OrdersProps configures NewOrders.
type OrdersProps struct {
	awscdk.StackProps
	// Concurrency is how many orders may be worked on at once. Default 20.
	Concurrency *float64
}

// Orders takes in order files and turns them into rows of a table:
//
//	incoming bucket ─► queue ─► function ─► table, archive bucket, topic ─► shipping queue
//	                     └► dead letters ─► alarm ─► topic
type Orders struct {
	awscdk.Stack
	Incoming, Archive           awss3.Bucket
	Work, Shipping, DeadLetters awssqs.Queue
	Placed, Alarms              awssns.Topic
	Table                       awsdynamodb.Table
	PaymentProvider             awssecretsmanager.Secret
	Process                     awslambda.Function
	Decisions                   awslogs.LogGroup
}

//go:embed process.py
var processSource string

// NewOrders makes the stack. Account and Region come from props or from the Stage around it.
func NewOrders(scope constructs.Construct, id *string, props *OrdersProps) *Orders {
	p := OrdersProps{}
	if props != nil {
		p = *props
	}
	if p.Concurrency == nil {
		p.Concurrency = jsii.Number(20)
	}
	o := &Orders{Stack: awscdk.NewStack(scope, id, &p.StackProps)}
	o.storage()
	o.messaging()
	o.processing(p.Concurrency)
	o.watch()
	o.acceptFindings()
	return o
}

// storage is what outlives a deployment.
func (o *Orders) storage() {
	o.Incoming = awss3.NewBucket(o.Stack, jsii.String("Incoming"), &awss3.BucketProps{
		LifecycleRules: &[]*awss3.LifecycleRule{{Expiration: awscdk.Duration_Days(jsii.Number(30))}},
	})
	awscdk.NewCfnOutput(o.Stack, jsii.String("IncomingBucket"), &awscdk.CfnOutputProps{Value: o.Incoming.BucketName()})
	o.Archive = awss3.NewBucket(o.Stack, jsii.String("Archive"), nil)
	o.Table = awsdynamodb.NewTable(o.Stack, jsii.String("Table"), &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String("customer"), Type: awsdynamodb.AttributeType_STRING},
		SortKey:                          &awsdynamodb.Attribute{Name: jsii.String("order"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
	})
	o.PaymentProvider = awssecretsmanager.NewSecret(o.Stack, jsii.String("PaymentProvider"), &awssecretsmanager.SecretProps{
		Description: jsii.String("API key of the payment provider; its value is put in by hand"),
	})
}

// messaging is what decouples the parts.
func (o *Orders) messaging() {
	o.DeadLetters = awssqs.NewQueue(o.Stack, jsii.String("DeadLetters"), &awssqs.QueueProps{RetentionPeriod: awscdk.Duration_Days(jsii.Number(14))})
	dead := &awssqs.DeadLetterQueue{Queue: o.DeadLetters, MaxReceiveCount: jsii.Number(3)}
	o.Work = awssqs.NewQueue(o.Stack, jsii.String("Work"), &awssqs.QueueProps{
		DeadLetterQueue:   dead,
		VisibilityTimeout: awscdk.Duration_Minutes(jsii.Number(6)), // six times the function's timeout, as AWS Lambda asks for
	})
	o.Shipping = awssqs.NewQueue(o.Stack, jsii.String("Shipping"), &awssqs.QueueProps{DeadLetterQueue: dead})
	o.Placed = awssns.NewTopic(o.Stack, jsii.String("Placed"), &awssns.TopicProps{DisplayName: jsii.String("Orders placed")})
	o.Alarms = awssns.NewTopic(o.Stack, jsii.String("Alarms"), &awssns.TopicProps{DisplayName: jsii.String("Orders alarms")})

	o.Incoming.AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewSqsDestination(o.Work))
	o.Placed.AddSubscription(awssnssubscriptions.NewSqsSubscription(o.Shipping, &awssnssubscriptions.SqsSubscriptionProps{
		DeadLetterQueue:    o.DeadLetters,
		RawMessageDelivery: jsii.Bool(true),
	}))
}

// processing is the one function, and what it may do.
func (o *Orders) processing(concurrency *float64) {
	o.Process = awslambda.NewFunction(o.Stack, jsii.String("Process"), &awslambda.FunctionProps{
		Runtime:                      awslambda.Runtime_PYTHON_3_14(),
		Handler:                      jsii.String("index.handler"),
		Code:                         awslambda.Code_FromInline(&processSource),
		MemorySize:                   jsii.Number(256),
		Timeout:                      awscdk.Duration_Minutes(jsii.Number(1)),
		ReservedConcurrentExecutions: concurrency,
		Tracing:                      awslambda.Tracing_ACTIVE,
		LoggingFormat:                awslambda.LoggingFormat_JSON,
		DeadLetterQueue:              o.DeadLetters,
		Environment: &map[string]*string{
			"ARCHIVE": o.Archive.BucketName(),
			"TABLE":   o.Table.TableName(),
			"TOPIC":   o.Placed.TopicArn(),
			"SECRET":  o.PaymentProvider.SecretArn(),
		},
	})
	o.Process.AddEventSource(awslambdaeventsources.NewSqsEventSource(o.Work, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize:               jsii.Number(10),
		ReportBatchItemFailures: jsii.Bool(true),
	}))
	o.Incoming.GrantRead(o.Process, nil)
	o.Archive.GrantReadWrite(o.Process, nil)
	o.Table.GrantReadWriteData(o.Process)
	o.Placed.GrantPublish(o.Process)
	o.PaymentProvider.GrantRead(o.Process, nil)
}

// watch tells people when an order is stuck, and keeps what auditors ask for.
func (o *Orders) watch() {
	o.Decisions = awslogs.NewLogGroup(o.Stack, jsii.String("Decisions"), &awslogs.LogGroupProps{Retention: awslogs.RetentionDays_ONE_YEAR})
	alarm := awscloudwatch.NewAlarm(o.Stack, jsii.String("StuckOrders"), &awscloudwatch.AlarmProps{
		AlarmDescription:  jsii.String("Orders could not be processed; look into the dead-letter queue"),
		Metric:            o.DeadLetters.MetricApproximateNumberOfMessagesVisible(nil),
		Threshold:         jsii.Number(1),
		EvaluationPeriods: jsii.Number(1),
		TreatMissingData:  awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(o.Alarms))
}
