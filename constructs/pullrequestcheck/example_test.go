package pullrequestcheck_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/pullrequestcheck"
)

func newStack() awscdk.Stack {
	env := &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}
	return awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Repositories"), &awscdk.StackProps{Env: env})
}

var vpc = aspects.VpcFromAttributes(&awsec2.VpcAttributes{
	VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a", "eu-west-1b"),
	PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
})

// Requests to main need two reviewers, those to develop one, and both a check that passed.
func ExampleNewApprovalRules() {
	stack := newStack()
	check := pullrequestcheck.NewPullRequestCheck(stack, jsii.String("Check"), &pullrequestcheck.PullRequestCheckProps{
		RepositoryName: jsii.String("orders"),
		Vpc:            vpc,
	})
	check.AlarmTopic().AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String("security@example.com"), nil))
	rules := pullrequestcheck.NewApprovalRules(stack, jsii.String("Rules"), &pullrequestcheck.ApprovalRulesProps{
		Checks:    []*pullrequestcheck.PullRequestCheck{check},
		Approvers: jsii.Strings("arn:aws:sts::111111111111:assumed-role/Reviewer/*"),
	})
	fmt.Println(rules.TemplateNames())
	// Output: [Repositories-Rules-machine Repositories-Rules-main-people Repositories-Rules-develop-people]
}

// The tests of a Go app, with their report in the comment.
func ExampleNewPullRequestCheck() {
	check := pullrequestcheck.NewPullRequestCheck(newStack(), jsii.String("Check"), &pullrequestcheck.PullRequestCheckProps{
		RepositoryName: jsii.String("orders"),
		Vpc:            vpc,
		Branches:       jsii.Strings("main", "release/next"),
		Build: &pullrequestcheck.BuildProps{
			InstallCommands: jsii.Strings("go install gotest.tools/gotestsum@v1.13.0"),
			Commands:        jsii.Strings("gotestsum --junitfile unit.xml ./...", "npx --yes aws-cdk@2.1148.1 synth --quiet"),
			Reports:         []*pullrequestcheck.ReportProps{{Name: jsii.String("Unit"), Files: jsii.Strings("unit.xml")}},
		},
	})
	fmt.Println(*check.Repository().RepositoryName())
	// Output: orders
}

// A repository at GitHub.
func ExampleNewWebhookCheck() {
	pullrequestcheck.NewWebhookCheck(newStack(), jsii.String("Check"), &pullrequestcheck.WebhookCheckProps{
		Host:          jsii.String("GITHUB"),
		RepositoryUrl: jsii.String("https://github.com/bank/orders.git"),
		ConnectionArn: jsii.String("arn:aws:codeconnections:eu-west-1:111111111111:connection/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
		Vpc:           vpc,
	})
}
