package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/controls"
)

// count is what a result comes to. An accepted risk counts as that, not by its verdict.
type count struct {
	compliant, nonCompliant, unknown, notApplicable, accepted, problems int
}

func countOf(result *controls.Result) count {
	c := count{
		compliant:     result.Count(controls.Compliant),
		notApplicable: result.Count(controls.NotApplicable),
		problems:      len(result.Problems),
	}
	for i := range result.Findings {
		switch f := &result.Findings[i]; {
		case f.Exception != nil:
			c.accepted++
		case f.Verdict == controls.NonCompliant:
			c.nonCompliant++
		case f.Verdict == controls.Unknown:
			c.unknown++
		}
	}
	return c
}

// actions is how much calls for action.
func (c count) actions() int { return c.nonCompliant + c.unknown + c.problems }

// Summary is the line with the counts that ends Console: "12 compliant, 3 not applicable, 1 accepted". What there is none
// of is left out.
func Summary(result *controls.Result) string {
	c := countOf(result)
	var counts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{c.compliant, controls.Compliant.String()},
		{c.nonCompliant, controls.NonCompliant.String()},
		{c.unknown, controls.Unknown.String()},
		{c.notApplicable, controls.NotApplicable.String()},
		{c.accepted, "accepted"},
		{len(result.Expiring), "expiring soon"},
		{c.problems, "wrong in the exceptions"},
	} {
		if part.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if len(counts) == 0 {
		return "nothing to judge"
	}
	return strings.Join(counts, ", ")
}

// used returns the controls that judged something, ordered by id, each id once.
func used(findings []controls.Finding) []*controls.Control {
	var all []*controls.Control
	seen := map[string]bool{}
	for i := range findings {
		if c := findings[i].Control; !seen[c.ID] {
			seen[c.ID] = true
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *controls.Control) int { return strings.Compare(a.ID, b.ID) })
	return all
}
