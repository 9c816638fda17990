package accesscontrol_test

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsorganizations"
	"github.com/aws/jsii-runtime-go"

	access "github.com/securecdk/securecdk/constructs/accesscontrol"
)

func newStack() awscdk.Stack {
	env := &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}
	return awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Access"), &awscdk.StackProps{Env: env})
}

// Developers may do what they may, but past pull requests.
func ExampleNewBranchProtection() {
	stack := newStack()
	protection := access.NewBranchProtection(stack, jsii.String("Protection"), &access.BranchProtectionProps{
		RepositoryNames: jsii.Strings("orders", "invoices"),
		Branches:        jsii.Strings("main", "release/*"),
	})
	developers := awsiam.Role_FromRoleName(stack, jsii.String("Developers"), jsii.String("developers"), nil)
	developers.AddManagedPolicy(protection.ManagedPolicy())
}

// Everything that the app makes has the boundary; its roles may be passed to services where their path says so.
func ExampleNewPermissionsBoundary() {
	stack := newStack()
	boundary := access.NewPermissionsBoundary(stack, jsii.String("Boundary"), &access.PermissionsBoundaryProps{
		RepositoryNames:   jsii.Strings("orders"),
		ManagedPolicyName: jsii.String("developers"),
	})
	awsiam.NewRole(stack, jsii.String("TeamLead"), &awsiam.RoleProps{
		AssumedBy:           awsiam.NewAccountRootPrincipal(),
		PermissionsBoundary: boundary.ManagedPolicy(),
		ManagedPolicies:     &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("AdministratorAccess"))},
	})
}

// Four roles, of which nobody should have two.
func ExampleNewDuties() {
	stack := newStack()
	duties := access.NewDuties(stack, jsii.String("Duties"), &access.DutiesProps{
		RepositoryNames:         jsii.Strings("orders"),
		Pipelines:               []awscodepipeline.IPipeline{awscodepipeline.Pipeline_FromPipelineArn(stack, jsii.String("Pipeline"), jsii.String("arn:aws:codepipeline:eu-west-1:111111111111:orders"))},
		Approvals:               jsii.Strings("Prod/ApproveProd"),
		ManagedPolicyNamePrefix: jsii.String("Orders"),
	})
	for _, d := range []struct {
		role   string
		policy awsiam.ManagedPolicy
	}{
		{"developers", duties.Commit()}, {"reviewers", duties.Approve()}, {"operators", duties.ChangePipeline()}, {"releasers", duties.Release()},
	} {
		awsiam.Role_FromRoleName(stack, &d.role, &d.role, nil).AddManagedPolicy(d.policy)
	}
}

// The role for emergencies.
func ExampleNewApprovalRuleAdministrator() {
	administrator := access.NewApprovalRuleAdministrator(newStack(), jsii.String("Administrator"), &access.ApprovalRuleAdministratorProps{
		RepositoryNames: jsii.Strings("orders"),
		AssumedBy:       awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::222222222222:role/on-call")),
		RoleName:        jsii.String("approval-rules"),
	})
	awscdk.NewCfnOutput(administrator, jsii.String("RoleArn"), &awscdk.CfnOutputProps{Value: administrator.Role().RoleArn()})
}

// Auditors look on.
func ExampleNewPipelineViewer() {
	access.NewPipelineViewer(newStack(), jsii.String("Auditors"), &access.PipelineViewerProps{
		PipelineName:      jsii.String("orders"),
		BuildProjectNames: jsii.Strings("orders-*"),
		AssumedBy:         awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::222222222222:role/auditors")),
	})
}

// The organization's management account makes the policy, for an organizational unit.
func ExampleServiceControlPolicy() {
	document, err := access.ServiceControlPolicy(&access.ServiceControlPolicyProps{
		StackNames:      jsii.Strings("Orders*", "CDKToolkit"),
		Branches:        jsii.Strings("main", "release/*"),
		DeployRoleUsers: jsii.Strings("arn:*:iam::*:role/OrdersDelivery-*"),
		TrustedRoles:    jsii.Strings("arn:*:iam::*:role/OrdersReviewer"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var content any
	if err := json.Unmarshal([]byte(document), &content); err != nil {
		fmt.Println(err)
		return
	}
	policy := awsorganizations.NewCfnPolicy(newStack(), jsii.String("Branches"), &awsorganizations.CfnPolicyProps{
		Name: jsii.String("protected-branches"), Type: jsii.String("SERVICE_CONTROL_POLICY"), Content: content,
		TargetIds: jsii.Strings("ou-abcd-11111111"),
	})
	for _, s := range policy.Content().(map[string]any)["Statement"].([]any) {
		fmt.Println(s.(map[string]any)["Sid"])
	}
	// Output:
	// DenyProtectedBranches
	// DenyApprovalRules
	// DenyChanges
	// DenyFederation
	// DenyDetachPolicies
	// DenyBecomeDeployRoles
}
