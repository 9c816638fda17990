package securepipeline

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/constructs/buildsetup"
)

func noVpc(awscdk.Stack) awsec2.IVpc { return nil }

func nothing(awscdk.Stage) {}

// goodProps are the least that settle accepts.
func goodProps() *PipelineProps {
	return &PipelineProps{
		Source: CodeCommit(&CodeCommitSourceProps{RepositoryName: jsii.String("orders"), Branch: jsii.String("main")}),
		Vpc:    noVpc,
		Stages: []*StageProps{goodStage("Dev", "222222222222")},
	}
}

func goodStage(name, account string) *StageProps {
	return &StageProps{
		Name: jsii.String(name), Build: nothing,
		Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("eu-west-1")},
	}
}

func TestSettleAcceptsTheLeast(t *testing.T) {
	s, faults := settle(goodProps())
	if len(faults) > 0 {
		t.Fatalf("%v", faults)
	}
	if s.cliVersion != DefaultCliVersion || s.privileged || !s.mutating {
		t.Errorf("defaults: %+v", s)
	}
}

func TestSettleDoesNotWriteToProps(t *testing.T) {
	props := goodProps()
	_, _ = settle(props)
	if props.LogRetention != "" || props.CliVersion != nil {
		t.Error("props are the user's")
	}
}

func TestSettleRefuses(t *testing.T) {
	cases := map[string]struct {
		spoil func(*PipelineProps)
		want  string // what the first fault begins with
	}{
		"no source": {func(p *PipelineProps) { p.Source = nil }, "Source: missing"},
		"no VPC":    {func(p *PipelineProps) { p.Vpc = nil }, "Vpc: missing"},
		"no stage":  {func(p *PipelineProps) { p.Stages = nil }, "Stages: missing"},
		"stages and waves": {func(p *PipelineProps) {
			p.Waves = []*WaveProps{{Name: jsii.String("W"), Stages: []*StageProps{goodStage("A", "222222222222")}}}
		}, "Waves: missing, expected either"},
		"a nil stage":                {func(p *PipelineProps) { p.Stages[0] = nil }, "Stages[0]: missing"},
		"two stages of one name":     {func(p *PipelineProps) { p.Stages = append(p.Stages, goodStage("Dev", "333333333333")) }, `Stages[1].Name: got "Dev", expected a name that no other`},
		"a name with a slash":        {func(p *PipelineProps) { p.Stages[0].Name = jsii.String("a/b") }, `Stages[0].Name: got "a/b"`},
		"no name":                    {func(p *PipelineProps) { p.Stages[0].Name = nil }, "Stages[0].Name: missing"},
		"no environment":             {func(p *PipelineProps) { p.Stages[0].Env = nil }, "Stages[0].Env: missing"},
		"an account that is none":    {func(p *PipelineProps) { p.Stages[0].Env.Account = jsii.String("12345") }, `Stages[0].Env.Account: got "12345", expected a 12-digit account id`},
		"a token for an account":     {func(p *PipelineProps) { p.Stages[0].Env.Account = jsii.String("${Token[AWS.AccountId.0]}") }, "Stages[0].Env.Account: got"},
		"a region that is none":      {func(p *PipelineProps) { p.Stages[0].Env.Region = jsii.String("Frankfurt") }, `Stages[0].Env.Region: got "Frankfurt"`},
		"no function":                {func(p *PipelineProps) { p.Stages[0].Build = nil }, "Stages[0].Build: missing"},
		"an empty reason":            {func(p *PipelineProps) { p.Stages[0].NoConfirmBroadeningReason = jsii.String(" ") }, "Stages[0].NoConfirmBroadeningReason: got"},
		"production in name only":    {func(p *PipelineProps) { p.Stages[0].Name = jsii.String("Production") }, "Stages[0].Production: missing"},
		"an unneeded reason":         {func(p *PipelineProps) { p.Stages[0].NoApprovalReason = jsii.String("nobody asked for it") }, "Stages[0].NoApprovalReason: got"},
		"Docker without reason":      {func(p *PipelineProps) { p.DockerAssets = &DockerAssetsProps{} }, "DockerAssets.Reason: missing"},
		"a CLI of the third version": {func(p *PipelineProps) { p.CliVersion = jsii.String("3.0.0") }, `CliVersion: got "3.0.0"`},
		"a CLI range":                {func(p *PipelineProps) { p.CliVersion = jsii.String("latest") }, `CliVersion: got "latest"`},
		"an empty wave":              {func(p *PipelineProps) { p.Stages, p.Waves = nil, []*WaveProps{{Name: jsii.String("W")}} }, "Waves[0].Stages: missing"},
		"a step without commands":    {func(p *PipelineProps) { p.Stages[0].After = []*StepProps{{Name: jsii.String("Test")}} }, "Stages[0].After[0].Commands: missing"},
		"two steps of one name": {func(p *PipelineProps) {
			step := &StepProps{Name: jsii.String("Test"), Commands: &[]*string{jsii.String("go test")}}
			p.Stages[0].Before, p.Stages[0].After = []*StepProps{step}, []*StepProps{step}
		}, `Stages[0].After[0].Name: got "Test"`},
		"an empty command": {func(p *PipelineProps) { p.Synth = &SynthProps{Commands: &[]*string{jsii.String(" ")}} }, "Synth.Commands[0]: got"},
		"no branch": {func(p *PipelineProps) {
			p.Source = CodeCommit(&CodeCommitSourceProps{RepositoryName: jsii.String("orders")})
		}, "Source.Branch: missing"},
		"no repository": {func(p *PipelineProps) { p.Source = CodeCommit(nil) }, "Source.RepositoryName: missing"},
		"a connection that is none": {func(p *PipelineProps) {
			p.Source = Connection(&ConnectionSourceProps{ConnectionArn: jsii.String("x"), Repository: jsii.String("a/b"), Branch: jsii.String("main")})
		}, `Source.ConnectionArn: got "x"`},
		"a repository without owner": {func(p *PipelineProps) {
			p.Source = Connection(&ConnectionSourceProps{ConnectionArn: jsii.String("arn:aws:codeconnections:eu-west-1:111111111111:connection/0a"), Repository: jsii.String("b"), Branch: jsii.String("main")})
		}, `Source.Repository: got "b"`},
		"an unencrypted source bucket": {func(p *PipelineProps) {
			p.Source = S3(&S3SourceProps{BucketName: jsii.String("code"), ObjectKey: jsii.String("app.zip")})
		}, "Source.KeyArn: missing"},
		"a registry without URL": {func(p *PipelineProps) { p.Registries = []*buildsetup.Registry{buildsetup.NpmRegistry(nil)} }, "Registries[0].Url: missing"},
		"a proxy without URL":    {func(p *PipelineProps) { p.Proxy = &buildsetup.ProxyProps{} }, "Proxy.Url: missing"},
		"nothing at all":         {func(p *PipelineProps) { *p = PipelineProps{} }, "Source: missing"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			props := goodProps()
			c.spoil(props)
			refused(t, props, c.want)
		})
	}
}

// refused checks how the first fault of the props begins.
func refused(t *testing.T, props *PipelineProps, want string) {
	t.Helper()
	_, faults := settle(props)
	if len(faults) == 0 {
		t.Fatal("accepted")
	}
	if got := faults[0].Error(); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s…", got, want)
	}
}

func TestSettleReportsEveryFault(t *testing.T) {
	_, faults := settle(&PipelineProps{Stages: []*StageProps{{}}})
	if len(faults) < 5 { // source, VPC, name, environment, function
		t.Errorf("%v", faults)
	}
}

func TestProductionIsRecognizedByName(t *testing.T) {
	for name, want := range map[string]bool{"Prod": true, "Production": true, "eu-prod": true, "PreProd": false, "Product-Team": false, "Dev": false, "Acceptance": false} {
		if got := looksLikeProduction(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
