package controlstest

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/template"
)

// Day is the day on which fixtures are judged, whatever day it is: an entry in exceptions.yaml holds on it if it expires
// between then and two years later.
const Day = "2026-11-24"

// Run tests the controls by their fixtures, and that each is complete as controls.Validate demands, with scenarios whose
// fixtures exist; none may have the id of a control of the catalogue. Each fixture is a subtest,
// <control>/<fixture>, that logs what was found.
func Run(t *testing.T, fixtures fs.FS, cs ...*controls.Control) {
	t.Helper()
	if fixtures == nil || len(cs) == 0 {
		t.Fatal("controlstest.Run: nothing to test; give the folder of the fixtures, such as os.DirFS(\"testdata\"), and the controls")
	}
	report(t, incomplete(fixtures, cs))
	for _, c := range cs {
		if c == nil {
			continue // incomplete says it
		}
		t.Run(c.ID, func(t *testing.T) {
			found, problems := fixturesOf(fixtures, c)
			report(t, problems)
			for _, f := range found {
				t.Run(f.name, func(t *testing.T) {
					problems, log := f.judge(fixtures, c)
					t.Log(strings.Join(log, "\n"))
					report(t, problems)
				})
			}
		})
	}
}

func report(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

// incomplete tells what is wrong with the controls themselves.
func incomplete(fixtures fs.FS, cs []*controls.Control) []string {
	var problems []string
	if err := controls.Validate(cs, fixtures); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			problems = append(problems, "complete the control: "+line)
		}
	}
	for _, c := range cs {
		if c == nil {
			continue
		}
		if of, taken := controls.ByID(c.ID); taken && of != c {
			problems = append(problems, fmt.Sprintf("%s: the catalogue has a control of this id: choose another, such as TEAM.%s", c.ID, c.ID))
		}
	}
	return problems
}

const (
	registerFile = "exceptions.yaml"
	excepted     = "excepted"
)

var (
	verdicts = map[string]controls.Verdict{
		"compliant": controls.Compliant, "non-compliant": controls.NonCompliant,
		"not-applicable": controls.NotApplicable, "unknown": controls.Unknown,
	}
	needed = []string{"compliant", "non-compliant", "unknown"}

	fixtureName = regexp.MustCompile(`^[a-z0-9-]+\.(?:(compliant|non-compliant|not-applicable|unknown)(\.yaml|\.json)?|(excepted))$`)
)

// fixture is a file or folder in the folder of a control.
type fixture struct {
	name, path, kind string // kind is a key of verdicts, or excepted
}

// fixturesOf lists the fixtures of a control and tells what is wrong with the folder.
func fixturesOf(fixtures fs.FS, c *controls.Control) (found []fixture, problems []string) {
	entries, err := fs.ReadDir(fixtures, c.ID)
	if err != nil {
		return nil, []string{fmt.Sprintf("make the folder %s with the fixtures of the control: %v", c.ID, err)}
	}
	for _, e := range entries {
		at := path.Join(c.ID, e.Name())
		match := fixtureName.FindStringSubmatch(e.Name())
		switch {
		case match == nil:
			problems = append(problems, fmt.Sprintf("rename %s: the name says no verdict; the form is <what-it-shows>.<%s>.yaml or .json,"+
				" without the ending for a folder of templates, and <what-it-shows>.%s for a folder with %s",
				at, strings.Join([]string{"compliant", "non-compliant", "not-applicable", "unknown"}, "|"), excepted, registerFile))
		case (match[2] == "") != e.IsDir():
			problems = append(problems, fmt.Sprintf("rename %s: a file ends with .yaml or .json, a folder does not", at))
		default:
			found = append(found, fixture{e.Name(), at, match[1] + match[3]})
		}
	}
	for _, kind := range needed {
		if !slices.ContainsFunc(found, func(f fixture) bool { return f.kind == kind }) {
			problems = append(problems, fmt.Sprintf("add a template that is %s: %s/<what-it-shows>.%s.yaml", kind, c.ID, kind))
		}
	}
	return found, problems
}

// judge judges the subjects of the fixture and tells what is not as its name says, and what was found.
func (f fixture) judge(fixtures fs.FS, c *controls.Control) (problems, log []string) {
	templates, register, err := f.read(fixtures)
	if err != nil {
		return []string{err.Error()}, nil
	}
	now, _ := time.Parse(time.DateOnly, Day)
	result := controls.Evaluate(templates, []*controls.Control{c}, register, now)
	again := controls.Evaluate(templates, []*controls.Control{c}, register, now)
	subjects := 0
	for i := range result.Findings {
		finding, second := &result.Findings[i], &again.Findings[i]
		if !strings.HasPrefix(finding.Resource.LogicalID, "Subject") {
			continue
		}
		subjects++
		said := describe(finding)
		log = append(log, said)
		if problem := f.compare(finding); problem != "" {
			problems = append(problems, said+": "+problem)
		}
		if finding.Verdict != second.Verdict || finding.Message != second.Message {
			problems = append(problems, fmt.Sprintf("%s, and judged again %s: the check must keep nothing between calls", said, describe(second)))
		}
	}
	for _, p := range result.Problems {
		problems = append(problems, fmt.Sprintf("correct %s, line %d: it is %s: %s", p.Name, p.Line, p.Kind, p.Message))
	}
	if subjects == 0 {
		problems = append(problems, fmt.Sprintf("%s: name the resource that %s judges Subject, or Subject and more: none of type %s is called so",
			f.path, c.ID, strings.Join(c.Types, ", ")))
	}
	return problems, log
}

// read reads the templates of the fixture, and the register of an excepted one.
func (f fixture) read(fixtures fs.FS) (templates []*template.Template, register *exceptions.Register, err error) {
	err = fs.WalkDir(fixtures, f.path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fixtures, name)
		if err != nil {
			return err
		}
		if f.kind == excepted && name == path.Join(f.path, registerFile) {
			register, err = exceptions.Parse(name, data)
			return err
		}
		t, err := template.Parse(name, data)
		templates = append(templates, t)
		return err
	})
	if err == nil && f.kind == excepted && register == nil {
		err = fmt.Errorf("%s: add %s, the register that accepts the risk", f.path, registerFile)
	}
	return templates, register, err
}

// compare tells what about a finding is not as the fixture's name says.
func (f fixture) compare(finding *controls.Finding) string {
	want := verdicts[f.kind]
	switch {
	case strings.Contains(finding.Message, "the check failed: ") || strings.Contains(finding.Message, "the check reported nothing"):
		return "correct the check: it must report, whatever the template says, and not panic"
	case finding.Message == "":
		return "let the check say what it found"
	case f.kind == excepted && finding.Verdict != controls.NonCompliant && finding.Verdict != controls.Unknown:
		return "there is nothing to accept: make the template non-compliant or unknown"
	case f.kind == excepted && finding.Exception == nil:
		return fmt.Sprintf("no entry covers it: let one in %s have the control %s and the scope %s", registerFile, finding.Control.ID, finding.Resource.ID())
	case f.kind != excepted && finding.Verdict != want:
		return fmt.Sprintf("want %s: correct the check, or the fixture's name", want)
	}
	return ""
}

func describe(f *controls.Finding) string {
	text := fmt.Sprintf("%s is %s: ", f.Resource.ID(), f.Verdict)
	if f.Property != "" {
		text += f.Property + ": "
	}
	return text + f.Message
}
