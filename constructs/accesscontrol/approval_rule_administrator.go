package accesscontrol

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
)

// ApprovalRuleAdministratorProps are the settings of an ApprovalRuleAdministrator.
type ApprovalRuleAdministratorProps struct {
	// Repositories are those whose approval rules the role may override and edit. One of Repositories and RepositoryNames is
	// needed; both add up.
	Repositories []awscodecommit.IRepository
	// RepositoryNames are those of the stack's account and region. * stands for any characters. Default: none.
	RepositoryNames *[]*string
	// AssumedBy is who may become the role. Required.
	AssumedBy awsiam.IPrincipal
	// RoleName is the role's name, below Path. Default: CloudFormation makes one up.
	RoleName *string
	// MfaElsewhereReason takes the second factor out of the role, and says where it is asked for instead. Sessions of IAM
	// Identity Center and SAML never carry aws:MultiFactorAuthPresent, so that they need this. Default: whoever assumes the role
	// without a second factor is refused.
	MfaElsewhereReason *string
}

// ApprovalRuleAdministrator is the one role that overrides and edits approval rules.
type ApprovalRuleAdministrator struct {
	constructs.Construct
	role awsiam.Role
}

// NewApprovalRuleAdministrator makes the role that alone overrides approval rules of pull requests and edits them, their
// templates and the templates' associations, for emergencies: its sessions last an hour, begin with a second factor, and
// neither write code, approve nor merge. It lies below Path, which a ServiceControlPolicy exempts. What it did is in
// CloudTrail, and in EventBridge as pullRequestApprovalRuleOverridden.
//
// It panics with an error that lists every fault of the props, or when the policy is longer than IAM's 6,144 characters.
func NewApprovalRuleAdministrator(scope constructs.Construct, id *string, props *ApprovalRuleAdministratorProps) *ApprovalRuleAdministrator {
	s, faults := settleAdministrator(props)
	refuse(scope, id, faults)
	a := &ApprovalRuleAdministrator{}
	constructs.NewConstruct_Override(a, scope, id)
	trusted := s.assumedBy
	if s.mfa {
		trusted = awsiam.NewPrincipalWithConditions(trusted, &map[string]any{"Bool": map[string]any{mfaKey: "true"}})
	}
	a.role = awsiam.NewRole(a, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: trusted, RoleName: s.name, Path: jsii.String(Path), MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(1)),
		Description: jsii.String("Overrides and edits approval rules of pull requests, and nothing else"),
	})
	arns := s.repositories.arns(placeOf(a))
	a.role.AddManagedPolicy(newManagedPolicy(a, "Policy", nil, "Overrides and edits approval rules of pull requests, and nothing else", s.statements(arns)))
	return a
}

// Role returns the role.
func (a *ApprovalRuleAdministrator) Role() awsiam.Role { return a.role }

type administrator struct {
	repositories repositories
	assumedBy    awsiam.IPrincipal
	name         *string
	mfa          bool
}

func settleAdministrator(props *ApprovalRuleAdministratorProps) (administrator, []*fault.Error) {
	if props == nil {
		props = &ApprovalRuleAdministratorProps{}
	}
	c := &checker{}
	s := administrator{c.repositories(props.Repositories, props.RepositoryNames), props.AssumedBy, copyOf(props.RoleName), props.MfaElsewhereReason == nil}
	c.principal(props.AssumedBy)
	c.Match("RoleName", props.RoleName, roleForm, roleExpected, false)
	c.Reason("MfaElsewhereReason", props.MfaElsewhereReason)
	return s, c.List
}

func (s administrator) statements(repositories []string) []statement {
	const templates = "Approval rule templates belong to the account: the actions know no resource. To edit them is what this role is for."
	statements := []statement{
		allow("Read", repositoryReads, repositories).because(patternReason, starred(repositories)...),
		allow("List", accountReads, []string{"*"}).because(listReason, "*"),
		withMfa(allow("Rules", slices.Concat(ruleWrites, associationWrites), repositories).because(patternReason, starred(repositories)...), s.mfa),
		withMfa(allow("Templates", templateEdits, []string{"*"}).because(templates, "*"), s.mfa),
	}
	if s.mfa {
		edits := slices.Concat(ruleWrites, associationWrites, templateWrites)
		statements = append(statements, withoutMfa(deny("DenyWithoutMfa", edits, []string{"*"})))
	}
	return append(statements, deny("DenyCommit", commitDenies, []string{"*"}), deny("DenyApprove", approvals, []string{"*"}))
}
