package iam

import (
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/constructs/accesscontrol"
)

const (
	deployRole = roles + "cdk-hnb659fds-cfn-exec-role-" + account + "-" + region
	breakGlass = roles + "break-glass"
	stackArn   = "arn:aws:cloudformation:" + region + ":" + account + ":stack/"
	handler    = "arn:aws:lambda:" + region + ":" + account + ":function:delivery-rules"
)

func serviceControl(t *testing.T, props *accesscontrol.ServiceControlPolicyProps) func(principal string) person {
	t.Helper()
	if props == nil {
		props = &accesscontrol.ServiceControlPolicyProps{}
	}
	if props.StackNames == nil {
		props.StackNames = jsii.Strings("Orders*")
	}
	document, err := accesscontrol.ServiceControlPolicy(props)
	if err != nil {
		t.Fatal(err)
	}
	policy := parsed(t, document)
	return func(principal string) person {
		return person{principal: principal, identity: []any{anything}, serviceControl: policy}
	}
}

// ofStack acts with the role of a stack.
func ofStack(arn string) []call {
	return on(arn, "cloudformation:UpdateStack", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:RollbackStack",
		"cloudformation:ContinueUpdateRollback", "cloudformation:DeleteStack", "cloudformation:ExecuteStackRefactor")
}

var (
	// becoming are the ways to a trusted role.
	becoming = all(
		on(roles+"securecdk/mine", "iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:UpdateRole"),
		with("iam:PassedToService=lambda.amazonaws.com", on(roles+"securecdk/approval-rules", "iam:PassRole")),
		with("iam:PassedToService=cloudformation.amazonaws.com", on(deployRole, "iam:PassRole")),
		on(deployRole, "iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy"), on(roles+"cdk-hnb659fds-deploy-role-mine", "iam:CreateRole"),
		on(policies+"securecdk/OrdersCommit", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:SetDefaultPolicyVersion"),
		ofStack(stackArn+"OrdersProduction/0a1b"),
		with("iam:PolicyARN="+policies+"securecdk/OrdersCommit", on(roles+"admin", "iam:DetachRolePolicy")),
	)
	everyday = all(
		writesTo("feature/x"), firstOfPush, mergeOf("main"), approving, reading, sourcing, on(roles+"app", "iam:CreateRole", "iam:UpdateAssumeRolePolicy"),
		with("iam:PassedToService=lambda.amazonaws.com", on(roles+"app", "iam:PassRole")), on(policies+"app", "iam:CreatePolicyVersion"),
		with("iam:PolicyARN="+policies+"app", on(roles+"app", "iam:DetachRolePolicy")), on("arn:aws:s3:::data/x", "s3:GetObject"),
		on("arn:aws:lambda:"+region+":"+account+":function:app", "lambda:InvokeFunction", "lambda:UpdateFunctionCode"),
		with("iam:PermissionsBoundary="+policies+"app", on(roles+"app", "iam:DeleteRolePermissionsBoundary")),
		ofStack(stackArn+"Data/0a1b"), on(stackArn+"OrdersProduction/0a1b", "cloudformation:DescribeStacks", "cloudformation:GetTemplate"),
		on("*", "iam:ListRoles", "rolesanywhere:ListTrustAnchors"), on(roles+"securecdk/approval-rules", "iam:GetRole"),
	)
)

func TestTheServiceControlPolicyHoldsAdministrators(t *testing.T) {
	for name, props := range map[string]*accesscontrol.ServiceControlPolicyProps{
		"all repositories": nil,
		"named ones":       {RepositoryNames: jsii.Strings("orders", "team-*"), FunctionNames: jsii.Strings("delivery-*")},
	} {
		t.Run(name, func(t *testing.T) {
			as := serviceControl(t, props)
			for _, who := range []string{roles + "admin", "arn:aws:iam::" + account + ":user/admin", breakGlass, roles + "x/securecdk/mine"} {
				as(who).mayNot(t, all(aroundBranches, becoming))
				as(who).may(t, everyday)
			}
			as(roles+"admin").mayNot(t, with("codecommit:References=refs/heads/develop", on("arn:aws:codecommit:us-east-1:"+account+":team-x", refWrites...)))
			as(roles+"admin").may(t, with("codecommit:References=refs/heads/release/1", on(orders, refWrites...)))
		})
	}
}

func TestTheServiceControlPolicyLetsTheNamedRolesThrough(t *testing.T) {
	as := serviceControl(t, &accesscontrol.ServiceControlPolicyProps{
		RepositoryNames: jsii.Strings("orders"), ApprovalRuleAdministrators: jsii.Strings("arn:*:iam::*:role/break-glass"), FunctionNames: jsii.Strings("delivery-*"),
		DeployRoleUsers: jsii.Strings("arn:*:iam::*:role/delivery-*"),
	})
	for _, who := range []string{breakGlass, roles + "securecdk/approval-rules"} {
		as(who).may(t, all(ruleEdits, everyday))
		as(who).mayNot(t, all(writesTo("main"), repositoryChanges, becoming))
	}
	as(deployRole).may(t, all(writesTo("main"), repositoryChanges, becoming, asFunction(handler)))
	as(deployRole).mayNot(t, ruleEdits)
	as(roles+"admin").mayNot(t, all(asFunction(handler), on(breakGlass, "iam:UpdateAssumeRolePolicy"), on(deployRole, "sts:AssumeRole")))
	as(roles+"delivery-action").may(t, all(everyday, on(deployRole, "sts:AssumeRole")))
	as(roles+"admin").may(t, on(roles+"app", "sts:AssumeRole"))
}

// asFunction acts with the role of a function: of its own name, of a version or of an alias.
func asFunction(arn string) []call {
	source := with("lambda:FunctionArn="+arn, on("*", "lambda:CreateEventSourceMapping"))
	for _, r := range []string{arn, arn + ":7", arn + ":$LATEST", arn + ":live"} {
		source = all(source, on(r, "lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:AddPermission",
			"lambda:RemovePermission", "lambda:CreateAlias", "lambda:UpdateAlias", "lambda:PublishVersion", "lambda:PutRuntimeManagementConfig",
			"lambda:PutFunctionEventInvokeConfig", "lambda:CreateFunctionUrlConfig"))
	}
	return source
}

func TestFunctionsAreGuardedWithTheirVersions(t *testing.T) {
	for _, names := range []string{"delivery-rules", "delivery-*"} {
		as := serviceControl(t, &accesscontrol.ServiceControlPolicyProps{FunctionNames: &[]*string{&names}})
		as(roles+"admin").mayNot(t, asFunction(handler))
		as(roles+"admin").may(t, all(on(handler, "lambda:GetFunction", "lambda:ListAliases"), asFunction("arn:aws:lambda:"+region+":"+account+":function:delivered")))
		as(deployRole).may(t, asFunction(handler))
	}
}

// TestNobodyTakesOverWhoeverIsTrusted: whoever may become a deployer, a reviewer or the administrator is as good as one.
func TestNobodyTakesOverWhoeverIsTrusted(t *testing.T) {
	reviewer := roles + "OrdersReviewer"
	as := serviceControl(t, &accesscontrol.ServiceControlPolicyProps{
		DeployRoleUsers: jsii.Strings("arn:*:iam::*:role/delivery-*"), TrustedRoles: jsii.Strings("arn:*:iam::*:role/OrdersReviewer", "arn:*:iam::*:role/on-call"),
	})
	takeover := federating
	for _, r := range []string{roles + "delivery-new", reviewer, onCall} {
		takeover = all(takeover, on(r, "iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRole"),
			with("iam:PassedToService=codebuild.amazonaws.com", on(r, "iam:PassRole")))
	}
	for _, who := range []string{roles + "admin", roles + "delivery-build", reviewer, breakGlass} {
		as(who).mayNot(t, all(takeover, aroundBranches))
		as(who).may(t, everyday)
	}
	as(deployRole).may(t, takeover)
}

func TestTheServiceControlPolicyLeavesOtherRepositoriesAlone(t *testing.T) {
	as := serviceControl(t, &accesscontrol.ServiceControlPolicyProps{RepositoryNames: jsii.Strings("orders")})
	as(roles+"admin").may(t, all(
		with("codecommit:References=refs/heads/main", on(other, refWrites...)),
		on(other, "codecommit:DeleteRepository", "codecommit:OverridePullRequestApprovalRules", "codecommit:UpdateDefaultBranch"),
	))
}
