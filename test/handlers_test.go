package test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/pullrequestcheck"
	"github.com/securecdk/securecdk/internal/awsfake"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/test/iam"
	"github.com/securecdk/securecdk/test/internal/lambdaruntime"
	"github.com/securecdk/securecdk/test/internal/tool"
)

// TestTheFunctionsOfTheTemplateDoTheirWork runs the binary as AWS Lambda does, with the variables and for the events that the
// template says, against AWS in memory. What it called there, the roles of the template must allow, and no more.
func TestTheFunctionsOfTheTemplateDoTheirWork(t *testing.T) {
	d := deploy(t)
	t.Run("each starts, and needs each of its variables", d.start)
	t.Run("an unknown handler is named", d.unknownHandler)
	t.Run("a pull request is approved, and a push that fails is not", d.pullRequest)
	t.Run("a build that somebody else started approves nothing and is counted", d.foreignBuild)
	t.Run("a malformed event is an error, and the next is handled", d.malformed)
	t.Run("a lost permission is an error that names the call, and the next event is handled", d.lostPermission)
	t.Run("approval rule templates are made, changed and taken away", d.ruleTemplates)
	t.Run("a template that failed is rolled back and deployed again", d.failedTemplate)
	t.Run("an event that CloudFormation did not send changes nothing and is counted", d.forgedEvent)
	// Last: it judges what the others called.
	t.Run("their roles allow what they call and no more", d.permissions)
}

// deployment is a stack with a check and its rules.
type deployment struct {
	stack          *iam.Stack
	binary         string
	project, topic string            // logical ids
	functions      map[string]string // logical ids by the name of the handler
	calls          []awsfake.Call    // of all scenes
}

const repository = "orders"

func deploy(t *testing.T) *deployment {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	stack := awscdk.NewStack(app, jsii.String("Orders"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
	check := pullrequestcheck.NewPullRequestCheck(stack, jsii.String("Check"), &pullrequestcheck.PullRequestCheckProps{
		RepositoryName: jsii.String(repository),
		Vpc: aspects.VpcFromAttributes(&awsec2.VpcAttributes{
			VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a"), PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef0"),
		}),
	})
	pullrequestcheck.NewApprovalRules(stack, jsii.String("Rules"), &pullrequestcheck.ApprovalRulesProps{
		Checks: []*pullrequestcheck.PullRequestCheck{check}, Approvers: jsii.Strings(reviewers),
	})
	id := func(c constructs.IConstruct) string {
		return *stack.GetLogicalId(c.Node().DefaultChild().(awscdk.CfnElement))
	}
	d := &deployment{
		stack: iam.NewStack(t, cdktest.Template(t, app, stack)), binary: tool.Build(t, "./lambda"),
		project: id(check.Project()), topic: id(check.NotificationTopic()), functions: map[string]string{},
	}
	for function := range d.stack.Resources("AWS::Lambda::Function") {
		d.functions[d.variables(function)["SECURECDK_HANDLER"]] = function
	}
	if len(d.functions) != 3 || d.functions[""] != "" {
		t.Fatalf("functions by handler: %v", d.functions)
	}
	return d
}

// variables are the environment of a function in the template.
func (d *deployment) variables(function string) map[string]string {
	environment, _ := d.stack.Resources("AWS::Lambda::Function")[function]["Environment"].(map[string]any)
	declared, _ := environment["Variables"].(map[string]any)
	variables := map[string]string{}
	for name, value := range declared {
		variables[name], _ = value.(string)
	}
	return variables
}

// role is the logical id of a function's role.
func (d *deployment) role(function string) string {
	arn, _ := d.stack.Resources("AWS::Lambda::Function")[function]["Role"].(string)
	return d.stack.Find("AWS::IAM::Role", arn)
}

// scene is AWS in memory, and the functions that run in it.
type scene struct {
	*deployment
	server    *awsfake.Server
	resources *awsfake.StackResources // of the stack, when there is a deployment
	running   map[string]*lambdaruntime.Function
}

func (d *deployment) scene(t *testing.T) *scene {
	t.Helper()
	s := &scene{deployment: d, server: awsfake.New(t), running: map[string]*lambdaruntime.Function{}}
	t.Cleanup(func() { d.calls = append(d.calls, s.server.Calls()...) })
	return s
}

// run starts a function with the variables of the template, changed; an empty one is taken out. Its access key is its name, so
// that calls are known by it.
func (s *scene) run(t *testing.T, function string, changes map[string]string) *lambdaruntime.Function {
	t.Helper()
	env := s.server.Environment()
	env["AWS_ACCESS_KEY_ID"], env["AWS_SESSION_TOKEN"] = function, "token"
	maps.Copy(env, s.variables(function))
	maps.Copy(env, changes)
	maps.DeleteFunc(env, func(_, value string) bool { return value == "" })
	return lambdaruntime.Start(t, s.binary, s.stack.Arn(function), env)
}

// invoke hands a function an event, in the process that had the ones before.
func (s *scene) invoke(t *testing.T, function string, payload []byte) lambdaruntime.Answer {
	t.Helper()
	if s.running[function] == nil {
		s.running[function] = s.run(t, function, nil)
	}
	return s.running[function].Invoke(t, payload)
}

// deliver hands an event to the function that the rules of the template send it to.
func (s *scene) deliver(t *testing.T, event map[string]any) lambdaruntime.Answer {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &event); err != nil { // as JSON has it
		t.Fatal(err)
	}
	var targets []string
	for _, rule := range s.stack.Resources("AWS::Events::Rule") {
		if !matches(rule["EventPattern"], event) {
			continue
		}
		for _, target := range rule["Targets"].([]any) {
			if function := s.stack.Find("AWS::Lambda::Function", target.(map[string]any)["Arn"].(string)); function != "" {
				targets = append(targets, function)
			}
		}
	}
	if len(targets) != 1 {
		t.Fatalf("the rules send the event to %v, expected one function: %s", targets, payload)
	}
	return s.invoke(t, targets[0], payload)
}

// handle delivers an event that must be handled without an error.
func (s *scene) handle(t *testing.T, event map[string]any) {
	t.Helper()
	if a := s.deliver(t, event); a.Err != nil {
		t.Fatal(a.Err)
	}
}

// matches is a pattern of Amazon EventBridge with plain values; any other kind of value matches nothing.
func matches(pattern, event any) bool {
	switch pattern := pattern.(type) {
	case map[string]any:
		fields, ok := event.(map[string]any)
		for name, p := range pattern {
			ok = ok && matches(p, fields[name])
		}
		return ok
	case []any:
		values, ok := event.([]any)
		if !ok {
			values = []any{event}
		}
		return slices.ContainsFunc(values, func(v any) bool { return slices.Contains(pattern, v) })
	}
	return false
}

var complaint = regexp.MustCompile(`^securecdk: [^\n]+\n$`)

// start also shows that no variable of the template is there for nothing.
func (d *deployment) start(t *testing.T) {
	s := d.scene(t)
	for _, function := range slices.Sorted(maps.Values(d.functions)) {
		s.run(t, function, nil).Ready(t)
		for name := range d.variables(function) {
			process := s.run(t, function, map[string]string{name: ""})
			code, log := process.Wait(t), process.Log(t)
			if code == 0 || !complaint.MatchString(log) || !strings.HasPrefix(log, "securecdk: "+name+": ") {
				t.Errorf("%s without %s ends with %d and says %q", function, name, code, log)
			}
		}
	}
	if calls := s.server.Calls(); len(calls) != 0 {
		t.Errorf("without an event: %v", calls)
	}
}

func (d *deployment) unknownHandler(t *testing.T) {
	process := d.scene(t).run(t, d.functions["pullrequeststart"], map[string]string{"SECURECDK_HANDLER": "pullrequestmerge"})
	code, log := process.Wait(t), process.Log(t)
	want := `securecdk: SECURECDK_HANDLER: got "pullrequestmerge", expected one of ` + strings.Join(slices.Sorted(maps.Keys(d.functions)), ", ")
	if code == 0 || !complaint.MatchString(log) || !strings.HasPrefix(log, want) {
		t.Errorf("it ends with %d and says %q, want %q", code, log, want)
	}
}
