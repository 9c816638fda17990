package secured

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

func newStack(t *testing.T) (awscdk.App, awscdk.Stack) {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	return app, awscdk.NewStack(app, jsii.String("S"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
}

func TestAVpcWithoutPrivateSubnetsIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		provider aspects.VpcProvider
		want     string
	}{
		"none": {func(awscdk.Stack) awsec2.IVpc { return nil }, "S: Vpc: missing, expected a VPC from the provider"},
		"public only": {aspects.VpcFromAttributes(&awsec2.VpcAttributes{VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("a"), PublicSubnetIds: jsii.Strings("subnet-1")}),
			`S: Vpc: got "vpc-1", expected a VPC with private subnets`},
	} {
		t.Run(name, func(t *testing.T) {
			_, stack := newStack(t)
			if got := cdktest.Panic(t, func() { FindVpc(stack, c.provider) }); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s…", got, c.want)
			}
		})
	}
}

// allowed returns, by Sid, what a policy allows services.
func allowed(policy any) map[string]any {
	found := map[string]any{}
	for _, s := range policy.(map[string]any)["Statement"].([]any) {
		statement := s.(map[string]any)
		if sid, has := statement["Sid"].(string); has && statement["Effect"] == "Allow" {
			found[sid] = []any{statement["Principal"].(map[string]any)["Service"], statement["Action"], statement["Condition"]}
		}
	}
	return found
}

func TestAlarmsOfTheAccountReachAnEncryptedTopic(t *testing.T) {
	app, stack := newStack(t)
	key := NewKey(stack, "Key", &KeyProps{Description: "Everything", LogsSid: "Logs"})
	topics := []string{"First", "Second"}
	for _, id := range topics {
		LetAlarmsPublish(NewTopic(stack, id, key), key)
	}
	doc := cdktest.Template(t, app, stack)
	account := map[string]any{"aws:SourceAccount": "111111111111"}
	alarms := func(action any) map[string]any {
		return map[string]any{"Alarms": []any{"cloudwatch.amazonaws.com", action, map[string]any{"StringEquals": account}}}
	}
	policies := cdktest.Resources(doc, "AWS::SNS::TopicPolicy")
	if len(policies) != len(topics) {
		t.Errorf("%d policies of %d topics", len(policies), len(topics))
	}
	for id, policy := range policies {
		if diff := cmp.Diff(alarms("sns:Publish"), allowed(policy["PolicyDocument"])); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	_, properties := cdktest.One(t, doc, "AWS::KMS::Key")
	use := allowed(properties["KeyPolicy"])
	if logs, _ := use["Logs"].([]any); len(logs) != 3 || logs[0] != "logs.eu-west-1.amazonaws.com" {
		t.Errorf("CloudWatch Logs: %v", logs)
	}
	delete(use, "Logs")
	if diff := cmp.Diff(alarms([]any{"kms:Decrypt", "kms:GenerateDataKey*"}), use); diff != "" {
		t.Error(diff)
	}
	if statements := properties["KeyPolicy"].(map[string]any)["Statement"].([]any); len(statements) != 3 { // root, logs, and alarms once
		t.Errorf("%d statements in the key policy", len(statements))
	}
}

func TestTheFirstDeadLetterIsToldOf(t *testing.T) {
	app, stack := newStack(t)
	key := NewKey(stack, "Key", &KeyProps{Description: "Everything", LogsSid: "Logs"})
	topic := NewTopic(stack, "Topic", key)
	AlarmOnFirstMessage(stack, "Alarm", NewDeadLetterQueue(stack, "DeadLetters", key), topic)
	doc := cdktest.Template(t, app, stack)
	topicID, _ := cdktest.One(t, doc, "AWS::SNS::Topic")
	queueID, queue := cdktest.One(t, doc, "AWS::SQS::Queue")
	if queue["MessageRetentionPeriod"] != 1209600.0 || queue["KmsMasterKeyId"] == nil {
		t.Errorf("%v", queue)
	}
	_, alarm := cdktest.One(t, doc, "AWS::CloudWatch::Alarm")
	tell := []any{map[string]any{"Ref": topicID}}
	for name, want := range map[string]any{
		"MetricName": "ApproximateNumberOfMessagesVisible", "Threshold": 1.0, "EvaluationPeriods": 1.0, "Period": 60.0, "Statistic": "Maximum",
		"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching", "AlarmActions": tell, "OKActions": tell,
		"Dimensions": []any{map[string]any{"Name": "QueueName", "Value": map[string]any{"Fn::GetAtt": []any{queueID, "QueueName"}}}},
	} {
		if diff := cmp.Diff(want, alarm[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, policy := cdktest.One(t, doc, "AWS::SQS::QueuePolicy")
	statement := policy["PolicyDocument"].(map[string]any)["Statement"].([]any)[0].(map[string]any)
	if statement["Effect"] != "Deny" || statement["Condition"].(map[string]any)["Bool"] == nil {
		t.Errorf("%v", statement)
	}
}
