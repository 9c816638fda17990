package handler

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/internal/cdktest"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

// sayingGo makes a go command that says something and fails.
func sayingGo(t *testing.T, output string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "output"), []byte(output), 0o600); err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(dir, "go")
	if err := os.WriteFile(command, []byte("#!/bin/sh\ncat "+dir+"/output >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return command
}

func TestWhatGoSaysBecomesWhatToDo(t *testing.T) {
	cases := map[string]struct{ output, want string }{
		"no module": {"no required module provides package github.com/securecdk/securecdk/lambda: go.mod file not found in current directory or any parent directory; see 'go help modules'\n",
			"; start the app in the folder of that go.mod"},
		"modules switched off": {"cannot find package \"github.com/securecdk/securecdk/lambda\" in any of:\n\t/usr/local/go/src/github.com\n",
			"; start the app in the folder of that go.mod"},
		"go.sum is short": {"/m/lambda/main.go:15:2: missing go.sum entry for module providing package github.com/aws/aws-lambda-go/lambda (imported by github.com/securecdk/securecdk/lambda); to add:\n\tgo get github.com/securecdk/securecdk/lambda@v0.0.0\n",
			"; type: go mod tidy"},
		"go.mod is old": {"go: updates to go.mod needed; to update it:\n\tgo mod tidy\n", "; type: go mod tidy"},
		"vendor is old": {"go: inconsistent vendoring in /app:\n\tgithub.com/securecdk/securecdk@v0.0.0: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt\n",
			"; type: go mod tidy && go mod vendor"},
		"vendor lacks a package": {"lambda/main.go:15:2: cannot find module providing package github.com/aws/aws-lambda-go/lambda: import lookup disabled by -mod=vendor\n",
			"; type: go mod tidy && go mod vendor"},
		"offline": {"go: github.com/aws/aws-lambda-go@v1.54.0: module lookup disabled by GOPROXY=off\n", "; type, where that is reachable: go mod download"},
		"a compile error": {"go: downloading example.com/x v1.0.0\n# example.com/x\nx.go:1:2: undefined: \"y\"\nx.go:2:2: undefined: z\nx.go:3:2: third\nx.go:4:2: fourth\n",
			`: go build github.com/securecdk/securecdk/lambda: got "x.go:1:2: undefined: \"y\"; x.go:2:2: undefined: z; x.go:3:2: third", expected the Lambda functions to compile; to see all of it, type: GOOS=linux `},
		"a password in a URL": {"go: reading https://me:s3cret@proxy/x: 403\n", `got "go: reading https://***@proxy/x: 403"`},
		"nothing":             {"", `got "exit status 1"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			archive, failure := build(sayingGo(t, c.output), "")
			if failure == nil || archive != nil {
				t.Fatalf("%d bytes, no fault", len(archive))
			}
			if got := ": " + failure.Error(); !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("got  %s\nwant …%s…", got, c.want)
			}
		})
	}
}

func TestRealFaults(t *testing.T) {
	elsewhere := t.TempDir()
	if err := os.WriteFile(filepath.Join(elsewhere, "go.mod"), []byte("module example.com/elsewhere\n\ngo 1.25.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ command, dir, want string }{
		"no go command":               {filepath.Join(elsewhere, "go"), "", "the go command: missing, expected Go on the PATH: it builds the Lambda functions of this construct; install Go, or add its bin folder to PATH"},
		"outside of any module":       {"go", t.TempDir(), "expected a working directory in the Go module that uses this library"},
		"in a module without us":      {"go", elsewhere, "expected a working directory in the Go module that uses this library"},
		"in a folder that is no more": {"go", filepath.Join(elsewhere, "gone"), "no such file or directory"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, failure := build(c.command, c.dir); failure == nil || !strings.Contains(failure.Error(), c.want) {
				t.Errorf("got  %v\nwant …%s…", failure, c.want)
			}
		})
	}
}

func TestBuildIsOneProgramForArmThatLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -tags=other -trimpath=false")
	t.Setenv("GOARCH", "amd64")
	t.Setenv("GOARM64", "v9.0")
	archive, failure := build("go", "")
	if failure != nil {
		t.Fatal(failure)
	}
	fromElsewhere, failure := build("go", filepath.Join("..", "..", "controls"))
	if failure != nil || !bytes.Equal(archive, fromElsewhere) {
		t.Errorf("another folder of the module makes another archive: %v", failure)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil || len(r.File) != 1 || r.File[0].Name != "bootstrap" || r.File[0].Mode() != 0o755 {
		t.Fatalf("%v %v", r, err)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	e, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil || e.Machine != elf.EM_AARCH64 || e.Type != elf.ET_EXEC {
		t.Fatalf("%v %v", e, err)
	}
	if wd, err := os.Getwd(); err != nil || bytes.Contains(binary, []byte(filepath.Dir(filepath.Dir(wd)))) {
		t.Errorf("names a folder of this machine: %v", err)
	}
}
