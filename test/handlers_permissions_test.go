package test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/internal/awsfake"
	"github.com/securecdk/securecdk/test/iam"
)

// resourcesOf says what the calls of an action are about, by the "Service Authorization Reference". An action that is not
// here knows no resource.
func (d *deployment) resourcesOf(t *testing.T, action string, in awsfake.Input) []string {
	t.Helper()
	const arn = "arn:aws:%s:eu-west-1:111111111111:%s"
	switch action {
	case "codecommit:GetPullRequest", "codecommit:UpdatePullRequestApprovalState": // the repository of the request
		return []string{fmt.Sprintf(arn, "codecommit", repository)}
	case "codecommit:GetBranch", "codecommit:PostCommentForPullRequest":
		return []string{fmt.Sprintf(arn, "codecommit", in.Text("repositoryName"))}
	case "codecommit:BatchAssociateApprovalRuleTemplateWithRepositories", "codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories":
		return each(in["repositoryNames"], func(name string) string { return fmt.Sprintf(arn, "codecommit", name) })
	case "codebuild:StartBuild", "codebuild:ListBuildsForProject":
		return []string{fmt.Sprintf(arn, "codebuild", "project/"+in.Text("projectName"))}
	case "codebuild:BatchGetBuilds": // the projects of the builds
		return each(in["ids"], func(id string) string {
			return strings.Replace(id[:strings.LastIndex(id, ":")], ":build/", ":project/", 1)
		})
	case "codebuild:DescribeTestCases": // the group of the report
		report := in.Text("reportArn")
		return []string{strings.Replace(report[:strings.LastIndex(report, ":")], ":report/", ":report-group/", 1)}
	case "logs:GetLogEvents":
		return []string{fmt.Sprintf(arn, "logs", "log-group:"+in.Text("logGroupName")+":log-stream:"+in.Text("logStreamName"))}
	case "sns:Publish":
		return []string{in.Text("TopicArn")}
	case "cloudformation:DescribeStackResource":
		return []string{in.Text("StackName")}
	}
	if !strings.HasPrefix(action, "codecommit:") || !strings.Contains(action, "ApprovalRuleTemplate") {
		t.Errorf("nobody said here what %s is about", action)
	}
	return []string{"*"}
}

func each(list any, f func(string) string) []string {
	var all []string
	for _, one := range list.([]any) {
		all = append(all, f(one.(string)))
	}
	return all
}

// request is one by a function, under the policies of its role and of the resource.
func (d *deployment) request(function, action, resource string) iam.Request {
	role := d.role(function)
	r := iam.Request{
		Principal: d.stack.Arn(role), Action: action, Resource: resource, Account: "111111111111", Identity: d.stack.Identity(role),
		// A call of the function's own code names the function.
		Context: map[string]string{"aws:SecureTransport": "true", "lambda:SourceFunctionArn": d.stack.Arn(function)},
	}
	for _, cfnType := range []string{"AWS::SNS::Topic", "AWS::KMS::Key"} {
		if id := d.stack.Find(cfnType, resource); id != "" {
			r.ResourcePolicy = d.stack.ResourcePolicy(id)
		}
	}
	return r
}

// requests are what a call asks of IAM. Amazon SNS uses the key of a topic in the name of who publishes ("Key management",
// Amazon SNS Developer Guide), which is the one use of what no call names.
func (d *deployment) requests(t *testing.T, function string, call awsfake.Call) []iam.Request {
	t.Helper()
	action := call.Service + ":" + call.Operation
	var all []iam.Request
	for _, resource := range d.resourcesOf(t, action, call.Input) {
		all = append(all, d.request(function, action, resource))
		if action != "sns:Publish" {
			continue
		}
		key, _ := d.stack.Resources("AWS::SNS::Topic")[d.stack.Find("AWS::SNS::Topic", resource)]["KmsMasterKeyId"].(string)
		for _, use := range []string{"kms:Decrypt", "kms:GenerateDataKey"} {
			r := d.request(function, use, key)
			r.Context["kms:ViaService"], r.Context["kms:CallerAccount"] = "sns.eu-west-1.amazonaws.com", "111111111111"
			all = append(all, r)
		}
	}
	return all
}

var handlerPolicy = regexp.MustCompile(`Handler[0-9A-F]{8}$`)

// allowed are the actions in the policy of what the code of a function does. Beside it there is the policy of what Lambda
// itself does for it, and no other.
func (d *deployment) allowed(t *testing.T, function string) []string {
	t.Helper()
	policies := d.stack.PoliciesOf(d.role(function))
	i := slices.IndexFunc(policies, handlerPolicy.MatchString)
	if len(policies) != 2 || i < 0 {
		t.Fatalf("the role of %s has the policies %v", function, policies)
	}
	document := d.stack.Resources("AWS::IAM::ManagedPolicy")[policies[i]]["PolicyDocument"].(map[string]any)
	var actions []string
	for _, statement := range document["Statement"].([]any) {
		switch action := statement.(map[string]any)["Action"].(type) {
		case string:
			actions = append(actions, action)
		case []any:
			actions = append(actions, each(action, func(a string) string { return a })...)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

func (d *deployment) permissions(t *testing.T) {
	used := map[string]map[string]bool{} // actions by function
	for _, function := range d.functions {
		used[function] = map[string]bool{}
	}
	must, mustNot := map[string]iam.Request{}, map[string]iam.Request{} // each once
	add := func(to map[string]iam.Request, r iam.Request) { to[r.Principal+r.Action+r.Resource] = r }
	for _, call := range d.calls {
		if used[call.Caller] == nil {
			t.Fatalf("%q called %s", call.Caller, call.Operation)
		}
		for _, r := range d.requests(t, call.Caller, call) {
			used[call.Caller][r.Action] = true
			add(must, r)
		}
	}
	for _, function := range d.functions {
		for _, action := range d.allowed(t, function) {
			if !used[function][action] {
				t.Errorf("%s may %s, and never does", function, action)
			}
		}
		for _, call := range d.calls {
			for _, r := range d.requests(t, function, call) {
				if !used[function][r.Action] {
					add(mustNot, r)
				}
			}
		}
	}
	if len(must) < 20 || len(mustNot) < 20 {
		t.Fatalf("%d and %d requests: too few to prove anything", len(must), len(mustNot))
	}
	check := func(requests map[string]iam.Request, want bool, says string) {
		list := slices.Collect(maps.Values(requests))
		for i, ok := range iam.Simulate(t, list) {
			if ok != want {
				t.Errorf("%s %s on %s, %s", list[i].Principal, list[i].Action, list[i].Resource, says)
			}
		}
	}
	check(must, true, "which its function does, and may not")
	check(mustNot, false, "which another function does, and may")
}
