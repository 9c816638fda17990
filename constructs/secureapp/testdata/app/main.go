// Command app is an app for the tests of secureapp: what goes wrong in it, the environment variable CASE says.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/secureapp"
	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
)

var cases = map[string]func(props *secureapp.Props) func(app awscdk.App){
	"success": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(nil)
		return func(app awscdk.App) { awss3.NewBucket(stack(app), jsii.String("Data"), nil) }
	},
	"violation": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(nil)
		return func(app awscdk.App) { publicBucket(stack(app)) }
	},
	"violation in a Stage": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(nil)
		return func(app awscdk.App) { publicBucket(stack(stage(app))) }
	},
	"violation, report in the way": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(nil)
		return func(app awscdk.App) {
			publicBucket(stack(app))
			if err := os.Mkdir(filepath.Join(*props.Outdir, "securecdk.junit.xml"), 0o700); err != nil {
				panic(err)
			}
		}
	},
	"props": func(props *secureapp.Props) func(awscdk.App) {
		props.NagPacks = []secureapp.NagPack{"AwsSolution", secureapp.Serverless, "Nist"}
		return func(awscdk.App) {}
	},
	"fault": func(*secureapp.Props) func(awscdk.App) {
		return func(app awscdk.App) {
			secureapp.Suppress(user(stack(app)), secureapp.Suppression{Rule: "NIST.800.53.R5-IAMUserGroupMembership"})
		}
	},
	"exception": func(*secureapp.Props) func(awscdk.App) {
		return func(app awscdk.App) {
			awss3.NewBucket(stack(app), jsii.String("Data"), &awss3.BucketProps{BucketName: jsii.String("A_B")})
		}
	},
	"exception at synth": func(*secureapp.Props) func(awscdk.App) {
		return func(app awscdk.App) {
			awscdk.NewCfnOutput(stack(app), jsii.String("Out"), &awscdk.CfnOutputProps{Value: awscdk.Lazy_UncachedString(&failing{1}, nil)})
		}
	},
	"go panic": func(*secureapp.Props) func(awscdk.App) {
		return func(awscdk.App) {
			var name *string
			fmt.Println(*name)
		}
	},
	"an accepted risk": func(props *secureapp.Props) func(awscdk.App) {
		register, err := exceptions.Parse("exceptions.yaml", fmt.Appendf(nil, `[{control: S3.PUBLIC, scope: Data/Site, reason: "The site is public by design.", owner: web, approver: ciso, ticket: RISK-1, expires: %s}]`, time.Now().AddDate(1, 0, 0).Format(time.DateOnly)))
		if err != nil {
			panic(err)
		}
		props.Baseline = aspects.NewBaseline(&aspects.BaselineProps{Exceptions: register})
		return func(app awscdk.App) { publicBucket(stack(app)) }
	},
	"an exception that soon expires": func(props *secureapp.Props) func(awscdk.App) {
		register, err := exceptions.Parse("exceptions.yaml", fmt.Appendf(nil, `[{control: S3.PUBLIC, scope: Data/Site, reason: "The site is public by design.", owner: web, approver: ciso, ticket: RISK-1, expires: %s}]`, time.Now().UTC().AddDate(0, 0, 10).Format(time.DateOnly)))
		if err != nil {
			panic(err)
		}
		props.Baseline = aspects.NewBaseline(&aspects.BaselineProps{Exceptions: register})
		return func(app awscdk.App) { publicBucket(stack(app)) }
	},
	"a control of the team": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(&aspects.BaselineProps{Controls: []*controls.Control{{
			ID: "TEAM.USERS", Title: "Nobody has an IAM user", Story: "As a security officer I want people to sign in by single sign-on.",
			Scenarios: []controls.Scenario{{Given: "a user", When: "the template is judged", Then: "it is non-compliant", Fixture: "TEAM.USERS/user.non-compliant.yaml"}},
			Severity:  controls.High, Needed: controls.Profile{Confidentiality: controls.RatedLow}, Types: []string{"AWS::IAM::User"},
			Rationale: "Access keys leak.", Remedy: "Use a role.",
			Check: func(p *controls.Pass) { p.NonCompliant("", "found a user, expected a role") },
		}}})
		return func(app awscdk.App) { user(stack(stage(app))) }
	},
	"a control that is incomplete": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(&aspects.BaselineProps{Controls: []*controls.Control{nil}})
		return func(app awscdk.App) { stack(app) }
	},
	"an empty stack": func(*secureapp.Props) func(awscdk.App) {
		return func(app awscdk.App) { stack(app) }
	},
	"no build": func(*secureapp.Props) func(awscdk.App) { return nil },
	"error annotation": func(*secureapp.Props) func(awscdk.App) {
		return func(app awscdk.App) {
			awscdk.Annotations_Of(stack(app)).AddError(jsii.String("the owner tag is missing"))
		}
	},
	"error annotation in a Stage": func(*secureapp.Props) func(awscdk.App) {
		return func(app awscdk.App) {
			awscdk.Annotations_Of(stack(stage(app))).AddError(jsii.String("the owner tag is missing"))
		}
	},
	"warning": func(*secureapp.Props) func(awscdk.App) {
		return func(app awscdk.App) {
			s := stack(app)
			user(s)
			awscdk.Annotations_Of(s).AddWarningV2(jsii.String("team:owner"), jsii.String("the owner tag is missing"))
		}
	},
	"nag": func(props *secureapp.Props) func(awscdk.App) {
		props.NagPacks = secureapp.AllNagPacks()
		return func(app awscdk.App) { user(stack(stage(app))) }
	},
	"nag, guarded Stage": func(props *secureapp.Props) func(awscdk.App) {
		props.NagPacks = secureapp.AllNagPacks()
		return func(app awscdk.App) {
			s := stage(app)
			user(stack(s))
			secureapp.Guard(s)
			secureapp.Guard(s)
			s.Synth(nil)
		}
	},
	"nag, Stage synthesized before": func(props *secureapp.Props) func(awscdk.App) {
		props.NagPacks = []secureapp.NagPack{secureapp.Serverless, secureapp.AwsSolutions}
		return func(app awscdk.App) {
			s := stage(app)
			user(stack(s))
			s.Synth(nil)
		}
	},
	"nag suppressed": func(props *secureapp.Props) func(awscdk.App) {
		props.NagPacks = []secureapp.NagPack{secureapp.NIST80053R5}
		return func(app awscdk.App) {
			secureapp.Suppress(user(stack(stage(app))), secureapp.Suppression{
				Rule: "NIST.800.53.R5-IAMUserGroupMembership", Reason: "May do nothing anywhere: a user for this test alone.",
			})
		}
	},
	"baseline, Stage synthesized before": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(nil)
		return func(app awscdk.App) {
			s := stage(app)
			awss3.NewBucket(stack(s), jsii.String("Data"), nil)
			s.Synth(nil)
		}
	},
	"baseline, guarded Stage": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(nil)
		return func(app awscdk.App) {
			s := stage(app)
			awss3.NewBucket(stack(s), jsii.String("Data"), nil)
			secureapp.Guard(s)
			s.Synth(nil)
		}
	},
	"own pipeline": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(&aspects.BaselineProps{Vpc: aspects.VpcFromSsm(&aspects.VpcFromSsmProps{
			VpcId: jsii.String("/network/vpc-id"), PrivateSubnetIds: jsii.Strings("/network/private-subnet"),
		})})
		return func(app awscdk.App) {
			s := stack(app)
			pipeline := pipelines.NewCodePipeline(s, jsii.String("Pipeline"), &pipelines.CodePipelineProps{
				Synth: pipelines.NewShellStep(jsii.String("Synth"), &pipelines.ShellStepProps{
					Commands: jsii.Strings("cdk synth"),
					Input: pipelines.CodePipelineSource_CodeCommit(
						awscodecommit.Repository_FromRepositoryName(s, jsii.String("Repository"), jsii.String("orders")), jsii.String("main"), nil),
				}),
			})
			prod := stage(app)
			awss3.NewBucket(stack(prod), jsii.String("Data"), nil)
			secureapp.Guard(prod)
			pipeline.AddStage(prod, nil)
		}
	},
	"left": func(props *secureapp.Props) func(awscdk.App) {
		props.Baseline = aspects.NewBaseline(nil)
		return func(app awscdk.App) { awsecr.NewRepository(stack(app), jsii.String("Images"), nil) }
	},
	"no stack": func(*secureapp.Props) func(awscdk.App) { return func(awscdk.App) {} },
	"guard without Run": func(*secureapp.Props) func(awscdk.App) {
		return func(awscdk.App) { secureapp.Guard(stage(awscdk.NewApp(nil))) }
	},
}

func main() {
	props := &secureapp.Props{}
	if outdir, set := os.LookupEnv("CASE_OUTDIR"); set {
		props.Outdir = &outdir
	}
	build := cases[os.Getenv("CASE")](props)
	secureapp.Run(props, build)
}

func stage(app awscdk.App) awscdk.Stage { return awscdk.NewStage(app, jsii.String("Prod"), nil) }

func stack(scope awscdk.Stage) awscdk.Stack { return awscdk.NewStack(scope, jsii.String("Data"), nil) }

// publicBucket is what the baseline leaves alone and the verification rejects.
func publicBucket(stack awscdk.Stack) {
	awss3.NewCfnBucket(stack, jsii.String("Site"), &awss3.CfnBucketProps{
		AccessControl: jsii.String("PublicRead"),
		BucketEncryption: map[string]any{"serverSideEncryptionConfiguration": []any{map[string]any{"serverSideEncryptionByDefault": map[string]any{
			"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012",
		}}}},
	})
}

// user is what the packs find fault with, and no control judges.
func user(stack awscdk.Stack) awsiam.CfnUser {
	return awsiam.NewCfnUser(stack, jsii.String("User"), nil)
}

// failing is a value that can't be produced.
type failing struct{ _ int }

func (f *failing) Produce(awscdk.IResolveContext) *string { panic("the value has no value") }
