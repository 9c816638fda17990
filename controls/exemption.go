package controls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/securecdk/securecdk/controls/exceptions"
)

// Extent says how much of an app a Result is about, which decides what its exception register must fit.
type Extent int

// The extents. In a Part, an entry may cover nothing, since what it is for may stand elsewhere, and it may cover all that
// was judged.
const (
	Whole Extent = iota
	Part
)

// Except puts the entries of the register that hold at now beside the findings that they cover, and what is wrong with the
// register into Problems. cs are the controls that gave the findings; reg may be nil. A zero now is the present.
//
// Evaluate does this by itself. Who evaluates sets of templates one after the other leaves the register out there, joins
// the findings and calls Except once, since an entry that one set has no use for may be for another.
func (r *Result) Except(reg *exceptions.Register, cs []*Control, now time.Time, of Extent) {
	x := exemption{reg: reg, now: now, evaluated: cs, of: of}
	x.apply(r)
}

// exemption puts the register's entries beside the findings that they cover, and collects what is wrong with them.
type exemption struct {
	reg       *exceptions.Register
	now       time.Time
	evaluated []*Control
	of        Extent
	problems  []exceptions.Problem
	expiring  []exceptions.Problem
}

func (x *exemption) apply(result *Result) {
	if x.reg == nil {
		return
	}
	x.problems = slices.Clone(x.reg.Problems)
	paths := resourcePaths(result)
	for _, e := range x.reg.Entries {
		x.entry(e, result, paths)
	}
	for _, list := range [][]exceptions.Problem{x.problems, x.expiring} {
		slices.SortStableFunc(list, func(a, b exceptions.Problem) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Line, b.Line))
		})
	}
	result.Problems, result.Expiring = x.problems, x.expiring
}

// resourcePaths has the id of each resource that has been judged, once.
func resourcePaths(result *Result) []string {
	var paths []string
	for i := range result.Findings {
		if i == 0 || result.Findings[i].Resource != result.Findings[i-1].Resource {
			paths = append(paths, result.Findings[i].Resource.ID())
		}
	}
	return paths
}

func (x *exemption) problem(e *exceptions.Entry, kind exceptions.Kind, format string, args ...any) {
	x.problems = append(x.problems, problemOf(e, kind, format, args...))
}

func problemOf(e *exceptions.Entry, kind exceptions.Kind, format string, args ...any) exceptions.Problem {
	return exceptions.Problem{Kind: kind, Name: e.File, Line: e.Line, Entry: e, Message: fmt.Sprintf(format, args...)}
}

// control finds the control of an entry, among those evaluated before those of the catalogue.
func (x *exemption) control(id string) (c *Control, chosen bool) {
	if i := slices.IndexFunc(x.evaluated, func(c *Control) bool { return c.ID == id }); i >= 0 {
		return x.evaluated[i], true
	}
	c, _ = ByID(id)
	return c, false
}

func (x *exemption) entry(e *exceptions.Entry, result *Result, paths []string) {
	c, chosen := x.control(e.Control)
	if c == nil {
		x.problem(e, exceptions.UnknownControl, "there is no control %s: correct the id, or remove the entry", e.Control)
		return
	}
	if c.NonExemptible {
		x.problem(e, exceptions.NonExemptible, "nobody may accept the risk of %s: fix what is at %s, and remove the entry", e.Control, e.Scope)
		return
	}
	if e.Expired(x.now) {
		x.problem(e, exceptions.Expired, "%s at %s expired at the end of %s: fix the resource, or have the risk accepted anew",
			e.Control, e.Scope, e.Expires.Format(time.DateOnly))
		return
	}
	if e.OverLong(x.now) {
		x.problem(e, exceptions.OverLong, "%s at %s expires on %s, more than two years ahead: have the risk accepted for a shorter time",
			e.Control, e.Scope, e.Expires.Format(time.DateOnly))
		return
	}
	if !chosen {
		return
	}
	judged := judgedPaths(result, e.Control)
	claims := matching(e, paths)
	switch {
	case x.of == Whole && e.Subtree() && (coversAll(e, paths) || coversAll(e, judged)):
		x.problem(e, exceptions.OverBroad, "scope %s covers every resource of the app that %s judges: name the construct that holds the resources",
			e.Scope, e.Control)
	case !e.Subtree() && claims > 1:
		x.problem(e, exceptions.Ambiguous, "%d resources claim the path %s: an exception is meant for one", claims, e.Scope)
	case cover(e, result):
		x.warn(e)
	case x.of == Part:
	case slices.Contains(paths, e.Scope+"/Resource"):
		x.problem(e, exceptions.Unused, "%s is no resource; did you mean %[1]s/Resource?", e.Scope)
	case claims == 0:
		x.problem(e, exceptions.Unused, "there is no resource at %s: correct the scope, or remove the entry", e.Scope)
	default:
		x.problem(e, exceptions.Unused, "nothing at %s breaks %s: remove the entry", e.Scope, e.Control)
	}
}

// warn says that an entry will soon hold no longer.
func (x *exemption) warn(e *exceptions.Entry) {
	if !e.Expiring(x.now) {
		return
	}
	when := fmt.Sprintf("in %d days", e.DaysLeft(x.now))
	switch e.DaysLeft(x.now) {
	case 0:
		when = "today"
	case 1:
		when = "tomorrow"
	}
	x.expiring = append(x.expiring, problemOf(e, exceptions.Expiring,
		"%s at %s expires at the end of %s, %s: fix the resource, or have the risk accepted anew",
		e.Control, e.Scope, e.Expires.Format(time.DateOnly), when))
}

// judgedPaths has the id of each resource that the control has judged.
func judgedPaths(result *Result, control string) []string {
	var paths []string
	for i := range result.Findings {
		if result.Findings[i].Control.ID == control {
			paths = append(paths, result.Findings[i].Resource.ID())
		}
	}
	return paths
}

// coversAll tells whether the entry covers all of several resources. An app with only one has no narrower subtree.
func coversAll(e *exceptions.Entry, paths []string) bool {
	return len(paths) > 1 && matching(e, paths) == len(paths)
}

func matching(e *exceptions.Entry, paths []string) int {
	n := 0
	for _, p := range paths {
		if e.Matches(p) {
			n++
		}
	}
	return n
}

// cover puts the entry beside the findings in its scope, and reports whether there are any.
func cover(e *exceptions.Entry, result *Result) bool {
	used := false
	for i := range result.Findings {
		f := &result.Findings[i]
		if f.Control.ID != e.Control || f.Verdict != NonCompliant && f.Verdict != Unknown || !e.Matches(f.Resource.ID()) {
			continue
		}
		used = true
		if f.Exception == nil {
			f.Exception = e
		}
	}
	return used
}
