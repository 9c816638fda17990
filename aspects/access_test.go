package aspects

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

// keyStatements returns the statements of the guardrail key by Sid, Effect and Resource left out.
func keyStatements(t *testing.T, app awscdk.App, stack awscdk.Stack) map[string]map[string]any {
	t.Helper()
	policy := one(t, app, stack, "AWS::KMS::Key")["KeyPolicy"].(map[string]any)
	found := map[string]map[string]any{}
	for _, s := range policy["Statement"].([]any) {
		statement := s.(map[string]any)
		sid, _ := statement["Sid"].(string)
		if statement["Effect"] != "Allow" || statement["Resource"] != "*" {
			t.Errorf("%s: %v", sid, statement)
		}
		found[sid] = map[string]any{"Principal": statement["Principal"], "Action": statement["Action"], "Condition": statement["Condition"]}
	}
	return found
}

// mirrored returns the one statement that copies a resource policy.
func mirrored(t *testing.T, statements map[string]map[string]any) map[string]any {
	t.Helper()
	var found map[string]any
	for sid, s := range statements {
		if strings.HasPrefix(sid, "GuardrailPolicy") {
			if found != nil {
				t.Fatalf("more than one: %v", statements)
			}
			found = s
		}
	}
	return found
}

func allowOn(bucket awss3.Bucket, principal awsiam.IPrincipal, conditions map[string]any) {
	bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("s3:GetObject"), Principals: &[]awsiam.IPrincipal{principal},
		Resources: &[]*string{bucket.ArnForObjects(jsii.String("*"))}, Conditions: &conditions,
	}))
}

func TestKeyFollowsThePolicyOfTheResource(t *testing.T) {
	viaS3 := map[string]any{"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
	use := []any{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
	cases := map[string]struct {
		principal  awsiam.IPrincipal
		conditions map[string]any
		want       map[string]any
	}{
		"a principal of the own account is served already": {
			principal: awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::111111111111:role/own")),
		},
		"anyone for a resource of the account": {
			principal: awsiam.NewAnyPrincipal(), conditions: map[string]any{"StringEquals": map[string]any{"s3:DataAccessPointAccount": account}},
		},
		"another account from a network: the call of S3 comes from none": {
			principal:  awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::999999999999:role/reader")),
			conditions: map[string]any{"IpAddress": map[string]any{"aws:SourceIp": "203.0.113.0/24"}, "StringEquals": map[string]any{"aws:SourceVpce": "vpce-1", "aws:PrincipalTag/Team": "a"}},
			want: map[string]any{
				"Principal": map[string]any{"AWS": "arn:aws:iam::999999999999:role/reader"}, "Action": use,
				"Condition": map[string]any{"StringEquals": map[string]any{"kms:ViaService": "s3.eu-west-1.amazonaws.com", "aws:PrincipalTag/Team": "a"}},
			},
		},
		"a service that delivers for other accounts": {
			principal:  awsiam.NewServicePrincipal(jsii.String("delivery.logs.amazonaws.com"), nil),
			conditions: map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": []any{"222222222222", "333333333333"}, "s3:x-amz-acl": "bucket-owner-full-control"}},
			want: map[string]any{
				"Principal": map[string]any{"Service": "delivery.logs.amazonaws.com"}, "Action": []any{"kms:Decrypt", "kms:GenerateDataKey"},
				"Condition": map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": []any{"222222222222", "333333333333"}}},
			},
		},
		"a service that delivers for the account, by ARN": {
			principal:  awsiam.NewServicePrincipal(jsii.String("delivery.logs.amazonaws.com"), nil),
			conditions: map[string]any{"ArnLike": map[string]any{"aws:SourceArn": "arn:aws:logs:eu-west-1:111111111111:*"}},
		},
		"another account, by ARN": {
			principal: awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::999999999999:role/reader")),
			want: map[string]any{
				"Principal": map[string]any{"AWS": "arn:aws:iam::999999999999:role/reader"}, "Action": use,
				"Condition": map[string]any{"StringEquals": viaS3},
			},
		},
		"another account, by its root, in any partition": {
			principal: awsiam.NewAccountPrincipal(jsii.String("999999999999")),
			want: map[string]any{
				"Principal": map[string]any{"AWS": map[string]any{"Fn::Join": []any{"", []any{"arn:", map[string]any{"Ref": "AWS::Partition"}, ":iam::999999999999:root"}}}},
				"Action":    use, "Condition": map[string]any{"StringEquals": viaS3},
			},
		},
		"an organization": {
			principal: awsiam.NewOrganizationPrincipal(jsii.String("o-1234567890")),
			want: map[string]any{
				"Principal": map[string]any{"AWS": "*"}, "Action": use,
				"Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-1234567890", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
			},
		},
		"a service that delivers": {
			principal: awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil),
			want: map[string]any{
				"Principal": map[string]any{"Service": "cloudtrail.amazonaws.com"}, "Action": []any{"kms:Decrypt", "kms:GenerateDataKey"},
				"Condition": map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": account}},
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			allowOn(awss3.NewBucket(stack, jsii.String("B"), nil), c.principal, c.conditions)
			Enforce(app, NewKmsEncryption(nil))
			if diff := cmp.Diff(c.want, mirrored(t, keyStatements(t, app, stack))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKeyOfAPolicyThatRefersToTheAppMakesNoCycle(t *testing.T) {
	app, stack := newStack(t)
	role := awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil)})
	bucket := awss3.NewBucket(stack, jsii.String("B"), nil)
	allowOn(bucket, awsiam.NewArnPrincipal(role.RoleArn()), nil)
	allowOn(bucket, awsiam.NewServicePrincipal(jsii.String("cloudfront.amazonaws.com"), nil), map[string]any{"StringEquals": map[string]any{"aws:SourceArn": role.RoleArn()}})
	Enforce(app, NewKmsEncryption(nil))
	policy := text(t, one(t, app, stack, "AWS::KMS::Key")["KeyPolicy"])
	if strings.Contains(policy, "Fn::GetAtt") {
		t.Errorf("the key would wait for what waits for the key: %s", policy)
	}
	if !strings.Contains(policy, "cloudfront.amazonaws.com") {
		t.Error("CloudFront can no longer read the bucket")
	}
}

func TestPublishersOfTopicsAndQueuesKeepPublishing(t *testing.T) {
	app, stack := newStack(t)
	topic := awssns.NewTopic(stack, jsii.String("Topic"), nil)
	topic.GrantPublish(awsiam.NewServicePrincipal(jsii.String("budgets.amazonaws.com"), nil))
	awssqs.NewQueue(stack, jsii.String("Queue"), nil)
	Enforce(app, NewKmsEncryption(nil))
	statements := keyStatements(t, app, stack)
	publishing := func(services any) map[string]any {
		return map[string]any{
			"Principal": map[string]any{"Service": services}, "Action": []any{"kms:Decrypt", "kms:GenerateDataKey"},
			"Condition": map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": account}},
		}
	}
	publishers := text(t, statements["GuardrailPublishersSns"])
	for _, service := range []string{"cloudwatch", "events", "s3"} {
		if !strings.Contains(publishers, `"`+service+`.amazonaws.com"`) {
			t.Errorf("%s publishes by the default policy of a topic: %s", service, publishers)
		}
	}
	if diff := cmp.Diff(publishing([]any{"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"}), statements["GuardrailPublishersSqs"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(publishing("budgets.amazonaws.com"), mirrored(t, statements)); diff != "" {
		t.Error(diff)
	}
}

func TestEventSourcesOfTheAppKeepPublishing(t *testing.T) {
	app, stack := newStack(t)
	awssns.NewTopic(stack, jsii.String("Topic"), nil)
	awscdk.NewCfnResource(stack, jsii.String("Events"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::RDS::EventSubscription")})
	Enforce(app, NewKmsEncryption(nil))
	awscdk.NewCfnResource(stack, jsii.String("Mail"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::SES::ReceiptRule")})
	awssns.NewTopic(stack, jsii.String("Later"), nil)
	Enforce(app, NewKmsEncryption(nil))
	policy := text(t, keyStatements(t, app, stack))
	for service, want := range map[string]int{"events.rds": 1, "ses": 1, "dms": 0} {
		if n := strings.Count(policy, `"`+service+`.amazonaws.com"`); n != want {
			t.Errorf("%s: %d statements, want %d: %s", service, n, want, policy)
		}
	}
}

func TestStatementsOfAKeyAreAddedOnce(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewBucket(stack, jsii.String("First"), nil)
	Enforce(app, NewKmsEncryption(nil))
	awss3.NewBucket(stack, jsii.String("Later"), nil)
	Enforce(app, NewKmsEncryption(nil))
	if n := len(keyStatements(t, app, stack)); n != 3 {
		t.Errorf("%d statements, want the account's, S3's and that of the delivery of logs", n)
	}
}

func TestRegionSuffixOfChina(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), &awscdk.StackProps{Env: cdktest.Env(account, "cn-north-1")})
	awss3.NewBucket(stack, jsii.String("B"), nil)
	Enforce(app, NewKmsEncryption(nil))
	condition := keyStatements(t, app, stack)["GuardrailAccountS3"]["Condition"]
	want := map[string]any{"StringEquals": map[string]any{"kms:CallerAccount": account, "kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}}
	if diff := cmp.Diff(want, condition); diff != "" {
		t.Error(diff)
	}
}

// twoAccounts is a bucket in one account and a role in another that may read it.
func twoAccounts(t *testing.T, fill func(role awsiam.Role)) (app awscdk.App, buckets, roles awscdk.Stack) {
	t.Helper()
	app = cdktest.App(t, nil)
	buckets = awscdk.NewStack(app, jsii.String("Buckets"), &awscdk.StackProps{Env: cdktest.Env(account, region)})
	roles = awscdk.NewStack(app, jsii.String("Roles"), &awscdk.StackProps{Env: cdktest.Env("222222222222", region)})
	role := awsiam.NewRole(roles, jsii.String("Role"), &awsiam.RoleProps{
		RoleName: awscdk.PhysicalName_GENERATE_IF_NEEDED(), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	awss3.NewBucket(buckets, jsii.String("B"), &awss3.BucketProps{BucketName: awscdk.PhysicalName_GENERATE_IF_NEEDED()}).GrantRead(role, nil)
	fill(role)
	return app, buckets, roles
}

func TestARoleOfTheAppInAnotherAccountMayUseTheKey(t *testing.T) {
	app, buckets, roles := twoAccounts(t, func(awsiam.Role) {})
	baseline := testBaseline()
	baseline.ApplyTo(app)
	if again := baseline.ApplyTo(app); len(again) != 0 {
		t.Errorf("second run: %+v", again)
	}
	if mirrored(t, keyStatements(t, app, buckets)) == nil {
		t.Error("the key lets the role in no more")
	}
	policy := one(t, app, roles, "AWS::IAM::ManagedPolicy")
	statement := list(dig(policy, "PolicyDocument", "Statement"))[0]
	if !strings.Contains(text(t, dig(statement, "Resource")), ":kms:eu-west-1:111111111111:key/*") ||
		dig(statement, "Condition", "StringEquals", "kms:ViaService") != "s3.eu-west-1.amazonaws.com" {
		t.Errorf("%s", text(t, statement))
	}
	if arns := list(one(t, app, roles, "AWS::IAM::Role")["ManagedPolicyArns"]); len(arns) != 1 {
		t.Errorf("%v", arns)
	}
}

func TestWhomTheAppCanNotGiveTheKeyIsSaid(t *testing.T) {
	app, stack := newStack(t)
	allowOn(awss3.NewBucket(stack, jsii.String("B"), nil), awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::999999999999:role/reader")), nil)
	Enforce(app, NewKmsEncryption(nil))
	if said := warned(t, app, ""); !strings.Contains(said, "lets in arn:aws:iam::999999999999:role/reader") {
		t.Errorf("said %q", said)
	}
}

const openTo = `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":%PRINCIPAL%}}]}`

func TestPrincipalsThatATemplateComputes(t *testing.T) {
	cases := map[string]struct{ principal, want string }{
		"another account in any partition": {`{"Fn::Sub":"arn:${AWS::Partition}:iam::222222222222:root"}`, "222222222222"},
		"the own account":                  {`{"Fn::Sub":"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x"}`, ""},
		"an account by a parameter":        {`{"Fn::Sub":"arn:aws:iam::${Partner}:root"}`, "${Partner}"},
		"a parameter":                      {`{"Ref":"Partner"}`, `"Ref": "Partner"`},
		"a role of the app":                {`{"Fn::GetAtt":["Role","Arn"]}`, ""},
		"a role of the app by name":        {`{"Fn::Sub":"arn:aws:iam::${AWS::AccountId}:role/${Role}"}`, ""},
		"by a condition":                   {`{"Fn::If":["Shared","arn:aws:iam::222222222222:root",{"Ref":"AWS::NoValue"}]}`, "Shared"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			include(t, stack, `{"Parameters":{"Partner":{"Type":"String","Default":"222222222222"}},"Conditions":{"Shared":{"Fn::Equals":["a","b"]}},"Resources":{
				"Role":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{}}},
				"B":{"Type":"AWS::S3::Bucket"},"P":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":{"Ref":"B"},"PolicyDocument":`+
				strings.Replace(openTo, "%PRINCIPAL%", c.principal, 1)+`}}}}`)
			Enforce(app, NewKmsEncryption(nil))
			got := mirrored(t, keyStatements(t, app, stack))
			if (got == nil) != (c.want == "") || !strings.Contains(text(t, got["Principal"]), c.want) {
				t.Errorf("%s", text(t, got))
			}
		})
	}
}

func TestAParameterOfANestedStackIsNoPrincipalOfItsParentsKey(t *testing.T) {
	app, stack := newStack(t)
	nested := awscdk.NewNestedStack(stack, jsii.String("Nested"), nil)
	include(t, nested, `{"Parameters":{"Partner":{"Type":"String","Default":"222222222222"}},"Resources":{"B":{"Type":"AWS::S3::Bucket"},
		"P":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":{"Ref":"B"},"PolicyDocument":`+strings.Replace(openTo, "%PRINCIPAL%", `{"Ref":"Partner"}`, 1)+`}}}}`)
	if changes := Enforce(app, NewKmsEncryption(nil)); len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
	cdktest.Synth(t, app)
}

func TestWhoMayBeAnyoneByAConditionGetsNoKey(t *testing.T) {
	const anyone = `{"Fn::If":["Open","*",{"Fn::Sub":"arn:aws:iam::222222222222:root"}]}`
	policy := strings.Replace(openTo, "%PRINCIPAL%", anyone, 1)
	app, stack := newStack(t)
	include(t, stack, `{"Conditions":{"Open":{"Fn::Equals":["a","b"]}},"Resources":{"B":{"Type":"AWS::S3::Bucket"},"Q":{"Type":"AWS::SQS::Queue"},
		"P":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":{"Ref":"B"},"PolicyDocument":`+policy+`}},
		"QP":{"Type":"AWS::SQS::QueuePolicy","Properties":{"Queues":[{"Ref":"Q"}],"PolicyDocument":`+policy+`}}}}`)
	if changes := Enforce(app, NewKmsEncryption(nil), NewPublicAccess(nil)); len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
}

func TestEveryKindOfResourcePolicyIsRead(t *testing.T) {
	document := awsiam.PolicyDocument_FromJson(map[string]any{"Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": map[string]any{"AWS": "arn:aws:iam::222222222222:role/reader"},
	}}})
	for name, fill := range map[string]func(awscdk.Stack){
		"a topic": func(stack awscdk.Stack) {
			topic := awssns.NewTopic(stack, jsii.String("T"), nil)
			awssns.NewCfnTopicInlinePolicy(stack, jsii.String("P"), &awssns.CfnTopicInlinePolicyProps{TopicArn: topic.TopicArn(), PolicyDocument: document})
		},
		"a queue": func(stack awscdk.Stack) {
			queue := awssqs.NewQueue(stack, jsii.String("Q"), nil)
			awssqs.NewCfnQueueInlinePolicy(stack, jsii.String("P"), &awssqs.CfnQueueInlinePolicyProps{Queue: queue.QueueUrl(), PolicyDocument: document})
		},
		"a table": func(stack awscdk.Stack) {
			awsdynamodb.NewTableV2(stack, jsii.String("T"), &awsdynamodb.TablePropsV2{
				PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING}, ResourcePolicy: document,
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			fill(stack)
			Enforce(app, NewKmsEncryption(nil))
			if got := mirrored(t, keyStatements(t, app, stack)); !strings.Contains(text(t, got), "222222222222") {
				t.Errorf("%s", text(t, got))
			}
		})
	}
}
