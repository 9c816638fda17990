package securepipeline

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/internal/secured"
)

// Pipeline is a delivery pipeline on the CDK's own pipelines.CodePipeline.
type Pipeline struct {
	constructs.Construct
	key           awskms.Key
	accessLogs    awss3.IBucket
	artifacts     awss3.Bucket
	vpc           awsec2.IVpc
	securityGroup awsec2.SecurityGroup
	notifications awssns.Topic
	approvals     awssns.Topic
	source        pipelines.IFileSetProducer
	pipeline      pipelines.CodePipeline
	stages        []awscdk.Stage
}

// NewPipeline makes the pipeline, its stages and everything that they share, and hardens what the CDK made for them. The
// stack that it is in needs a literal account and region, and lives in the account that owns the pipeline.
//
// It panics with an error that lists every fault of the props: field, value, what was expected, what to do.
func NewPipeline(scope constructs.Construct, id *string, props *PipelineProps) *Pipeline {
	s, faults := settle(props)
	faults = append(faults, environmentFaults(awscdk.Stack_Of(scope))...)
	if len(faults) > 0 {
		for _, f := range faults {
			f.Path = *scope.Node().Path() + "/" + *id
		}
		panic(fault.Join(faults))
	}
	p := &Pipeline{}
	constructs.NewConstruct_Override(p, scope, id)
	p.requireFlags()
	setUp := buildsetup.New(awscdk.Stack_Of(p), s.builds())
	p.vpc = secured.FindVpc(p, s.Vpc)
	p.securityGroup = secured.NewSecurityGroup(p, "Builds", "Builds of the pipeline: nothing in, TLS out", p.vpc, setUp.Ports())
	p.key = p.newKey()
	p.accessLogs = p.findAccessLogs(s)
	p.artifacts = p.newArtifactBucket(s)
	p.notifications = secured.NewTopic(p, "Notifications", p.key)
	p.approvals = secured.NewTopic(p, "Approvals", p.key)
	p.build(s, setUp)
	return p
}

func (p *Pipeline) build(s *settings, setUp *buildsetup.Setup) {
	source, trigger := s.Source.bind(p)
	p.source = source
	p.pipeline = pipelines.NewCodePipeline(p, jsii.String("Pipeline"), &pipelines.CodePipelineProps{
		PipelineName:                 s.PipelineName,
		PipelineType:                 awscodepipeline.PipelineType_V2,
		Synth:                        p.synth(s, source),
		ArtifactBucket:               p.artifacts,
		CrossAccountKeys:             jsii.Bool(true),
		EnableKeyRotation:            jsii.Bool(true),
		CliVersion:                   &s.cliVersion,
		CdkAssetsCliVersion:          &s.assetsCliVersion,
		SelfMutation:                 &s.mutating,
		UseChangeSets:                jsii.Bool(true),
		DockerEnabledForSynth:        jsii.Bool(s.DockerAssets != nil && isTrue(s.DockerAssets.AtSynth)),
		DockerEnabledForSelfMutation: jsii.Bool(s.DockerAssets != nil && isTrue(s.DockerAssets.AtSelfMutation)),
		CodeBuildDefaults:            p.buildDefaults(s, setUp),
	})
	p.addStages(s)
	p.pipeline.BuildPipeline()
	if trigger != nil {
		trigger(p.pipeline.Pipeline())
	}
	p.notify()
	p.harden(s, setUp)
	p.narrow(s)
	p.writeExecutionRolesAsSub()
	p.hardenReplicas(s)
	p.suppress()
}

func (p *Pipeline) synth(s *settings, source pipelines.IFileSetProducer) pipelines.IFileSetProducer {
	synth := SynthProps{}
	if s.Synth != nil {
		synth = *s.Synth
	}
	if synth.Commands == nil {
		synth.Commands = &[]*string{jsii.Sprintf("npx --yes aws-cdk@%s synth --quiet", s.cliVersion)}
	}
	if synth.PrimaryOutputDirectory == nil {
		synth.PrimaryOutputDirectory = jsii.String("cdk.out")
	}
	return pipelines.NewShellStep(jsii.String("Synth"), &pipelines.ShellStepProps{
		Input:                  source,
		Commands:               synth.Commands,
		InstallCommands:        synth.InstallCommands,
		Env:                    synth.Env,
		PrimaryOutputDirectory: synth.PrimaryOutputDirectory,
	})
}

func (p *Pipeline) buildDefaults(s *settings, setUp *buildsetup.Setup) *pipelines.CodeBuildOptions {
	image := s.BuildImage
	if image == nil {
		image = awscodebuild.LinuxBuildImage_STANDARD_7_0()
	}
	statements, variables := setUp.Statements(), setUp.Environment()
	options := &pipelines.CodeBuildOptions{
		BuildEnvironment: &awscodebuild.BuildEnvironment{BuildImage: image, EnvironmentVariables: &variables},
		Vpc:              p.vpc,
		SecurityGroups:   &[]awsec2.ISecurityGroup{p.securityGroup},
		RolePolicy:       &statements,
	}
	if spec := setUp.BuildSpec(); spec != nil {
		options.PartialBuildSpec = awscodebuild.BuildSpec_FromObject(&spec)
	}
	return options
}

// requireFlags refuses to make a pipeline that would be wider open than it promises.
func (p *Pipeline) requireFlags() {
	var faults []*fault.Error
	needed := flags.Pipeline()
	for _, flag := range sortedKeys(needed) {
		if v := p.Node().TryGetContext(&flag); v != true && v != "true" {
			faults = append(faults, fault.New(*p.Node().Path(), fmt.Sprintf("context %q", flag), v, "true, because otherwise "+needed[flag], "start the app by secureapp.Run, or set the flag in cdk.json"))
		}
	}
	if len(faults) > 0 {
		panic(fault.Join(faults))
	}
}

func environmentFaults(stack awscdk.Stack) []*fault.Error {
	var faults []*fault.Error
	add := func(field string, v *string) {
		if *awscdk.Token_IsUnresolved(v) {
			faults = append(faults, fault.New("", "the stack's Env."+field, nil, "a literal value: a pipeline that deploys to other accounts must know its own", "set StackProps.Env"))
		}
	}
	add("Account", stack.Account())
	add("Region", stack.Region())
	return faults
}

func (p *Pipeline) findAccessLogs(s *settings) awss3.IBucket {
	bucket := s.AccessLogs(awscdk.Stack_Of(p))
	if bucket == nil {
		panic(fault.New(*p.Node().Path(), "AccessLogs", nil, "a bucket from the provider", "make the provider return the access-log bucket of the pipeline's account and region"))
	}
	return bucket
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
