package pullrequestcheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/handler"
	"github.com/securecdk/securecdk/internal/nag"
)

// ApprovalRules are approval rule templates of AWS CodeCommit: what must be approved by whom before a pull request to a
// protected branch can be merged.
//
// Every branch has two rules, since CodeCommit counts whoever approves once for each rule whose pool he is in: one that
// only the machine can satisfy, by the roles of the checks, and one that only people can, by the approvers of the branch.
// So the machine's approval never stands for a person's, nor the other way round. Nobody approves a request that he opened
// himself ("Work with approval rule templates", AWS CodeCommit User Guide).
//
// A template takes effect on pull requests that are opened after it; those that are open keep the rules they have.
type ApprovalRules struct {
	constructs.Construct
	function awslambda.Function
	names    []string
}

// Forms of members of an approval pool: a role's sessions, or a user. A pattern over roles could take the machine in.
var (
	sessionForm = regexp.MustCompile(`^arn:[\w-]+:sts::\d{12}:assumed-role/[\w+=,.@-]+/(\*|[\w+=,.@-]+)$`)
	userForm    = regexp.MustCompile(`^arn:[\w-]+:iam::\d{12}:user/[\w+=,.@/-]+$`)
)

const longestName = 100 // of an approval rule template

type branchRule struct {
	branch    string
	approvals int
	approvers []string
}

type rulesSettings struct {
	*ApprovalRulesProps
	prefix string
	rules  []branchRule
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
	if len(props.Checks) == 0 {
		l.Add("Checks", nil, "at least one check", "make one with NewPullRequestCheck: without it no pull request could be merged")
	}
	s.rules = branchRules(&l, props)
	for i, c := range props.Checks {
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
	for _, name := range s.names() {
		if len(name) > longestName {
			l.Add("NamePrefix", s.prefix, fmt.Sprintf("a prefix that leaves the template name %q at most %d characters", name, longestName), "set a shorter NamePrefix")
			break
		}
	}
	return s, l
}

func branchRules(l *fault.List, props *ApprovalRulesProps) []branchRule {
	common := approvers(l, "Approvers", props.Approvers)
	if props.Branches == nil {
		if props.Approvers == nil {
			l.Add("Approvers", nil, "the people whose approvals count", `name a role: jsii.Strings("arn:aws:sts::<account>:assumed-role/<role>/*")`)
		}
		return []branchRule{{"main", 2, common}, {"develop", 1, common}}
	}
	if len(props.Branches) == 0 {
		l.Add("Branches", "an empty list", "at least one branch", "name the protected branches, or leave it out")
	}
	var rules []branchRule
	for i, p := range props.Branches {
		field := fmt.Sprintf("Branches[%d]", i)
		if p == nil {
			l.Add(field, nil, "a branch", "remove the entry")
			continue
		}
		r := branchRule{branch: branchOf(l, field+".Branch", p.Branch), approvers: approvers(l, field+".Approvers", p.Approvers)}
		if slices.ContainsFunc(rules, func(other branchRule) bool { return other.branch == r.branch }) {
			l.Add(field+".Branch", p.Branch, "each branch once", "remove the entry")
		}
		if p.Approvers == nil {
			r.approvers = common
			if props.Approvers == nil {
				l.Add(field+".Approvers", nil, "the people whose approvals count", "name them here, or for all branches in Approvers")
			}
		}
		if p.Approvals == nil || *p.Approvals < 1 || *p.Approvals > 10 || *p.Approvals != float64(int(*p.Approvals)) {
			l.Add(field+".Approvals", p.Approvals, "a number of approvals from 1 to 10", "set how many people must approve")
		} else {
			r.approvals = int(*p.Approvals)
		}
		rules = append(rules, r)
	}
	return rules
}

// approvers checks a pool of people.
func approvers(l *fault.List, field string, members *[]*string) []string {
	if members == nil {
		return nil
	}
	if len(*members) == 0 {
		l.Add(field, "an empty list", "at least one member: with an empty pool everybody's approval counts, the machine's too", "name who may approve")
	}
	var pool []string
	for i, m := range *members {
		at := fmt.Sprintf("%s[%d]", field, i)
		token := m != nil && strings.Contains(*m, "${Token[") && strings.Contains(*m, ":assumed-role/")
		if m == nil || !sessionForm.MatchString(*m) && !userForm.MatchString(*m) && !token {
			l.Add(at, m, "arn:<partition>:sts::<account>:assumed-role/<role>/* or arn:<partition>:iam::<account>:user/<name>, with no pattern over roles", "name who may approve")
			continue
		}
		if slices.Contains(pool, *m) {
			l.Add(at, m, "each member once", "remove the entry")
		}
		pool = append(pool, *m)
	}
	return pool
}

// names are the names of the templates: the machine's, and the people's of each branch.
func (s *rulesSettings) names() []string {
	names := []string{s.prefix + "-machine"}
	for _, r := range s.rules {
		names = append(names, s.prefix+"-"+strings.ReplaceAll(r.branch, "/", "-")+"-people")
	}
	return names
}

// NewApprovalRules makes the templates and associates them with the repositories of the checks.
//
// It panics with an error that lists every fault of the props: field, value, what was expected, what to do.
func NewApprovalRules(scope constructs.Construct, id *string, props *ApprovalRulesProps) *ApprovalRules {
	s, faults := settleRules(*scope.Node().Path()+"/"+*id, props)
	fail(scope, id, faults)
	r := &ApprovalRules{names: s.names()}
	constructs.NewConstruct_Override(r, scope, id)
	r.function = r.newFunction(s)
	branches := make([]string, len(s.rules))
	for i, rule := range s.rules {
		branches[i] = rule.branch
	}
	r.template(s, "Machine", r.names[0], "The pull request check must have passed", branches, 1, s.machines(awscdk.Stack_Of(r)))
	for i, rule := range s.rules {
		r.template(s, "People-"+rule.branch, r.names[i+1], fmt.Sprintf("People must have approved what goes to %s", rule.branch), []string{rule.branch}, rule.approvals, rule.approvers)
	}
	r.tell(s.Checks[0])
	return r
}

// machines is the pool of the approving roles. Lambda alone may assume them.
func (s *rulesSettings) machines(stack awscdk.Stack) []string {
	var pool []string
	for _, c := range s.Checks {
		pool = append(pool, fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/*", *stack.Partition(), *stack.Account(), *c.ApproverRole().RoleName()))
	}
	return pool
}

func (r *ApprovalRules) template(s *rulesSettings, id, name, description string, branches []string, approvals int, pool []string) {
	var repositories []*string
	for _, c := range s.Checks {
		repositories = append(repositories, c.repository.RepositoryName())
	}
	awscdk.NewCustomResource(r, jsii.String(strings.ReplaceAll(id, "/", "-")), &awscdk.CustomResourceProps{
		ResourceType: jsii.String("Custom::ApprovalRuleTemplate"),
		ServiceToken: r.function.FunctionArn(),
		// The function answers within its own timeout, or never.
		ServiceTimeout: awscdk.Duration_Minutes(jsii.Number(15)),
		Properties: &map[string]any{
			"Name": name, "Description": description, "Branches": branches, "ApprovalsNeeded": fmt.Sprint(approvals), "ApprovalPoolMembers": pool, "Repositories": repositories,
		},
	})
}

// newFunction makes the function behind the templates. IAM knows no resource to narrow the actions of templates to. It may
// associate the repositories of the checks alone, but take a template from any: one that leaves the checks is no longer
// named by the role's policy when CloudFormation has it taken out.
func (r *ApprovalRules) newFunction(s *rulesSettings) awslambda.Function {
	stack := awscdk.Stack_Of(r)
	associate := allow("AssociateRepositories", s.Checks[0].repository.RepositoryArn(), "codecommit:BatchAssociateApprovalRuleTemplateWithRepositories")
	for _, c := range s.Checks[1:] {
		associate.AddResources(c.repository.RepositoryArn())
	}
	every := stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("codecommit"), Resource: jsii.String("*")})
	accept := func(finding, reason string) nag.Rule {
		return nag.Rule{ID: "AwsSolutions-IAM5", Finding: finding, Reason: reason}
	}
	return handler.New(r, "Function", &handler.Props{
		Handler:     jsii.String("approvalruletemplate"),
		Description: jsii.String("Makes approval rule templates of AWS CodeCommit for CloudFormation"),
		Statements: []awsiam.PolicyStatement{
			allow("ManageTemplates", jsii.String("*"), "codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:GetApprovalRuleTemplate",
				"codecommit:ListApprovalRuleTemplates", "codecommit:ListRepositoriesForApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent",
				"codecommit:UpdateApprovalRuleTemplateDescription", "codecommit:UpdateApprovalRuleTemplateName"),
			associate,
			allow("DisassociateRepositories", every, "codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories"),
		},
		Accepted: []nag.Rule{
			accept("Resource::*", "IAM knows no resource for the actions of approval rule templates; the function changes none that its stack does not own."),
			accept("Resource::"+nag.Flat(stack.Resolve(every)), "A repository that leaves the rules is no longer named here when CloudFormation has the function take the template from it."),
		},
		Timeout: awscdk.Duration_Minutes(jsii.Number(5)),
		Shared:  s.Checks[0].shared,
	})
}

// tell publishes changes of any template of the account and region but those that a deployment of this construct makes, and
// raises an alarm on them. A template that takes the place of one of these, or is taken from a repository, is seen so.
func (r *ApprovalRules) tell(c *PullRequestCheck) {
	stack := awscdk.Stack_Of(r)
	own := fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", *stack.Partition(), *stack.Account(), *r.function.Role().RoleName(), *r.function.FunctionName())
	field := func(path string) string { return *awsevents.EventField_FromPath(&path) }
	rule := publish(r, "TemplatesChanged", "Tells of approval rule templates that somebody changes", &awsevents.EventPattern{
		Source: jsii.Strings("aws.codecommit"), DetailType: jsii.Strings(templateChange),
		Detail: &map[string]any{"callerUserArn": []any{map[string]any{"anything-but": []string{own}}}},
	}, c.notifications, c.deadLetters, fmt.Sprintf("Approval rule template %s: %s by %s at %s.",
		field("$.detail.approvalRuleTemplateName"), field("$.detail.event"), field("$.detail.callerUserArn"), field("$.time")))
	alarmOn(r, "TemplatesChangedAlarm", "Somebody changed an approval rule template by hand", triggered(rule), c.alarms)
}

// TemplateNames returns the names of the templates: the machine's, then the people's of each branch.
func (r *ApprovalRules) TemplateNames() []string { return slices.Clone(r.names) }
