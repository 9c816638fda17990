package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/securecdk/securecdk/controls"
)

// Console lists what calls for action, for a terminal or a build log: by control, then by template and resource, what
// was found and expected, and once per control how to fix it. Accepted risks and problems of the exception register
// and warnings of entries that soon expire follow, then a line with the counts. The same result always gives the same text.
func Console(w io.Writer, result *controls.Result) error {
	c := console{w: bufio.NewWriter(w)}
	c.failures(result.Failures())
	c.accepted(result.Findings)
	for _, p := range result.Problems {
		c.printf("exception %s:%d is %s: %s\n", p.Name, p.Line, p.Kind, p.Message)
	}
	for _, p := range result.Expiring {
		c.printf("warning: exception %s:%d: %s\n", p.Name, p.Line, p.Message)
	}
	if len(result.Problems)+len(result.Expiring) > 0 {
		c.printf("\n")
	}
	c.summary(result)
	return c.w.Flush()
}

type console struct{ w *bufio.Writer }

func (c *console) printf(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = Printable(s)
		}
	}
	fmt.Fprintf(c.w, format, args...)
}

// Printable escapes what would move the terminal's cursor or begin a line. Paths and reasons are written by those who
// are judged, and must not be able to write the report.
func Printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

func (c *console) failures(failures []controls.Finding) {
	slices.SortStableFunc(failures, func(a, b controls.Finding) int {
		return strings.Compare(a.Control.ID, b.Control.ID)
	})
	for i := range failures {
		f := &failures[i]
		if i == 0 || failures[i-1].Control != f.Control {
			c.printf("%s  %s (%s)\n", f.Control.ID, f.Control.Title, f.Control.Severity)
		}
		c.finding(f)
		if i == len(failures)-1 || failures[i+1].Control != f.Control {
			c.printf("  fix: %s\n\n", f.Control.Remedy)
		}
	}
}

func (c *console) finding(f *controls.Finding) {
	c.printf("  %s: %s\n", f.Verdict, f.Resource.ID())
	c.printf("    %s %s in %s\n", f.Resource.Type, f.Resource.LogicalID, f.Resource.Template.Name)
	c.printf("    %s\n", cause(f))
}

// cause is what was found where, and what was expected.
func cause(f *controls.Finding) string {
	if f.Property == "" {
		return f.Message
	}
	return f.Property + ": " + f.Message
}

func (c *console) accepted(findings []controls.Finding) {
	some := false
	for i := range findings {
		f := &findings[i]
		if f.Exception == nil {
			continue
		}
		some = true
		c.printf("accepted until %s: %s %s at %s (%s, approved by %s): %s\n", f.Exception.Expires.Format(time.DateOnly),
			f.Control.ID, f.Verdict, f.Resource.ID(), f.Exception.Ticket, f.Exception.Approver, f.Exception.Reason)
	}
	if some {
		c.printf("\n")
	}
}

func (c *console) summary(result *controls.Result) { c.printf("%s\n", Summary(result)) }
