package tool

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Result is how a program ended and what it said.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Output is everything that was said.
func (r Result) Output() string { return r.Stdout + r.Stderr }

// limit is far above what any program here needs, and below the ten minutes after which go test gives up.
const limit = 5 * time.Minute

// Run runs a program in a folder. The environment is this process's own with the changes given as NAME=value; what the
// tests themselves set for jsii does not reach it. A program that does not start, or does not end, fails the test.
func Run(t testing.TB, dir string, env []string, name string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = append(userEnvironment(), env...)
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%s %s did not end within %s\n%s%s", name, strings.Join(args, " "), limit, &stdout, &stderr)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}

// userEnvironment is the environment as it was before tests changed it for their own jsii kernel.
func userEnvironment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "CDK_") && !strings.HasPrefix(e, "JSII_") {
			env = append(env, e)
		}
	}
	return env
}

// CDK runs the pinned CDK CLI in a folder, with changes to the environment as Run takes them.
func CDK(t testing.TB, dir string, env []string, args ...string) Result {
	t.Helper()
	Need(t, "node")
	cli := filepath.Join(NodeModules(t), "aws-cdk", "bin", "cdk")
	return Run(t, dir, env, "node", append([]string{cli}, args...)...)
}

// Root is the folder of go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}

// Build builds a main package of this module into a folder of the test.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(pkg))
	if r := Run(t, Root(t), nil, "go", "build", "-o", binary, pkg); r.Code != 0 {
		t.Fatalf("go build %s: %s", pkg, r.Output())
	}
	return binary
}
