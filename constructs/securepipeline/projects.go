package securepipeline

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/secured"
)

// harden does what the CDK's props do not reach: every CodeBuild project gets the key and a log group, and what the
// confirmation of permissions brings along (a project and a function) becomes like the rest.
func (p *Pipeline) harden(s *settings, setUp *buildsetup.Setup) {
	for _, c := range p.made() {
		switch resource := c.(type) {
		case awscodebuild.CfnProject:
			p.hardenProject(s, setUp, resource)
		case awslambda.CfnFunction:
			p.hardenFunction(s, resource)
		}
	}
	baseline := aspects.NewBaseline(&aspects.BaselineProps{
		Vpc:            aspects.SameVpc(p.vpc),
		SecurityGroups: func(awscdk.Stack, awsec2.IVpc) awsec2.ISecurityGroup { return p.securityGroup },
		Keys:           aspects.SameKey(p.key),
		AccessLogs:     func(awscdk.Stack) awss3.IBucket { return p.accessLogs },
	})
	baseline.Enforce(p)
}

// hardenFunction: the function approves whatever confirmation of its stage waits when it runs, so an event that comes late or
// is tried again could confirm the change of a later run. It is tried once, within a minute or not at all.
func (p *Pipeline) hardenFunction(s *settings, resource awslambda.CfnFunction) {
	logs := secured.NewLogGroup(scopeOf(resource), "Logs", p.key, s.LogRetention)
	resource.SetLoggingConfig(&awslambda.CfnFunction_LoggingConfigProperty{LogGroup: logs.LogGroupName()})
	awslambda.NewCfnEventInvokeConfig(scopeOf(resource), jsii.String("EventInvokeConfig"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: resource.Ref(), Qualifier: jsii.String("$LATEST"),
		MaximumRetryAttempts: jsii.Number(0), MaximumEventAgeInSeconds: jsii.Number(60),
	})
}

// scopeOf returns the L2 of an L1, as a scope for what belongs to it.
func scopeOf(resource constructs.IConstruct) constructs.Construct {
	var scope constructs.Construct
	jsii.UnsafeCast(resource.Node().Scope(), &scope)
	return scope
}

// made returns the projects and functions of the pipeline.
func (p *Pipeline) made() []constructs.IConstruct {
	selector := awscdk.ConstructSelector_ResourcesOfType(jsii.String("AWS::CodeBuild::Project"), jsii.String("AWS::Lambda::Function"))
	return *awscdk.Mixins_Of(p, selector).SelectedConstructs()
}

func (p *Pipeline) hardenProject(s *settings, setUp *buildsetup.Setup, resource awscodebuild.CfnProject) {
	var project awscodebuild.Project
	jsii.UnsafeCast(resource.Node().Scope(), &project)
	logs := secured.NewLogGroup(scopeOf(resource), "Logs", p.key, s.LogRetention)
	logs.GrantWrite(project)
	resource.SetLogsConfig(&awscodebuild.CfnProject_LogsConfigProperty{
		CloudWatchLogs: &awscodebuild.CfnProject_CloudWatchLogsConfigProperty{Status: jsii.String("ENABLED"), GroupName: logs.LogGroupName()},
	})
	resource.SetEncryptionKey(p.key.KeyArn())
	p.key.GrantEncryptDecrypt(project)
	if isSecurityCheck(resource) {
		p.hardenSecurityCheck(s, setUp, resource, project)
	}
	p.refuseUnasked(s, resource)
}

// refuseUnasked: the CDK makes the build of a Docker image privileged, whatever its props say.
func (p *Pipeline) refuseUnasked(s *settings, resource awscodebuild.CfnProject) {
	environment, _ := p.properties(resource)["environment"].(map[string]any)
	if environment["privilegedMode"] == true && !s.privileged {
		panic(fault.New(*p.Node().Path(), "DockerAssets", nil, "a reason, since "+*resource.Node().Path()+" builds a Docker image, which takes a privileged build", "set DockerAssets: &securepipeline.DockerAssetsProps{Reason: …}, or deploy an image that is built elsewhere"))
	}
}

// properties returns the properties of an L1 as the CDK has them, with tokens resolved.
func (p *Pipeline) properties(resource awscdk.CfnResource) map[string]any {
	properties, _ := awscdk.Stack_Of(p).Resolve(resource.CfnProperties()).(map[string]any)
	return properties
}

// isSecurityCheck: the CDK makes the project of ConfirmPermissionsBroadening by itself and takes no defaults for it.
func isSecurityCheck(resource awscodebuild.CfnProject) bool {
	return strings.HasSuffix(*resource.Node().Path(), "/"+securityCheck+"/CDKSecurityCheck/Resource")
}
