package securepipeline

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/internal/fault"
)

// settings are checked props with the defaults filled in.
type settings struct {
	PipelineProps
	waves      []wave
	cliVersion string

	assetsCliVersion string
	privileged       bool
	mutating         bool
}

type wave struct {
	name   string // empty for a stage that stands alone
	stages []stage
}

type stage struct {
	*StageProps
	name, account, region string
	production            bool
}

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
	pipeForm    = regexp.MustCompile(`^[A-Za-z0-9.@_-]{1,100}$`)
	versionForm = regexp.MustCompile(`^2\.\d+\.\d+$`)
	exactForm   = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
)

// settle turns props into settings, or into every fault that they have. It is pure: it makes no construct.
func settle(props *PipelineProps) (*settings, []*fault.Error) {
	c := checker{names: map[string]bool{}}
	if props == nil {
		props = &PipelineProps{}
	}
	s := &settings{PipelineProps: *props, cliVersion: DefaultCliVersion, assetsCliVersion: DefaultAssetsCliVersion, mutating: props.NoSelfMutationReason == nil}
	c.pipeline(s)
	s.waves = c.waves(props)
	return s, c.List
}

// builds are the props of what every build does first.
func (s *settings) builds() *buildsetup.Props {
	return &buildsetup.Props{Registries: s.Registries, Proxy: s.Proxy}
}

// checker collects faults, so that a user can mend them in one go.
type checker struct {
	fault.List
	names map[string]bool // of stages and waves
}

func (c *checker) pipeline(s *settings) {
	c.Match("PipelineName", s.PipelineName, pipeForm, "letters, digits and .@_-, at most 100", false)
	if s.Source == nil {
		c.Add("Source", nil, "where the code comes from", "set Source: securepipeline.CodeCommit(…), Connection(…) or S3(…)")
	} else {
		c.List = append(c.List, s.Source.check()...)
	}
	if s.Vpc == nil {
		c.Add("Vpc", nil, "the VPC of the builds", "set Vpc: aspects.VpcFromSsm(…), aspects.VpcFromAttributes(…) or aspects.SameVpc(vpc)")
	}
	c.Match("CliVersion", s.CliVersion, versionForm, "a version of the aws-cdk npm package, 2.x.y", false)
	if s.CliVersion != nil {
		s.cliVersion = *s.CliVersion
	}
	c.Match("AssetsCliVersion", s.AssetsCliVersion, exactForm, "a version of the cdk-assets npm package, x.y.z", false)
	if s.AssetsCliVersion != nil {
		s.assetsCliVersion = *s.AssetsCliVersion
	}
	if s.AccessLogs == nil {
		s.AccessLogs = aspects.LogBucketPerStack(nil)
	}
	if s.LogRetention == "" {
		s.LogRetention = awslogs.RetentionDays_ONE_YEAR
	}
	if s.DockerAssets != nil {
		if s.DockerAssets.Reason == nil {
			c.Add("DockerAssets.Reason", nil, "a reason", "say why the app needs Docker image assets: their builds are privileged")
		}
		c.Reason("DockerAssets.Reason", s.DockerAssets.Reason)
		s.privileged = true
	}
	c.Reason("NoSelfMutationReason", s.NoSelfMutationReason)
	if s.Synth != nil {
		c.commands("Synth.Commands", s.Synth.Commands, false)
		c.env("Synth.Env", s.Synth.Env)
	}
	c.List = append(c.List, fault.Split(s.builds().Validate())...)
}

func (c *checker) waves(props *PipelineProps) []wave {
	switch {
	case len(props.Stages) == 0 && len(props.Waves) == 0:
		c.Add("Stages", nil, "at least one stage", "say what to deploy, and where")
	case len(props.Stages) > 0 && len(props.Waves) > 0:
		c.Add("Waves", nil, "either Stages or Waves, since together they have no order", "put the stages into waves of one")
	}
	var waves []wave
	for i, p := range props.Stages {
		waves = append(waves, wave{stages: []stage{c.stage(fmt.Sprintf("Stages[%d]", i), p)}})
	}
	for i, p := range props.Waves {
		waves = append(waves, c.wave(fmt.Sprintf("Waves[%d]", i), p))
	}
	return waves
}

func (c *checker) wave(field string, p *WaveProps) wave {
	if p == nil {
		c.Add(field, nil, "a wave", "remove the entry")
		return wave{}
	}
	w := wave{name: c.name(field+".Name", p.Name)}
	if len(p.Stages) == 0 {
		c.Add(field+".Stages", nil, "at least one stage", "remove the wave, or fill it")
	}
	for i, s := range p.Stages {
		w.stages = append(w.stages, c.stage(fmt.Sprintf("%s.Stages[%d]", field, i), s))
	}
	return w
}

// name checks that a stage's or wave's name is well-formed and unique.
func (c *checker) name(field string, name *string) string {
	c.Match(field, name, nameForm, "a name of letters, digits and hyphens that begins with a letter", true)
	if name == nil {
		return ""
	}
	if c.names[*name] {
		c.Add(field, name, "a name that no other stage or wave has", "rename one of them")
	}
	c.names[*name] = true
	return *name
}

func (c *checker) stage(field string, p *StageProps) stage {
	if p == nil {
		c.Add(field, nil, "a stage", "remove the entry")
		return stage{}
	}
	s := stage{StageProps: p, name: c.name(field+".Name", p.Name), production: isTrue(p.Production)}
	if p.Build == nil {
		c.Add(field+".Build", nil, "the function that fills the stage", "set Build: func(stage awscdk.Stage) { … }")
	}
	if p.Env == nil {
		c.Add(field+".Env", nil, "where the stage is deployed", "set Env with a literal account and region")
	} else {
		c.Match(field+".Env.Account", p.Env.Account, fault.AccountForm, "a 12-digit account id", true)
		c.Match(field+".Env.Region", p.Env.Region, fault.RegionForm, "a region such as eu-west-1", true)
		s.account, s.region = value(p.Env.Account), value(p.Env.Region)
	}
	c.Reason(field+".NoConfirmBroadeningReason", p.NoConfirmBroadeningReason)
	c.approval(field, s)
	c.steps(field, p)
	return s
}

func (c *checker) approval(field string, s stage) {
	c.Reason(field+".NoApprovalReason", s.NoApprovalReason)
	if !s.production && s.NoApprovalReason != nil {
		c.Add(field+".NoApprovalReason", s.NoApprovalReason, "nothing, since the stage is not production and needs no approval", "remove it, or set Production")
	}
	if looksLikeProduction(s.name) && s.Production == nil {
		c.Add(field+".Production", nil, fmt.Sprintf("a decision, since the name %q says production", s.name), "set Production: jsii.Bool(true), or false if it is not")
	}
	if s.NoApprovalReason != nil && s.ApprovalComment != nil {
		c.Add(field+".ApprovalComment", s.ApprovalComment, "nothing, since NoApprovalReason takes the approval away", "remove one of them")
	}
}

// looksLikeProduction: a stage called so that silently needs no approval is the mistake that an auditor looks for first.
func looksLikeProduction(name string) bool {
	lower := strings.ToLower(name)
	return (strings.HasPrefix(lower, "prod") || strings.HasSuffix(lower, "-prod") || strings.HasSuffix(lower, "production")) &&
		!strings.Contains(lower, "preprod") && !strings.HasPrefix(lower, "product-")
}

func (c *checker) steps(field string, p *StageProps) {
	names := map[string]bool{}
	for _, group := range []struct {
		field string
		steps []*StepProps
	}{{field + ".Before", p.Before}, {field + ".After", p.After}} {
		for i, step := range group.steps {
			c.step(fmt.Sprintf("%s[%d]", group.field, i), step, names)
		}
	}
}

func (c *checker) step(field string, p *StepProps, names map[string]bool) {
	switch {
	case p == nil:
		c.Add(field, nil, "a step", "remove the entry")
		return
	case p.Step != nil:
		if p.Name != nil || p.Commands != nil {
			c.Add(field+".Step", "a step", "either Step or Name and Commands", "leave the other out")
		}
		return
	}
	c.Match(field+".Name", p.Name, nameForm, "a name of letters, digits and hyphens that begins with a letter", true)
	if p.Name != nil && names[*p.Name] {
		c.Add(field+".Name", p.Name, "a name that no other step of the stage has", "rename one of them")
	}
	names[value(p.Name)] = true
	c.commands(field+".Commands", p.Commands, true)
	c.env(field+".Env", p.Env)
	c.env(field+".Outputs", p.Outputs)
}

func (c *checker) commands(field string, commands *[]*string, required bool) {
	if commands == nil {
		if required {
			c.Add(field, nil, "at least one command", "say what to run")
		}
		return
	}
	if len(*commands) == 0 {
		c.Add(field, "an empty list", "at least one command", "say what to run")
	}
	for i, command := range *commands {
		if command == nil || strings.TrimSpace(*command) == "" {
			c.Add(fmt.Sprintf("%s[%d]", field, i), command, "a command", "remove the entry")
		}
	}
}

func (c *checker) env(field string, env *map[string]*string) {
	if env == nil {
		return
	}
	for name, v := range *env {
		if !fault.EnvForm.MatchString(name) {
			c.Add(field, name, "names of environment variables", "use letters, digits and underscores")
		}
		if v == nil {
			c.Add(field+"."+name, nil, "a value", "set it, or remove the variable")
		}
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
