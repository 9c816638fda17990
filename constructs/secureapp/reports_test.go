package secureapp_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/controls/report"
)

const (
	junitFile = "securecdk.junit.xml"
	asked     = "SECURECDK_REPORTS=junit"
)

// junitReport is what the tests look at.
type junitReport struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Name    string    `xml:"name,attr"`
			Failure *struct{} `xml:"failure"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func TestAReportIsWrittenHoweverTheSynthesisEnds(t *testing.T) {
	cases := map[string]struct {
		suite, first string
		failures     int
		skipped      int
		code         int
	}{
		"success":              {suite: "Data.template.json"},
		"nag suppressed":       {suite: "securecdk", first: "nothing to judge"},
		"nag":                  {suite: "securecdk", first: "nothing to judge", code: 1},
		"an accepted risk":     {suite: "Data.template.json", first: "S3.PUBLIC Data/Site", skipped: 1},
		"violation":            {suite: "Data.template.json", first: "S3.PUBLIC Data/Site", failures: 1, code: 1},
		"violation in a Stage": {suite: "assembly-Prod/ProdData90A795AA.template.json", first: "S3.PUBLIC Prod/Data/Site", failures: 1, code: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := runCase(t, name, asked)
			got := readJUnit(t, o.outdir)
			if o.code != c.code || got.Failures != c.failures || got.Skipped != c.skipped || got.Tests == 0 {
				t.Errorf("code %d, %+v\n%s", o.code, got, o.stderr)
			}
			if got.Suites[0].Name != c.suite || c.first != "" && got.Suites[0].Cases[0].Name != c.first {
				t.Errorf("%+v", got.Suites[0])
			}
		})
	}
}

func TestEveryFormatCanBeAskedFor(t *testing.T) {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	o := runCase(t, "violation in a Stage", "SECURECDK_REPORTS="+strings.Join(names, ","))
	for _, f := range report.Formats() {
		data, err := os.ReadFile(filepath.Join(o.outdir, f.File))
		text := string(data)
		if err != nil || !strings.Contains(text, "S3.PUBLIC") || !strings.Contains(text, "assembly-Prod/ProdData90A795AA.template.json") || strings.Contains(text, o.outdir) {
			t.Errorf("%s: %v\n%s", f.Name, err, text)
		}
	}
	if o.code != 1 {
		t.Errorf("code %d\n%s", o.code, o.stderr)
	}
}

func TestNoReportIsWrittenUnasked(t *testing.T) {
	for _, env := range []string{"SECURECDK_REPORTS=", asked} {
		o := runCase(t, "violation", env)
		for _, f := range report.Formats() {
			_, err := os.Stat(filepath.Join(o.outdir, f.File))
			if wanted := env == asked && f.File == junitFile; wanted != (err == nil) {
				t.Errorf("%s: %s: %v\n%s", env, f.File, err, o.stderr)
			}
		}
	}
}

// The report of an earlier run must not be read as that of a run that came to no result.
func TestAnEarlierReportIsRemoved(t *testing.T) {
	cases := map[string][]string{
		"props":              {asked},
		"no build":           {asked},
		"go panic":           {asked},
		"exception at synth": {asked},
		"success":            nil, // nobody asked
		"violation":          {"SECURECDK_REPORTS=html"},
	}
	for name, env := range cases {
		for _, by := range []string{"CASE_OUTDIR", "CDK_OUTDIR"} {
			t.Run(name+", folder by "+by, func(t *testing.T) {
				outdir := t.TempDir()
				for _, f := range report.Formats() {
					if err := os.WriteFile(filepath.Join(outdir, f.File), []byte("earlier"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				o := runCaseIn(t, name, append([]string{by + "=" + outdir}, env...)...)
				for _, f := range report.Formats() {
					if _, err := os.Stat(filepath.Join(outdir, f.File)); err == nil {
						t.Errorf("code %d, %s is still there:\n%s", o.code, f.File, o.stderr)
					}
				}
			})
		}
	}
}

func TestAnUnknownReportIsOneLine(t *testing.T) {
	o := runCase(t, "success", "SECURECDK_REPORTS=junit, html")
	want := `error: SECURECDK_REPORTS: got "html", expected one of console, junit, json, sarif, markdown; correct the environment variable, or unset it` + "\n"
	if o.code != 1 || o.stderr != want {
		t.Errorf("code %d\n%s", o.code, o.stderr)
	}
}

// The temporary folder of the CDK would be gone.
func TestAnAppByItselfReportsWhereItDoesUnderTheCLI(t *testing.T) {
	if _, err := testApp(); err != nil { // built before the folder changes
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	o := runCaseIn(t, "violation", asked)
	if got := readJUnit(t, "cdk.out"); o.code != 1 || got.Failures != 1 {
		t.Errorf("code %d, %+v\n%s", o.code, got, o.stderr)
	}
	o = runCaseIn(t, "go panic", asked)
	if _, err := os.Stat(filepath.Join("cdk.out", junitFile)); err == nil {
		t.Errorf("code %d, the earlier one is still there:\n%s", o.code, o.stderr)
	}
	t.Chdir(t.TempDir())
	if runCaseIn(t, "violation"); len(entries(t)) > 0 {
		t.Errorf("unasked, it left %v", entries(t))
	}
}

func entries(t *testing.T) []os.DirEntry {
	t.Helper()
	found, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAReportThatCannotBeWrittenEndsTheBuild(t *testing.T) {
	for _, name := range []string{"success", "violation"} {
		t.Run(name, func(t *testing.T) {
			outdir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(outdir, junitFile, "x"), 0o700); err != nil {
				t.Fatal(err)
			}
			o := runCaseIn(t, name, asked, "CASE_OUTDIR="+outdir)
			if o.code != 1 || !strings.Contains(o.stderr, "error: a report of an earlier run is in the way: ") {
				t.Errorf("code %d\n%s", o.code, o.stderr)
			}
		})
	}
}

func TestFindingsAreSaidEvenWhenTheReportIsNot(t *testing.T) {
	o := runCase(t, "violation, report in the way", asked+",sarif")
	if _, err := os.Stat(filepath.Join(o.outdir, "securecdk.sarif.json")); err != nil {
		t.Errorf("the other report is missing too: %v", err)
	}
	for _, want := range []string{"non-compliant: Data/Site", "error: not deployable: 1 finding", "\nerror: the report is missing: open "} {
		if o.code != 1 || !strings.Contains(o.stderr, want) {
			t.Errorf("code %d, want %q in\n%s", o.code, want, o.stderr)
		}
	}
}

func readJUnit(t *testing.T, dir string) junitReport {
	t.Helper()
	var r junitReport
	data, err := os.ReadFile(filepath.Join(dir, junitFile))
	if err == nil {
		err = xml.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), dir) {
		t.Errorf("the folder of this machine is in it:\n%s", data)
	}
	return r
}
