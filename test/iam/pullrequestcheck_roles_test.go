package iam

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// duty is what a role of the check is there for.
type duty struct {
	// work is what it must be able to do; it can do nothing else.
	work []call
	// byService is what AWS Lambda does with the role and the function's own code can't.
	byService []call
	function  bool
}

// via is the use of a key through a service.
func via(service string, calls ...[]call) []call {
	return with("kms:CallerAccount="+account, with("kms:ViaService="+service+"."+region+".amazonaws.com", calls...))
}

// checkDuties are the duties of every role that a check has, by the beginning of its logical id.
func (w *world) checkDuties(t *testing.T) map[string]duty {
	t.Helper()
	key, topic := w.arnOf(t, "CheckKey"), w.arnOf(t, "CheckNotifications")
	_, buildStream := w.logGroup(t, "CheckBuildLogs")
	project, reports := w.arnOf(t, "CheckProject"), []string{w.arnOf(t, "CheckReportGuardrails"), w.arnOf(t, "CheckReportUnit")}
	start := all(on(orders, "codecommit:GetPullRequest", "codecommit:GetBranch", "codecommit:PostCommentForPullRequest"), on(project, "codebuild:StartBuild"))
	verdict := all(
		on(orders, "codecommit:GetPullRequest", "codecommit:PostCommentForPullRequest", "codecommit:UpdatePullRequestApprovalState"),
		on(project, "codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject"), on(reports[0], "codebuild:DescribeTestCases"), on(reports[1], "codebuild:DescribeTestCases"),
		on(buildStream, "logs:GetLogEvents"), on(topic, "sns:Publish"), via("sns", on(key, "kms:GenerateDataKey", "kms:Decrypt")),
	)
	// IAM knows no resource for templates. A repository that has left the rules is one of any name.
	rules := all(
		on("*", "codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:GetApprovalRuleTemplate", "codecommit:ListApprovalRuleTemplates",
			"codecommit:ListRepositoriesForApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent", "codecommit:UpdateApprovalRuleTemplateDescription",
			"codecommit:UpdateApprovalRuleTemplateName"),
		on(orders, "codecommit:BatchAssociateApprovalRuleTemplateWithRepositories", "codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories"),
		on(other, "codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories"),
		on(StackID, "cloudformation:DescribeStackResource"),
	)
	return map[string]duty{
		"CheckBuildRole":         {work: all(w.buildWork(t, "Check", ""), on(orders, "codecommit:GitPull"))},
		"ElsewheremainBuildRole": {work: all(w.buildWork(t, "Elsewhere", "main"), on(connection, "codeconnections:GetConnection", "codeconnections:GetConnectionToken"))},
		"CheckStartRole":         {work: all(start, w.functionWork(t, "CheckStartLogs")), byService: functionNetwork, function: true},
		"CheckVerdictRole":       {work: all(verdict, w.functionWork(t, "CheckVerdictLogs")), byService: functionNetwork, function: true},
		"RulesFunctionRole":      {work: all(rules, w.functionWork(t, "RulesFunctionLogs")), byService: functionNetwork, function: true},
	}
}

// buildWork is what every build of a pull request does: write its log and reports, read the registry's secret, keep its
// cache, and have network interfaces made by CodeBuild.
func (w *world) buildWork(t *testing.T, check, branch string) []call {
	t.Helper()
	cache := w.arnOf(t, check+branch+"Cache")
	_, stream := w.logGroup(t, check+"BuildLogs")
	work := all(
		on(stream, "logs:CreateLogStream", "logs:PutLogEvents"), on(allSecrets+"npm-AbCdEf", "secretsmanager:GetSecretValue"),
		on(cache, "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"), on(cache+"/0a1b", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
		via("s3", on(w.arnOf(t, check+"Key"), "kms:GenerateDataKey", "kms:Decrypt")),
		// CodeBuild asks for these on all resources. "Allow CodeBuild access to AWS services required to create a VPC network
		// interface" (CodeBuild User Guide).
		on("*", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
		on(allSubnets+subnet, "ec2:CreateNetworkInterface"), on(interfaces, "ec2:DeleteNetworkInterface"),
		handOver(subnet, "codebuild.amazonaws.com"),
	)
	for _, name := range []string{"Guardrails", "Unit"} {
		work = append(work, on(w.arnOf(t, check+branch+"Report"+name), "codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:UpdateReport")...)
	}
	return work
}

// handOver lets a service use a network interface of a subnet.
func handOver(subnet, service string) []call {
	return with("ec2:Subnet="+allSubnets+subnet, with("ec2:AuthorizedService="+service, on(interfaces, "ec2:CreateNetworkInterfacePermission")))
}

// functionNetwork is what AWS Lambda does to have a function in a VPC.
var functionNetwork = all(
	on("*", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"), on(allSubnets+subnet, "ec2:CreateNetworkInterface"),
	on(interfaces, "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
)

// functionWork is what running any of the functions takes.
func (w *world) functionWork(t *testing.T, logs string) []call {
	t.Helper()
	_, stream := w.logGroup(t, logs)
	return all(
		on(stream, "logs:CreateLogStream", "logs:PutLogEvents"), on("*", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
		on(w.arnOf(t, "CheckDeadLetters"), "sqs:SendMessage"), via("sqs", on(w.arnOf(t, "CheckKey"), "kms:GenerateDataKey", "kms:Decrypt")),
	)
}

// TestEachRoleOfACheckDoesItsWorkAndNothingElse tries on each role what is forbidden to all, and the work of all the others.
func TestEachRoleOfACheckDoesItsWorkAndNothingElse(t *testing.T) {
	w := checked(t)
	duties := w.checkDuties(t)
	universe := w.everything(t)
	for _, prefix := range keys(duties) {
		t.Run(prefix, func(t *testing.T) {
			d, role := duties[prefix], w.one(t, prefix)
			for _, wrong := range w.misjudged(t, role, all(d.work, d.byService), universe) {
				t.Error(wrong)
			}
			if !d.function {
				return
			}
			for _, wrong := range w.misjudged(t, role, d.work, universe, byItsOwnCode) {
				t.Errorf("by the function's own code %s", wrong)
			}
		})
	}
	t.Logf("%d calls as each of %d roles", len(universe), len(duties))
}

// everything is what is forbidden to all, and the work of each.
func (w *world) everything(t *testing.T) []call {
	t.Helper()
	universe := w.forbidden(t)
	for _, d := range w.checkDuties(t) {
		universe = all(universe, d.work, d.byService)
	}
	return universe
}

// TestALostAndAGivenPermissionAreNoticed: the test above can fail both ways.
func TestALostAndAGivenPermissionAreNoticed(t *testing.T) {
	w := checked(t)
	universe, duties := w.everything(t), w.checkDuties(t)
	policy := w.one(t, "CheckBuildPolicy").properties["PolicyDocument"].(map[string]any)
	statements := list(policy["Statement"])
	for _, tt := range []struct {
		name       string
		statements []any
		want       string
	}{
		{"it may no longer read the repository", slices.DeleteFunc(slices.Clone(statements), func(s any) bool { return dig(s, "Action") == "codecommit:GitPull" }), "denied: codecommit:GitPull " + orders},
		{"it may approve", append(slices.Clone(statements), statementFor("codecommit:UpdatePullRequestApprovalState", orders)), "allowed: codecommit:UpdatePullRequestApprovalState " + orders},
		{"it may use its key past the cache", append(slices.Clone(statements), statementFor("kms:Decrypt", w.arnOf(t, "CheckKey"))), "allowed: kms:Decrypt " + w.arnOf(t, "CheckKey")},
	} {
		policy["Statement"] = tt.statements
		wrong := w.misjudged(t, w.one(t, "CheckBuildRole"), duties["CheckBuildRole"].work, universe)
		if !strings.Contains(strings.Join(wrong, "\n"), tt.want) {
			t.Errorf("%s: %v", tt.name, wrong)
		}
	}
}

func statementFor(action, resource string) any {
	return map[string]any{"Effect": "Allow", "Action": action, "Resource": resource}
}

// TestWhatACheckRunsInTheVpcWaitsForItsPolicies: AWS looks at their creation whether the role may make network interfaces.
func TestWhatACheckRunsInTheVpcWaitsForItsPolicies(t *testing.T) {
	w := checked(t)
	graph, n := dependencies(checkTemplate), 0
	for cfnType, role := range map[string]string{"AWS::CodeBuild::Project": "ServiceRole", "AWS::Lambda::Function": "Role"} {
		for _, r := range w.ofType(cfnType) {
			if strings.HasPrefix(r.id, "Pipeline") {
				continue
			}
			n++
			of := w.roleOf(t, r.properties[role])
			mustComeFirst(t, w, graph, r, of)
			for _, policy := range w.policiesOf(of) {
				if !graph.closure(r.id)[policy.id] {
					t.Errorf("%s can be created before %s", r.id, policy.id)
				}
			}
		}
	}
	if n != 5 {
		t.Errorf("%d projects and functions, want 5", n)
	}
}

// TestNoRoleOfACheckIsLeftOut: all roles of the stack are those above and those of the pipeline.
func TestNoRoleOfACheckIsLeftOut(t *testing.T) {
	w := checked(t)
	var want, got []string
	for prefix := range w.checkDuties(t) {
		want = append(want, w.one(t, prefix).id)
	}
	for _, r := range w.ofType("AWS::IAM::Role") {
		if !strings.HasPrefix(r.id, "Pipeline") {
			got = append(got, r.id)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNoRoleOfACheckIsAllowedAnActionThatNothingNeeds: what a policy allows and no list above has would not be tried.
func TestNoRoleOfACheckIsAllowedAnActionThatNothingNeeds(t *testing.T) {
	w := checked(t)
	for prefix, d := range w.checkDuties(t) {
		var want, got []string
		for _, c := range all(d.work, d.byService) {
			want = append(want, c.action)
		}
		for _, policy := range w.identity(w.one(t, prefix)) {
			for _, statement := range list(dig(policy, "Statement")) {
				if dig(statement, "Effect") != "Allow" {
					continue
				}
				if dig(statement, "NotAction") != nil || dig(statement, "NotResource") != nil {
					t.Errorf("%s is allowed all but something: %s", prefix, indent(statement))
				}
				got = append(got, texts(dig(statement, "Action"))...)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(slices.Compact(want), slices.Compact(got)); diff != "" {
			t.Errorf("%s: %s", prefix, diff)
		}
	}
}

// TestWhatIsForbiddenIsPossible: an administrator can do all of it, or that a role can't would prove nothing.
func TestWhatIsForbiddenIsPossible(t *testing.T) {
	w := checked(t)
	var requests []Request
	for _, c := range w.forbidden(t) {
		requests = append(requests, w.requestOf(roles+"admin", []any{anything}, c))
	}
	mustAllow(t, 150, requests)
}
