package pullrequestcheck

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

// TestTheMachineIsNotNamedAsAPerson: its role's name is not known at synth, so it comes as a token.
func TestTheMachineIsNotNamedAsAPerson(t *testing.T) {
	_, stack := newStack(t)
	check := NewPullRequestCheck(stack, jsii.String("Check"), &PullRequestCheckProps{RepositoryName: jsii.String("orders"), Vpc: vpc})
	role := check.ApproverRole()
	reviewer := awsiam.NewRole(stack, jsii.String("Reviewer"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	session := func(name *string) string { return "arn:aws:sts::111111111111:assumed-role/" + *name + "/*" }
	byArn := awscdk.Fn_Select(jsii.Number(2), awscdk.Fn_Split(jsii.String("/"), role.RoleArn(), nil))
	deployed := "Orders-" + *stack.GetLogicalId(role.Node().DefaultChild().(awscdk.CfnElement)) + "-AbCdEfGhIjKl"
	for name, member := range map[string]string{"its name": session(role.RoleName()), "the end of its ARN": session(byArn), "its name as it is deployed": session(&deployed)} {
		for field, props := range map[string]*ApprovalRulesProps{
			"Approvers[1]": {Approvers: jsii.Strings(session(reviewer.RoleName()), member)},
			"Branches[0].Approvers[0]": {Approvers: jsii.Strings(session(reviewer.RoleName())), Branches: []*BranchRuleProps{
				{Branch: jsii.String("main"), Approvals: jsii.Number(1), Approvers: jsii.Strings(member)},
			}},
		} {
			props.Checks = []*PullRequestCheck{check}
			got := cdktest.Panic(t, func() { NewApprovalRules(stack, jsii.String("Rules"), props) })
			if !strings.HasPrefix(got, "Orders/Rules: "+field+": got ") || !strings.Contains(got, "the machine would approve for them") || strings.Contains(got, "\n") {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	NewApprovalRules(stack, jsii.String("Rules"), &ApprovalRulesProps{Checks: []*PullRequestCheck{check}, Approvers: jsii.Strings(session(reviewer.RoleName()))})
}

// patterns are those of the rules for changes of templates, by the topic that is told.
func patterns(t *testing.T, doc map[string]any) map[string]string {
	t.Helper()
	found := map[string]string{}
	for id, rule := range cdktest.Resources(doc, "AWS::Events::Rule") {
		pattern := rule["EventPattern"].(map[string]any)
		if text(t, pattern["detail-type"]) != `["CodeCommit Approval Rule Template Change"]` {
			continue
		}
		targets := rule["Targets"].([]any)
		if len(targets) != 1 {
			t.Errorf("%s has %d targets", id, len(targets))
		}
		found[text(t, targets[0].(map[string]any)["Arn"])] = text(t, pattern["detail"])
	}
	return found
}

// TestEveryChangeOfATemplateIsToldOf: the function's own, too, for who has it called by an event of his own is seen by these.
func TestEveryChangeOfATemplateIsToldOf(t *testing.T) {
	app, stack := newStack(t)
	check, rules := least(stack)
	ref := func(c awscdk.IResource) string {
		return `{"Ref":"` + *stack.GetLogicalId(c.Node().DefaultChild().(awscdk.CfnElement)) + `"}`
	}
	function, role := ref(rules.function), ref(rules.function.Role())
	own := `{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":sts::111111111111:assumed-role/",` + role + `,"/",` + function + `]]}`
	want := map[string]string{
		ref(check.NotificationTopic()): "null",
		ref(check.AlarmTopic()):        `{"callerUserArn":[{"anything-but":[` + own + `]}]}`,
	}
	doc := cdktest.Template(t, app, stack)
	if diff := cmp.Diff(want, patterns(t, doc)); diff != "" {
		t.Errorf("(-want +got) %s", diff)
	}
	for id, alarm := range cdktest.Resources(doc, "AWS::CloudWatch::Alarm") {
		if !strings.HasPrefix(id, "RulesTemplatesChanged") {
			continue
		}
		rule := alarm["Dimensions"].([]any)[0].(map[string]any)["Value"].(map[string]any)["Ref"].(string)
		if !strings.HasPrefix(rule, "RulesTemplatesChangedByHand") {
			t.Errorf("the alarm counts %s, and so each deployment", rule)
		}
	}
}

// TestForgedEventsRaiseAnAlarm: the filter reads the log of the function, and the alarm what the filter counts.
func TestForgedEventsRaiseAnAlarm(t *testing.T) {
	app, stack := newStack(t)
	check, rules := least(stack)
	doc := cdktest.Template(t, app, stack)
	log := *stack.GetLogicalId(rules.function.LogGroup().Node().DefaultChild().(awscdk.CfnElement))
	alarms := *stack.GetLogicalId(check.AlarmTopic().Node().DefaultChild().(awscdk.CfnElement))
	var metric any
	for _, filter := range cdktest.Resources(doc, "AWS::Logs::MetricFilter") {
		if text(t, filter["LogGroupName"]) == `{"Ref":"`+log+`"}` && filter["FilterPattern"] == `"ForgedEvent"` {
			metric = filter["MetricTransformations"].([]any)[0].(map[string]any)["MetricName"]
		}
	}
	for id, alarm := range cdktest.Resources(doc, "AWS::CloudWatch::Alarm") {
		if metric != nil && alarm["MetricName"] == metric {
			if alarm["Namespace"] != "securecdk/PullRequestCheck" || alarm["Threshold"] != 1.0 || text(t, alarm["AlarmActions"]) != `[{"Ref":"`+alarms+`"}]` {
				t.Errorf("%s: %s", id, text(t, alarm))
			}
			return
		}
	}
	t.Errorf("no alarm on metric %v", metric)
}

// TestTheFunctionAsksOfItsOwnStackAlone: with the stack of another it could be told that a forged event is true.
func TestTheFunctionAsksOfItsOwnStackAlone(t *testing.T) {
	app, stack := newStack(t)
	_, rules := least(stack)
	doc := cdktest.Template(t, app, stack)
	id := *stack.GetLogicalId(rules.function.Node().DefaultChild().(awscdk.CfnElement))
	variables := cdktest.Resources(doc, "AWS::Lambda::Function")[id]["Environment"].(map[string]any)["Variables"].(map[string]any)
	if got := text(t, variables["SECURECDK_STACK"]); got != `{"Ref":"AWS::StackId"}` {
		t.Errorf("the function is of stack %s", got)
	}
	asks := 0
	for id, policy := range cdktest.Resources(doc, "AWS::IAM::ManagedPolicy") {
		for _, statement := range policy["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			s := statement.(map[string]any)
			if !strings.Contains(text(t, s["Action"]), "cloudformation:") {
				continue
			}
			asks++
			if text(t, s["Action"]) != `"cloudformation:DescribeStackResource"` || text(t, s["Resource"]) != `{"Ref":"AWS::StackId"}` {
				t.Errorf("%s: %s", id, text(t, s))
			}
		}
	}
	if asks != 1 {
		t.Errorf("%d statements", asks)
	}
}
