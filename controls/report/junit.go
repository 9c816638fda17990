package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
)

// JUnit writes the result as JUnit XML, which CodeBuild and most build servers show: a test suite for each template, in
// it a test case for each control and resource, named "<control> <resource>". What calls for action is a failure that
// says what was found, what was expected and how to fix it, with the severity for its type; a problem of the exception
// register is a failure too. An accepted risk is skipped, and says who accepted it. What a control does not apply to is
// left out. The same result always gives the same bytes; every time is 0, because some readers insist on one.
//
// Failures come first, then accepted risks: a report in CodeBuild holds 500 test cases ("Test report statuses" in the
// AWS CodeBuild User Guide), and what is beyond is cut off. A result without any test case gives one that passes, so that
// nothing to judge differs from a report that was not written.
func JUnit(w io.Writer, result *controls.Result) error {
	all := suites{Name: "securecdk", Suites: templateSuites(result.Findings)}
	if len(result.Problems) > 0 {
		all.Suites = append(all.Suites, problemSuite(result.Problems))
	}
	if len(all.Suites) == 0 {
		all.Suites = []*suite{{Name: all.Name, Cases: []*testCase{{Class: all.Name, Name: Summary(result)}}}}
	}
	for _, s := range all.Suites {
		s.finish()
		all.add(s.counts)
	}
	slices.SortStableFunc(all.Suites, func(a, b *suite) int { return min(b.Failures, 1) - min(a.Failures, 1) })
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	counts
	Suites []*suite `xml:"testsuite"`
}

type suite struct {
	Name string `xml:"name,attr"`
	counts
	Cases []*testCase `xml:"testcase"`
}

type counts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Time     int `xml:"time,attr"`
}

type testCase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    int      `xml:"time,attr"`
	Failure *failure `xml:"failure"`
	Skipped *skipped `xml:"skipped"`
}

// failure has all in its message, and again by lines: readers show the one or the other.
type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

type skipped struct {
	Message string `xml:"message,attr"`
}

func templateSuites(findings []controls.Finding) []*suite {
	var all []*suite
	byName := map[string]*suite{}
	for i := range findings {
		f := &findings[i]
		if f.Verdict == controls.NotApplicable {
			continue
		}
		name := Printable(f.Resource.Template.Name)
		if byName[name] == nil {
			byName[name] = &suite{Name: name}
			all = append(all, byName[name])
		}
		byName[name].Cases = append(byName[name].Cases, caseOf(f, name))
	}
	return all
}

func caseOf(f *controls.Finding, class string) *testCase {
	c := &testCase{Class: class, Name: Printable(f.Control.ID + " " + f.Resource.ID())}
	found := Printable(cause(f))
	switch e := f.Exception; {
	case e != nil:
		c.Skipped = &skipped{Printable(fmt.Sprintf("accepted until %s (%s, approved by %s): %s; %s: ",
			e.Expires.Format(time.DateOnly), e.Ticket, e.Approver, e.Reason, f.Verdict)) + found}
	case f.Failed():
		fix := Printable(f.Control.Remedy)
		c.Failure = &failure{
			Message: fmt.Sprintf("%s: %s; fix: %s", f.Verdict, found, fix),
			Type:    f.Control.Severity.String(),
			Text: lines(Printable(f.Control.Title), fmt.Sprintf("%s: %s", f.Verdict, found),
				Printable(f.Resource.Type+" "+f.Resource.LogicalID)+" in "+class, "fix: "+fix),
		}
	}
	return c
}

func problemSuite(problems []exceptions.Problem) *suite {
	s := &suite{Name: "exceptions"}
	for _, p := range problems {
		message := Printable(fmt.Sprintf("%s: %s", p.Kind, p.Message))
		s.Cases = append(s.Cases, &testCase{
			Class:   Printable(p.Name),
			Name:    Printable(fmt.Sprintf("exception %s:%d", p.Name, p.Line)),
			Failure: &failure{Message: message, Type: Printable(string(p.Kind)), Text: lines(message)},
		})
	}
	return s
}

func lines(texts ...string) string { return "\n" + strings.Join(texts, "\n") + "\n" }

// finish counts the cases, tells those of one name apart, which readers would take for one, and puts what calls for
// action first.
func (s *suite) finish() {
	seen := map[string]bool{}
	for _, c := range s.Cases {
		s.Tests++
		if c.Failure != nil {
			s.Failures++
		}
		if c.Skipped != nil {
			s.Skipped++
		}
		name := c.Name
		for n := 2; seen[c.Name]; n++ {
			c.Name = fmt.Sprintf("%s (%d)", name, n)
		}
		seen[c.Name] = true
	}
	slices.SortStableFunc(s.Cases, func(a, b *testCase) int { return a.rank() - b.rank() })
}

func (c *testCase) rank() int {
	switch {
	case c.Failure != nil:
		return 0
	case c.Skipped != nil:
		return 1
	}
	return 2
}

func (c *counts) add(more counts) {
	c.Tests += more.Tests
	c.Failures += more.Failures
	c.Skipped += more.Skipped
}
