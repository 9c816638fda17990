package securepipeline_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	pipe "github.com/securecdk/securecdk/constructs/securepipeline"
	"github.com/securecdk/securecdk/internal/flags"
)

func env(account string) *awscdk.Environment {
	return &awscdk.Environment{Account: &account, Region: jsii.String("eu-west-1")}
}

func orders(stage awscdk.Stage) {
	awss3.NewBucket(awscdk.NewStack(stage, jsii.String("Orders"), nil), jsii.String("Data"), nil)
}

func newApp() awscdk.Stack {
	context := flags.Safe() // secureapp.Run sets these
	return awscdk.NewStack(awscdk.NewApp(&awscdk.AppProps{Context: &context}), jsii.String("Delivery"), &awscdk.StackProps{Env: env("111111111111")})
}

var vpc = aspects.VpcFromSsm(&aspects.VpcFromSsmProps{VpcId: jsii.String("/network/vpc-id"), PrivateSubnetIds: jsii.Strings("/network/private-subnet")})

func codeCommit() *pipe.Source {
	return pipe.CodeCommit(&pipe.CodeCommitSourceProps{RepositoryName: jsii.String("orders"), Branch: jsii.String("main")})
}

func printStages(p awscodepipeline.Pipeline) {
	for _, stage := range *p.Stages() {
		fmt.Print(*stage.StageName(), ":")
		for _, action := range *stage.Actions() {
			fmt.Print(" ", *action.ActionProperties().ActionName)
		}
		fmt.Println()
	}
}

// Two stages, of which production waits for a person.
func ExampleNewPipeline() {
	p := pipe.NewPipeline(newApp(), jsii.String("Pipeline"), &pipe.PipelineProps{
		Source:   codeCommit(),
		Vpc:      vpc,
		Baseline: aspects.NewBaseline(nil),
		Stages: []*pipe.StageProps{
			{Name: jsii.String("Dev"), Env: env("222222222222"), Build: orders},
			{Name: jsii.String("Prod"), Env: env("333333333333"), Build: orders, Production: jsii.Bool(true)},
		},
	})
	printStages(p.Pipeline())
	// Output:
	// Source: orders
	// Build: Synth
	// UpdatePipeline: SelfMutate
	// Dev: ConfirmBroadeningDev.Check ConfirmBroadeningDev.Confirm Orders.Prepare Orders.Deploy
	// Prod: ConfirmBroadeningProd.Check ConfirmBroadeningProd.Confirm ApproveProd Orders.Prepare Orders.Deploy
}

// Two regions at the same time, each tested before the pipeline goes on. What loosens a default says why.
func ExampleNewPipeline_waves() {
	stage := func(name, region string) *pipe.StageProps {
		return &pipe.StageProps{
			Name: &name, Build: orders, Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: &region},
			After:                     []*pipe.StepProps{{Name: jsii.String("Test"), Commands: jsii.Strings("go test ./smoketest")}},
			NoConfirmBroadeningReason: jsii.String("a sandbox that holds no data"),
		}
	}
	p := pipe.NewPipeline(newApp(), jsii.String("Pipeline"), &pipe.PipelineProps{
		Source: codeCommit(), Vpc: vpc, Baseline: aspects.NewBaseline(nil),
		Waves: []*pipe.WaveProps{{Name: jsii.String("Early"), Stages: []*pipe.StageProps{stage("Ireland", "eu-west-1"), stage("Frankfurt", "eu-central-1")}}},
	})
	printStages(p.Pipeline())
	// Output:
	// Source: orders
	// Build: Synth
	// UpdatePipeline: SelfMutate
	// Early: Ireland.Orders.Prepare Frankfurt.Orders.Prepare Ireland.Orders.Deploy Frankfurt.Orders.Deploy Ireland.Test Frankfurt.Test
}

// Every build takes its packages from inside, those of the CDK too.
func ExamplePipelineProps_registries() {
	_ = &pipe.PipelineProps{
		Registries: []*buildsetup.Registry{
			buildsetup.CodeArtifact(&buildsetup.CodeArtifactProps{
				Domain: jsii.String("bank"), Repository: jsii.String("shared"), Formats: []buildsetup.PackageFormat{buildsetup.Npm, buildsetup.Pypi},
			}),
			buildsetup.GoProxy(&buildsetup.GoProxyProps{Url: jsii.String("https://packages.example.com/go")}),
		},
		Proxy: &buildsetup.ProxyProps{Url: jsii.String("http://proxy.example.com:3128"), NoProxy: jsii.Strings(".amazonaws.com")},
	}
}

// Every fault of the props is told at once. secureapp.Run prints these lines and ends with 1.
func ExampleNewPipeline_faults() {
	defer func() { fmt.Println(recover()) }()
	pipe.NewPipeline(newApp(), jsii.String("Pipeline"), &pipe.PipelineProps{
		Source: codeCommit(), Vpc: vpc,
		Stages: []*pipe.StageProps{{Name: jsii.String("Prod"), Env: env("22"), Build: orders}},
	})
	// Output:
	// Delivery/Pipeline: Stages[0].Env.Account: got "22", expected a 12-digit account id
	// Delivery/Pipeline: Stages[0].Production: missing, expected a decision, since the name "Prod" says production; set Production: jsii.Bool(true), or false if it is not
}
