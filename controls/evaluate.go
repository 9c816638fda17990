package controls

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/template"
)

// maxWorlds bounds in how many ways the open conditions that one resource hangs on are tried: six of them.
const maxWorlds = 64

// Evaluate judges the templates, which may refer to each other, by the controls. Exceptions of the register that hold at
// now stand beside the findings that they cover; reg may be nil. A zero now is the present.
//
// A resource whose Condition is known to be false isn't created and gives no finding. Where a verdict hangs on a
// condition that only the deployment can decide, it stands if it is the same either way, and is unknown otherwise.
func Evaluate(templates []*template.Template, cs []*Control, reg *exceptions.Register, now time.Time) *Result {
	set := template.NewSet(templates...)
	e := evaluation{set: set, index: &index{set: set}, byType: map[string][]*Control{}}
	for _, c := range sorted(cs) {
		for _, t := range c.Types {
			e.byType[t] = append(e.byType[t], c)
		}
	}
	e.run()
	e.result.Except(reg, cs, now, Whole)
	return &e.result
}

// sorted orders controls by id, each once.
func sorted(cs []*Control) []*Control {
	s := slices.Clone(cs)
	slices.SortStableFunc(s, func(a, b *Control) int { return strings.Compare(a.ID, b.ID) })
	return slices.Compact(s)
}

type evaluation struct {
	set    *template.Set
	index  *index
	byType map[string][]*Control
	result Result
	pass   Pass
}

func (e *evaluation) run() {
	templates := e.set.Templates()
	n := 0
	for _, t := range templates {
		for _, r := range t.Resources {
			n += len(e.byType[r.Type])
		}
	}
	e.result.Findings = make([]Finding, 0, n)
	for _, t := range templates {
		for _, r := range t.Resources {
			for _, c := range e.byType[r.Type] {
				e.judge(c, r)
			}
		}
	}
}

// judge visits the worlds that the resource can be in and joins the verdicts.
func (e *evaluation) judge(c *Control, r *template.Resource) {
	var joined *Finding
	f := Finding{Control: c, Resource: r}
	complete := e.set.Worlds(maxWorlds, func(w *template.World) {
		if !w.Exists(r) {
			return
		}
		e.check(w, &f)
		switch {
		case joined == nil:
			e.result.Findings = append(e.result.Findings, f)
			joined = &e.result.Findings[len(e.result.Findings)-1]
		case f.Verdict != joined.Verdict:
			join(joined, &f, w.Assumptions())
		}
	})
	switch {
	case complete && joined == nil:
	case complete:
		joined.distrust()
	case joined == nil:
		f.Verdict, f.Message = Unknown, "whether it is created depends on more conditions than can be tried"
		e.result.Findings = append(e.result.Findings, f)
	case joined.Verdict != NonCompliant:
		joined.Verdict, joined.Message = Unknown, "it depends on more conditions than can be tried"
	}
}

// distrust takes a pass back when a macro may rewrite what was judged.
func (f *Finding) distrust() {
	macro := f.Resource.Macro()
	if macro == "" || f.Verdict != Compliant && f.Verdict != NotApplicable {
		return
	}
	f.Verdict, f.Property = Unknown, ""
	f.Message = "the macro " + macro + " may rewrite it before it is deployed: judge the processed template"
}

// join puts the verdicts of two worlds together. Compliant and not applicable are both no failure.
func join(into, f *Finding, assumptions []template.Assumption) {
	pair := into.Verdict.weight() + f.Verdict.weight()
	if pair == Compliant.weight()+NotApplicable.weight() {
		if f.Verdict == Compliant {
			*into = *f
		}
		return
	}
	if into.Verdict == Unknown && f.Verdict != NonCompliant {
		return
	}
	worse, of := f, ""
	if into.Verdict.weight() > f.Verdict.weight() {
		worse = into
	} else {
		of = " when " + describe(assumptions)
	}
	into.Property = worse.Property
	into.Message = fmt.Sprintf("depends on conditions that only the deployment decides; %s%s: %s", worse.Verdict, of, worse.Message)
	into.Verdict = Unknown
}

func describe(assumptions []template.Assumption) string {
	said := make([]string, len(assumptions))
	for i, a := range assumptions {
		said[i] = fmt.Sprintf("%s is %t", a.Condition, a.Holds)
	}
	return strings.Join(said, " and ")
}

// check runs one check in one world. A check that panics or reports nothing is a mistake in the control; its verdict is
// unknown, so that nothing passes by mistake.
func (e *evaluation) check(w *template.World, f *Finding) {
	p := &e.pass
	*p = Pass{Control: f.Control, Resource: f.Resource, world: w, index: e.index}
	defer func() {
		if problem := recover(); problem != nil {
			p.verdict, p.property, p.message = Unknown, "", fmt.Sprintf("the check failed: %v", problem)
		}
		if p.verdict == 0 {
			p.verdict, p.message = Unknown, "the check reported nothing"
		}
		f.Verdict, f.Property, f.Message = p.verdict, p.property, p.message
	}()
	f.Control.Check(p)
}
