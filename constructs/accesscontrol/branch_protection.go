package accesscontrol

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
)

// BranchProtectionProps are the settings of a BranchProtection.
type BranchProtectionProps struct {
	// Repositories are the protected ones. One of Repositories and RepositoryNames is needed; both add up.
	Repositories []awscodecommit.IRepository
	// RepositoryNames are those of the stack's account and region. * stands for any characters. Default: none.
	RepositoryNames *[]*string
	// Branches are the protected ones, without refs/heads/. * stands for any characters: release/*. Default: main, develop.
	Branches *[]*string
	// ManagedPolicyName is the policy's name, by which a permission set of IAM Identity Center refers to it, with Path. Default:
	// CloudFormation makes one up.
	ManagedPolicyName *string
}

// BranchProtection is a managed policy of denies for people and machines.
type BranchProtection struct {
	constructs.Construct
	policy awsiam.ManagedPolicy
}

// NewBranchProtection makes a managed policy that allows nothing, and denies whoever has it, administrators too: to push
// to, create, delete or directly merge protected branches; to override, create, edit or delete approval rules of a pull request,
// their templates and the templates' associations (of every repository, since templates belong to the account); and to
// rename or delete the repository, or change its default branch or its key. To merge a pull request stays allowed: its
// approval rules decide. CodeCommit bars who opened a request from approving it, not who pushed to its branch: approvers who may
// push can approve their own commits in a colleague's request. Where approvers aren't to commit, use NewDuties.
//
// Attach it to roles: whoever may take a user out of a group (iam:RemoveUserFromGroup) takes a group's policies off.
//
// A branch that is protected before it exists is made by someone without this policy. See the AWS CodeCommit User Guide,
// "Limit pushes and merges to branches in AWS CodeCommit".
//
// It panics with an error that lists every fault of the props, or when the document is longer than IAM's 6,144 characters.
func NewBranchProtection(scope constructs.Construct, id *string, props *BranchProtectionProps) *BranchProtection {
	s, faults := settleBranchProtection(props)
	refuse(scope, id, faults)
	b := &BranchProtection{}
	constructs.NewConstruct_Override(b, scope, id)
	g := guarded{s.repositories.arns(placeOf(scope)), s.branches}
	b.policy = newManagedPolicy(b, "Policy", s.name, "Nobody changes protected branches or approval rules past the pull request", g.denies())
	return b
}

// ManagedPolicy returns the policy, to be attached to users, groups and roles.
func (b *BranchProtection) ManagedPolicy() awsiam.ManagedPolicy { return b.policy }

type branchProtection struct {
	repositories repositories
	branches     []string
	name         *string
}

const (
	policyExpected = "a policy's name: letters, digits and +=,.@_-, at most 128"
	roleExpected   = "a role's name: letters, digits and +=,.@_-, at most 64"
)

func settleBranchProtection(props *BranchProtectionProps) (branchProtection, []*fault.Error) {
	if props == nil {
		props = &BranchProtectionProps{}
	}
	c := &checker{}
	c.Match("ManagedPolicyName", props.ManagedPolicyName, policyForm, policyExpected, false)
	return branchProtection{c.repositories(props.Repositories, props.RepositoryNames), c.branches(props.Branches), copyOf(props.ManagedPolicyName)}, c.List
}

func copyOf(text *string) *string {
	if text == nil {
		return nil
	}
	return jsii.String(*text)
}
