package controls

import (
	"fmt"

	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/template"
)

// Result is what an evaluation found.
type Result struct {
	// Findings has one entry for each control and each resource that it judges: by template in the order given, by
	// logical id, by control id.
	Findings []Finding
	// Problems are the entries of the exception register that don't hold, by file and line.
	Problems []exceptions.Problem
	// Expiring warns of the entries that cover a finding and will hold for no more than exceptions.Notice days, by file and
	// line. They fail nothing.
	Expiring []exceptions.Problem
}

// Finding is what one control says of one resource.
type Finding struct {
	Control  *Control
	Resource *template.Resource
	Verdict  Verdict
	// Property is the property that decided, such as VersioningConfiguration.Status; "" when none did.
	Property string
	// Message says what was found and, unless the resource is compliant, what was expected.
	Message string
	// Exception is the accepted risk that covers a non-compliant or unknown finding, or nil.
	Exception *exceptions.Entry
}

// Failed reports whether the finding calls for action: it is non-compliant or unknown, and no exception covers it.
func (f *Finding) Failed() bool {
	return (f.Verdict == NonCompliant || f.Verdict == Unknown) && f.Exception == nil
}

// Failures returns the findings that call for action.
func (r *Result) Failures() []Finding {
	var failures []Finding
	for i := range r.Findings {
		if r.Findings[i].Failed() {
			failures = append(failures, r.Findings[i])
		}
	}
	return failures
}

// Count returns the number of findings with a verdict.
func (r *Result) Count(v Verdict) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Verdict == v {
			n++
		}
	}
	return n
}

// Err is nil when nothing calls for action: neither a finding nor a problem of the exception register.
func (r *Result) Err() error {
	failures := 0
	for i := range r.Findings {
		if r.Findings[i].Failed() {
			failures++
		}
	}
	if failures == 0 && len(r.Problems) == 0 {
		return nil
	}
	return fmt.Errorf("findings that call for action: %d; wrong exceptions: %d", failures, len(r.Problems))
}
