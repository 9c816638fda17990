package accesscontrol

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/nag"
)

// PermissionsBoundaryProps are the settings of a PermissionsBoundary.
type PermissionsBoundaryProps struct {
	// Repositories are the protected ones. One of Repositories and RepositoryNames is needed; both add up.
	Repositories []awscodecommit.IRepository
	// RepositoryNames are those of the stack's account and region. * stands for any characters. Default: none.
	RepositoryNames *[]*string
	// Branches are the protected ones, without refs/heads/. * stands for any characters: release/*. Default: main, develop.
	Branches *[]*string
	// ManagedPolicyName is the policy's name. The policy names itself, so it always has one. Default: made of the construct's path.
	ManagedPolicyName *string
	// RolePath is the path of the roles that the holder may pass to services. Roles there must have this boundary, which those
	// that the holder makes have. Default: /delegated/.
	RolePath *string
	// PassableRoleArns are further roles that the holder may pass to services. A function or a build that has one of them is not
	// held by the boundary. * stands for any characters; roles below Path are refused. Default: none.
	PassableRoleArns *[]*string
}

// PermissionsBoundary is a permissions boundary that its holder can't get rid of.
type PermissionsBoundary struct {
	constructs.Construct
	policy awsiam.ManagedPolicy
}

// NewPermissionsBoundary makes a boundary that allows everything but what a BranchProtection denies, and but getting
// out of it: its holder can't take boundaries away or change them, puts this one on roles below RolePath only, can't change the
// policies and the roles under Path, makes users and roles with this boundary only, changes the policies and the trust of such
// only, passes only roles below RolePath to services, and makes no credentials for others. It is the pattern of the IAM User
// Guide, "Permissions boundaries for IAM entities", "Delegating responsibility to others using permissions boundaries".
//
// A boundary grants nothing. It goes onto everything under a scope by awsiam.PermissionsBoundary_Of(scope).Apply(…). Apply it to
// the scopes of workloads, never to a whole app that also has an ApprovalRuleAdministrator or approval rules of this library:
// their roles, below Path, edit approval rules, which the boundary denies, and fail when they run. Keep
// those in a stack of their own, without the boundary. Roles that
// the holder is to pass to services need RoleProps.Path set to RolePath; the CDK sets no path by itself.
//
// It panics with an error that lists every fault of the props, or when the document is longer than IAM's 6,144 characters.
func NewPermissionsBoundary(scope constructs.Construct, id *string, props *PermissionsBoundaryProps) *PermissionsBoundary {
	s, faults := settlePermissionsBoundary(props)
	refuse(scope, id, faults)
	b := &PermissionsBoundary{}
	constructs.NewConstruct_Override(b, scope, id)
	name := s.name
	if name == nil {
		name = awscdk.Names_UniqueResourceName(b, &awscdk.UniqueResourceNameOptions{MaxLength: jsii.Number(100)})
	}
	p := placeOf(b)
	g := guarded{s.repositories.arns(p), s.branches}
	b.policy = newManagedPolicy(b, "Policy", name, "Everything but protected branches and approval rules, and no way out", s.statements(g, p, *name))
	nag.Suppress(b.policy, boundaryFindings()...)
	return b
}

// ManagedPolicy returns the policy, to be set as a boundary of users and roles.
func (b *PermissionsBoundary) ManagedPolicy() awsiam.ManagedPolicy { return b.policy }

type permissionsBoundary struct {
	branchProtection
	rolePath string
	passable []string
}

func settlePermissionsBoundary(props *PermissionsBoundaryProps) (permissionsBoundary, []*fault.Error) {
	if props == nil {
		props = &PermissionsBoundaryProps{}
	}
	base, faults := settleBranchProtection(&BranchProtectionProps{props.Repositories, props.RepositoryNames, props.Branches, props.ManagedPolicyName})
	c := &checker{fault.List(faults)}
	s := permissionsBoundary{branchProtection: base, rolePath: "/delegated/"}
	if props.RolePath != nil && c.name("RolePath", props.RolePath, pathForm, "a path that begins and ends with /, other than / itself") {
		s.rolePath = *props.RolePath
		if strings.HasPrefix(s.rolePath, Path) {
			c.Add("RolePath", props.RolePath, "a path other than "+Path, "keep it for the roles that may edit approval rules")
		}
	}
	s.passable = c.roles("PassableRoleArns", props.PassableRoleArns)
	for i, v := range valuesOf(props.PassableRoleArns) {
		if v != nil && mayLieBelowPath(*v) {
			c.Add(fmt.Sprintf("PassableRoleArns[%d]", i), v, "a pattern that no role below "+Path+" matches", "those may edit approval rules: begin it with another path or name")
		}
	}
	return s, c.List
}

// mayLieBelowPath says whether a pattern of roles matches one below Path.
func mayLieBelowPath(pattern string) bool {
	_, name, _ := strings.Cut(pattern, ":role")
	begin, _, open := strings.Cut(name, "*")
	return strings.HasPrefix(begin, Path) || open && strings.HasPrefix(Path, begin)
}

// oneself is the user who asks. A role has no user name, and a statement with a variable that has no value holds for nobody:
// another statement is for roles.
const oneself = "${aws:username}"

// statements of the boundary. A negated operator also matches a request that doesn't carry the key: whoever has no
// boundary is none of those with this one.
func (s permissionsBoundary) statements(g guarded, p place, name string) []statement {
	self := p.global("iam", "policy"+Path+name)
	policies := p.global("iam", "policy"+Path+"*")
	everything := []string{"*"}
	delegated := p.global("iam", "role"+s.rolePath+"*")
	takeOver := deny("DenyBoundaryOfOthers", []string{"iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"}, nil)
	takeOver.notResources = []string{delegated}
	passRole := deny("DenyPassRole", []string{"iam:PassRole"}, nil)
	passRole.notResources = append([]string{delegated}, s.passable...)
	credentials := deny("DenyCredentialsOfOthers", credentialWrites, nil)
	credentials.notResources = []string{p.global("iam", "user/"+oneself), p.global("iam", "user/*/"+oneself)}
	return slices.Concat(
		[]statement{allow("AllowWithinBoundary", everything, everything)},
		g.denies(),
		[]statement{
			deny("DenyRemoveBoundary", []string{"iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"}, everything),
			deny("DenyPrincipalsWithoutBoundary", principalWrites, everything).when("StringNotEquals", "iam:PermissionsBoundary", self),
			takeOver,
			deny("DenyTrustedRoles", roleWrites, []string{p.global("iam", "role"+Path+"*")}),
			passRole,
			credentials,
			deny("DenyCredentialsByRoles", credentialWrites, everything).when("Null", "aws:username", "true"),
			deny("DenyFederation", federationWrites, everything),
			deny("DenyEditPolicies", policyWrites, []string{policies}),
			deny("DenyDetachPolicies", detachments, everything).when("ArnLike", "iam:PolicyARN", policies),
		},
	)
}

// principalWrites are the actions that say by iam:PermissionsBoundary which boundary their principal has, or is to have.
var principalWrites = []string{
	"iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateRole", "iam:CreateUser", "iam:DeleteRolePolicy", "iam:DeleteUserPolicy",
	"iam:DetachRolePolicy", "iam:DetachUserPolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:PutUserPermissionsBoundary",
	"iam:PutUserPolicy", "iam:UpdateAssumeRolePolicy",
}

// credentialWrites let one act as another user: access keys, certificates, passwords, second factors, and the keys and
// passwords of git.
var credentialWrites = []string{
	"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateServiceSpecificCredential", "iam:DeactivateMFADevice", "iam:EnableMFADevice",
	"iam:ResetServiceSpecificCredential", "iam:ResyncMFADevice", "iam:UpdateAccessKey", "iam:UpdateLoginProfile", "iam:UpdateServiceSpecificCredential",
	"iam:UpdateSigningCertificate", "iam:UpdateSSHPublicKey", "iam:UploadSigningCertificate", "iam:UploadSSHPublicKey",
}

// federationWrites let one sign in as whoever trusts an identity provider, IAM Roles Anywhere or an identity pool.
var federationWrites = []string{
	"cognito-identity:SetIdentityPoolRoles", "cognito-identity:SetPrincipalTag*", "cognito-identity:UpdateIdentityPool", "iam:AddClientIDTo*",
	"iam:CreateOpenID*", "iam:CreateSAML*", "iam:UpdateOpenID*", "iam:UpdateSAML*", "rolesanywhere:Create*", "rolesanywhere:Enable*",
	"rolesanywhere:PutAttributeMapping", "rolesanywhere:Update*",
}

var (
	policyWrites = []string{"iam:CreatePolicyVersion", "iam:DeletePolicy*", "iam:SetDefaultPolicyVersion"}
	detachments  = []string{"iam:DetachGroupPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy"}
)

func boundaryFindings() []nag.Rule {
	const reason = "A permissions boundary grants nothing: what it allows is the most that other policies may grant, and its denies take from that."
	rules := []nag.Rule{
		{ID: "AwsSolutions-IAM5", Finding: "Action::*", Reason: reason},
		{ID: "AwsSolutions-IAM5", Finding: "Resource::*", Reason: reason},
	}
	for _, pack := range []string{"NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321"} {
		for _, rule := range []string{"IAMPolicyNoStatementsWithAdminAccess", "IAMPolicyNoStatementsWithFullAccess"} {
			rules = append(rules, nag.Rule{ID: pack + "-" + rule, Reason: reason})
		}
	}
	return rules
}
