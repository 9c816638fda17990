package test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/internal/handler"
	"github.com/securecdk/securecdk/internal/secured"
	"github.com/securecdk/securecdk/test/internal/judge"
	"github.com/securecdk/securecdk/test/internal/tool"
)

// TestAFunctionSatisfiesTheJudges: a function of a construct, with what functions share, in a stack whose environment is
// known and in one whose is not.
func TestAFunctionSatisfiesTheJudges(t *testing.T) {
	app := cdktest.App(t, flags.Safe())
	for id, props := range map[string]*awscdk.StackProps{"Known": {Env: cdktest.Env("111111111111", "eu-west-1")}, "Unknown": nil} {
		stack := awscdk.NewStack(app, &id, props)
		vpc := secured.FindVpc(stack, aspects.VpcFromAttributes(&awsec2.VpcAttributes{
			VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a"), PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef0"),
		}))
		key := secured.NewKey(stack, "Key", &secured.KeyProps{Description: "The functions", LogsSid: "Logs"})
		topic := secured.NewTopic(stack, "Topic", key)
		secured.LetAlarmsPublish(topic, key)
		queue := secured.NewDeadLetterQueue(stack, "DeadLetters", key)
		secured.AlarmOnFirstMessage(stack, "Alarm", queue, topic)
		group := awsec2.NewSecurityGroup(stack, jsii.String("Functions"), &awsec2.SecurityGroupProps{Vpc: vpc, Description: jsii.String("TLS out"), AllowAllOutbound: jsii.Bool(false)})
		handler.New(stack, "Verdict", &handler.Props{
			Shared:  &handler.Shared{Vpc: vpc, SecurityGroup: group, Key: key, DeadLetters: queue},
			Handler: jsii.String("pullrequestverdict"), Description: jsii.String("Tells what a build found"),
		})
	}
	cdktest.Synth(t, app)
	assembly, err := judge.Read(*app.Outdir())
	if err != nil {
		t.Fatal(err)
	}
	if assembly.Judged() < 8 {
		t.Errorf("only %d resources to judge", assembly.Judged())
	}
	for _, finding := range assembly.Judge() {
		t.Errorf("judge: %s", finding)
	}
	templates, err := filepath.Glob(filepath.Join(*app.Outdir(), "*.template.json"))
	if err != nil || len(templates) != 2 {
		t.Fatalf("%v %v", templates, err)
	}
	for _, line := range tool.Lint(t, templates...) {
		t.Error(strings.ReplaceAll(line, *app.Outdir(), ""))
	}
}
