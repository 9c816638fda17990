package pullrequestcheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/securecdk/securecdk/internal/approvalrule"
	"github.com/securecdk/securecdk/internal/fault"
)

// Forms of members of an approval pool: a role's sessions, or a user. A pattern over roles could take the machine in.
var (
	sessionForm = regexp.MustCompile(`^arn:[\w-]+:sts::\d{12}:assumed-role/[\w+=,.@-]+/(\*|[\w+=,.@-]+)$`)
	userForm    = regexp.MustCompile(`^arn:[\w-]+:iam::\d{12}:user/[\w+=,.@/-]+$`)
	token       = regexp.MustCompile(`\$\{Token\[[^\]]*\]\}`)
)

type branchRule struct {
	field     string // of the props: "Branches[0]"
	branch    string
	approvals int
	approvers []string
}

// slug is the branch in names.
func (r branchRule) slug() string { return strings.ReplaceAll(r.branch, "/", "-") }

type rulesSettings struct {
	*ApprovalRulesProps
	prefix string
	rules  []branchRule
}

// names are the names of the templates: the machine's, and the people's of each branch.
func (s *rulesSettings) names() []string {
	names := []string{s.prefix + "-machine"}
	for _, r := range s.rules {
		names = append(names, s.peoplesName(r))
	}
	return names
}

func (s *rulesSettings) peoplesName(r branchRule) string {
	return s.prefix + "-" + r.slug() + "-people"
}

// settleRules turns props into settings, or into every fault that they have. It is pure.
func settleRules(path string, props *ApprovalRulesProps) (*rulesSettings, fault.List) {
	var l fault.List
	if props == nil {
		props = &ApprovalRulesProps{}
	}
	s := &rulesSettings{ApprovalRulesProps: props, prefix: strings.NewReplacer("/", "-", " ", "-").Replace(path)}
	if props.NamePrefix != nil {
		s.prefix = *props.NamePrefix
	}
	s.rules = branchRules(&l, props)
	s.settleChecks(&l)
	s.settleNames(&l)
	return s, l
}

func (s *rulesSettings) settleChecks(l *fault.List) {
	if len(s.Checks) == 0 {
		l.Add("Checks", nil, "at least one check", "make one with NewPullRequestCheck: without it no pull request could be merged")
	}
	for i, c := range s.Checks {
		field := fmt.Sprintf("Checks[%d]", i)
		if c == nil {
			l.Add(field, nil, "a check", "remove the entry")
			continue
		}
		for _, r := range s.rules {
			if r.branch != "" && !slices.Contains(c.branches, r.branch) {
				l.Add(field, strings.Join(c.branches, ", "), fmt.Sprintf("a check of the branch %q, which has a rule: without one its pull requests could never be merged", r.branch), "add it to PullRequestCheckProps.Branches")
			}
		}
	}
	if n := len(s.Checks); n > approvalrule.MaxMembers {
		l.Add("Checks", fmt.Sprintf("%d of them", n), fmt.Sprintf("at most %d checks: the role of each is a member of the machine's pool", approvalrule.MaxMembers), "make rules of their own for the rest")
	} else if size := s.machineSize(); n > 0 && size > approvalrule.MaxContent {
		l.Add("Checks", fmt.Sprintf("%d of them and %d branches, which make a rule of %d characters or more", n, len(s.rules), size),
			fmt.Sprintf("a rule of at most %d characters", approvalrule.MaxContent), "make rules of their own for some of the checks or branches")
	}
}

// machineSize is how long the machine's rule is at least. CloudFormation gives no role a name that is shorter: it is made of those
// of the stack and of the resource, and of twelve letters.
func (s *rulesSettings) machineSize() int {
	branches := make([]string, len(s.rules))
	for i, r := range s.rules {
		branches[i] = r.branch
	}
	member := "arn:aws:sts::111111111111:assumed-role/" + strings.Repeat("r", 30) + "/*"
	return size(branches, slices.Repeat([]string{member}, len(s.Checks)))
}

func size(branches, members []string) int {
	return utf8.RuneCountInString(approvalrule.Content(references(branches), 1, members))
}

// settleNames asks for what CodeCommit takes as the name of a template. A part that is known at the deployment alone is judged
// there.
func (s *rulesSettings) settleNames(l *fault.List) {
	if token.MatchString(s.prefix) {
		return
	}
	for _, name := range s.names() {
		if len(name) > approvalrule.MaxName {
			l.Add("NamePrefix", s.prefix, fmt.Sprintf("a prefix that leaves the template name %q at most %d characters", name, approvalrule.MaxName), "set a shorter NamePrefix")
			return
		}
	}
	if !approvalrule.Name(s.names()[0]) {
		l.Add("NamePrefix", s.prefix, "what the name of a template can begin with: letters, digits, dots, dashes, underscores and inner spaces", "set NamePrefix")
		return
	}
	for _, r := range s.rules {
		if r.branch != "" && !approvalrule.Name(s.peoplesName(r)) {
			l.Add(r.field+".Branch", r.branch, "letters, digits, dots, dashes, underscores and slashes: the name of the template is made of it", "rename the branch")
		}
	}
}

func branchRules(l *fault.List, props *ApprovalRulesProps) []branchRule {
	common := approvers(l, "Approvers", props.Approvers)
	if props.Branches == nil {
		if props.Approvers == nil {
			l.Add("Approvers", nil, "the people whose approvals count", `name a role: jsii.Strings("arn:aws:sts::<account>:assumed-role/<role>/*")`)
		}
		rules := []branchRule{{"Branches[0]", "main", 2, common}, {"Branches[1]", "develop", 1, common}}
		for _, r := range rules {
			r.satisfiable(l, "Approvers")
		}
		return rules
	}
	switch n := len(props.Branches); {
	case n == 0:
		l.Add("Branches", "an empty list", "at least one branch", "name the protected branches, or leave it out")
	case n > approvalrule.MaxBranches:
		l.Add("Branches", fmt.Sprintf("%d of them", n), fmt.Sprintf("at most %d branches", approvalrule.MaxBranches), "make rules of their own for the rest")
	}
	var rules []branchRule
	for i, p := range props.Branches {
		field := fmt.Sprintf("Branches[%d]", i)
		if p == nil {
			l.Add(field, nil, "a branch", "remove the entry")
			continue
		}
		r := newBranchRule(l, field, p)
		distinct(l, rules, r)
		pool := field + ".Approvers"
		if p.Approvers == nil {
			r.approvers, pool = common, "Approvers"
			if props.Approvers == nil {
				l.Add(field+".Approvers", nil, "the people whose approvals count", "name them here, or for all branches in Approvers")
			}
		}
		r.satisfiable(l, pool)
		rules = append(rules, r)
	}
	return rules
}

func newBranchRule(l *fault.List, field string, p *BranchRuleProps) branchRule {
	r := branchRule{field: field, branch: branchOf(l, field+".Branch", p.Branch), approvers: approvers(l, field+".Approvers", p.Approvers)}
	if p.Approvals == nil || *p.Approvals < 1 || *p.Approvals > 10 || *p.Approvals != float64(int(*p.Approvals)) {
		l.Add(field+".Approvals", p.Approvals, "a number of approvals from 1 to 10", "set how many people must approve")
	} else {
		r.approvals = int(*p.Approvals)
	}
	return r
}

// distinct asks for a branch, and a name made of it, that no rule has yet.
func distinct(l *fault.List, rules []branchRule, r branchRule) {
	for _, other := range rules {
		switch {
		case r.branch == "" || other.slug() != r.slug():
		case other.branch == r.branch:
			l.Add(r.field+".Branch", r.branch, "each branch once", "remove the entry")
			return
		default:
			l.Add(r.field+".Branch", r.branch, fmt.Sprintf("a branch that differs from %q in more than slashes and dashes: the name of the template would be the same", other.branch), "give it approval rules of its own, with another NamePrefix")
			return
		}
	}
}

// satisfiable asks for a pool that can give the approvals and makes a rule that is short enough. One that has faults is not
// judged.
func (r branchRule) satisfiable(l *fault.List, field string) {
	if len(r.approvers) == 0 {
		return
	}
	open := func(member string) bool { return strings.HasSuffix(member, "/*") }
	if n := len(r.approvers); n < r.approvals && !slices.ContainsFunc(r.approvers, open) {
		l.Add(field, fmt.Sprintf("%d of them", n), fmt.Sprintf("at least %d members: %q needs so many approvals, and users and single sessions give one each", r.approvals, r.branch), "name more people, or all sessions of a role by /*")
	}
	known := make([]string, len(r.approvers))
	for i, m := range r.approvers {
		known[i] = token.ReplaceAllString(m, "")
	}
	if size := size([]string{r.branch}, known); size > approvalrule.MaxContent {
		l.Add(field, fmt.Sprintf("%d of them, which with %q make a rule of %d characters", len(known), r.branch, size), fmt.Sprintf("at most %d characters", approvalrule.MaxContent), "name fewer, such as all sessions of a role by /*")
	}
}

// approvers checks a pool of people. One that has faults is nil.
func approvers(l *fault.List, field string, members *[]*string) []string {
	if members == nil {
		return nil
	}
	before := len(*l)
	if len(*members) == 0 {
		l.Add(field, "an empty list", "at least one member: with an empty pool everybody's approval counts, the machine's too", "name who may approve")
	}
	if n := len(*members); n > approvalrule.MaxMembers {
		l.Add(field, fmt.Sprintf("%d of them", n), fmt.Sprintf("at most %d members", approvalrule.MaxMembers), "name all sessions of a role by /*")
	}
	var pool []string
	for i, m := range *members {
		at := fmt.Sprintf("%s[%d]", field, i)
		if m == nil || !isPerson(*m) {
			l.Add(at, m, "arn:<partition>:sts::<account>:assumed-role/<role>/* or arn:<partition>:iam::<account>:user/<name>, with no pattern over roles", "name who may approve; for a role of the app write *role.RoleName() into it, not its ARN")
			continue
		}
		if slices.Contains(pool, *m) {
			l.Add(at, m, "each member once", "remove the entry")
		}
		pool = append(pool, *m)
	}
	if len(*l) > before {
		return nil
	}
	return pool
}

// isPerson takes a token for what an account is, or a name.
func isPerson(member string) bool {
	member = token.ReplaceAllString(member, "111111111111")
	return sessionForm.MatchString(member) || userForm.MatchString(member)
}
