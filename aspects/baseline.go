package aspects

import (
	"slices"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/internal/fault"
)

// BaselineProps configures a Baseline.
type BaselineProps struct {
	// Vpc gives a stack the VPC for its CodeBuild projects and Lambda functions. Needed as soon as one of them is found
	// outside a VPC.
	Vpc VpcProvider
	// SecurityGroups gives a stack the security group of its builds and functions. Default one a stack, with nothing in and
	// everything out.
	SecurityGroups SecurityGroupProvider
	// Keys gives a stack its customer managed key. Default KeyPerStack(nil).
	Keys KeyProvider
	// AccessLogs gives a stack the target bucket of its server access logs. Default LogBucketPerStack(nil).
	AccessLogs LogBucketProvider
	// Exceptions are the accepted deviations: what one covers is not touched, and its finding is no failure. Default none.
	Exceptions *exceptions.Register
	// Controls are judged beside those of the catalogue, whose ids they may not have: a team's own, which nothing here
	// fixes. Each must be complete, as controls.Validate says; package controls/controlstest tests them. Default none.
	Controls []*controls.Control
	// NonExemptible are ids of controls whose risk nobody may accept, such as S3.PUBLIC where no data is public: an
	// exception for one is an error and keeps no fix away. Default none beside Controls that say it themselves.
	NonExemptible *[]*string
	// Replacements name resources that may be replaced by a fix. Default none: such a resource is left as it is and the
	// verification reports it.
	Replacements []*ReplacementConsent
}

// Baseline is the whole guardrail set, configured once and applied to as many scopes as needed.
type Baseline struct {
	aspects       []*Aspect
	exceptions    *exceptions.Register
	controls      []*controls.Control
	nonExemptible []string
	wrong         error // what is wrong with the props
}

// NewBaseline joins every aspect of this package and the verification. Nil props take every default, which suffices for
// stacks without builds and functions.
//
// A control that is incomplete or has the id of another, and an id of no control, make the first use of the baseline panic
// with an error that names every such one: there secureapp.Run makes lines of it.
func NewBaseline(props *BaselineProps) *Baseline {
	p := BaselineProps{}
	if props != nil {
		p = *props
	}
	nonExemptible, faults := nonExemptibleOf(p.NonExemptible, p.Controls)
	b := &Baseline{
		exceptions: p.Exceptions, controls: slices.Clone(p.Controls), nonExemptible: nonExemptible,
		wrong: fault.Join(append(furtherFaults(p.Controls), faults...)),
	}
	exempt := without(p.Exceptions, b.nonExemptible)
	for _, a := range []*Aspect{
		NewBucketAccessLogging(&BucketAccessLoggingProps{AccessLogs: p.AccessLogs}),
		NewBucketVersioning(nil),
		NewCodeBuildInVpc(&CodeBuildInVpcProps{Vpc: p.Vpc, SecurityGroups: p.SecurityGroups}),
		NewKeyRotation(nil),
		NewKmsEncryption(&KmsEncryptionProps{Keys: p.Keys, AccessLogs: p.AccessLogs, Replacements: p.Replacements}),
		NewLambdaInVpc(&LambdaInVpcProps{Vpc: p.Vpc, SecurityGroups: p.SecurityGroups}),
		NewPublicAccess(nil),
		NewTLSOnly(nil),
	} {
		b.aspects = append(b.aspects, a.Except(exempt))
	}
	return b
}

// Aspects returns the aspects of the baseline, for those who would rather add them by awscdk.Aspects_Of.
func (b *Baseline) Aspects() []*Aspect { return append([]*Aspect(nil), b.aspects...) }

// ApplyTo fixes everything under scope now, in bulk, Stages included, registers the verification on the app, and returns
// what it changed. Applying it again changes nothing.
//
// Call it when the tree under scope is complete; for a Stage of a pipeline, before the Stage is added to the pipeline. A
// pipelines.CodePipeline makes its own resources late: call its BuildPipeline first (secureapp.Run does). It panics as
// Enforce does.
func (b *Baseline) ApplyTo(scope constructs.IConstruct) []Change {
	b.Verify(scope)
	return b.Enforce(scope)
}

// Enforce is ApplyTo without the verification.
func (b *Baseline) Enforce(scope constructs.IConstruct) []Change {
	b.check()
	return Enforce(scope, b.aspects...)
}

func (b *Baseline) check() {
	if b.wrong != nil {
		panic(b.wrong)
	}
}

// Verify registers the verification on the app that scope is part of: once, however often it is called. It judges all
// templates of the app, those of Stages included, by every control, those of
// BaselineProps.Controls included, whatever was or was not fixed. It returns the app's
// verification, whose Result is there after the synthesis. Baselines of one app share it, with the controls and exceptions
// of each; it panics when two of them have different controls of one id.
func (b *Baseline) Verify(scope constructs.IConstruct) *Verification {
	b.check()
	return verify(scope.Node().Root(), b)
}
