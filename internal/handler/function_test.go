package handler

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/internal/nag"
	"github.com/securecdk/securecdk/internal/nagtest"
	"github.com/securecdk/securecdk/internal/secured"
)

// withBuild has functions made of an archive, or fail to be, without a go command, and counts how often it is asked for.
func withBuild(t *testing.T, archive []byte, failure *fault.Error) *int {
	t.Helper()
	n, before := 0, built
	built = func() ([]byte, *fault.Error) { n++; return archive, failure }
	t.Cleanup(func() { built = before })
	return &n
}

func newShared(stack awscdk.Stack) *Shared {
	scope := constructs.NewConstruct(stack, jsii.String("Check"))
	vpc := secured.FindVpc(scope, aspects.VpcFromAttributes(&awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a"), PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef0"),
	}))
	key := secured.NewKey(scope, "Key", &secured.KeyProps{Description: "The check", LogsSid: "Logs"})
	group := awsec2.NewSecurityGroup(scope, jsii.String("Functions"), &awsec2.SecurityGroupProps{Vpc: vpc, AllowAllOutbound: jsii.Bool(false), Description: jsii.String("TLS out")})
	group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(443)), jsii.String("TLS"), nil)
	topic := secured.NewTopic(scope, "Topic", key)
	secured.LetAlarmsPublish(topic, key)
	queue := secured.NewDeadLetterQueue(scope, "DeadLetters", key)
	secured.AlarmOnFirstMessage(scope, "DeadLetterAlarm", queue, topic)
	return &Shared{Vpc: vpc, SecurityGroup: group, Key: key, DeadLetters: queue}
}

func newProps(shared *Shared) *Props {
	return &Props{
		Shared: shared, Handler: jsii.String("pullrequestverdict"), Description: jsii.String("Tells what a build found"),
		Environment: &map[string]*string{"REPOSITORY": jsii.String("orders")},
		Statements: []awsiam.PolicyStatement{
			statement("Comment", jsii.String("arn:aws:codecommit:eu-west-1:111111111111:orders"), nil, "codecommit:PostCommentForPullRequest"),
			statement("Token", jsii.String("*"), nil, "sts:GetServiceBearerToken"),
		},
		Accepted: []nag.Rule{{ID: "AwsSolutions-IAM5", Finding: "Resource::*", Reason: "The action knows no resource."}},
	}
}

func newStack(t *testing.T, context map[string]any) (awscdk.App, awscdk.Stack) {
	t.Helper()
	all := flags.Safe()
	for k, v := range context {
		all[k] = v
	}
	app := cdktest.App(t, all)
	return app, awscdk.NewStack(app, jsii.String("Delivery"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFaultsAreAllTold(t *testing.T) {
	_, stack := newStack(t, nil)
	props := &Props{
		Environment: &map[string]*string{"SECURECDK_HANDLER": jsii.String("x"), "AWS_REGION": jsii.String("x"), "EMPTY": nil},
		MemorySize:  jsii.Number(64), ReservedConcurrency: jsii.Number(0), RetryAttempts: jsii.Number(1.5),
	}
	got := strings.Split(cdktest.Panic(t, func() { New(stack, "F", props) }), "\n")
	want := []string{
		"Delivery/F: Shared.Vpc: missing", "Delivery/F: Shared.SecurityGroup: missing", "Delivery/F: Shared.Key: missing", "Delivery/F: Shared.DeadLetters: missing",
		"Delivery/F: Handler: missing", "Delivery/F: Description: missing",
		"Delivery/F: MemorySize: got 64", "Delivery/F: ReservedConcurrency: got 0", "Delivery/F: RetryAttempts: got 1.5",
		`Delivery/F: Environment["AWS_REGION"]: got "x"`, `Delivery/F: Environment["EMPTY"]: missing`, `Delivery/F: Environment["SECURECDK_HANDLER"]: got "x"`,
	}
	if len(got) != len(want) {
		t.Fatalf("%d faults, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %s\nwant %s…", got[i], want[i])
		}
	}
	if got := cdktest.Panic(t, func() { New(stack, "F", nil) }); !strings.HasPrefix(got, "Delivery/F: Props: missing") {
		t.Error(got)
	}
}

func TestABuildThatFailsIsAFaultOfTheFunction(t *testing.T) {
	shared := fault.New("", "the go command", nil, "Go on the PATH", "install Go")
	withBuild(t, nil, shared)
	_, stack := newStack(t, nil)
	props := newProps(newShared(stack))
	if got := cdktest.Panic(t, func() { New(stack, "F", props) }); got != "Delivery/F: the go command: missing, expected Go on the PATH; install Go" {
		t.Error(got)
	}
	if shared.Path != "" {
		t.Error("the fault that the process keeps was written to")
	}
}

func TestNothingIsBuiltWhereTheCdkNeedsNoAssets(t *testing.T) {
	n := withBuild(t, nil, fault.New("", "the go command", nil, "Go", ""))
	app, stack := newStack(t, map[string]any{"aws:cdk:bundling-stacks": []any{}})
	New(stack, "F", newProps(newShared(stack)))
	cdktest.Synth(t, app)
	if *n != 0 {
		t.Errorf("built %d times", *n)
	}
	if archives, err := filepath.Glob(filepath.Join(*app.Outdir(), "asset.*.zip")); err != nil || len(archives) > 0 {
		t.Errorf("%v %v", archives, err)
	}
}

func TestFunctionsAndStacksShareOneArchive(t *testing.T) {
	hashes := map[string]bool{}
	for range 2 {
		withBuild(t, pack([]byte("a program\x00")), nil)
		app, stack := newStack(t, nil)
		second := awscdk.NewStack(app, jsii.String("Second"), nil)
		shared := newShared(stack)
		New(stack, "A", newProps(shared))
		New(stack, "B", newProps(shared))
		New(second, "A", newProps(newShared(second)))
		for _, doc := range cdktest.Synth(t, app) {
			for _, function := range cdktest.Resources(doc, "AWS::Lambda::Function") {
				hashes[function["Code"].(map[string]any)["S3Key"].(string)] = true
			}
		}
		left, err := os.ReadDir(*app.Outdir())
		if err != nil {
			t.Fatal(err)
		}
		var assets []string
		for _, entry := range left {
			if strings.HasPrefix(entry.Name(), "asset.") || strings.HasPrefix(entry.Name(), "bundling") {
				assets = append(assets, entry.Name())
			}
		}
		if len(assets) != 1 || !strings.HasSuffix(assets[0], ".zip") {
			t.Errorf("assets %v", assets)
		}
	}
	if len(hashes) != 1 {
		t.Errorf("three functions, two apps: %v", hashes)
	}
}

func newFunction(t *testing.T) (awscdk.App, awscdk.Stack, awslambda.Function) {
	t.Helper()
	withBuild(t, pack([]byte("a program\x00")), nil)
	app, stack := newStack(t, nil)
	return app, stack, New(stack, "Verdict", newProps(newShared(stack)))
}

func TestTheFunction(t *testing.T) {
	app, stack, _ := newFunction(t)
	doc := cdktest.Template(t, app, stack)
	id, got := cdktest.One(t, doc, "AWS::Lambda::Function")
	for name, want := range map[string]string{
		"Runtime": `"provided.al2023"`, "Handler": `"bootstrap"`, "Architectures": `["arm64"]`, "MemorySize": `256`, "Timeout": `60`,
		"ReservedConcurrentExecutions": `5`, "TracingConfig": `{"Mode":"Active"}`,
		"Environment": `{"Variables":{"REPOSITORY":"orders","SECURECDK_HANDLER":"pullrequestverdict"}}`,
	} {
		if text(t, got[name]) != want {
			t.Errorf("%s is %s, want %s", name, text(t, got[name]), want)
		}
	}
	key, _ := cdktest.One(t, doc, "AWS::KMS::Key")
	queue, _ := cdktest.One(t, doc, "AWS::SQS::Queue")
	logs, group := cdktest.One(t, doc, "AWS::Logs::LogGroup")
	for name, want := range map[string]string{
		"KmsKeyArn": key, "DeadLetterConfig": queue, "LoggingConfig": `{"LogFormat":"JSON","LogGroup":{"Ref":"` + logs + `"}}`, "VpcConfig": "subnet-0123456789abcdef0",
	} {
		if !strings.Contains(text(t, got[name]), want) {
			t.Errorf("%s is %s, want %s in it", name, text(t, got[name]), want)
		}
	}
	if group["RetentionInDays"] != 365.0 || !strings.Contains(text(t, group["KmsKeyId"]), key) {
		t.Errorf("log group %v", group)
	}
	resources := doc["Resources"].(map[string]any)
	if resources[logs].(map[string]any)["DeletionPolicy"] != "Retain" {
		t.Error("the logs go with the stack")
	}
	_, async := cdktest.One(t, doc, "AWS::Lambda::EventInvokeConfig")
	if async["MaximumRetryAttempts"] != 2.0 || async["MaximumEventAgeInSeconds"] != 3600.0 {
		t.Errorf("%v", async)
	}
	needs := text(t, resources[id].(map[string]any)["DependsOn"])
	for policy := range cdktest.Resources(doc, "AWS::IAM::ManagedPolicy") {
		if !strings.Contains(needs, `"`+policy+`"`) {
			t.Errorf("%s is not there before the function: %s", policy, needs)
		}
	}
}

func TestTheRoleIsExact(t *testing.T) {
	app, stack, _ := newFunction(t)
	doc := cdktest.Template(t, app, stack)
	if inline := cdktest.Resources(doc, "AWS::IAM::Policy"); len(inline) > 0 {
		t.Errorf("inline policies: %v", inline)
	}
	id, role := cdktest.One(t, doc, "AWS::IAM::Role")
	if role["Path"] != "/securecdk/" || role["ManagedPolicyArns"] != nil || role["Policies"] != nil {
		t.Errorf("%v", role)
	}
	statements := map[string]map[string]any{}
	for name, policy := range cdktest.Resources(doc, "AWS::IAM::ManagedPolicy") {
		if got := text(t, policy["Roles"]); got != `[{"Ref":"`+id+`"}]` || policy["Path"] != "/securecdk/" {
			t.Errorf("%s: roles %s, path %v", name, got, policy["Path"])
		}
		for _, s := range policy["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			statement := s.(map[string]any)
			statements[statement["Sid"].(string)] = statement
		}
	}
	logs, _ := cdktest.One(t, doc, "AWS::Logs::LogGroup")
	queue, _ := cdktest.One(t, doc, "AWS::SQS::Queue")
	key, _ := cdktest.One(t, doc, "AWS::KMS::Key")
	at := func(id string) any { return map[string]any{"Fn::GetAtt": []any{id, "Arn"}} }
	network := []any{"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"}
	want := map[string]map[string]any{
		"Logs":              {"Sid": "Logs", "Effect": "Allow", "Action": []any{"logs:CreateLogStream", "logs:PutLogEvents"}, "Resource": at(logs)},
		"Traces":            {"Sid": "Traces", "Effect": "Allow", "Action": []any{"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, "Resource": "*"},
		"NetworkInterfaces": {"Sid": "NetworkInterfaces", "Effect": "Allow", "Action": network, "Resource": "*"},
		"DeadLetters":       {"Sid": "DeadLetters", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": at(queue)},
		"DeadLetterEncryption": {"Sid": "DeadLetterEncryption", "Effect": "Allow", "Action": []any{"kms:Decrypt", "kms:GenerateDataKey"}, "Resource": at(key),
			"Condition": map[string]any{"StringEquals": map[string]any{"kms:ViaService": map[string]any{"Fn::Join": []any{"", []any{"sqs.eu-west-1.", map[string]any{"Ref": "AWS::URLSuffix"}}}}}}},
		"NoNetworkInterfacesByCode": {"Sid": "NoNetworkInterfacesByCode", "Effect": "Deny", "Action": slices.Insert(slices.Clone(network), 5, any("ec2:DetachNetworkInterface")), "Resource": "*",
			"Condition": map[string]any{"Null": map[string]any{"lambda:SourceFunctionArn": "false"}}},
		"Comment": {"Sid": "Comment", "Effect": "Allow", "Action": "codecommit:PostCommentForPullRequest", "Resource": "arn:aws:codecommit:eu-west-1:111111111111:orders"},
		"Token":   {"Sid": "Token", "Effect": "Allow", "Action": "sts:GetServiceBearerToken", "Resource": "*"},
	}
	if diff := cmp.Diff(want, statements); diff != "" {
		t.Error(diff)
	}
}

func TestFivePacksFindNothingThatIsNotAcceptedAndUsed(t *testing.T) {
	app, _, _ := newFunction(t)
	lines := nagtest.Lines(t, app)
	for _, finding := range nagtest.Open(lines) {
		t.Error(finding)
	}
	suppressed := map[string]bool{}
	for _, l := range lines {
		if l.Compliance == "Suppressed" {
			suppressed[l.ResourceID+" "+l.RuleID] = true
		}
	}
	want := map[string]bool{
		"Delivery/Check/DeadLetters/Resource Serverless-SQSRedrivePolicy":                               true,
		"Delivery/Verdict/Function/EventInvokeConfig/Resource Serverless-LambdaAsyncFailureDestination": true,
		"Delivery/Verdict/Runtime/Resource AwsSolutions-IAM5":                                           true,
		"Delivery/Verdict/Handler/Resource AwsSolutions-IAM5":                                           true,
	}
	if diff := cmp.Diff(want, suppressed); diff != "" {
		t.Errorf("suppressed (-want +got):\n%s", diff)
	}
}

func TestEveryControlHolds(t *testing.T) {
	app, _, _ := newFunction(t)
	cdktest.Compliant(t, cdktest.Synth(t, app), 6)
}
