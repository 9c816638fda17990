package accesscontrol

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/fault"
)

func refused(t *testing.T, faults []*fault.Error, want string) {
	t.Helper()
	if len(faults) == 0 {
		t.Fatal("accepted")
	}
	if got := faults[0].Error(); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s…", got, want)
	}
}

func TestBranchProtectionRefuses(t *testing.T) {
	orders := jsii.Strings("orders")
	for name, c := range map[string]struct {
		props *BranchProtectionProps
		want  string
	}{
		"nil props":                       {nil, "Repositories: missing"},
		"no repository":                   {&BranchProtectionProps{}, "Repositories: missing"},
		"a nil repository":                {&BranchProtectionProps{Repositories: []awscodecommit.IRepository{nil}}, "Repositories[0]: missing"},
		"a nil name":                      {&BranchProtectionProps{RepositoryNames: &[]*string{nil}}, "RepositoryNames[0]: missing"},
		"an ARN for a name":               {&BranchProtectionProps{RepositoryNames: jsii.Strings("arn:aws:codecommit:eu-west-1:111111111111:orders")}, "RepositoryNames[0]: got"},
		"a branch with its reference":     {&BranchProtectionProps{RepositoryNames: orders, Branches: jsii.Strings("refs/heads/main")}, `Branches[0]: got "refs/heads/main", expected a branch's name without`},
		"every branch":                    {&BranchProtectionProps{RepositoryNames: orders, Branches: jsii.Strings("*")}, `Branches[0]: got "*", expected a pattern that leaves`},
		"an empty branch":                 {&BranchProtectionProps{RepositoryNames: orders, Branches: jsii.Strings("")}, `Branches[0]: got ""`},
		"a policy variable for a branch":  {&BranchProtectionProps{RepositoryNames: orders, Branches: jsii.Strings("${aws:username}")}, "Branches[0]: got"},
		"a single-character wildcard":     {&BranchProtectionProps{RepositoryNames: orders, Branches: jsii.Strings("mai?")}, "Branches[0]: got"},
		"a policy name that IAM refuses":  {&BranchProtectionProps{RepositoryNames: orders, ManagedPolicyName: jsii.String("a b")}, `ManagedPolicyName: got "a b"`},
		"a second nil branch, by its own": {&BranchProtectionProps{RepositoryNames: orders, Branches: &[]*string{jsii.String("main"), nil}}, "Branches[1]: missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := settleBranchProtection(c.props)
			refused(t, faults, c.want)
		})
	}
}

func TestPermissionsBoundaryRefuses(t *testing.T) {
	orders := jsii.Strings("orders")
	for name, c := range map[string]struct {
		props *PermissionsBoundaryProps
		want  string
	}{
		"nil props":                           {nil, "Repositories: missing"},
		"every path":                          {&PermissionsBoundaryProps{RepositoryNames: orders, RolePath: jsii.String("/")}, `RolePath: got "/"`},
		"a path with a wildcard":              {&PermissionsBoundaryProps{RepositoryNames: orders, RolePath: jsii.String("/*/")}, `RolePath: got "/*/"`},
		"the path of roles that edit rules":   {&PermissionsBoundaryProps{RepositoryNames: orders, RolePath: jsii.String("/securecdk/team/")}, `RolePath: got "/securecdk/team/", expected a path other`},
		"every role to be passed":             {&PermissionsBoundaryProps{RepositoryNames: orders, PassableRoleArns: jsii.Strings("arn:aws:iam::111111111111:role/*")}, "PassableRoleArns[0]: got"},
		"a role that edits rules":             {&PermissionsBoundaryProps{RepositoryNames: orders, PassableRoleArns: jsii.Strings("arn:aws:iam::111111111111:role/securecdk/rules")}, "PassableRoleArns[0]: got"},
		"all roles that edit rules":           {&PermissionsBoundaryProps{RepositoryNames: orders, PassableRoleArns: jsii.Strings("arn:aws:iam::111111111111:role/secure*")}, "PassableRoleArns[0]: got"},
		"an end that such a role may have":    {&PermissionsBoundaryProps{RepositoryNames: orders, PassableRoleArns: jsii.Strings("arn:aws:iam::111111111111:role/*-build")}, "PassableRoleArns[0]: got"},
		"a role's name where an ARN is meant": {&PermissionsBoundaryProps{RepositoryNames: orders, PassableRoleArns: jsii.Strings("build")}, `PassableRoleArns[0]: got "build"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := settlePermissionsBoundary(c.props)
			refused(t, faults, c.want)
		})
	}
}

func TestRolesBesideThePathMayBePassed(t *testing.T) {
	_, faults := settlePermissionsBoundary(&PermissionsBoundaryProps{RepositoryNames: jsii.Strings("orders"), PassableRoleArns: jsii.Strings(
		"arn:aws:iam::111111111111:role/build-*", "arn:aws:iam::111111111111:role/securecdk", "arn:aws:iam::111111111111:role/secure-build", "arn:*:iam::*:role/team/securecdk/*",
	)})
	if len(faults) > 0 {
		t.Error(faults)
	}
}

func goodDuties() *DutiesProps {
	return &DutiesProps{RepositoryNames: jsii.Strings("orders"), PipelineNames: jsii.Strings("orders")}
}

func TestDutiesRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*DutiesProps)
		want  string
	}{
		"nothing at all":              {func(p *DutiesProps) { *p = DutiesProps{} }, "Repositories: missing"},
		"no pipeline":                 {func(p *DutiesProps) { p.PipelineNames = nil }, "Pipelines: missing"},
		"a nil pipeline":              {func(p *DutiesProps) { p.Pipelines = []awscodepipeline.IPipeline{nil} }, "Pipelines[0]: missing"},
		"a pattern for a pipeline":    {func(p *DutiesProps) { p.PipelineNames = jsii.Strings("*") }, `PipelineNames[0]: got "*"`},
		"an approval without a stage": {func(p *DutiesProps) { p.Approvals = jsii.Strings("ApproveProd") }, `Approvals[0]: got "ApproveProd"`},
		"a nil check":                 {func(p *DutiesProps) { p.CheckProjects = []awscodebuild.IProject{nil} }, "CheckProjects[0]: missing"},
		"a nil build project":         {func(p *DutiesProps) { p.BuildProjects = []awscodebuild.IProject{nil} }, "BuildProjects[0]: missing"},
		"every build project":         {func(p *DutiesProps) { p.BuildProjectNames = jsii.Strings("*") }, `BuildProjectNames[0]: got "*"`},
		"a nil role":                  {func(p *DutiesProps) { p.PassableRoles = []awsiam.IRole{nil} }, "PassableRoles[0]: missing"},
		"a blank reason to approve":   {func(p *DutiesProps) { p.CommittersMayApproveReason = jsii.String(" ") }, "CommittersMayApproveReason: got"},
		"a blank reason for no MFA":   {func(p *DutiesProps) { p.MfaElsewhereReason = jsii.String("") }, "MfaElsewhereReason: got"},
		"a prefix that IAM refuses":   {func(p *DutiesProps) { p.ManagedPolicyNamePrefix = jsii.String("a/b") }, `ManagedPolicyNamePrefix: got "a/b"`},
	} {
		t.Run(name, func(t *testing.T) {
			props := goodDuties()
			c.spoil(props)
			_, faults := settleDuties(props)
			refused(t, faults, c.want)
		})
	}
	if _, faults := settleDuties(nil); len(faults) < 2 {
		t.Errorf("not every fault at once: %v", faults)
	}
}

func TestRolesRefuse(t *testing.T) {
	_, faults := settleAdministrator(nil)
	refused(t, faults, "Repositories: missing")
	_, faults = settleAdministrator(&ApprovalRuleAdministratorProps{RepositoryNames: jsii.Strings("orders")})
	refused(t, faults, "AssumedBy: missing")
	_, faults = settleViewer(nil)
	refused(t, faults, "Pipeline: missing")
	_, faults = settleViewer(&PipelineViewerProps{PipelineName: jsii.String("orders")})
	refused(t, faults, "AssumedBy: missing")
	_, faults = settleViewer(&PipelineViewerProps{PipelineName: jsii.String("or*"), LogGroupNames: jsii.Strings("a b"), StackNames: jsii.Strings("*"), DeployApplicationNames: jsii.Strings("*"), BuildProjectNames: jsii.Strings("*")})
	if len(faults) != 6 {
		t.Errorf("want a fault each: %v", faults)
	}
}

func TestServiceControlPolicyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		props *ServiceControlPolicyProps
		want  string
	}{
		"a role that is no ARN":        {&ServiceControlPolicyProps{DeployRoles: jsii.Strings("deploy")}, `DeployRoles[0]: got "deploy"`},
		"an exemption for every role":  {&ServiceControlPolicyProps{DeployRoles: jsii.Strings("arn:*:iam::*:role/*")}, `DeployRoles[0]: got "arn:*:iam::*:role/*", expected a pattern that names`},
		"an exemption for every path":  {&ServiceControlPolicyProps{ApprovalRuleAdministrators: jsii.Strings("arn:*:iam::*:role/*/*")}, "ApprovalRuleAdministrators[0]: got"},
		"a user of all deploy roles":   {&ServiceControlPolicyProps{DeployRoleUsers: jsii.Strings("arn:*:iam::*:role/**")}, "DeployRoleUsers[0]: got"},
		"every role to be trusted":     {&ServiceControlPolicyProps{TrustedRoles: jsii.Strings("arn:*:iam::*:role/*")}, "TrustedRoles[0]: got"},
		"nil props":                    {nil, "StackNames: missing"},
		"no decision about stacks":     {&ServiceControlPolicyProps{}, "StackNames: missing, expected the stacks"},
		"a stack by its ARN":           {&ServiceControlPolicyProps{StackNames: jsii.Strings("arn:aws:cloudformation:eu-west-1:1:stack/x/y")}, "StackNames[0]: got"},
		"every function":               {&ServiceControlPolicyProps{FunctionNames: jsii.Strings("*")}, `FunctionNames[0]: got "*"`},
		"a repository by its ARN":      {&ServiceControlPolicyProps{RepositoryNames: jsii.Strings("arn:aws:codecommit:eu-west-1:1:x")}, "RepositoryNames[0]: got"},
		"more than organizations take": {&ServiceControlPolicyProps{RepositoryNames: many(60), StackNames: jsii.Strings("*")}, "the service control policy: got "},
	} {
		t.Run(name, func(t *testing.T) {
			document, err := ServiceControlPolicy(c.props)
			var f *fault.Error
			if document != "" || !errors.As(err, &f) {
				t.Fatalf("got %q, %v", document, err)
			}
			refused(t, []*fault.Error{f}, c.want)
		})
	}
}

func many(n int) *[]*string {
	names := make([]*string, n)
	for i := range names {
		names[i] = jsii.Sprintf("repository-of-a-team-%d", i)
	}
	return &names
}

func TestTheServiceControlPolicyFits(t *testing.T) {
	document, err := ServiceControlPolicy(&ServiceControlPolicyProps{
		RepositoryNames: many(5), Branches: jsii.Strings("main", "develop", "release/*"), FunctionNames: jsii.Strings("delivery-*"),
		ApprovalRuleAdministrators: jsii.Strings("arn:*:iam::*:role/break-glass"), DeployRoleUsers: jsii.Strings("arn:*:iam::*:role/delivery-*"),
		TrustedRoles: jsii.Strings("arn:*:iam::*:role/OrdersReviewer", "arn:*:iam::*:role/on-call"), StackNames: jsii.Strings("Orders*", "CDKToolkit"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d characters", len(document))
	if strings.ContainsAny(document, " \n") || strings.Contains(document, `\u00`) {
		t.Errorf("white space counts: %s", document)
	}
	if document, err = ServiceControlPolicy(&ServiceControlPolicyProps{StackNames: jsii.Strings("*")}); err != nil || len(document) > 4000 {
		t.Errorf("the least leaves no room: %d characters, %v", len(document), err)
	}
}

func TestBranchesAreComparedExactlyUnlessTheyArePatterns(t *testing.T) {
	for name, c := range map[string]struct {
		branches []string
		want     map[string]any
	}{
		"names":    {[]string{"main"}, map[string]any{"StringEqualsIfExists": map[string]any{"codecommit:References": []any{"refs/heads/main"}}}},
		"patterns": {[]string{"main", "release/*"}, map[string]any{"StringLikeIfExists": map[string]any{"codecommit:References": []any{"refs/heads/main", "refs/heads/release/*"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			c.want["Null"] = map[string]any{"codecommit:References": "false"}
			got := guarded{[]string{"*"}, c.branches}.branchDeny().document()["Condition"]
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStatementsAreValues(t *testing.T) {
	first := deny("A", []string{"a:B"}, []string{"*"})
	second := first.when("Bool", "k", "true")
	third := second.when("Bool", "l", "true").exempting([]string{"arn"})
	if first.conditions != nil || len(second.conditions["Bool"]) != 1 || len(third.conditions) != 2 {
		t.Errorf("one statement changed another: %v %v %v", first, second, third)
	}
}

func TestSizesAreThoseOfTheLongestNames(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		want  int
	}{
		"white space":     {map[string]any{"a b": "c d"}, 11},
		"a partition":     {[]any{map[string]any{"Ref": "AWS::Partition"}}, 14},
		"a joined text":   {[]any{map[string]any{"Fn::Join": []any{"", []any{"arn:", map[string]any{"Ref": "AWS::AccountId"}}}}}, 20},
		"an unknown name": {[]any{map[string]any{"Fn::GetAtt": []any{"X", "Arn"}}}, unknownCharacters + 4},
		"angle brackets":  {[]any{"<&>"}, 7},
		"a plain map":     {map[string]any{"Refs": "x"}, 12},
	} {
		if got := sizeOf(c.value); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

func TestPropsAreCopied(t *testing.T) {
	props := goodDuties()
	props.ManagedPolicyNamePrefix = jsii.String("Orders")
	d, faults := settleDuties(props)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	*props.ManagedPolicyNamePrefix, *(*props.RepositoryNames)[0] = "changed", "changed"
	if *d.prefix != "Orders" || d.repositories.names[0] != "orders" || props.Approvals != nil {
		t.Errorf("%+v", d)
	}
}
