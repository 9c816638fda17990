package handler

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/nag"
	"github.com/securecdk/securecdk/internal/secured"
)

// New makes a function, and its role, policies and log group beside it, in a scope of their own.
//
// It panics with an error that lists every fault of the props, or tells why the program can't be built.
func New(scope constructs.Construct, id string, props *Props) awslambda.Function {
	path := *scope.Node().Path() + "/" + id
	s, faults := settle(props)
	if len(faults) > 0 {
		for _, f := range faults {
			f.Path = path
		}
		panic(fault.Join(faults))
	}
	deployment := code(scope, path)
	own := constructs.NewConstruct(scope, &id)
	logs := secured.NewLogGroup(own, "Logs", s.Key, s.LogRetention)
	role := newRole(own, path)
	policies := s.newPolicies(own, role, logs.LogGroupArn())
	function := awslambda.NewFunction(own, jsii.String("Function"), &awslambda.FunctionProps{
		Description:                  s.Description,
		Runtime:                      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:                 awslambda.Architecture_ARM_64(),
		Code:                         deployment,
		Handler:                      jsii.String(executable),
		Role:                         role,
		Vpc:                          s.Vpc,
		SecurityGroups:               &[]awsec2.ISecurityGroup{s.SecurityGroup},
		Environment:                  s.Environment,
		EnvironmentEncryption:        s.Key,
		LogGroup:                     logs,
		LoggingFormat:                awslambda.LoggingFormat_JSON,
		Timeout:                      orElse(s.Timeout, 1),
		MemorySize:                   s.MemorySize,
		ReservedConcurrentExecutions: s.ReservedConcurrency,
		RetryAttempts:                s.RetryAttempts,
		MaxEventAge:                  orElse(s.MaxEventAge, 60),
	})
	s.finish(function)
	// Lambda looks at creation whether the role may make network interfaces and send dead letters.
	for _, policy := range policies {
		function.Node().AddDependency(policy)
	}
	return function
}

// finish sets what the L2 would set with statements of its own in an inline policy.
func (s *settings) finish(function awslambda.Function) {
	resource := function.Node().DefaultChild().(awslambda.CfnFunction)
	resource.SetDeadLetterConfig(&awslambda.CfnFunction_DeadLetterConfigProperty{TargetArn: s.DeadLetters.QueueArn()})
	resource.SetTracingConfig(&awslambda.CfnFunction_TracingConfigProperty{Mode: jsii.String("Active")})
	nag.Suppress(function.Node().FindChild(jsii.String("EventInvokeConfig")), nag.InPacks("LambdaAsyncFailureDestination",
		"The function has a dead-letter queue, which takes every event that failed; a destination besides would tell of each of them twice.", "Serverless")...)
}

// orElse returns the duration, or so many minutes.
func orElse(duration awscdk.Duration, minutes float64) awscdk.Duration {
	if duration == nil {
		return awscdk.Duration_Minutes(&minutes)
	}
	return duration
}

// newRole makes the role of a function. The path lets policies of an organization name all of them.
func newRole(scope constructs.Construct, path string) awsiam.Role {
	return awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Description: jsii.Sprintf("The function %s", path),
		Path:        jsii.String(rolePath),
	})
}
