package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/test/internal/judge"
	"github.com/securecdk/securecdk/test/internal/nagreport"
	"github.com/securecdk/securecdk/test/internal/tool"
)

// examples are the apps that users copy from. The first is the one that cdk.json runs.
var examples = []struct {
	name string
	args []string
	// least is how much there is to judge, so that an example that lost its resources is not green.
	stacks, resources int
}{
	{"secure-pipeline", nil, 4, 30},
	{"guardrails-only", []string{"--app", "go run ./examples/guardrails-only"}, 1, 8},
	{"pull-request-check", []string{"--app", "go run ./examples/pull-request-check"}, 1, 8},
}

// TestExamplesUnderTheCLI synthesizes each example as the README says and lets every judge look at the assembly.
func TestExamplesUnderTheCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the CDK CLI")
	}
	for _, example := range examples {
		t.Run(example.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "cdk.out")
			r := tool.CDK(t, tool.Root(t), nil, append([]string{"synth", "--quiet", "--output", out}, example.args...)...)
			if r.Code != 0 {
				t.Fatalf("cdk synth ended with %d\n%s", r.Code, r.Output())
			}
			if example.args == nil { // the README's first command
				showsWhatTheREADMEShows(t, r.Output())
			}
			assembly, err := judge.Read(out)
			if err != nil {
				t.Fatal(err)
			}
			if len(assembly.Stacks()) < example.stacks || assembly.Judged() < example.resources {
				t.Errorf("%d stacks with %d resources to judge, want at least %d and %d", len(assembly.Stacks()), assembly.Judged(), example.stacks, example.resources)
			}
			for _, f := range assembly.Judge() {
				t.Errorf("judge: %s", f)
			}
			t.Run("the command line", func(t *testing.T) { commandLine(t, assembly) })
			t.Run("cfn-lint", func(t *testing.T) { lint(t, assembly) })
			t.Run("cdk-nag", func(t *testing.T) { nag(t, assembly, example.name) })
		})
	}
}

// showsWhatTheREADMEShows: the line that the README has the user expect is the line that the user gets.
func showsWhatTheREADMEShows(t *testing.T, output string) {
	t.Helper()
	shown := regexp.MustCompile(`(?m)^securecdk: .*$`)
	want := shown.FindString(strings.Join(blocks(t, "text"), "\n"))
	if got := shown.FindString(output); got == "" || got != want {
		t.Errorf("cdk synth says   %q\nthe README shows %q", got, want)
	}
}

func lint(t *testing.T, assembly *judge.Assembly) {
	t.Helper()
	var files []string
	for _, template := range assembly.Templates {
		files = append(files, filepath.Join(assembly.Dir, template.File))
	}
	for _, line := range tool.Lint(t, files...) {
		t.Error(strings.ReplaceAll(line, assembly.Dir, ""))
	}
}

// nag wants a report of every pack on every stack, nothing open in them, and exactly the approved suppressions.
func nag(t *testing.T, assembly *judge.Assembly, name string) {
	t.Helper()
	lines, err := nagreport.Read(assembly)
	if err != nil {
		t.Fatal(err)
	}
	for _, open := range nagreport.Open(lines) {
		t.Error(open)
	}
	suppressions, err := nagreport.Suppressions(assembly)
	if err != nil {
		t.Fatal(err)
	}
	for _, unused := range nagreport.Unused(suppressions, lines) {
		t.Errorf("suppresses what is not there: %s", unused)
	}
	approve(t, filepath.Join("testdata", "suppressions", name+".txt"), suppressions)
}

// approve compares with the reviewed list: any addition, removal or change of a suppression is a change of that file.
func approve(t *testing.T, file string, suppressions []nagreport.Suppression) {
	t.Helper()
	var got strings.Builder
	for _, s := range suppressions {
		got.WriteString(s.String() + "\n")
	}
	if *cdktest.Update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("not the approved suppressions; review the change, then go test ./test -update (-approved +got):\n%s", diff)
	}
}
