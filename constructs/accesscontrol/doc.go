// Package accesscontrol is IAM policies by which code reaches a protected branch of AWS CodeCommit only tested and seen by
// another person, and production only by someone who neither wrote nor approved it.
//
// # The least
//
//	protection := accesscontrol.NewBranchProtection(stack, jsii.String("Protection"), &accesscontrol.BranchProtectionProps{
//		RepositoryNames: jsii.Strings("orders"),
//	})
//	developers.AddManagedPolicy(protection.ManagedPolicy())
//
// Whoever has it merges approved pull requests and changes main and develop in no other way.
//
// # What there is
//
// NewBranchProtection: a managed policy of denies for people and machines, to be attached beside what allows them to work.
//
// NewPermissionsBoundary: the same denies as a boundary. Its holder may be an administrator, and make users and roles; they
// have the boundary too.
//
// NewDuties: four managed policies, Commit, Approve, ChangePipeline and Release. Each denies the duties of the others. The
// last two take a second factor.
//
// NewApprovalRuleAdministrator: the one role that overrides and edits approval rules, with a second factor.
//
// NewPipelineViewer: a role that sees a pipeline, its runs and builds, and changes nothing.
//
// ServiceControlPolicy: the denies as JSON for AWS Organizations, which administrators of an account can't take away.
//
// # What it needs
//
// These policies close the ways round a pull request. That a pull request needs a test and an approval is the work of its
// approval rules: without an approval rule template for the branch, anyone merges. Name roles in its approval pool that
// committers can neither assume nor make; CodeCommit counts the sessions of one role by their names.
//
// A branch that is protected before it exists is made by whoever is not held by the policy: a CloudFormation stack that makes
// the repository with its first commit, or a person to whom the policy is attached later.
//
// IAM Identity Center: set ManagedPolicyName (or its prefix) and refer to the policy in a permission set by that name and
// the path /securecdk/, in every account that it is assigned to. Its sessions never carry aws:MultiFactorAuthPresent, so
// ChangePipeline, Release and the administrator refuse them: have Identity Center ask for a second factor at every sign-in,
// and say so in MfaElsewhereReason.
//
// # The path /securecdk/
//
// Roles below it may edit approval rules: the administrator, and the functions of this library that make approval rule
// templates. The service control policy exempts arn:*:iam::*:role/securecdk/* and leaves it to its DeployRoles alone to
// make, change and pass roles there. So CloudFormation makes them, from a template that was reviewed; and who may become
// a DeployRole decides. The roles of the CDK's bootstrap stack trust their whole account: name DeployRoleUsers, or bootstrap
// with a template that trusts less. Then nobody takes those roles over; but whoever changes or starts the users' pipelines and
// builds, or writes the artifacts that they deploy, acts as them: give people Duties. TrustedRoles
// keeps the roles of reviewers, and of who may become the administrator, from being taken over too. FunctionNames keeps the code of those functions from being changed.
//
// CloudFormation changes a stack with the role that it was first deployed with, and asks nobody to pass it again. So whoever may
// update, roll back or delete a stack of the CDK acts with its execution role. The service control policy forbids that on
// StackNames. A permissions boundary doesn't: its holder is held in what it does itself, not in what such a stack does for it.
// Keep people from stacks that are deployed by execution roles, or give those roles the boundary (cdk bootstrap
// --custom-permissions-boundary). Whoever may write the bucket of the CDK's assets changes what is deployed as well.
//
// # What policies can't do
//
// Whoever may change a policy, detach it, take a user out of the group that has it or take a boundary away is not held by it: an administrator without a boundary, the
// account's root user, in the end CloudFormation with what is merged. A service control policy holds administrators and
// the root user of member accounts. It keeps no boundary on: IAM names the new boundary of a request, not the one that it replaces,
// so whoever may put boundaries on roles and isn't held by one takes it off another. It never holds the organization's management account, or whoever may change policies
// of the organization there: keep code and pipelines out of that account.
//
// A boundary holds its holder, not machines that have roles without it: who may change such a function, start such a
// build, or assume a role that trusts the whole account acts with that role. Give them the boundary too.
//
// Whoever may change a pipeline may take its approvals out. ChangePipeline therefore can't release, and is for emergencies:
// a pipeline of the CDK changes by code, which is reviewed. A person who may write the pipeline's artifact bucket needs no
// branch: keep bucket and key to the pipeline's roles.
package accesscontrol
