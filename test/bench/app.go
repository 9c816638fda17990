package bench

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

const (
	stacks   = 10
	perStack = 100 // of each of the three types
)

// vpcAttributes are of a VPC that exists: nothing is looked up and nothing is created for it.
func vpcAttributes() *awsec2.VpcAttributes {
	return &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a", "eu-west-1b"),
		PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"), VpcCidrBlock: jsii.String("10.0.0.0/16"),
	}
}

// build makes the resources of a stack: n buckets, n keys, n projects.
type build func(stack awscdk.Stack, n int)

// measure times build, guard and synth in a jsii kernel of its own, which has loaded its modules and done a small app
// before the clock starts.
func measure(tb testing.TB, b build, guard func(app awscdk.App)) time.Duration {
	tb.Helper()
	jsii.Close()
	synthesize(tb.TempDir(), 1, 1, b, guard)
	runtime.GC()
	dir := tb.TempDir()
	start := time.Now()
	synthesize(dir, stacks, perStack, b, guard)
	return time.Since(start)
}

func synthesize(dir string, count, n int, b build, guard func(app awscdk.App)) {
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: &dir, AnalyticsReporting: jsii.Bool(false),
		Context: &map[string]any{
			"@aws-cdk/core:stackResourceLimit":                0, // by hand it is more than 500 in a stack
			"@aws-cdk/aws-iam:minimizePolicies":               true,
			"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": true,
		},
	})
	for i := range count {
		b(awscdk.NewStack(app, jsii.String(fmt.Sprintf("Stack%d", i)), &awscdk.StackProps{
			Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")},
		}), n)
	}
	guard(app)
	app.Synth(nil)
}

func none(awscdk.App) {}

func buildSpec() awscodebuild.BuildSpec {
	return awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"})
}

// unsecured is the app as a team writes it that thinks of nothing.
func unsecured(stack awscdk.Stack, n int) {
	for i := range n {
		awss3.NewBucket(stack, jsii.Sprintf("Bucket%d", i), nil)
		awskms.NewKey(stack, jsii.Sprintf("Key%d", i), nil)
		awscodebuild.NewProject(stack, jsii.Sprintf("Project%d", i), &awscodebuild.ProjectProps{BuildSpec: buildSpec()})
	}
}

// byHand is the same app as a team writes it that thinks of everything.
func byHand(stack awscdk.Stack, n int) {
	vpc := awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), vpcAttributes())
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	group := awsec2.NewSecurityGroup(stack, jsii.String("Group"), &awsec2.SecurityGroupProps{Vpc: vpc})
	logs := awss3.NewBucket(stack, jsii.String("Logs"), &awss3.BucketProps{
		Versioned: jsii.Bool(true), EnforceSSL: jsii.Bool(true), BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), Encryption: awss3.BucketEncryption_S3_MANAGED,
	})
	for i := range n {
		awss3.NewBucket(stack, jsii.Sprintf("Bucket%d", i), &awss3.BucketProps{
			Versioned: jsii.Bool(true), EnforceSSL: jsii.Bool(true), BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EncryptionKey: key,
			ServerAccessLogsBucket: logs, ServerAccessLogsPrefix: jsii.Sprintf("Bucket%d/", i),
		})
		awskms.NewKey(stack, jsii.Sprintf("Key%d", i), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
		awscodebuild.NewProject(stack, jsii.Sprintf("Project%d", i), &awscodebuild.ProjectProps{
			BuildSpec: buildSpec(), Vpc: vpc, EncryptionKey: key, SecurityGroups: &[]awsec2.ISecurityGroup{group},
		})
	}
}
