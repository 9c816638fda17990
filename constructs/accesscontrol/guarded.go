package accesscontrol

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/constructs-go/constructs/v10"
)

// Path is the path of the roles that may edit approval rules, and of all policies that this package makes. A service
// control policy exempts the roles by it, and protects both.
const Path = "/securecdk/"

// guarded are the repositories and branches that are protected.
type guarded struct {
	repositories []string // ARNs
	branches     []string // names or patterns
}

// anywhere are all repositories of all accounts.
func (g guarded) anywhere() bool { return slices.Equal(g.repositories, []string{"*"}) }

// denies are what holds for everyone: branch protection, boundary and duties have them as they are. A service control policy
// has the same by the functions below, with exemptions of their own. Actions on the same resources share a statement,
// since a document's length is limited.
func (g guarded) denies(more ...string) []statement {
	return []statement{
		g.branchDeny(),
		deny("DenyRepositoryChangesAndRules", slices.Concat(repositoryWrites, ruleWrites, more), g.repositories),
		deny("DenyApprovalRuleTemplates", slices.Concat(templateWrites, associationDenies), []string{"*"}),
	}
}

// branchDeny: AWS CodeCommit User Guide, "Limit pushes and merges to branches in AWS CodeCommit". git push is authorized
// twice, first without a reference: the condition Null lets that one pass.
func (g guarded) branchDeny() statement {
	operator := "StringEqualsIfExists"
	references := make([]string, len(g.branches))
	for i, b := range g.branches {
		references[i] = "refs/heads/" + b
		if strings.Contains(b, "*") {
			operator = "StringLikeIfExists"
		}
	}
	return deny("DenyProtectedBranches", branchWrites, g.repositories).
		when(operator, "codecommit:References", anys(references)).
		when("Null", "codecommit:References", "false")
}

// approvalDenies cover associations with every repository: the batch actions name several at once.
func (g guarded) approvalDenies() []statement {
	if g.anywhere() {
		return []statement{deny("DenyApprovalRules", slices.Concat(ruleWrites, templateWrites, associationDenies), g.repositories)}
	}
	return []statement{
		deny("DenyApprovalRules", ruleWrites, g.repositories),
		deny("DenyApprovalRuleTemplates", slices.Concat(templateWrites, associationDenies), []string{"*"}),
	}
}

// place is where ARNs of names lead to.
type place struct{ partition, region, account string }

func placeOf(scope constructs.Construct) place {
	stack := awscdk.Stack_Of(scope)
	return place{*stack.Partition(), *stack.Region(), *stack.Account()}
}

func (p place) arn(service, resource string) string {
	return strings.Join([]string{"arn", p.partition, service, p.region, p.account, resource}, ":")
}

// global is the ARN in a service that knows no region.
func (p place) global(service, resource string) string {
	return strings.Join([]string{"arn", p.partition, service, "", p.account, resource}, ":")
}

func (p place) arns(service, prefix string, names []string) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = p.arn(service, prefix+n)
	}
	return all
}

// repositories are given as constructs or by name.
type repositories struct {
	constructs []awscodecommit.IRepository
	names      []string
}

func (r repositories) arns(p place) []string {
	var all []string
	for _, c := range r.constructs {
		all = append(all, *c.RepositoryArn())
	}
	return append(all, p.arns("codecommit", "", r.names)...)
}
