package aspects

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/cloudformationinclude"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

// stacks makes stacks of one environment.
func stacks(t *testing.T, ids ...string) (awscdk.App, []awscdk.Stack) {
	t.Helper()
	app := cdktest.App(t, nil)
	made := make([]awscdk.Stack, len(ids))
	for i, id := range ids {
		made[i] = awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{Env: cdktest.Env(account, region)})
	}
	return app, made
}

// include puts a template into a stack.
func include(t *testing.T, stack awscdk.Stack, template string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "template.json")
	if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	cloudformationinclude.NewCfnInclude(stack, jsii.String("Included"), &cloudformationinclude.CfnIncludeProps{TemplateFile: &file})
}

func projectWithRole(stack awscdk.Stack, id string, role awsiam.IRole) {
	awscodebuild.NewProject(stack, jsii.String(id), &awscodebuild.ProjectProps{
		Role: role, BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
	})
}

// changed tells whether a control was met for a resource.
func changed(changes []Change, control, path string) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Control == control && c.Path == path })
}

// warned returns the reasons why resources of a control were left.
func warned(t *testing.T, app awscdk.App, control string) string {
	t.Helper()
	var found []string
	for _, stack := range *app.Synth(&awscdk.StageSynthesisOptions{Force: jsii.Bool(true)}).Stacks() {
		for _, m := range *stack.Messages() {
			if text := fmt.Sprint(m.Entry.Data); strings.HasPrefix(text, control+" is not fixed here") || control == "" {
				found = append(found, text)
			}
		}
	}
	return strings.Join(found, "\n")
}

func TestProjectsWhoseRoleIsInAnotherStackAreFixedThere(t *testing.T) {
	app, s := stacks(t, "Roles", "Build")
	role := awsiam.NewRole(s[0], jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("codebuild.amazonaws.com"), nil)})
	vpc := awsec2.NewVpc(s[1], jsii.String("Vpc"), &awsec2.VpcProps{AvailabilityZones: jsii.Strings("eu-west-1a")})
	for _, id := range []string{"One", "Two"} {
		projectWithRole(s[1], id, awsiam.Role_FromRoleArn(s[1], jsii.String(id+"Role"), role.RoleArn(), nil))
	}
	NewBaseline(&BaselineProps{Vpc: SameVpc(vpc)}).ApplyTo(app)
	templates := cdktest.Synth(t, app) // dies of a cycle when the role refers to the policy
	policies := cdktest.Resources(templates["Build.template.json"], "AWS::IAM::ManagedPolicy")
	if len(policies) != 2 {
		t.Fatalf("%d policies, want one for the key and one for the network", len(policies))
	}
	for id, policy := range policies {
		if len(policy["Roles"].([]any)) != 1 {
			t.Errorf("%s: %s", id, text(t, policy))
		}
		for other, r := range templates["Build.template.json"]["Resources"].(map[string]any) {
			resource := r.(map[string]any)
			if resource["Type"] == "AWS::CodeBuild::Project" && !strings.Contains(text(t, resource["DependsOn"]), id) {
				t.Errorf("%s does not wait for %s", other, id)
			}
		}
	}
}

func TestARoleWhosePoliciesAreComputedGetsOneFromThePolicysSide(t *testing.T) {
	for name, arns := range map[string]string{"a parameter": `{"Ref":"Policies"}`, "a condition": `{"Fn::If":["Prod",["a"],["b"]]}`} {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			include(t, stack, `{"Parameters":{"Policies":{"Type":"CommaDelimitedList","Default":"a"}},"Conditions":{"Prod":{"Fn::Equals":["a","b"]}},
				"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"ManagedPolicyArns":`+arns+`,"AssumeRolePolicyDocument":{}}},
				"F":{"Type":"AWS::Lambda::Function","Properties":{"Role":{"Fn::GetAtt":["Role","Arn"]},"Runtime":"nodejs22.x","Handler":"i.h","Code":{"ZipFile":"1"}}}}}`)
			testBaseline().ApplyTo(app)
			template := cdktest.Template(t, app, stack)
			id, policy := cdktest.One(t, template, "AWS::IAM::ManagedPolicy")
			if text(t, policy["Roles"]) != text(t, []any{map[string]any{"Ref": "Role"}}) {
				t.Errorf("%s", text(t, policy))
			}
			function := template["Resources"].(map[string]any)["F"].(map[string]any)
			if !strings.Contains(text(t, function["DependsOn"]), id) || function["Properties"].(map[string]any)["VpcConfig"] == nil {
				t.Errorf("%s", text(t, function))
			}
		})
	}
}

func TestAFunctionWhoseRoleCanNotBeGivenThePermissionStaysWhereItIs(t *testing.T) {
	app, stack := newStack(t)
	include(t, stack, `{"Parameters":{"Policies":{"Type":"CommaDelimitedList","Default":"a"}},"Conditions":{"Prod":{"Fn::Equals":["a","b"]}},
		"Resources":{"Role":{"Type":"AWS::IAM::Role","Condition":"Prod","Properties":{"ManagedPolicyArns":{"Ref":"Policies"},"AssumeRolePolicyDocument":{}}},
		"F":{"Type":"AWS::Lambda::Function","Condition":"Prod","Properties":{"Role":{"Fn::GetAtt":["Role","Arn"]},"Runtime":"nodejs22.x","Handler":"i.h","Code":{"ZipFile":"1"}}}}}`)
	if changes := testBaseline().Enforce(app); len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
	if why := warned(t, app, "LAMBDA.VPC"); !strings.Contains(why, "intrinsic function") {
		t.Errorf("said %q", why)
	}
}

func TestPoliciesThatAnEscapeHatchSetAreAddedTo(t *testing.T) {
	app, stack := newStack(t)
	newFunction(stack, "F").Role().Node().DefaultChild().(awsiam.CfnRole).AddPropertyOverride(jsii.String("ManagedPolicyArns"), []any{"arn:aws:iam::aws:policy/X"})
	testBaseline().ApplyTo(app)
	if arns := one(t, app, stack, "AWS::IAM::Role")["ManagedPolicyArns"].([]any); len(arns) != 2 || arns[0] != "arn:aws:iam::aws:policy/X" {
		t.Errorf("%s", text(t, arns))
	}
}

func TestTheOrderOfAspectsShowsInNoTemplate(t *testing.T) {
	build := func(order func([]*Aspect)) string {
		app, stack := newStack(t)
		everything(stack)
		all := testBaseline().Aspects()
		order(all)
		for _, a := range all {
			Enforce(app, a)
		}
		roles := cdktest.Resources(cdktest.Template(t, app, stack), "AWS::IAM::Role")
		return text(t, roles)
	}
	if forward, backward := build(func([]*Aspect) {}), build(slices.Reverse[[]*Aspect]); forward != backward {
		t.Errorf("forward %s\nbackward %s", forward, backward)
	}
}

func TestVpcOfANestedStackThatHasAFunctionItself(t *testing.T) {
	app, stack := newStack(t)
	nested := awscdk.NewNestedStack(stack, jsii.String("Network"), nil)
	vpc := awsec2.NewVpc(nested, jsii.String("Vpc"), &awsec2.VpcProps{AvailabilityZones: jsii.Strings("eu-west-1a"), RestrictDefaultSecurityGroup: jsii.Bool(true)})
	newFunction(stack, "Outside")
	newProject(nested)
	projectWithRole(stack, "Parent", nil)
	NewBaseline(&BaselineProps{Vpc: SameVpc(vpc)}).ApplyTo(app)
	functions := 0
	for _, doc := range cdktest.Synth(t, app) { // dies when the nested stack and its parent need each other
		for id, f := range cdktest.Resources(doc, "AWS::Lambda::Function") {
			functions++
			if f["VpcConfig"] == nil {
				t.Errorf("%s is outside the VPC", id)
			}
		}
		if err := cycle(doc); err != "" {
			t.Error(err)
		}
	}
	if functions != 2 {
		t.Errorf("%d functions", functions)
	}
}

// cycle returns a resource of a template that waits for itself.
func cycle(doc map[string]any) string {
	resources := doc["Resources"].(map[string]any)
	var visit func(id string, path []string) string
	visit = func(id string, path []string) string {
		if slices.Contains(path, id) {
			return strings.Join(append(path, id), " → ")
		}
		for other := range resources {
			if other != id && mentions(resources[id], other) {
				if found := visit(other, append(slices.Clone(path), id)); found != "" {
					return found
				}
			}
		}
		return ""
	}
	for id := range resources {
		if found := visit(id, nil); found != "" {
			return found
		}
	}
	return ""
}

func mentions(value any, id string) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return mentions(e, id) })
	case map[string]any:
		for key, inner := range v {
			if key == "Ref" && inner == id || (key == "Fn::GetAtt" || key == "DependsOn") && slices.Contains(list(inner), any(id)) || mentions(inner, id) {
				return true
			}
		}
	}
	return false
}

func TestAStackThatTheStackOfTheVpcNeedsIsLeft(t *testing.T) {
	app, s := stacks(t, "Logs", "Network", "App")
	bucket := awss3.NewBucket(s[0], jsii.String("FlowLogs"), &awss3.BucketProps{AutoDeleteObjects: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY})
	vpc := awsec2.NewVpc(s[1], jsii.String("Vpc"), &awsec2.VpcProps{AvailabilityZones: jsii.Strings("eu-west-1a")})
	vpc.AddFlowLog(jsii.String("FlowLog"), &awsec2.FlowLogOptions{Destination: awsec2.FlowLogDestination_ToS3(bucket, nil, nil)})
	newFunction(s[2], "F")
	changes := NewBaseline(&BaselineProps{Vpc: SameVpc(vpc)}).Enforce(app)
	if !changed(changes, "LAMBDA.VPC", "App/F/Resource") {
		t.Error("the function of a stack that the VPC does not need is not moved")
	}
	if why := warned(t, app, "LAMBDA.VPC"); !strings.Contains(why, "Network, which is deployed after this one") || strings.Count(why, "\n") != 0 {
		t.Errorf("said %q", why)
	}
}

func TestAFunctionWhoseRoleIsInAnotherStack(t *testing.T) {
	app, s := stacks(t, "Roles", "App")
	role := awsiam.NewRole(s[0], jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	awslambda.NewFunction(s[1], jsii.String("F"), &awslambda.FunctionProps{
		Role: role, Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("1")),
	})
	if !changed(testBaseline().ApplyTo(app), "LAMBDA.VPC", "App/F/Resource") {
		t.Error("not moved")
	}
	cdktest.Synth(t, app)
}

// TestEveryWayToApplyThatReachesIntoOtherStacks: in bulk, twice, as aspects, and one aspect after the other from the last
// to the first.
func TestEveryWayToApplyThatReachesIntoOtherStacks(t *testing.T) {
	build := func() (awscdk.App, *Baseline) {
		app, s := stacks(t, "Roles", "Build", "Data")
		role := awsiam.NewRole(s[0], jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("codebuild.amazonaws.com"), nil)})
		nested := awscdk.NewNestedStack(s[1], jsii.String("Network"), nil)
		vpc := awsec2.NewVpc(nested, jsii.String("Vpc"), &awsec2.VpcProps{AvailabilityZones: jsii.Strings("eu-west-1a"), RestrictDefaultSecurityGroup: jsii.Bool(true)})
		projectWithRole(s[1], "Shared", awsiam.Role_FromRoleArn(s[1], jsii.String("SharedRole"), role.RoleArn(), nil))
		newProject(s[1])
		newProject(nested)
		replicated(s[2], awss3.NewBucket(s[1], jsii.String("Replicas"), &awss3.BucketProps{Versioned: jsii.Bool(true)}))
		foreign := awscdk.NewStack(app, jsii.String("Foreign"), &awscdk.StackProps{Env: cdktest.Env("222222222222", region)})
		reader := awsiam.NewRole(foreign, jsii.String("Reader"), &awsiam.RoleProps{
			RoleName: awscdk.PhysicalName_GENERATE_IF_NEEDED(), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
		})
		awss3.NewBucket(s[2], jsii.String("Read"), &awss3.BucketProps{BucketName: awscdk.PhysicalName_GENERATE_IF_NEEDED()}).GrantRead(reader, nil)
		return app, NewBaseline(&BaselineProps{Vpc: SameVpc(vpc)})
	}
	app, baseline := build()
	baseline.Enforce(app)
	want := cdktest.Synth(t, app)
	for name, apply := range map[string]func(awscdk.App, *Baseline){
		"twice": func(app awscdk.App, b *Baseline) {
			b.Enforce(app)
			if again := b.Enforce(app); len(again) != 0 {
				t.Errorf("second run: %+v", again)
			}
		},
		"as aspects": func(app awscdk.App, b *Baseline) {
			for _, a := range b.Aspects() {
				awscdk.Aspects_Of(app).Add(a, nil)
			}
		},
		"from the last to the first": func(app awscdk.App, b *Baseline) {
			all := b.Aspects()
			for i := range all {
				Enforce(app, all[len(all)-1-i])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			app, baseline := build()
			apply(app, baseline)
			if diff := cmp.Diff(want, cdktest.Synth(t, app)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
