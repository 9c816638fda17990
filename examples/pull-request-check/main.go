// Command pull-request-check is a CDK app: a repository whose branches main and develop change by tested and approved pull
// requests alone, and the roles of the people around it.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	access "github.com/securecdk/securecdk/constructs/accesscontrol"
	check "github.com/securecdk/securecdk/constructs/pullrequestcheck"
	"github.com/securecdk/securecdk/constructs/secureapp"
)

const (
	account  = "111111111111"
	provider = "arn:aws:iam::" + account + ":saml-provider/bank"
	reviewer = "OrdersReviewer"
	factor   = "The identity provider asks for a second factor at every sign-in; SAML sessions do not carry the key."
)

func main() {
	vpc := aspects.VpcFromSsm(&aspects.VpcFromSsmProps{
		VpcId:            jsii.String("/network/vpc-id"),
		PrivateSubnetIds: jsii.Strings("/network/private-subnet-a", "/network/private-subnet-b"),
	})
	props := &secureapp.Props{
		Baseline: aspects.NewBaseline(&aspects.BaselineProps{Vpc: vpc}),
		NagPacks: secureapp.AllNagPacks(),
	}
	secureapp.Run(props, func(app awscdk.App) {
		stack := awscdk.NewStack(app, jsii.String("OrdersRepository"), &awscdk.StackProps{
			Env:         &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("eu-west-1")},
			Description: jsii.String("The Orders repository, its pull request check and its people"),
		})
		orders := awscodecommit.NewRepository(stack, jsii.String("Orders"), &awscodecommit.RepositoryProps{RepositoryName: jsii.String("orders")})
		people(stack, orders, review(stack, orders, vpc))
	})
}

// review has pull requests tested by the machine and approved by reviewers: two for main, one for develop.
func review(stack awscdk.Stack, orders awscodecommit.IRepository, vpc aspects.VpcProvider) awscodebuild.IProject {
	tested := check.NewPullRequestCheck(stack, jsii.String("Check"), &check.PullRequestCheckProps{
		Repository: orders,
		Vpc:        vpc,
		Build: &check.BuildProps{
			InstallCommands: jsii.Strings("go install gotest.tools/gotestsum@v1.13.0"),
			Commands:        jsii.Strings("gotestsum --junitfile unit.xml ./...", "npx --yes aws-cdk@2.1148.1 synth --quiet"),
			Reports:         []*check.ReportProps{{Name: jsii.String("Unit"), Files: jsii.Strings("unit.xml")}},
		},
	})
	check.NewApprovalRules(stack, jsii.String("Rules"), &check.ApprovalRulesProps{
		Checks:    []*check.PullRequestCheck{tested},
		Approvers: jsii.Strings("arn:aws:sts::" + account + ":assumed-role/" + reviewer + "/*"),
	})
	return tested.Project()
}

// people gives each group one duty: who has two can do neither.
func people(stack awscdk.Stack, orders awscodecommit.IRepository, build awscodebuild.IProject) {
	duties := access.NewDuties(stack, jsii.String("Duties"), &access.DutiesProps{
		Repositories:       []awscodecommit.IRepository{orders},
		PipelineNames:      jsii.Strings("orders"),
		CheckProjects:      []awscodebuild.IProject{build},
		Approvals:          jsii.Strings("Production/ApproveProduction"),
		MfaElsewhereReason: jsii.String(factor),
	})
	bank := awsiam.SamlProvider_FromSamlProviderArn(stack, jsii.String("Bank"), jsii.String(provider))
	signedIn := func() awsiam.IPrincipal { return awsiam.NewSamlConsolePrincipal(bank, nil) }
	for _, group := range []struct {
		name string
		duty awsiam.ManagedPolicy
	}{
		{"OrdersDeveloper", duties.Commit()}, {reviewer, duties.Approve()},
		{"OrdersOperator", duties.ChangePipeline()}, {"OrdersReleaseManager", duties.Release()},
	} {
		awsiam.NewRole(stack, &group.name, &awsiam.RoleProps{
			RoleName: &group.name, AssumedBy: signedIn(), ManagedPolicies: &[]awsiam.IManagedPolicy{group.duty},
		})
	}
	access.NewApprovalRuleAdministrator(stack, jsii.String("Emergency"), &access.ApprovalRuleAdministratorProps{
		Repositories: []awscodecommit.IRepository{orders}, AssumedBy: signedIn(), MfaElsewhereReason: jsii.String(factor),
	})
}
