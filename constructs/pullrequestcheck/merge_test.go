package pullrequestcheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/lambda/pullrequestverdict"
)

// host is a repository with the branches main and a source branch, as the clone of a build has it for its origin.
type host struct {
	t           *testing.T
	origin, dir string
}

func newHost(t *testing.T) *host {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("git is not installed, and under CI no judge may be missing")
		}
		t.Skip("git is not installed")
	}
	h := &host{t: t, origin: filepath.Join(t.TempDir(), "origin"), dir: filepath.Join(t.TempDir(), "work")}
	h.git("", "init", "-q", "-b", "main", h.dir)
	h.commit("a.txt", "one\n", "base")
	h.git("", "clone", "-q", "--bare", h.dir, h.origin)
	h.git(h.dir, "remote", "add", "origin", h.origin)
	return h
}

func (h *host) git(dir string, args ...string) string {
	h.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@localhost", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@localhost", "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (h *host) commit(file, content, message string) string {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, file), []byte(content), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.git(h.dir, "add", ".")
	h.git(h.dir, "commit", "-q", "-m", message)
	return h.git(h.dir, "rev-parse", "HEAD")
}

// branch pushes a branch from the first commit of main with one change.
func (h *host) branch(name, file, content string) string {
	h.t.Helper()
	h.git(h.dir, "checkout", "-q", "-B", name, h.git(h.dir, "rev-list", "--max-parents=0", "main"))
	commit := h.commit(file, content, "work")
	h.git(h.dir, "push", "-q", "-f", "origin", name)
	h.git(h.dir, "checkout", "-q", "main")
	return commit
}

// run clones at a commit, as CodeBuild does, and runs the commands with the variables.
func (h *host) run(commands []string, at string, variables ...string) (clone, output string, err error) {
	h.t.Helper()
	clone = filepath.Join(h.t.TempDir(), "src")
	h.git("", "clone", "-q", h.origin, clone)
	h.git(clone, "checkout", "-q", "--detach", at)
	cmd := exec.Command("sh", "-c", "set -e\n"+strings.Join(commands, "\n"))
	cmd.Dir = clone
	cmd.Env = append(append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null"), variables...)
	out, err := cmd.CombinedOutput()
	return clone, string(out), err
}

func variablesOf(source, commit string) []string {
	return []string{"PULL_REQUEST_SOURCE_REFERENCE=refs/heads/" + source, "PULL_REQUEST_SOURCE_COMMIT=" + commit}
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWhatIsBuiltIsTheMerge(t *testing.T) {
	h := newHost(t)
	commit := h.branch("feature/x", "b.txt", "two\n")
	tip := h.commit("c.txt", "three\n", "moved on")
	h.git(h.dir, "push", "-q", "origin", "main")
	for name, build := range map[string]func() (string, string, error){
		"CodeCommit": func() (string, string, error) {
			return h.run(mergeOfPullRequest, tip, variablesOf("feature/x", commit)...)
		},
		"a webhook": func() (string, string, error) {
			return h.run(mergeOfWebhook, commit, "CODEBUILD_WEBHOOK_BASE_REF=refs/heads/main")
		},
	} {
		clone, out, err := build()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		if got := read(t, clone, "a.txt") + read(t, clone, "b.txt") + read(t, clone, "c.txt"); got != "one\ntwo\nthree\n" {
			t.Errorf("%s built %q", name, got)
		}
	}
}

func TestAPushDuringTheBuildIsNotBuilt(t *testing.T) {
	h := newHost(t)
	first := h.branch("feature/x", "b.txt", "two\n")
	h.git(h.dir, "checkout", "-q", "feature/x")
	h.commit("b.txt", "later\n", "later")
	h.git(h.dir, "push", "-q", "origin", "feature/x")
	clone, out, err := h.run(mergeOfPullRequest, "main", variablesOf("feature/x", first)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := read(t, clone, "b.txt"); got != "two\n" {
		t.Errorf("built %q", got)
	}
}

func TestAConflictFailsTheBuild(t *testing.T) {
	h := newHost(t)
	commit := h.branch("feature/x", "a.txt", "two\n")
	tip := h.commit("a.txt", "three\n", "moved on")
	h.git(h.dir, "push", "-q", "origin", "main")
	if _, out, err := h.run(mergeOfPullRequest, tip, variablesOf("feature/x", commit)...); err == nil || !strings.Contains(out, "CONFLICT") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestABranchsNameIsNoCommand(t *testing.T) {
	h := newHost(t)
	witness := filepath.Join(t.TempDir(), "witness")
	name := "x$(touch${IFS}" + witness + ");`touch${IFS}" + witness + "`"
	commit := h.branch("plain", "b.txt", "two\n")
	h.git(h.dir, "push", "-q", "origin", "plain:refs/heads/"+name)
	if _, out, err := h.run(mergeOfPullRequest, "main", variablesOf(name, commit)...); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat(witness); err == nil {
		t.Error("the name of a branch ran as a command")
	}
}

// TestNothingOfTheRequestRunsAtTheMerge: hooks that the request brings along lie where git does not look, and drivers that
// its attributes name are not configured.
func TestNothingOfTheRequestRunsAtTheMerge(t *testing.T) {
	h := newHost(t)
	witness := filepath.Join(t.TempDir(), "witness")
	h.git(h.dir, "checkout", "-q", "-B", "feature/x")
	for _, hook := range []string{"post-merge", "pre-merge-commit", "post-checkout"} {
		if err := os.MkdirAll(filepath.Join(h.dir, "hooks"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.dir, "hooks", hook), []byte("#!/bin/sh\ntouch "+witness+"\n"), 0o755); err != nil { //nolint:gosec // a hook is executable
			t.Fatal(err)
		}
	}
	h.commit(".gitconfig", "[core]\n\thooksPath = hooks\n[merge \"evil\"]\n\tdriver = touch "+witness+"\n", "config")
	commit := h.commit(".gitattributes", "* merge=evil filter=evil\n", "attributes")
	h.git(h.dir, "push", "-q", "origin", "feature/x")
	if _, out, err := h.run(mergeOfPullRequest, "main", variablesOf("feature/x", commit)...); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat(witness); err == nil {
		t.Error("the request ran a command at the merge")
	}
}

// TestTheReportIsFoundWhereverCommandsEnd: the phases share one shell.
func TestTheReportIsFoundWhereverCommandsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		judged   bool
		commands string
		passes   bool
		report   string
	}{
		"a judged app":                 {true, "mkdir -p cdk.out && echo '<good/>' > cdk.out/securecdk.junit.xml && cd cdk.out", true, "<good/>"},
		"an app that was not judged":   {true, "true", false, ""},
		"commands that judge nothing":  {false, "mkdir -p infra && cd infra", true, unjudged},
		"commands that judge in infra": {false, "mkdir -p cdk.out infra && cd infra && echo '<good/>' > ../cdk.out/securecdk.junit.xml", true, "<good/>"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := builder{settings: buildSettings{judged: c.judged, assembly: "cdk.out"}}
			commands := append(append([]string{}, root...), c.commands, root[0], b.withoutReport("cdk.out/securecdk.junit.xml"))
			cmd := exec.Command("sh", "-c", "set -e\n"+strings.Join(commands, "\n"))
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "CODEBUILD_SRC_DIR="+dir)
			out, err := cmd.CombinedOutput()
			if (err == nil) != c.passes || !c.passes && !strings.Contains(string(out), "start it by secureapp.Run") {
				t.Errorf("%v %s", err, out)
			}
			if c.passes && !strings.Contains(read(t, dir, "cdk.out", "securecdk.junit.xml"), c.report) {
				t.Errorf("no %s", c.report)
			}
		})
	}
}

func TestTheVerdictLooksForTheSameReport(t *testing.T) {
	if unjudged != pullrequestverdict.Unjudged {
		t.Errorf("%q and %q", unjudged, pullrequestverdict.Unjudged)
	}
}
