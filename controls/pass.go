package controls

import (
	"fmt"

	"github.com/securecdk/securecdk/controls/template"
)

// Pass is one control judging one resource. A Check reads properties through it and reports what it found. When it
// reports more than once, the heaviest verdict stands: non-compliant, unknown, compliant, not applicable.
type Pass struct {
	// Control is the control that judges, and Resource what it judges.
	Control  *Control
	Resource *template.Resource

	world    *template.World
	index    *index
	verdict  Verdict
	property string
	message  string
}

// Get reads a property of the resource; each further key goes a map deeper.
func (p *Pass) Get(keys ...string) template.Value { return p.world.Get(p.Resource, keys...) }

// World reads the properties of other resources.
func (p *Pass) World() *template.World { return p.world }

// Set is all the templates that are judged together.
func (p *Pass) Set() *template.Set { return p.index.set }

// Compliant reports that the resource meets the control, and by what.
func (p *Pass) Compliant(property, message string) { p.report(Compliant, property, message) }

// NonCompliant reports a property that doesn't meet the control: what was found and what was expected.
func (p *Pass) NonCompliant(property, format string, args ...any) {
	p.report(NonCompliant, property, fmt.Sprintf(format, args...))
}

// NotApplicable reports why the control has nothing to say of the resource.
func (p *Pass) NotApplicable(message string) { p.report(NotApplicable, "", message) }

// Unknown reports a property whose value only the deployment can know.
func (p *Pass) Unknown(property, format string, args ...any) {
	p.report(Unknown, property, fmt.Sprintf(format, args...))
}

// note adds to the message of a failure.
func (p *Pass) note(remark string) {
	if remark != "" && p.verdict == NonCompliant {
		p.message += "; " + remark
	}
}

func (p *Pass) report(v Verdict, property, message string) {
	if v.weight() > p.verdict.weight() {
		p.verdict, p.property, p.message = v, property, message
	}
}
