// Package secureapp starts a CDK app in Go the way a compliant team wants it started.
//
// Run makes the app with the CDK's safe feature flags, lets the caller build it, applies a Baseline of guardrails,
// registers the verification of the synthesized templates and the rule packs of cdk-nag, synthesizes, and ends the
// process:
//
//	func main() {
//		secureapp.Run(&secureapp.Props{
//			Baseline: aspects.NewBaseline(&aspects.BaselineProps{Vpc: vpc}),
//			NagPacks: []secureapp.NagPack{secureapp.AwsSolutions},
//		}, func(app awscdk.App) {
//			NewMyStack(app, "MyStack")
//		})
//	}
//
// # What ends a build
//
// The exit code is 1, with the reason on standard error, whenever the app must not be deployed:
//
//   - a bad setting or an exception of the CDK, in one line that names what to change; set SECURECDK_DEBUG=1 to see the
//     stack trace behind it;
//   - a template that violates a control, listed with control, resource and fix;
//   - an error annotation on any construct, such as a finding of cdk-nag, in whatever Stage it is.
//
// That holds when the app runs under the CDK CLI, and as well when it runs by itself, where an app of the CDK alone
// ends with 0 on error annotations, and with 0 on violations in the mode "process". Error annotations in Stages escape
// even the CLI; here they end the build.
//
// # Reports
//
// With SECURECDK_REPORTS=junit in the environment of a build, or Props.Reports, what the controls found lies in
// cdk.out/securecdk.junit.xml as well, above all when it fails the synthesis. CodeBuild puts it into a report group that this
// part of the buildspec names:
//
//	reports:
//	  guardrails:
//	    files: [cdk.out/securecdk.junit.xml]
//	    file-format: JUNITXML
//
// The same goes for json, sarif (for code scanning), markdown (for a comment on a pull request) and console; several stand
// by commas. See the constants of type Report for their files.
//
// # Stages
//
// Neither aspects nor cdk-nag enter a Stage from an app, and a CDK pipeline synthesizes a Stage in the moment it is
// added. securepipeline takes care of its Stages. With a pipeline of your own, call Guard on each Stage when it is
// complete and before pipeline.AddStage. A Stage that the packs did not see ends the build.
//
// # Feature flags
//
// An app gets the feature flags of the CDK that narrow what its templates allow, and that neither rename nor replace a
// resource of a stack that is deployed already. The others keep what the CDK takes for an app that says nothing; the CDK
// CLI counts them in a line of its own ("… feature flags are not configured"), and a new app sets them in cdk.json as
// `cdk init` does. What cdk.json, the command line and Props.Context say goes before the flags that Run sets, but not where it
// would weaken one that the guardrails rest on: that is an error. LockedFlags lists those.
package secureapp
