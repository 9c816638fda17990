package securepipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
)

// DefaultCliVersion is the version of the CDK CLI that the pipeline's builds use unless PipelineProps.CliVersion names
// another. The CDK itself would install whatever is newest at the time of the build.
const DefaultCliVersion = "2.1148.1"

// DefaultAssetsCliVersion is the version of cdk-assets that the builds use unless PipelineProps.AssetsCliVersion names
// another.
const DefaultAssetsCliVersion = "4.7.3"

// PipelineProps configures NewPipeline. Source, Vpc and Stages (or Waves) are required; every other field has a secure
// default, and each field that loosens one takes the reason why.
type PipelineProps struct {
	// PipelineName is the name of the pipeline. Default one that CloudFormation makes up.
	PipelineName *string
	// Source is where the code comes from: CodeCommit, Connection or S3.
	Source *Source
	// Vpc gives the pipeline's stack its VPC. Every build runs in its private subnets.
	Vpc aspects.VpcProvider
	// Synth is how the app is synthesized. Default `npx cdk synth` with the pinned CLI, output in cdk.out.
	Synth *SynthProps
	// Stages are deployed one after the other. Give either Stages or Waves.
	Stages []*StageProps
	// Waves are deployed one after the other; the stages of one wave at the same time.
	Waves []*WaveProps
	// Baseline is applied to each stage before it is synthesized. Default the one that the app was started with, by
	// secureapp.Run. Without one either, nothing is fixed, and the verification fails the synthesis with a list of what is
	// not compliant.
	Baseline *aspects.Baseline
	// Registries are the internal package registries that every build uses, those of the CDK that update the pipeline and
	// publish assets included: buildsetup.CodeArtifact, NpmRegistry, PipIndex, MavenRepository, GoProxy. Default none: the
	// public ones.
	Registries []*buildsetup.Registry
	// Proxy is the HTTP proxy that every build uses. Default none.
	Proxy *buildsetup.ProxyProps
	// BuildImage is the image of every build. Default aws/codebuild/standard:7.0.
	BuildImage awscodebuild.IBuildImage
	// CliVersion is the version of the aws-cdk npm package that the builds use. Default DefaultCliVersion.
	CliVersion *string
	// AssetsCliVersion is the version of the cdk-assets npm package that publishes files and images. Default
	// DefaultAssetsCliVersion.
	AssetsCliVersion *string
	// DockerAssets allows privileged builds, which Docker images take. Default none: no build is privileged.
	DockerAssets *DockerAssetsProps
	// AccessLogs gives the pipeline's stack the target bucket of the artifact bucket's server access logs. Default one of its own,
	// aspects.LogBucketPerStack(nil), which the support stacks of other regions always get.
	AccessLogs aspects.LogBucketProvider
	// LogRetention is how long the logs of builds are kept. Default one year.
	LogRetention awslogs.RetentionDays
	// ArtifactExpiration is how long artifacts are kept. Default 90 days, 30 more for overwritten versions.
	ArtifactExpiration awscdk.Duration
	// NoSelfMutationReason switches off that the pipeline updates itself, and says why. Default empty: it does.
	NoSelfMutationReason *string
}

// SynthProps is how the app is synthesized.
type SynthProps struct {
	// Commands synthesize. Default: npx --yes aws-cdk@<CliVersion> synth --quiet.
	Commands *[]*string
	// InstallCommands run before. Default none.
	InstallCommands *[]*string
	// Env are environment variables of the build. Never put a secret here: it would stand in the template.
	Env *map[string]*string
	// PrimaryOutputDirectory is where the assembly lies afterwards. Default cdk.out.
	PrimaryOutputDirectory *string
}

// DockerAssetsProps allows builds with Docker, which CodeBuild runs in privileged mode. The build that publishes an image is
// always one of them; the others are only where they are asked for.
type DockerAssetsProps struct {
	// Reason says why the app needs Docker.
	Reason *string
	// AtSynth has the synth run with Docker, for assets that are bundled in a container. Default false.
	AtSynth *bool
	// AtSelfMutation has the pipeline's update of itself run with Docker, for images in the pipeline's own stack. Default
	// false.
	AtSelfMutation *bool
}

// WaveProps is a set of stages that are deployed at the same time.
type WaveProps struct {
	// Name is unique among waves and stages.
	Name *string
	// Stages of the wave, one or more.
	Stages []*StageProps
}

// StageProps is one deployment of the app, to one environment.
type StageProps struct {
	// Name is unique among waves and stages. It is the construct id of the CDK Stage.
	Name *string
	// Env is where the stage is deployed: literal account and region.
	Env *awscdk.Environment
	// Build fills the stage with stacks.
	Build func(stage awscdk.Stage)
	// Production stages need a manual approval. Default false.
	Production *bool
	// Baseline is applied to this stage instead of PipelineProps.Baseline.
	Baseline *aspects.Baseline
	// Before are steps that must pass before anything is deployed.
	Before []*StepProps
	// After are steps that must pass before the pipeline goes on: tests of what was deployed.
	After []*StepProps
	// ApprovalComment is what the approver reads. Default "Release <Name> to <account>/<region>".
	ApprovalComment *string
	// NoApprovalReason lets a production stage go without a manual approval, and says why.
	NoApprovalReason *string
	// NoConfirmBroadeningReason lets changes that broaden permissions or open security groups go without a confirmation, and
	// says why. Default empty: such a change stops until somebody confirms it.
	NoConfirmBroadeningReason *string
}

// StepProps is a step of a pipeline: commands in a CodeBuild project, in the VPC like every other, or a step of your own.
type StepProps struct {
	// Name is unique within the stage.
	Name *string
	// Commands run in the source's folder; the first that fails stops the pipeline.
	Commands *[]*string
	// InstallCommands run before. Default none.
	InstallCommands *[]*string
	// Env are environment variables. Never put a secret here: it would stand in the template.
	Env *map[string]*string
	// Outputs are environment variables that hold what the stage's stacks put out: name of the variable to the path of
	// the awscdk.CfnOutput below the stage, "Orders/QueueUrl".
	Outputs *map[string]*string
	// RolePolicyStatements are further permissions of the step. Default none.
	RolePolicyStatements *[]awsiam.PolicyStatement
	// Step is used instead of the fields above, but for Name, which must not be set then.
	Step pipelines.Step
}
