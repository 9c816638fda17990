package pullrequestcheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/flags"
)

func lines(l fault.List) string {
	var all []string
	for _, f := range l {
		all = append(all, f.Error())
	}
	return strings.Join(all, "\n")
}

// faulty are props that have one fault each, with how its line begins.
var faulty = map[string]struct {
	change func(*PullRequestCheckProps)
	want   string
}{
	"no repository":            {func(p *PullRequestCheckProps) { p.RepositoryName = nil }, "RepositoryName: missing, expected either RepositoryName or Repository"},
	"a URL as repository":      {func(p *PullRequestCheckProps) { p.RepositoryName = jsii.String("https://x/orders") }, `RepositoryName: got "https://x/orders", expected the name`},
	"no VPC":                   {func(p *PullRequestCheckProps) { p.Vpc = nil }, "Vpc: missing, expected the VPC of builds and functions; set Vpc: aspects.VpcFromSsm"},
	"no branch":                {func(p *PullRequestCheckProps) { p.Branches = jsii.Strings() }, "Branches: got \"an empty list\""},
	"a nil branch":             {func(p *PullRequestCheckProps) { p.Branches = &[]*string{nil} }, "Branches[0]: missing"},
	"a reference as branch":    {func(p *PullRequestCheckProps) { p.Branches = jsii.Strings("refs/heads/main") }, `Branches[0]: got "refs/heads/main", expected the name of a branch, without refs/heads/`},
	"a pattern as branch":      {func(p *PullRequestCheckProps) { p.Branches = jsii.Strings("release/*") }, `Branches[0]: got "release/*"`},
	"a branch twice":           {func(p *PullRequestCheckProps) { p.Branches = jsii.Strings("main", "main") }, `Branches[1]: got "main", expected each branch once`},
	"no command":               {func(p *PullRequestCheckProps) { p.Build.Commands = jsii.Strings() }, `Build.Commands: got "an empty list"`},
	"a blank command":          {func(p *PullRequestCheckProps) { p.Build.Commands = jsii.Strings(" ") }, `Build.Commands[0]: got " ", expected a command`},
	"a nil install command":    {func(p *PullRequestCheckProps) { p.Build.InstallCommands = &[]*string{nil} }, "Build.InstallCommands[0]: missing"},
	"a variable of the check":  {func(p *PullRequestCheckProps) { p.Build.Env = &map[string]*string{"PULL_REQUEST_ID": jsii.String("1")} }, `Build.Env: got "PULL_REQUEST_ID", expected a name that does not begin`},
	"a variable of git":        {func(p *PullRequestCheckProps) { p.Build.Env = &map[string]*string{"GIT_SSH_COMMAND": jsii.String("x")} }, `Build.Env: got "GIT_SSH_COMMAND"`},
	"a variable that is none":  {func(p *PullRequestCheckProps) { p.Build.Env = &map[string]*string{"a b": jsii.String("1")} }, `Build.Env: got "a b"`},
	"a variable without value": {func(p *PullRequestCheckProps) { p.Build.Env = &map[string]*string{"A": nil} }, "Build.Env.A: missing"},
	"a folder elsewhere":       {func(p *PullRequestCheckProps) { p.Build.AssemblyDirectory = jsii.String("../cdk.out") }, `Build.AssemblyDirectory: got "../cdk.out"`},
	"a folder with commands":   {func(p *PullRequestCheckProps) { p.Build.AssemblyDirectory = jsii.String("x; rm -rf /") }, `Build.AssemblyDirectory: got "x; rm -rf /"`},
	"a nil report":             {func(p *PullRequestCheckProps) { p.Build.Reports = []*ReportProps{nil} }, "Build.Reports[0]: missing"},
	"a report of the check's name": {func(p *PullRequestCheckProps) {
		p.Build.Reports = []*ReportProps{{Name: jsii.String("Guardrails"), Files: jsii.Strings("x")}}
	}, `Build.Reports[0].Name: got "Guardrails", expected a name that no other report has`},
	"a report without files": {func(p *PullRequestCheckProps) { p.Build.Reports = []*ReportProps{{Name: jsii.String("Unit")}} }, "Build.Reports[0].Files: missing"},
	"a report of coverage": {func(p *PullRequestCheckProps) {
		p.Build.Reports = []*ReportProps{{Name: jsii.String("Unit"), Files: jsii.Strings("x"), Format: jsii.String("CLOVERXML")}}
	}, `Build.Reports[0].Format: got "CLOVERXML", expected one of CUCUMBERJSON`},
	"more reports than a build takes": {func(p *PullRequestCheckProps) {
		for _, name := range []string{"A", "B", "C", "D", "E"} {
			p.Build.Reports = append(p.Build.Reports, &ReportProps{Name: &name, Files: jsii.Strings("x")})
		}
	}, `Build.Reports: got "5 reports", expected at most 4`},
	"a branch that git refuses": {func(p *PullRequestCheckProps) { p.Branches = jsii.Strings("a..b") }, `Branches[0]: got "a..b"`},
	"a branch that is locked":   {func(p *PullRequestCheckProps) { p.Branches = jsii.Strings("main.lock") }, `Branches[0]: got "main.lock"`},
	"a branch at the root":      {func(p *PullRequestCheckProps) { p.Branches = jsii.Strings("/main") }, `Branches[0]: got "/main"`},
	"no concurrency":            {func(p *PullRequestCheckProps) { p.ReservedConcurrency = jsii.Number(0) }, `ReservedConcurrency: got 0, expected a whole number`},
	"a registry without TLS": {func(p *PullRequestCheckProps) {
		p.Build.Registries = []*buildsetup.Registry{buildsetup.NpmRegistry(&buildsetup.NpmRegistryProps{Url: jsii.String("http://packages.example.com/")})}
	}, "Build.Registries[0]"},
	"a cache of nothing": {func(p *PullRequestCheckProps) { p.Build.Cache = &CacheProps{} }, "Build.Cache.Paths: missing"},
	"a timeout of a minute": {func(p *PullRequestCheckProps) { p.Build.Timeout = awscdk.Duration_Minutes(jsii.Number(1)) },
		`Build.Timeout: got "1 minutes", expected 5 minutes to 36 hours`},
}

func good() *PullRequestCheckProps {
	return &PullRequestCheckProps{RepositoryName: jsii.String("orders"), Vpc: vpc, Build: &BuildProps{}}
}

func TestFaultsOfACheck(t *testing.T) {
	if _, l := settle(good()); len(l) != 0 {
		t.Errorf("good props: %s", lines(l))
	}
	for name, c := range faulty {
		t.Run(name, func(t *testing.T) {
			p := good()
			c.change(p)
			_, l := settle(p)
			if len(l) != 1 || !strings.HasPrefix(l[0].Error(), c.want) {
				t.Errorf("got  %s\nwant %s…", lines(l), c.want)
			}
		})
	}
}

func TestNilPropsAreFaultsAndNoTrace(t *testing.T) {
	_, stack := newStack(t)
	for name, create := range map[string]func(){
		"check":   func() { NewPullRequestCheck(stack, jsii.String("C"), nil) },
		"rules":   func() { NewApprovalRules(stack, jsii.String("C"), nil) },
		"webhook": func() { NewWebhookCheck(stack, jsii.String("C"), nil) },
	} {
		if got := cdktest.Panic(t, create); !strings.HasPrefix(got, "Orders/C: ") || !strings.Contains(got, "missing") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestPropsAreNotWrittenTo(t *testing.T) {
	_, stack := newStack(t)
	p := &PullRequestCheckProps{RepositoryName: jsii.String("orders"), Vpc: vpc}
	NewPullRequestCheck(stack, jsii.String("Check"), p)
	if p.Build != nil || p.Branches != nil || p.AccessLogs != nil || p.LogRetention != "" || p.Repository != nil {
		t.Errorf("%+v", p)
	}
}

func users(n int, name string) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("arn:aws:iam::111111111111:user/%s%d", name, i))
	}
	return all
}

func TestFaultsOfRules(t *testing.T) {
	check := &PullRequestCheck{branches: []string{"main", "develop"}}
	reviewers := jsii.Strings("arn:aws:sts::111111111111:assumed-role/Reviewer/*")
	pool := func(members ...string) *ApprovalRulesProps {
		return &ApprovalRulesProps{Checks: []*PullRequestCheck{check}, Approvers: jsii.Strings(members...)}
	}
	branch := func(b *BranchRuleProps) *ApprovalRulesProps {
		return &ApprovalRulesProps{Checks: []*PullRequestCheck{check}, Approvers: reviewers, Branches: []*BranchRuleProps{b}}
	}
	branches := func(names ...string) *ApprovalRulesProps {
		p := &ApprovalRulesProps{Checks: []*PullRequestCheck{{branches: names}}, Approvers: reviewers}
		for _, name := range names {
			p.Branches = append(p.Branches, &BranchRuleProps{Branch: &name, Approvals: jsii.Number(1)})
		}
		return p
	}
	prefix := func(text string) *ApprovalRulesProps {
		return &ApprovalRulesProps{Checks: []*PullRequestCheck{check}, Approvers: reviewers, NamePrefix: &text}
	}
	checks := func(n int) *ApprovalRulesProps {
		return &ApprovalRulesProps{Checks: slices.Repeat([]*PullRequestCheck{check}, n), Approvers: reviewers}
	}
	cases := map[string]struct {
		props *ApprovalRulesProps
		want  string
	}{
		"no check":                           {&ApprovalRulesProps{Approvers: reviewers}, "Checks: missing, expected at least one check"},
		"a nil check":                        {&ApprovalRulesProps{Checks: []*PullRequestCheck{nil}, Approvers: reviewers}, "Checks[0]: missing"},
		"nobody who approves":                {&ApprovalRulesProps{Checks: []*PullRequestCheck{check}}, "Approvers: missing"},
		"an empty pool":                      {pool(), `Approvers: got "an empty list", expected at least one member: with an empty pool everybody's approval counts, the machine's too`},
		"everybody":                          {pool("*"), `Approvers[0]: got "*"`},
		"every role":                         {pool("arn:aws:sts::111111111111:assumed-role/*"), `Approvers[0]: got "arn:aws:sts::111111111111:assumed-role/*"`},
		"a pattern over roles":               {pool("arn:aws:sts::111111111111:assumed-role/*/*"), `Approvers[0]: got`},
		"the ARN of a role":                  {pool("arn:aws:iam::111111111111:role/Reviewer"), `Approvers[0]: got`},
		"a pattern over roles, with a token": {pool("arn:aws:sts::${Token[AWS.AccountId.1]}:assumed-role/${Token[TOKEN.2]}*/*"), `Approvers[0]: got`},
		"every role of an account that is a token": {pool("arn:aws:sts::${Token[AWS.AccountId.1]}:assumed-role/*/*"), `Approvers[0]: got`},
		"a token for everything":                   {pool("${Token[TOKEN.2]}"), `Approvers[0]: got`},
		"51 members":                               {pool(users(51, "u")...), `Approvers: got "51 of them", expected at most 50 members`},
		"a rule that is too long": {branch(&BranchRuleProps{Branch: jsii.String("main"), Approvals: jsii.Number(3), Approvers: jsii.Strings(users(50, strings.Repeat("u", 40))...)}),
			`Branches[0].Approvers: got "50 of them, which with \"main\" make a rule of`},
		"fewer users than approvals": {branch(&BranchRuleProps{Branch: jsii.String("main"), Approvals: jsii.Number(3), Approvers: jsii.Strings(users(2, "u")...)}),
			`Branches[0].Approvers: got "2 of them", expected at least 3 members: "main" needs so many approvals`},
		"fewer sessions than approvals":                   {pool("arn:aws:sts::111111111111:assumed-role/Reviewer/jane"), `Approvers: got "1 of them", expected at least 2 members: "main"`},
		"fewer sessions with tokens than approvals":       {pool("arn:aws:sts::111111111111:assumed-role/${Token[TOKEN.2]}/jane"), `Approvers: got "1 of them", expected at least 2 members: "main"`},
		"branches of one template name":                   {branches("release/next", "release-next"), `Branches[1].Branch: got "release-next", expected a branch that differs from "release/next"`},
		"a branch twice":                                  {branches("main", "main"), `Branches[1].Branch: got "main", expected each branch once`},
		"a branch that names no template":                 {branches("a#b"), `Branches[0].Branch: got "a#b", expected letters, digits`},
		"a branch that the function refuses":              {branches("a]b"), `Branches[0].Branch: got "a]b"`},
		"a prefix that names no template":                 {prefix("orders/rules"), `NamePrefix: got "orders/rules", expected what the name of a template can begin with`},
		"a prefix with a space before it":                 {prefix(" orders"), `NamePrefix: got " orders"`},
		"51 checks":                                       {checks(51), `Checks: got "51 of them", expected at most 50 checks`},
		"checks whose roles make a rule that is too long": {checks(45), `Checks: got "45 of them and 2 branches, which make a rule of`},
		"every account":                                   {pool("arn:aws:sts::*:assumed-role/Reviewer/*"), `Approvers[0]: got`},
		"a member twice":                                  {pool("arn:aws:iam::111111111111:user/jane", "arn:aws:iam::111111111111:user/jane"), `Approvers[1]: got "arn:aws:iam::111111111111:user/jane", expected each member once`},
		"no branch":                                       {&ApprovalRulesProps{Checks: []*PullRequestCheck{check}, Approvers: reviewers, Branches: []*BranchRuleProps{}}, `Branches: got "an empty list"`},
		"a nil branch":                                    {branch(nil), "Branches[0]: missing"},
		"a branch without name":                           {branch(&BranchRuleProps{Approvals: jsii.Number(1)}), "Branches[0].Branch: missing"},
		"no approvals":                                    {branch(&BranchRuleProps{Branch: jsii.String("main")}), "Branches[0].Approvals: missing"},
		"zero approvals":                                  {branch(&BranchRuleProps{Branch: jsii.String("main"), Approvals: jsii.Number(0)}), "Branches[0].Approvals: got 0"},
		"half an approval":                                {branch(&BranchRuleProps{Branch: jsii.String("main"), Approvals: jsii.Number(1.5)}), "Branches[0].Approvals: got 1.5"},
		"a branch that is not checked": {branch(&BranchRuleProps{Branch: jsii.String("release"), Approvals: jsii.Number(1)}),
			`Checks[0]: got "main, develop", expected a check of the branch "release"`},
		"a name that is too long": {&ApprovalRulesProps{Checks: []*PullRequestCheck{check}, Approvers: reviewers, NamePrefix: jsii.String(strings.Repeat("x", 90))}, "NamePrefix: got"},
	}
	for name, good := range map[string]*ApprovalRulesProps{
		"sessions and a user":        pool("arn:aws:sts::111111111111:assumed-role/Reviewer/*", "arn:aws:iam::111111111111:user/path/jane"),
		"one role":                   pool("arn:aws:sts::111111111111:assumed-role/Reviewer/*"),
		"tokens":                     pool("arn:${Token[AWS.Partition.3]}:sts::${Token[AWS.AccountId.1]}:assumed-role/${Token[TOKEN.2]}/*"),
		"just enough users":          pool(users(2, "u")...),
		"branches with slashes":      branches("release/next", "release/last"),
		"a prefix that ends in .git": prefix("orders.git"),
		"a prefix that is a token":   prefix("${Token[TOKEN.7]}"),
		"20 checks":                  checks(20),
	} {
		if _, l := settleRules("S/R", good); len(l) != 0 {
			t.Errorf("%s: %s", name, lines(l))
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, l := settleRules("S/R", c.props)
			if len(l) != 1 || !strings.HasPrefix(l[0].Error(), c.want) {
				t.Errorf("got  %s\nwant %s…", lines(l), c.want)
			}
		})
	}
}

func TestFaultsOfAWebhookCheck(t *testing.T) {
	good := func() *WebhookCheckProps {
		return &WebhookCheckProps{
			Host: jsii.String("GITLAB"), RepositoryUrl: jsii.String("https://git.example.com:8443/group/sub/orders.git"), Vpc: vpc,
			ConnectionArn: jsii.String("arn:aws:codeconnections:eu-west-1:111111111111:connection/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
		}
	}
	cases := map[string]struct {
		change func(*WebhookCheckProps)
		want   string
	}{
		"no host":    {func(p *WebhookCheckProps) { p.Host = nil }, "Host: missing, expected one of GITHUB"},
		"CodeCommit": {func(p *WebhookCheckProps) { p.Host = jsii.String("CODECOMMIT") }, `Host: got "CODECOMMIT"`},
		"no URL":     {func(p *WebhookCheckProps) { p.RepositoryUrl = nil }, "RepositoryUrl: missing"},
		"a URL with credentials": {func(p *WebhookCheckProps) {
			p.RepositoryUrl = jsii.String("https://user:secret@github.com/bank/orders")
		}, `RepositoryUrl: got "https://***@github.com/bank/orders"`},
		"a URL without TLS": {func(p *WebhookCheckProps) { p.RepositoryUrl = jsii.String("http://github.com/bank/orders") }, "RepositoryUrl: got"},
		"no connection":     {func(p *WebhookCheckProps) { p.ConnectionArn = nil }, "ConnectionArn: missing"},
		"no VPC":            {func(p *WebhookCheckProps) { p.Vpc = nil }, "Vpc: missing"},
	}
	if _, l := settleWebhook(good()); len(l) != 0 {
		t.Errorf("good props: %s", lines(l))
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := good()
			c.change(p)
			_, l := settleWebhook(p)
			if len(l) != 1 || !strings.HasPrefix(l[0].Error(), c.want) {
				t.Errorf("got  %s\nwant %s…", lines(l), c.want)
			}
		})
	}
}

func TestARepositoryOfAnotherEnvironmentIsRefused(t *testing.T) {
	app := cdktest.App(t, flags.Safe())
	stack := awscdk.NewStack(app, jsii.String("Orders"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
	for name, arn := range map[string]string{
		"Account": "arn:aws:codecommit:eu-west-1:222222222222:orders", "Region": "arn:aws:codecommit:us-east-1:111111111111:orders",
	} {
		repository := awscodecommit.Repository_FromRepositoryArn(stack, jsii.String(name), &arn)
		got := cdktest.Panic(t, func() {
			NewPullRequestCheck(stack, jsii.String("Check"+name), &PullRequestCheckProps{Repository: repository, Vpc: vpc})
		})
		if !strings.HasPrefix(got, "Orders/Check"+name+": Repository.Env."+name+": got ") {
			t.Errorf("%s", got)
		}
	}
}

func TestAVpcWithoutPrivateSubnetsIsRefused(t *testing.T) {
	_, stack := newStack(t)
	public := aspects.VpcFromAttributes(&awsec2.VpcAttributes{VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("a"), PublicSubnetIds: jsii.Strings("subnet-1")})
	got := cdktest.Panic(t, func() {
		NewPullRequestCheck(stack, jsii.String("Check"), &PullRequestCheckProps{RepositoryName: jsii.String("orders"), Vpc: public})
	})
	if !strings.HasPrefix(got, `Orders/Check: Vpc: got "vpc-1", expected a VPC with private subnets`) {
		t.Error(got)
	}
}

func TestChecksThatDoNotBelongTogether(t *testing.T) {
	app, stack := newStack(t)
	checkIn := func(in awscdk.Stack, id, repository string) *PullRequestCheck {
		return NewPullRequestCheck(in, &id, &PullRequestCheckProps{RepositoryName: &repository, Vpc: vpc})
	}
	first := checkIn(stack, "First", "orders")
	elsewhere := awscdk.NewStack(app, jsii.String("Elsewhere"), &awscdk.StackProps{Env: cdktest.Env("222222222222", "eu-west-1")})
	for name, c := range map[string]struct {
		second *PullRequestCheck
		want   string
	}{
		"the same check twice":         {first, `Checks[1]: got "Orders/First", expected a repository that Checks[0] does not check`},
		"two checks of one repository": {checkIn(stack, "Second", "orders"), `Checks[1]: got "Orders/Second", expected a repository that Checks[0] does not check`},
		"another account":              {checkIn(elsewhere, "Third", "orders"), `Checks[1]: got "Elsewhere/Third", expected a check of this stack's account and region`},
	} {
		got := cdktest.Panic(t, func() {
			NewApprovalRules(stack, jsii.String("Rules"), &ApprovalRulesProps{
				Checks: []*PullRequestCheck{first, c.second}, Approvers: jsii.Strings("arn:aws:sts::111111111111:assumed-role/Reviewer/*"),
			})
		})
		if !strings.HasPrefix(got, "Orders/Rules: "+c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
