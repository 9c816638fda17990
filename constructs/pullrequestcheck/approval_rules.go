package pullrequestcheck

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
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
// himself ("Work with approval rule templates", AWS CodeCommit User Guide). That holds for who opened it, not for who pushed to its
// branch: where those who commit may approve, one of them can push to a colleague's request and approve it.
//
// A template takes effect on pull requests that are opened after it; those that are open keep the rules they have.
type ApprovalRules struct {
	constructs.Construct
	function awslambda.Function
	names    []string
}

// NewApprovalRules makes the templates and associates them with the repositories of the checks.
//
// It panics with an error that lists every fault of the props: field, value, what was expected, what to do.
func NewApprovalRules(scope constructs.Construct, id *string, props *ApprovalRulesProps) *ApprovalRules {
	s, faults := settleRules(*scope.Node().Path()+"/"+*id, props)
	fail(scope, id, faults)
	fail(scope, id, append(s.machineAmongPeople(), s.misplaced(awscdk.Stack_Of(scope))...))
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
	r.watch(s.Checks[0])
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

// machineAmongPeople finds the members of the people's pools that are an approving role of the machine's.
func (s *rulesSettings) machineAmongPeople() fault.List {
	var l fault.List
	look := func(field string, members *[]*string) {
		if members == nil {
			return
		}
		for i, m := range *members {
			for _, c := range s.Checks {
				if names(m, c.ApproverRole()) {
					l.Add(fmt.Sprintf("%s[%d]", field, i), m, "people: this is the role by which the check approves, and the machine would approve for them", "name who may approve")
				}
			}
		}
	}
	look("Approvers", s.Approvers)
	for i, b := range s.Branches {
		look(fmt.Sprintf("Branches[%d].Approvers", i), b.Approvers)
	}
	return l
}

// misplaced finds checks that are not of the stack's account and region, and second checks of a repository: either of them would
// satisfy the machine's rule alone.
func (s *rulesSettings) misplaced(stack awscdk.Stack) fault.List {
	var l fault.List
	seen := map[string]int{}
	for i, c := range s.Checks {
		field, home := fmt.Sprintf("Checks[%d]", i), awscdk.Stack_Of(c)
		if *home.Account() != *stack.Account() || *home.Region() != *stack.Region() {
			l.Add(field, c.Node().Path(), "a check of this stack's account and region, where its repository and approving role are", "make rules in the stack of the check")
			continue
		}
		repository, err := json.Marshal(stack.Resolve(c.repository.RepositoryName()))
		if err != nil {
			panic(err) // decoded JSON
		}
		if other, twice := seen[string(repository)]; twice {
			l.Add(field, c.Node().Path(), fmt.Sprintf("a repository that Checks[%d] does not check: a pass of either would do", other), "join their commands in one check")
		}
		seen[string(repository)] = i
	}
	return l
}

// names tells whether a member is a role whose name CloudFormation makes of the logical id: by a reference, or as it is deployed.
func names(member *string, role awsiam.IRole) bool {
	stack := awscdk.Stack_Of(role)
	resolved, err := json.Marshal(stack.Resolve(member))
	if err != nil {
		panic(err) // decoded JSON
	}
	return strings.Contains(string(resolved), *stack.GetLogicalId(role.Node().DefaultChild().(awscdk.CfnElement)))
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
		Environment: &map[string]*string{"SECURECDK_STACK": stack.StackId()},
		Statements: []awsiam.PolicyStatement{
			allow("ManageTemplates", jsii.String("*"), "codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:GetApprovalRuleTemplate",
				"codecommit:ListApprovalRuleTemplates", "codecommit:ListRepositoriesForApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent",
				"codecommit:UpdateApprovalRuleTemplateDescription", "codecommit:UpdateApprovalRuleTemplateName"),
			associate,
			allow("DisassociateRepositories", every, "codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories"),
			allow("AskWhatIsDeployed", stack.StackId(), "cloudformation:DescribeStackResource"),
		},
		Accepted: []nag.Rule{
			accept("Resource::*", "IAM knows no resource for the actions of approval rule templates; the function changes none that its stack does not own."),
			accept("Resource::"+nag.Flat(stack.Resolve(every)), "A repository that leaves the rules is no longer named here when CloudFormation has the function take the template from it."),
		},
		Timeout:             awscdk.Duration_Minutes(jsii.Number(5)),
		Shared:              s.Checks[0].shared,
		ReservedConcurrency: s.Checks[0].concurrency,
	})
}

// tell publishes changes of any template of the account and region: one that takes the place of one of these, or is taken from
// a repository, is seen so. The changes of a deployment are told of, too, since whoever has the function invoked by an event
// of his own is seen there alone; those that the function did not make raise an alarm.
func (r *ApprovalRules) tell(c *PullRequestCheck) {
	stack := awscdk.Stack_Of(r)
	own := fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", *stack.Partition(), *stack.Account(), *r.function.Role().RoleName(), *r.function.FunctionName())
	field := func(path string) string { return *awsevents.EventField_FromPath(&path) }
	text := fmt.Sprintf("Approval rule template %s: %s by %s at %s.",
		field("$.detail.approvalRuleTemplateName"), field("$.detail.event"), field("$.detail.callerUserArn"), field("$.time"))
	publish(r, "TemplatesChanged", "Tells of approval rule templates that are changed",
		&awsevents.EventPattern{Source: jsii.Strings("aws.codecommit"), DetailType: jsii.Strings(templateChange)}, c.notifications, c.deadLetters, text)
	byHand := publish(r, "TemplatesChangedByHand", "Tells of approval rule templates that somebody changes by hand", &awsevents.EventPattern{
		Source: jsii.Strings("aws.codecommit"), DetailType: jsii.Strings(templateChange),
		Detail: &map[string]any{"callerUserArn": []any{map[string]any{"anything-but": []string{own}}}},
	}, c.alarms, c.deadLetters, text)
	alarmOn(r, "TemplatesChangedAlarm", "Somebody changed an approval rule template by hand", triggered(byHand), c.alarms)
}

// watch raises an alarm on events that the function refused.
func (r *ApprovalRules) watch(c *PullRequestCheck) {
	filter := awslogs.NewMetricFilter(r, jsii.String("ForgedEvents"), &awslogs.MetricFilterProps{
		LogGroup: r.function.LogGroup(), FilterPattern: awslogs.FilterPattern_Literal(jsii.String(`"ForgedEvent"`)),
		MetricNamespace: jsii.String("securecdk/PullRequestCheck"), MetricName: jsii.Sprintf("ForgedEvents-%s", *r.Node().Addr()),
	})
	alarmOn(r, "ForgedEventAlarm", "Somebody else than CloudFormation called the function behind the approval rules, which did nothing",
		filter.Metric(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5))}), c.alarms)
}

// TemplateNames returns the names of the templates: the machine's, then the people's of each branch.
func (r *ApprovalRules) TemplateNames() []string { return slices.Clone(r.names) }
