package controlstest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/securecdk/securecdk/controls"
)

const (
	named     = "Resources: {Subject: {Type: 'AWS::SNS::Topic', Properties: {TopicName: orders}}}"
	unnamed   = "Resources: {Subject: {Type: 'AWS::SNS::Topic'}}"
	parameter = "Parameters: {P: {Type: String}}\nResources: {Subject: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Ref P}}}"
	entry     = "- {control: TEAM.NAME, scope: Shop/Subject, reason: r, owner: o, approver: a, ticket: t, expires: 2026-12-31}\n"
)

// sample is a good control with a fixture of each kind.
func sample() (*controls.Control, fstest.MapFS) {
	return &controls.Control{
			ID: "TEAM.NAME", Title: "Topics have names", Story: "As …", Severity: controls.Low, Needed: controls.Profile{Integrity: controls.RatedLow},
			Scenarios: []controls.Scenario{{Given: "a", When: "b", Then: "c", Fixture: "TEAM.NAME/a.compliant.yaml"}},
			Types:     []string{"AWS::SNS::Topic"}, Rationale: "r", Remedy: "r", Check: checkName,
		}, fstest.MapFS{
			"TEAM.NAME/a.compliant.yaml":           text(named),
			"TEAM.NAME/b.non-compliant.yaml":       text(unnamed),
			"TEAM.NAME/c.unknown.yaml":             text(parameter),
			"TEAM.NAME/d.compliant/Shop.yaml":      text(named),
			"TEAM.NAME/e.excepted/Shop.yaml":       text(unnamed),
			"TEAM.NAME/e.excepted/Other.yaml":      text(strings.Replace(named, "Subject", "Topic", 1)),
			"TEAM.NAME/e.excepted/" + registerFile: text(entry),
		}
}

func text(data string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(data)} }

func checkName(p *controls.Pass) {
	switch v := p.Get("TopicName"); {
	case v.Absent():
		p.NonCompliant("TopicName", "found nothing, expected a name")
	case v.Unknown():
		p.Unknown("TopicName", "%s", v.Reason())
	default:
		p.Compliant("TopicName", "it has a name")
	}
}

// problemsOf is all that Run would report.
func problemsOf(fixtures fs.FS, c *controls.Control) []string {
	problems := incomplete(fixtures, []*controls.Control{c})
	found, wrong := fixturesOf(fixtures, c)
	problems = append(problems, wrong...)
	for _, f := range found {
		wrong, _ := f.judge(fixtures, c)
		problems = append(problems, wrong...)
	}
	return problems
}

func TestWhatIsWrongIsSaidWithWhatToDo(t *testing.T) {
	tests := []struct {
		name   string
		change func(*controls.Control, fstest.MapFS)
		want   string
	}{
		{"nothing", func(*controls.Control, fstest.MapFS) {}, ""},
		{"an incomplete control", func(c *controls.Control, _ fstest.MapFS) { c.Story = "" }, "complete the control: TEAM.NAME: no story"},
		{"a scenario without its fixture", func(c *controls.Control, _ fstest.MapFS) { c.Scenarios[0].Fixture = "TEAM.NAME/z.compliant.yaml" },
			"complete the control: TEAM.NAME: the fixture TEAM.NAME/z.compliant.yaml does not exist"},
		{"the verdict of another name", func(_ *controls.Control, f fstest.MapFS) { f["TEAM.NAME/a.compliant.yaml"] = text(unnamed) },
			"a.compliant/Subject is non-compliant: TopicName: found nothing, expected a name: want compliant: correct the check, or the fixture's name"},
		{"no unknown fixture", func(_ *controls.Control, f fstest.MapFS) { delete(f, "TEAM.NAME/c.unknown.yaml") },
			"add a template that is unknown: TEAM.NAME/<what-it-shows>.unknown.yaml"},
		{"no non-compliant fixture", func(_ *controls.Control, f fstest.MapFS) { delete(f, "TEAM.NAME/b.non-compliant.yaml") },
			"add a template that is non-compliant: TEAM.NAME/<what-it-shows>.non-compliant.yaml"},
		{"a name without verdict", func(_ *controls.Control, f fstest.MapFS) { f["TEAM.NAME/x.good.yaml"] = text(named) },
			"rename TEAM.NAME/x.good.yaml: the name says no verdict"},
		{"a folder called as a file", func(_ *controls.Control, f fstest.MapFS) { f["TEAM.NAME/x.compliant.yaml/Shop.yaml"] = text(named) },
			"rename TEAM.NAME/x.compliant.yaml: a file ends with .yaml or .json, a folder does not"},
		{"an excepted file", func(_ *controls.Control, f fstest.MapFS) { f["TEAM.NAME/x.excepted.yaml"] = text(unnamed) },
			"rename TEAM.NAME/x.excepted.yaml: the name says no verdict"},
		{"no subject", func(_ *controls.Control, f fstest.MapFS) {
			f["TEAM.NAME/a.compliant.yaml"] = text(strings.Replace(named, "Subject", "Topic", 1))
		}, "TEAM.NAME/a.compliant.yaml: name the resource that TEAM.NAME judges Subject"},
		{"a template that can't be read", func(_ *controls.Control, f fstest.MapFS) { f["TEAM.NAME/a.compliant.yaml"] = text("Resources: [") },
			"TEAM.NAME/a.compliant.yaml"},
		{"a check that panics where unknown is wanted", func(c *controls.Control, _ fstest.MapFS) {
			c.Check = func(p *controls.Pass) {
				if p.Get("TopicName").Unknown() {
					panic("oh")
				}
				checkName(p)
			}
		}, "the check failed: oh: correct the check: it must report, whatever the template says, and not panic"},
		{"a check that says nothing where unknown is wanted", func(c *controls.Control, _ fstest.MapFS) {
			c.Check = func(p *controls.Pass) {
				if !p.Get("TopicName").Unknown() {
					checkName(p)
				}
			}
		}, "the check reported nothing: correct the check"},
		{"a verdict without message", func(c *controls.Control, _ fstest.MapFS) {
			c.Check = func(p *controls.Pass) { p.NonCompliant("", "") }
		}, "b.non-compliant/Subject is non-compliant: : let the check say what it found"},
		{"a check that remembers", func(c *controls.Control, _ fstest.MapFS) {
			calls := 0
			c.Check = func(p *controls.Pass) { calls++; p.NonCompliant("", "call %d", calls) }
		}, "call 4: the check must keep nothing between calls"},
		{"an exception without register", func(_ *controls.Control, f fstest.MapFS) { delete(f, "TEAM.NAME/e.excepted/"+registerFile) },
			"TEAM.NAME/e.excepted: add exceptions.yaml, the register that accepts the risk"},
		{"an exception for another resource", func(_ *controls.Control, f fstest.MapFS) {
			f["TEAM.NAME/e.excepted/"+registerFile] = text(strings.Replace(entry, "Shop/Subject", "Shop/Topic", 1))
		}, "no entry covers it: let one in exceptions.yaml have the control TEAM.NAME and the scope Shop/Subject"},
		{"an entry too many", func(_ *controls.Control, f fstest.MapFS) {
			f["TEAM.NAME/e.excepted/"+registerFile] = text(entry + strings.Replace(entry, "Shop/Subject", "Shop/Topic", 1))
		}, "correct TEAM.NAME/e.excepted/exceptions.yaml, line 2: it is unused: there is no resource at Shop/Topic"},
		{"an entry that has expired by then", func(_ *controls.Control, f fstest.MapFS) {
			f["TEAM.NAME/e.excepted/"+registerFile] = text(strings.Replace(entry, "2026-12-31", "2026-11-23", 1))
		}, "line 1: it is expired"},
		{"an exception for what complies", func(_ *controls.Control, f fstest.MapFS) { f["TEAM.NAME/e.excepted/Shop.yaml"] = text(named) },
			"there is nothing to accept: make the template non-compliant or unknown"},
		{"an exception for what nobody may accept", func(c *controls.Control, _ fstest.MapFS) { c.NonExemptible = true },
			"line 1: it is non-exemptible: nobody may accept the risk of TEAM.NAME"},
		{"no folder", func(_ *controls.Control, f fstest.MapFS) {
			for name := range f {
				delete(f, name)
			}
		}, "make the folder TEAM.NAME with the fixtures of the control"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, fixtures := sample()
			tt.change(c, fixtures)
			got := strings.Join(problemsOf(fixtures, c), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestAControlThatTakesAnIdOfTheCatalogueIsRefused(t *testing.T) {
	c, fixtures := sample()
	c.ID = "S3.TLS"
	if got := incomplete(fixtures, []*controls.Control{c}); len(got) != 1 || !strings.Contains(got[0], "S3.TLS: the catalogue has a control of this id: choose another, such as TEAM.S3.TLS") {
		t.Error(got)
	}
}

// TestRunFails runs this binary again with Run on something that is wrong: that must fail it.
func TestRunFails(t *testing.T) {
	const variable = "CONTROLSTEST_CASE"
	switch os.Getenv(variable) {
	case "":
	case "good":
		c, fixtures := sample()
		Run(t, fixtures, c)
		return
	case "wrong verdict":
		c, fixtures := sample()
		fixtures["TEAM.NAME/a.compliant.yaml"] = text(unnamed)
		Run(t, fixtures, c)
		return
	case "nil control":
		_, fixtures := sample()
		Run(t, fixtures, nil)
		return
	case "no controls":
		_, fixtures := sample()
		Run(t, fixtures)
		return
	case "no fixtures":
		c, _ := sample()
		Run(t, nil, c)
		return
	}
	for name, want := range map[string]string{
		"good": "ok", "wrong verdict": "TEAM.NAME/a.compliant.yaml", "nil control": "control 1 of 1 is nil",
		"no controls": "nothing to test", "no fixtures": "nothing to test",
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestRunFails$", "-test.v")
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s", variable, name))
			out, err := cmd.CombinedOutput()
			if name == "good" && err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if name != "good" && (err == nil || !strings.Contains(string(out), want)) {
				t.Errorf("it passes, or does not say %q:\n%s", want, out)
			}
		})
	}
}
