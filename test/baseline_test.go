package test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/test/internal/workload"
)

// synthesize makes the workload in a stack of the app and in one of a Stage, does something to the app, and returns all
// templates.
func synthesize(t *testing.T, guard func(app awscdk.App)) map[string]map[string]any {
	t.Helper()
	app := cdktest.App(t, map[string]any{"@aws-cdk/aws-iam:minimizePolicies": true, "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": true})
	environment := cdktest.Env("111111111111", "eu-west-1")
	for _, scope := range []constructs.Construct{app, awscdk.NewStage(app, jsii.String("Stage"), &awscdk.StageProps{Env: environment})} {
		workload.Fill(awscdk.NewStack(scope, jsii.String("Workload"), &awscdk.StackProps{Env: environment}))
	}
	guard(app)
	return cdktest.Synth(t, app)
}

func baseline() *aspects.Baseline {
	return aspects.NewBaseline(&aspects.BaselineProps{Vpc: aspects.VpcFromAttributes(&awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a"),
		PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef0"), VpcCidrBlock: jsii.String("10.0.0.0/16"),
	})})
}

func TestEveryWayToApplyTheBaselineGivesTheSameTemplates(t *testing.T) {
	once := synthesize(t, func(app awscdk.App) {
		if changes := baseline().ApplyTo(app); len(changes) == 0 {
			t.Error("no change was made to a workload without any security setting")
		}
	})
	if len(once) != 2 {
		t.Fatalf("%d templates, want one of the app and one of the Stage", len(once))
	}
	tests := []struct {
		name  string
		guard func(app awscdk.App)
	}{
		{"twice", func(app awscdk.App) {
			b := baseline()
			b.ApplyTo(app)
			if changes := b.ApplyTo(app); len(changes) > 0 {
				t.Errorf("the second time still changes %v", changes[0])
			}
		}},
		{"by two baselines", func(app awscdk.App) { baseline().ApplyTo(app); baseline().ApplyTo(app) }},
		{"to the Stage first", func(app awscdk.App) {
			b := baseline()
			b.ApplyTo(app.Node().FindChild(jsii.String("Stage")))
			b.ApplyTo(app)
		}},
		{"by Enforce with its aspects", func(app awscdk.App) { aspects.Enforce(app, baseline().Aspects()...) }},
		{"as aspects", func(app awscdk.App) { addAspects(app, baseline().Aspects()) }},
		{"as aspects after it was applied", func(app awscdk.App) {
			b := baseline()
			b.ApplyTo(app)
			addAspects(app, b.Aspects())
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(once, synthesize(t, tt.guard)); diff != "" {
				t.Errorf("not the templates that ApplyTo gives (-once +%s):\n%s", tt.name, diff)
			}
		})
	}
}

// addAspects adds the aspects to the app and, since the CDK's aspects do not enter Stages, to its Stage.
func addAspects(app awscdk.App, all []*aspects.Aspect) {
	for _, aspect := range all {
		awscdk.Aspects_Of(app).Add(aspect, nil)
		awscdk.Aspects_Of(app.Node().FindChild(jsii.String("Stage"))).Add(aspect, nil)
	}
}

func TestAStricterSettingSurvives(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("S"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
	awss3.NewCfnBucket(stack, jsii.String("Strict"), &awss3.CfnBucketProps{
		BucketEncryption: &awss3.CfnBucket_BucketEncryptionProperty{ServerSideEncryptionConfiguration: []any{
			&awss3.CfnBucket_ServerSideEncryptionRuleProperty{
				BucketKeyEnabled: jsii.Bool(false),
				ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{
					SseAlgorithm: jsii.String("aws:kms:dsse"), KmsMasterKeyId: jsii.String("arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012"),
				},
			},
		}},
	})
	baseline().ApplyTo(app)
	for id, properties := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::S3::Bucket") {
		if id != "Strict" {
			continue
		}
		want := map[string]any{"ServerSideEncryptionConfiguration": []any{map[string]any{
			"BucketKeyEnabled": false,
			"ServerSideEncryptionByDefault": map[string]any{
				"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": "arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012",
			},
		}}}
		if diff := cmp.Diff(want, properties["BucketEncryption"]); diff != "" {
			t.Errorf("the encryption was changed (-want +got):\n%s", diff)
		}
		return
	}
	t.Error("the bucket is gone")
}
