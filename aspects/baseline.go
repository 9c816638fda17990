package aspects

import (
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/securecdk/securecdk/controls/exceptions"
)

// BaselineProps configures a Baseline.
type BaselineProps struct {
	// Vpc gives a stack the VPC for its CodeBuild projects and Lambda functions. Needed as soon as one of them is found
	// outside a VPC.
	Vpc VpcProvider
	// Keys gives a stack its customer managed key. Default KeyPerStack(nil).
	Keys KeyProvider
	// AccessLogs gives a stack the target bucket of its server access logs. Default LogBucketPerStack(nil).
	AccessLogs LogBucketProvider
	// Exceptions are the accepted deviations: what one covers is not touched, and reported beside the finding. Default none.
	Exceptions *exceptions.Register
	// Replacements name resources that may be replaced by a fix. Default none: such a resource is left as it is and the
	// verification reports it.
	Replacements []*ReplacementConsent
}

// Baseline is the whole guardrail set, configured once.
type Baseline struct {
	props BaselineProps
}

// NewBaseline joins every aspect and the verification.
func NewBaseline(props *BaselineProps) *Baseline { return &Baseline{} }

// ApplyTo fixes everything under scope and registers the verification.
func (b *Baseline) ApplyTo(scope constructs.IConstruct) []Change { return nil }

// Enforce fixes everything under scope without registering the verification.
func (b *Baseline) Enforce(scope constructs.IConstruct) []Change { return nil }

// Verify registers the verification on the root of scope.
func (b *Baseline) Verify(scope constructs.IConstruct) {}

// Aspects returns the aspects of the baseline.
func (b *Baseline) Aspects() []*Aspect { return nil }

// Enforce applies the aspects.
func Enforce(scope constructs.IConstruct, aspects ...*Aspect) []Change { return nil }

// Aspect fixes.
type Aspect struct{ name string }

// Visit implements awscdk.IAspect.
func (a *Aspect) Visit(node constructs.IConstruct) {}

// ReplacementConsent lets a fix replace.
type ReplacementConsent struct {
	Path   *string
	Reason *string
}
