package aspects

import (
	"fmt"
	"sync/atomic"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/internal/bulk"
)

// Aspect fixes the resources that fail some controls. It is an awscdk.IAspect, so awscdk.Aspects_Of(scope).Add(a, nil)
// works too; Enforce does the same at once and enters Stages.
//
// Whether a resource needs the fix is the control's verdict, not a second opinion: what is compliant, not applicable or
// covered by an exception is left alone, so a stricter setting of the user survives, and what only the deployment can
// know is left and reported by the verification.
type Aspect struct {
	controls   []*controls.Control
	beside     []*controls.Control            // controls whose findings prepare wants to see, too
	context    []string                       // CloudFormation types that the fix looks at beside those it fixes
	prepare    func(*run, []controls.Finding) // optional: what must be known before any aspect fixes
	fix        func(*run, *bulk.Resource)
	exceptions *exceptions.Register
	mark       string
}

var aspects atomic.Int64

// newAspect panics on an unknown control id: the ids are constants of this package.
func newAspect(fix func(*run, *bulk.Resource), context []string, ids ...string) *Aspect {
	return &Aspect{fix: fix, context: context, controls: controlsOf(ids...), mark: fmt.Sprintf("aspect %d", aspects.Add(1))}
}

func controlsOf(ids ...string) []*controls.Control {
	found := make([]*controls.Control, len(ids))
	for i, id := range ids {
		c, ok := controls.ByID(id)
		if !ok {
			panic(fmt.Sprintf("aspects: no control %s", id))
		}
		found[i] = c
	}
	return found
}

// Except returns a copy of the aspect that does not touch what the register covers.
func (a *Aspect) Except(register *exceptions.Register) *Aspect {
	b := *a
	b.exceptions = register
	b.mark = fmt.Sprintf("aspect %d", aspects.Add(1))
	return &b
}

// Controls returns the ids of the controls that the aspect makes resources meet.
func (a *Aspect) Controls() []string {
	ids := make([]string, len(a.controls))
	for i, c := range a.controls {
		ids[i] = c.ID
	}
	return ids
}

// Visit implements awscdk.IAspect. The CDK visits a scope before what is in it: the first visit fixes the whole scope in
// bulk, the later ones find nothing left to do, but for constructs that were added in the meantime.
//
// Like every aspect it does not enter the Stages below the scope, since the CDK has synthesized them by then. Add it to
// each Stage, or use Enforce.
func (a *Aspect) Visit(node constructs.IConstruct) {
	if bulk.Enter(node, a.mark) {
		enforce(node, false, []*Aspect{a})
	}
}

// Enforce applies the aspects to everything under scope now, in bulk, and enters Stages: the same result as adding each
// aspect to scope and to every Stage under it, at a fraction of the jsii calls. It returns what it changed.
//
// Call it when the tree is complete, and on a Stage of a pipeline before the Stage is added to the pipeline: a Stage is
// synthesized at once then, and what is changed in it later is lost.
//
// It panics with an error that names the resource and the missing setting when a fix needs something that its props did
// not give, such as a VPC.
func Enforce(scope constructs.IConstruct, aspects ...*Aspect) []Change {
	return enforce(scope, true, aspects)
}
