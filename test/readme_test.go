package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/test/internal/judge"
	"github.com/securecdk/securecdk/test/internal/tool"
)

// blocks returns the fenced code blocks of README.md in one language, in their order.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(tool.Root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(string(readme), -1) {
		found = append(found, m[1])
	}
	return found
}

// TestTheREADMECommandsAreThoseOfCI: the first two sh blocks are the two commands of users and of .ci/run, one line
// each, and the CDK CLI is the one that these tests run.
func TestTheREADMECommandsAreThoseOfCI(t *testing.T) {
	commands := blocks(t, "sh")
	if len(commands) < 2 {
		t.Fatalf("%d sh blocks in README.md, want at least 2", len(commands))
	}
	pinned, err := os.ReadFile(filepath.Join("internal", "tool", "npm", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`"aws-cdk": "([0-9.]+)"`).FindSubmatch(pinned)
	if version == nil {
		t.Fatal("package.json pins no aws-cdk")
	}
	if want := "npx --yes aws-cdk@" + string(version[1]) + " synth --quiet\n"; commands[0] != want {
		t.Errorf("the first command is %q, want %q", commands[0], want)
	}
	if commands[1] != "go test ./...\n" {
		t.Errorf("the second command is %q", commands[1])
	}
}

// TestTheQuickStart builds the first Go block of the README as a user's own module and synthesizes it.
func TestTheQuickStart(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the CDK CLI")
	}
	programs := blocks(t, "go")
	if len(programs) == 0 {
		t.Fatal("no go block in README.md")
	}
	// Twenty lines, not counting what gofmt and imports ask for.
	if n := codeLines(programs[0]); n > 20 {
		t.Errorf("the quick start has %d lines of code, want at most 20", n)
	}
	dir := userModule(t, programs[0])
	// The modules are those that this test is built from: nothing is fetched.
	env := []string{"GOFLAGS=-mod=mod", "GOPROXY=off", "GONOSUMDB=*", "GOWORK=off"}
	for _, args := range [][]string{{"vet", "."}, {"build", "-o", "quickstart", "."}} {
		if r := tool.Run(t, dir, env, "go", args...); r.Code != 0 {
			t.Fatalf("go %s: %s", args[0], r.Output())
		}
	}
	out := filepath.Join(dir, "cdk.out")
	if r := tool.CDK(t, dir, nil, "synth", "--quiet", "--no-notices", "--output", out, "--app", "./quickstart"); r.Code != 0 {
		t.Fatalf("cdk synth ended with %d\n%s", r.Code, r.Output())
	}
	assembly, err := judge.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if assembly.Judged() == 0 {
		t.Error("the quick start makes nothing that could be judged")
	}
	for _, f := range assembly.Judge() {
		t.Errorf("judge: %s", f)
	}
}

func codeLines(program string) int {
	program = regexp.MustCompile(`(?ms)^import \(.*?^\)`).ReplaceAllString(program, "")
	n := 0
	for _, line := range strings.Split(program, "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "//") && !strings.HasPrefix(line, "package ") {
			n++
		}
	}
	return n
}

// userModule writes the program into a module of its own that requires this one.
func userModule(t *testing.T, program string) string {
	t.Helper()
	root, dir := tool.Root(t), t.TempDir()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/securecdk/securecdk"
	text := strings.Replace(string(mod), "module "+module, "module example.com/quickstart", 1) +
		"\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + root + "\n"
	for name, data := range map[string]string{"go.mod": text, "go.sum": string(sum), "main.go": program} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestTheREADMEListsWhatThereIs: its tables are whole, and a control's line says what the control says.
func TestTheREADMEListsWhatThereIs(t *testing.T) {
	root := tool.Root(t)
	data, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	for _, c := range controls.All() {
		if line := "| " + c.ID + " | " + c.Title + " | " + c.Severity.String() + " |"; !strings.Contains(readme, line) {
			t.Errorf("missing: %s", line)
		}
	}
	packages, err := filepath.Glob(filepath.Join(root, "constructs", "*", "doc.go"))
	if err != nil || len(packages) == 0 {
		t.Fatalf("%d constructs: %v", len(packages), err)
	}
	for _, p := range packages {
		if name := filepath.Base(filepath.Dir(p)); !strings.Contains(readme, "| ["+name+"](constructs/"+name+") |") {
			t.Errorf("missing: the construct %s", name)
		}
	}
	sources, err := filepath.Glob(filepath.Join(root, "aspects", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (New\w+)\(.*\) \*Aspect `).FindAllStringSubmatch(string(text), -1) {
			found++
			if !strings.Contains(readme, "| `"+m[1]+"` |") {
				t.Errorf("missing: the aspect %s", m[1])
			}
		}
	}
	if found != 8 {
		t.Errorf("%d aspects", found)
	}
}
