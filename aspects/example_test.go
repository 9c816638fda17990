package aspects_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
)

func newStack() (awscdk.App, awscdk.Stack) {
	app := awscdk.NewApp(nil)
	env := &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}
	return app, awscdk.NewStack(app, jsii.String("Orders"), &awscdk.StackProps{Env: env})
}

// A baseline is applied when the app is complete, and tells what it changed and what that means for a deployed stack.
func ExampleBaseline_ApplyTo() {
	app, stack := newStack()
	awssqs.NewQueue(stack, jsii.String("Work"), nil)
	awskms.NewKey(stack, jsii.String("Key"), nil)

	baseline := aspects.NewBaseline(nil)
	for _, c := range baseline.ApplyTo(app) {
		fmt.Printf("%s %s: %s %s (%s)\n", c.Control, c.Path, c.Property, c.Description, c.Impact)
	}
	fmt.Println("the second time:", len(baseline.ApplyTo(app)), "changes")
	// Output:
	// KMS.ROTATION Orders/Key/Resource: EnableKeyRotation true (no interruption)
	// SQS.CMK Orders/Work/Resource: KmsMasterKeyId the stack's customer managed key (no interruption)
	// the second time: 0 changes
}

// One requirement alone, in bulk.
func ExampleEnforce() {
	app, stack := newStack()
	awss3.NewBucket(stack, jsii.String("Data"), nil)
	awss3.NewBucket(stack, jsii.String("Versioned"), &awss3.BucketProps{Versioned: jsii.Bool(true)})

	for _, c := range aspects.Enforce(app, aspects.NewBucketVersioning(nil)) {
		fmt.Println(c.Path, c.Property, c.Description)
	}
	// Output:
	// Orders/Data/Resource VersioningConfiguration Status Enabled
}

// The same as an aspect of the CDK: it works when the app is synthesized, and not in Stages.
func ExampleAspect_Visit() {
	app, stack := newStack()
	bucket := awss3.NewBucket(stack, jsii.String("Data"), nil)
	awscdk.Aspects_Of(app).Add(aspects.NewBucketVersioning(nil), nil)

	app.Synth(nil)
	properties := stack.Resolve(bucket.Node().DefaultChild().(awss3.CfnBucket).CfnProperties()).(map[string]any)
	fmt.Println(properties["versioningConfiguration"])
	// Output:
	// map[status:Enabled]
}

// Stacks get what they share from providers: here a VPC by its ids, and a key that the platform team owns.
func ExampleNewBaseline() {
	baseline := aspects.NewBaseline(&aspects.BaselineProps{
		Vpc: aspects.VpcFromAttributes(&awsec2.VpcAttributes{
			VpcId: jsii.String("vpc-0a1b2c3d4e5f60718"), AvailabilityZones: jsii.Strings("eu-west-1a"), PrivateSubnetIds: jsii.Strings("subnet-0a1b2c3d4e5f60718"),
		}),
		Keys: aspects.KeyFromArn(jsii.String("arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f")),
	})
	for _, aspect := range baseline.Aspects()[:3] {
		fmt.Println(aspect.Controls())
	}
	// Output:
	// [S3.LOGGING]
	// [S3.VERSIONING]
	// [CODEBUILD.VPC]
}
