package test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/test/internal/tool"
)

// TestReportsUnderTheCLI runs one app after the other into one folder, as a build with a cache does.
func TestReportsUnderTheCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the CDK CLI")
	}
	binary := tool.Build(t, "./test/internal/apps/orders")
	out := filepath.Join(t.TempDir(), "cdk.out")
	env := []string{"CDK_VALIDATION=false", "SECURECDK_REPORTS=junit"}
	synth := func(mode string) tool.Result {
		return tool.CDK(t, t.TempDir(), env, "synth", "--quiet", "--no-notices", "--output", out, "--app", binary+" "+mode)
	}

	if r := synth("unguarded"); r.Code == 0 {
		t.Errorf("exit code 0\n%s", r.Output())
	}
	failed := readReport(t, out)
	names := ""
	for _, s := range failed.Suites {
		for _, c := range s.Cases {
			if c.Failure != nil {
				names += s.Name + ": " + c.Name + ": " + c.Failure.Message + "\n"
			}
		}
	}
	for _, want := range []string{": LAMBDA.VPC Orders/Process/Resource: non-compliant: ", "assembly-Stage/", "FunctionProps.Vpc"} {
		if !strings.Contains(names, want) {
			t.Errorf("want %q in the failures:\n%s", want, names)
		}
	}

	if r := synth("guarded"); r.Code != 0 {
		t.Errorf("exit code %d\n%s", r.Code, r.Output())
	}
	if passed := readReport(t, out); passed.Failures != 0 || passed.Tests < failed.Failures {
		t.Errorf("%d of %d failed", passed.Failures, passed.Tests)
	}
	// The assembly is as good as one without a report.
	if r := tool.CDK(t, t.TempDir(), env, "ls", "--no-notices", "--app", out); r.Code != 0 || r.Stdout != "Orders\nStage/Orders (Stage-Orders)\n" {
		t.Errorf("exit code %d\n%s", r.Code, r.Output())
	}

	if r := synth("panic"); r.Code == 0 {
		t.Errorf("exit code 0\n%s", r.Output())
	}
	if _, err := os.Stat(filepath.Join(out, "securecdk.junit.xml")); err == nil {
		t.Error("the report of the run before is still there")
	}
}

type junitReport struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func readReport(t *testing.T, outdir string) (r junitReport) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(outdir, "securecdk.junit.xml"))
	if err == nil {
		err = xml.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}
