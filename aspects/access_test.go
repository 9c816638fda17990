package aspects

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
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
		"anyone, unconditionally: KMS serves no anonymous caller": {
			principal: awsiam.NewAnyPrincipal(),
		},
		"anyone under conditions of the service alone": {
			principal: awsiam.NewAnyPrincipal(), conditions: map[string]any{"StringEquals": map[string]any{"s3:prefix": "x"}},
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
	if diff := cmp.Diff(publishing([]any{"cloudwatch.amazonaws.com", "codestar-notifications.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"}), statements["GuardrailPublishersSns"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(publishing([]any{"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"}), statements["GuardrailPublishersSqs"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(publishing("budgets.amazonaws.com"), mirrored(t, statements)); diff != "" {
		t.Error(diff)
	}
}

func TestStatementsOfAKeyAreAddedOnce(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewBucket(stack, jsii.String("First"), nil)
	Enforce(app, NewKmsEncryption(nil))
	awss3.NewBucket(stack, jsii.String("Later"), nil)
	Enforce(app, NewKmsEncryption(nil))
	if n := len(keyStatements(t, app, stack)); n != 2 {
		t.Errorf("%d statements, want the account's and S3's", n)
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
