package accesscontrol

import (
	"fmt"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/internal/fault"
)

// scpLimit is that of "Quotas and service limits for AWS Organizations". Through the API white space counts too; this
// document has none.
const scpLimit = 5120

// ServiceControlPolicyProps are the settings of a service control policy. Role patterns are ARNs, in which * stands for any
// characters and for any account: arn:*:iam::*:role/cdk-hnb659fds-cfn-exec-role-*.
type ServiceControlPolicyProps struct {
	// RepositoryNames are the protected repositories, in every account that the policy is attached to. * stands for any
	// characters. Default: all repositories.
	RepositoryNames *[]*string
	// Branches are the protected ones, without refs/heads/. * stands for any characters: release/*. Default: main, develop.
	Branches *[]*string
	// ApprovalRuleAdministrators are the roles that may override and edit approval rules, besides those below Path, which
	// always may. Default: none.
	ApprovalRuleAdministrators *[]*string
	// DeployRoles are the roles by which CloudFormation deploys: they make and change repositories, the roles below Path, the
	// policies and the functions. Default: the execution and deployment roles of the CDK's bootstrap stack.
	DeployRoles *[]*string
	// DeployRoleUsers are the roles that may assume DeployRoles; where they are given, nobody else may, and only DeployRoles make,
	// change or pass them. For a pipeline of the CDK these are the pipeline's role and that of its self-mutation build, not
	// the roles of its actions. Whoever changes or starts such a pipeline or build acts as them. Without them the trust
	// policies of the DeployRoles decide alone, and the bootstrap stack's trust their whole account. Default: none.
	DeployRoleUsers *[]*string
	// TrustedRoles are further roles that only DeployRoles may make, change or pass: those that approval rules name, and those that
	// may assume ApprovalRuleAdministrators, such as reviewers and who is on call. They are exempt from nothing. Default: none.
	TrustedRoles *[]*string
	// FunctionNames are the Lambda functions whose roles lie below Path. Only DeployRoles may change or invoke them, or give them
	// event sources: whoever changes a function acts with its role. * stands for any characters. CloudFormation makes names up that
	// begin with the stack's, so for the functions of this library write "<stack name>-*". Services still invoke them. Default: none.
	FunctionNames *[]*string
	// StackNames are the CloudFormation stacks that only DeployRoles may change, roll back or delete. A stack keeps the role that it
	// was deployed with: whoever may update a stack of the CDK acts with its execution role, and passes no role for it. Name
	// every stack that a DeployRole has deployed. * stands for any characters, and alone for all stacks: then teams, stack sets and
	// Control Tower deploy by DeployRoles or not at all. Required, since no default is right for both.
	StackNames *[]*string
}

// defaultDeployRoles are those of the CDK's bootstrap stack with its default qualifier.
var defaultDeployRoles = []string{"arn:*:iam::*:role/cdk-hnb659fds-cfn-exec-role-*", "arn:*:iam::*:role/cdk-hnb659fds-deploy-role-*"}

// ServiceControlPolicy returns the JSON of a service control policy with the denies of a BranchProtection, for every account of
// an organization that it is attached to, administrators of the account included. awsorganizations.CfnPolicy takes it.
//
// Roles below Path may edit approval rules: ApprovalRuleAdministrators, and the functions of this library that make
// approval rule templates. So that this is no way round, only DeployRoles may make, change, give policies to or pass roles
// there (or the roles named in the props), and only they may change the policies below Path or detach them, and make or change
// identity providers, trust anchors of IAM Roles Anywhere and the roles of identity pools, by which one would sign in as such a
// role. Bootstrap the CDK before you attach the policy, or name the role that does in DeployRoles.
//
// It returns an error that lists every fault of the props, or says that the document is longer than the 5,120 characters
// that AWS Organizations takes.
func ServiceControlPolicy(props *ServiceControlPolicyProps) (string, error) {
	s, faults := settleServiceControlPolicy(props)
	if len(faults) > 0 {
		return "", fault.Join(faults)
	}
	document := string(compact(policy(s.statements())))
	if len(document) > scpLimit {
		return "", fault.New("", "the service control policy", len(document), "at most 5120 characters, the limit of AWS Organizations",
			"cover repositories, branches, functions, stacks or roles with fewer patterns, or make two policies, each for some of the repositories")
	}
	return document, nil
}

type serviceControlPolicy struct {
	guarded
	administrators, deployers, users, trusted, functions, stacks []string
}

func settleServiceControlPolicy(props *ServiceControlPolicyProps) (serviceControlPolicy, []*fault.Error) {
	if props == nil {
		props = &ServiceControlPolicyProps{}
	}
	c := &checker{}
	s := serviceControlPolicy{
		guarded:        guarded{repositories: []string{"*"}, branches: c.branches(props.Branches)},
		administrators: append([]string{"arn:*:iam::*:role" + Path + "*"}, c.roles("ApprovalRuleAdministrators", props.ApprovalRuleAdministrators)...),
		deployers:      c.roles("DeployRoles", props.DeployRoles),
		users:          c.roles("DeployRoleUsers", props.DeployRoleUsers),
		trusted:        c.roles("TrustedRoles", props.TrustedRoles),
	}
	if names := c.names("RepositoryNames", props.RepositoryNames, repositoryForm, "a repository's name, or a pattern with *"); len(names) > 0 {
		s.repositories = place{"*", "*", "*"}.arns("codecommit", "", names)
	}
	if len(valuesOf(props.DeployRoles)) == 0 {
		s.deployers = slices.Clone(defaultDeployRoles)
	}
	functions := c.names("FunctionNames", props.FunctionNames, functionForm, "a function's name, or a pattern with * that begins with a letter")
	for _, arn := range (place{"*", "*", "*"}).arns("lambda", "function:", functions) {
		s.functions = append(s.functions, arn)
		if !strings.HasSuffix(arn, "*") { // versions and aliases
			s.functions = append(s.functions, arn+":*")
		}
	}
	if len(valuesOf(props.StackNames)) == 0 {
		c.Add("StackNames", nil, "the stacks that deploy roles have deployed", "name them, by patterns such as Orders*, or write * where everything is deployed by DeployRoles")
	}
	for _, name := range c.names("StackNames", props.StackNames, anyStackForm, "a stack's name, a pattern with * that begins with a letter, or *") {
		s.stacks = append(s.stacks, "arn:*:cloudformation:*:*:stack/"+name+"/*")
	}
	return s, c.List
}

// roles checks patterns of roles. One that every role matches would exempt everyone.
func (c *checker) roles(field string, values *[]*string) []string {
	all := c.names(field, values, roleArnForm, "a role's ARN, or a pattern of one: arn:*:iam::*:role/name")
	for i, v := range valuesOf(values) {
		if v == nil {
			continue
		}
		if _, name, ok := strings.Cut(*v, ":role/"); ok && len(strings.Trim(name, "*/")) < 3 {
			c.Add(fmt.Sprintf("%s[%d]", field, i), v, "a pattern that names roles", "begin it with a path or a name that only they have")
		}
	}
	return all
}

func (s serviceControlPolicy) statements() []statement {
	statements := []statement{s.branchDeny().exempting(s.deployers)}
	for _, d := range s.approvalDenies() {
		statements = append(statements, d.exempting(s.administrators))
	}
	statements = append(statements,
		s.changesDeny().exempting(s.deployers),
		deny("DenyFederation", federationWrites, []string{"*"}).exempting(s.deployers),
		deny("DenyDetachPolicies", detachments, []string{"*"}).when("ArnLike", "iam:PolicyARN", guardedPolicies).exempting(s.deployers),
	)
	if len(s.functions) > 0 {
		sources := deny("DenyEventSources", []string{"lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping"}, []string{"*"})
		statements = append(statements, sources.when("ArnLike", "lambda:FunctionArn", anys(s.functions)).exempting(s.deployers))
	}
	if len(s.users) > 0 {
		statements = append(statements, deny("DenyBecomeDeployRoles", []string{"sts:AssumeRole*"}, s.deployers).exempting(slices.Concat(s.users, s.deployers)))
	}
	return statements
}

const guardedPolicies = "arn:*:iam::*:policy" + Path + "*"

// changesDeny is one statement about repositories, roles, policies, stacks and functions, since its length is limited: an action
// matches the resources of its own kind alone.
func (s serviceControlPolicy) changesDeny() statement {
	repositories := s.repositories
	if s.anywhere() {
		repositories = []string{"arn:*:codecommit:*:*:*"}
	}
	actions := slices.Concat(repositoryWrites, roleWrites, policyWrites, stackWrites)
	resources := slices.Concat(repositories, s.administrators, s.deployers, s.users, s.trusted, []string{guardedPolicies}, s.stacks)
	if len(s.functions) > 0 {
		actions, resources = append(actions, functionWrites...), append(resources, s.functions...)
	}
	return deny("DenyChanges", actions, resources)
}

// roleWrites let one become a trusted role, or make one.
var roleWrites = []string{
	"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole*", "iam:DetachRolePolicy", "iam:PassRole", "iam:PutRole*", "iam:UpdateAssumeRolePolicy",
	"iam:UpdateRole*",
}

// stackWrites let one act with the role that a stack was deployed with.
var stackWrites = []string{
	"cloudformation:Continue*", "cloudformation:CreateChangeSet", "cloudformation:DeleteStack", "cloudformation:Execute*", "cloudformation:RollbackStack",
	"cloudformation:UpdateStack",
}

// functionWrites let one act with the role of a function. On a function, all that these match changes or calls it.
var functionWrites = []string{
	"lambda:Add*", "lambda:Create*", "lambda:Delete*", "lambda:Invoke*", "lambda:Publish*", "lambda:Put*", "lambda:Remove*", "lambda:Update*",
}
