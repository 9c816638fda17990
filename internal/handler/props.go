package handler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/nag"
)

// Shared is what the functions of one construct have in common.
type Shared struct {
	// Vpc is the VPC of the functions. They are put into its private subnets, or else its isolated ones.
	Vpc awsec2.IVpc
	// SecurityGroup is the security group of the functions. They call AWS over TLS, and take no connections.
	SecurityGroup awsec2.ISecurityGroup
	// Key encrypts their environment and their logs. Its policy must let CloudWatch Logs in: secured.NewKey.
	Key awskms.IKey
	// DeadLetters takes the events that could not be handled: secured.NewDeadLetterQueue.
	DeadLetters awssqs.IQueue
	// LogRetention is how long their logs are kept. Default one year.
	LogRetention awslogs.RetentionDays
}

// Props are the props of one function.
type Props struct {
	// Shared is what the function has in common with others.
	Shared *Shared
	// Handler is the name under which lambda/main.go knows the handler.
	Handler *string
	// Description says what the function does.
	Description *string
	// Environment are variables for the handler.
	Environment *map[string]*string
	// Statements allow what the handler does. Default nothing.
	Statements []awsiam.PolicyStatement
	// Accepted are what cdk-nag finds in the Statements and is accepted, each with its reason.
	Accepted []nag.Rule
	// Timeout is how long one call may take. Default one minute.
	Timeout awscdk.Duration
	// MemorySize in MiB, from 128 to 10,240. Default 256.
	MemorySize *float64
	// ReservedConcurrency is how many calls may run at the same time, at least 1. It is taken from what the account has for
	// all functions, of which 100 must be left over. Default 5.
	ReservedConcurrency *float64
	// RetryAttempts is how often an event that failed is tried again, from 0 to 2. Default 2.
	RetryAttempts *float64
	// MaxEventAge is how old an event may become before it goes to the dead letters, from one minute to six hours. Default
	// one hour.
	MaxEventAge awscdk.Duration
}

// settings are checked props with their defaults.
type settings struct {
	Props
	Shared
}

const nameVariable = "SECURECDK_HANDLER"

// settle copies the props, fills in defaults that need no jsii, and returns every fault.
func settle(props *Props) (*settings, fault.List) {
	if props == nil {
		return nil, fault.List{fault.New("", "Props", nil, "the props of the function", "set at least Shared and Handler")}
	}
	s := &settings{Props: *props}
	var faults fault.List
	need := func(field string, missing bool, expected string) {
		if missing {
			faults.Add(field, nil, expected, "set "+field)
		}
	}
	if props.Shared != nil {
		s.Shared = *props.Shared
	}
	need("Shared.Vpc", s.Vpc == nil, "the VPC of the function")
	need("Shared.SecurityGroup", s.SecurityGroup == nil, "the security group of the function")
	need("Shared.Key", s.Key == nil, "the key of environment and logs")
	need("Shared.DeadLetters", s.DeadLetters == nil, "the queue of events that could not be handled")
	need("Handler", s.Handler == nil || *s.Handler == "", "a name that lambda/main.go knows")
	need("Description", s.Description == nil || *s.Description == "", "what the function does")
	bounded := func(field string, value **float64, otherwise, least, most float64) {
		if *value == nil {
			*value = jsii.Number(otherwise)
		}
		if v := **value; v < least || v > most || v != float64(int(v)) {
			faults.Add(field, v, fmt.Sprintf("a whole number from %v to %v", least, most), "")
		}
	}
	bounded("MemorySize", &s.MemorySize, 256, 128, 10240)
	bounded("ReservedConcurrency", &s.ReservedConcurrency, 5, 1, 1000)
	bounded("RetryAttempts", &s.RetryAttempts, 2, 0, 2)
	if s.LogRetention == "" {
		s.LogRetention = awslogs.RetentionDays_ONE_YEAR
	}
	s.settleEnvironment(&faults)
	return s, faults
}

// settleEnvironment copies the variables and adds the name of the handler.
func (s *settings) settleEnvironment(faults *fault.List) {
	variables := map[string]*string{}
	if s.Environment != nil {
		maps.Copy(variables, *s.Environment)
	}
	s.Environment = &variables
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		field := fmt.Sprintf("Environment[%q]", name)
		switch {
		case name == nameVariable || strings.HasPrefix(name, "AWS_"):
			faults.Add(field, variables[name], "a name that neither this library nor Lambda sets", "choose another")
		case variables[name] == nil:
			faults.Add(field, nil, "a value", "set it, or leave the variable out")
		}
	}
	variables[nameVariable] = s.Handler
}
