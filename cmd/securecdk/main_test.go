package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/controls anew")

// call is what one command line gave.
type call struct {
	code           int
	stdout, stderr string
}

// command runs a command line in this process, on 2026-11-24.
func command(t testing.TB, stdin string, args ...string) call {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(args, environment{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs,
		now: func() time.Time { return time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC) },
	})
	return call{code, out.String(), errs.String()}
}

// expect checks the exit code and that each text is in what the command wrote to both.
func (c call) expect(t *testing.T, code int, texts ...string) {
	t.Helper()
	if c.code != code {
		t.Errorf("exit code %d, want %d", c.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(c.stdout+c.stderr, text) {
			t.Errorf("not said: %s", text)
		}
	}
	if code == exitUnjudged && c.stderr == "" {
		t.Error("nothing on stderr")
	}
	if strings.Contains(c.stderr, "goroutine") {
		t.Error("a Go trace")
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", c.stdout, c.stderr)
	}
}

// folder writes files and makes their folder the working directory.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsNoCommandIsNotGreen(t *testing.T) {
	tests := []struct {
		args string
		want string
	}{
		{"", "no command, expected one of the commands check, controls, exceptions; see securecdk --help"},
		{"chek x", `unknown command "chek"`},
		{"controls", "no command, expected one of the commands list, show, docs; see securecdk controls --help"},
		{"controls lst", `unknown command "lst"`},
		{"exceptions", "no command, expected one of the commands check"},
		{"check", "0 arguments, expected the files of templates"},
		{"check --shape x", "unknown flag: --shape; see securecdk check --help"},
		{"check --jobs two x", `invalid argument "two"`},
		{"controls list S3.TLS", "1 arguments, expected none"},
		{"controls show", "0 arguments, expected the id of one control"},
		{"controls show S3.NONE", "there is no control S3.NONE; see securecdk controls list"},
		{"controls docs", "0 arguments, expected the folder"},
		{"exceptions check", "0 arguments, expected the file of one register"},
	}
	for _, tt := range tests {
		t.Run("securecdk "+tt.args, func(t *testing.T) {
			c := command(t, "", strings.Fields(tt.args)...)
			c.expect(t, exitUnjudged, "securecdk: ", tt.want)
			if c.stdout != "" {
				t.Errorf("on stdout: %s", c.stdout)
			}
		})
	}
}

func TestHelpSaysTheExitCodes(t *testing.T) {
	for _, args := range []string{"--help", "check --help", "exceptions check --help"} {
		command(t, "", strings.Fields(args)...).expect(t, exitHolds, exitCodes)
	}
	command(t, "", "--version").expect(t, exitHolds, "securecdk version ")
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("boom") }

func TestAPanicIsOneLine(t *testing.T) {
	var errs bytes.Buffer
	code := run([]string{"controls", "list"}, environment{stdout: panicking{}, stderr: &errs, now: time.Now})
	if code != exitUnjudged || errs.String() != "securecdk: internal error: tabwriter: panic during Flush (boom); this is a mistake in securecdk: please report it, with the template\n" {
		t.Errorf("%d, %s", code, errs.String())
	}
}
