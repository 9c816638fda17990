package iam

import (
	"testing"
)

func TestAnAdministratorIsHeldByBranchProtection(t *testing.T) {
	w := controlled(t)
	admin := holding(anything)
	admin.may(t, all(aroundBranches, writesTo("release/1.0"))) // or the denies below prove nothing
	held := holding(anything, w.policyNamed(t, "Protection"))
	held.mayNot(t, all(aroundBranches, writesTo("develop"), writesTo("release/1.0")))
	held.may(t, all(writesTo("feature/x"), writesTo("maintenance"), firstOfPush, mergeOf("main"), mergeOf("release/1.0"), approving, reading, sourcing))
	held.may(t, with("codecommit:References=refs/heads/main", on(other, "codecommit:GitPush", "codecommit:DeleteBranch")))
}

func TestNamesOfBranchesAreNoPatterns(t *testing.T) {
	held := holding(anything, controlled(t).policyNamed(t, "Exact"))
	held.mayNot(t, all(aroundBranches, writesTo("develop")))
	held.may(t, all(writesTo("main2"), writesTo("release/1.0"), writesTo("feature/main"), firstOfPush, mergeOf("main")))
}

func TestTheHolderOfTheBoundaryCanNotGetRidOfIt(t *testing.T) {
	w := controlled(t)
	boundary := w.policyNamed(t, "Boundary")
	self, foreign := policies+"securecdk/boundary", policies+"harmless"
	held := holding(anything)
	held.boundary = boundary
	const bounded, unbounded = "iam:PermissionsBoundary=" + policies + "securecdk/boundary", "iam:PermissionsBoundary=" + policies + "harmless"
	me, lambda := roles+"developer", roles+"delegated/lambda"

	held.mayNot(t, aroundBranches)
	held.may(t, all(writesTo("feature/x"), firstOfPush, mergeOf("main"), approving, reading, sourcing))
	held.may(t, on("arn:aws:s3:::data/x", "s3:GetObject", "s3:PutObject"))

	ways := all(
		on(me, "iam:DeleteRolePermissionsBoundary"), on("arn:aws:iam::"+account+":user/me", "iam:DeleteUserPermissionsBoundary"),
		with(bounded, on(me, "iam:DeleteRolePermissionsBoundary")),
		with(unbounded, on(me, "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy")),
		on(me, "iam:PutRolePermissionsBoundary", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"),
		on(roles+"delegated/new", "iam:CreateRole"), with(unbounded, on(roles+"new", "iam:CreateRole")),
		on("arn:aws:iam::"+account+":user/new", "iam:CreateUser", "iam:PutUserPolicy", "iam:AttachUserPolicy"),
		on(self, "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
		on(policies+"securecdk/OrdersCommit", "iam:CreatePolicyVersion"),
		with(bounded, with("iam:PolicyARN="+policies+"securecdk/OrdersCommit", on(me, "iam:DetachRolePolicy"))),
		with("iam:PassedToService=lambda.amazonaws.com", on(roles+"admin", "iam:PassRole"), on(roles+"securecdk/approval-rules", "iam:PassRole")),
		on("arn:aws:iam::"+account+":user/admin", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:CreateServiceSpecificCredential",
			"iam:UploadSSHPublicKey", "iam:UpdateAccessKey", "iam:UploadSigningCertificate", "iam:UpdateSSHPublicKey", "iam:UpdateServiceSpecificCredential",
			"iam:DeactivateMFADevice", "iam:EnableMFADevice"),
		federating,
		// to put the boundary on a role is to take it over: the denies for principals without it end there
		with(bounded, on(roles+"OrdersReviewer", "iam:PutRolePermissionsBoundary"), on(deployRole, "iam:PutRolePermissionsBoundary"),
			on("arn:aws:iam::"+account+":user/admin", "iam:PutUserPermissionsBoundary"),
			on(roles+"securecdk/verdict-approver", "iam:PutRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:CreateRole")),
	)
	admin := holding(anything)
	admin.may(t, ways)
	held.mayNot(t, ways)

	held.may(t, all(
		with(bounded, on(roles+"new", "iam:CreateRole", "iam:PutRolePolicy"), on("arn:aws:iam::"+account+":user/new", "iam:CreateUser", "iam:PutUserPolicy")),
		with(bounded, on(roles+"delegated/new", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy")),
		with(bounded, with("iam:PolicyARN="+foreign, on(lambda, "iam:AttachRolePolicy", "iam:DetachRolePolicy"))),
		with("iam:PassedToService=lambda.amazonaws.com", on(lambda, "iam:PassRole"), on(roles+"build", "iam:PassRole")),
		on(foreign, "iam:CreatePolicy", "iam:CreatePolicyVersion"),
	))
}

// TestAUserOfTheBoundaryMakesOnlyItsOwnCredentials: a user has a name, below a path or not.
func TestAUserOfTheBoundaryMakesOnlyItsOwnCredentials(t *testing.T) {
	held := person{principal: "arn:aws:iam::" + account + ":user/me", identity: []any{anything}, boundary: controlled(t).policyNamed(t, "Boundary")}
	held.may(t, with("aws:username=me", on("arn:aws:iam::"+account+":user/me", "iam:CreateAccessKey", "iam:EnableMFADevice"), on("arn:aws:iam::"+account+":user/team/me", "iam:UploadSSHPublicKey")))
	held.mayNot(t, with("aws:username=me", on("arn:aws:iam::"+account+":user/you", "iam:CreateAccessKey"), on("arn:aws:iam::"+account+":user/team/you", "iam:UploadSSHPublicKey")))
}
