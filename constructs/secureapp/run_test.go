package secureapp_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/securecdk/securecdk/constructs/secureapp"
)

// testApp is the program testdata/app: Run ends its process, so each case needs one of its own.
var testApp = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "secureapp")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "app")
	out, err := exec.Command("go", "build", "-o", binary, "./testdata/app").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := testApp(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// outcome is how an app ended.
type outcome struct {
	code           int
	stdout, stderr string
	outdir         string
}

func runCase(t *testing.T, name string, env ...string) outcome {
	t.Helper()
	outdir := t.TempDir()
	o := runCaseIn(t, name, append(env, "CASE_OUTDIR="+outdir)...)
	o.outdir = outdir
	return o
}

// runCaseIn leaves it to the environment where the assembly goes.
func runCaseIn(t *testing.T, name string, env ...string) outcome {
	t.Helper()
	binary, err := testApp()
	if err != nil {
		t.Fatal(err)
	}
	var o outcome
	var stdout, stderr strings.Builder
	cmd := exec.Command(binary)
	cmd.Env = append(withoutCDK(os.Environ()), "CDK_VALIDATION=false", "CASE="+name)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o.code, o.stdout, o.stderr = cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
	return o
}

// withoutCDK takes out what a surrounding CDK CLI or a careful CI sets, so that the app is on its own.
func withoutCDK(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		for _, prefix := range []string{"CDK_", "JSII_SILENCE", "SECURECDK_"} {
			if strings.HasPrefix(entry, prefix) {
				return true
			}
		}
		return false
	})
}

func TestACompliantAppEndsWithZeroAndOneLine(t *testing.T) {
	cases := map[string]string{
		"success":                 "securecdk: 9 compliant, 2 not applicable; settings fixed: 5\n",
		"nag suppressed":          "securecdk: nothing to judge; settings fixed: 0\n",
		"an empty stack":          "securecdk: nothing to judge; settings fixed: 0\n",
		"baseline, guarded Stage": "securecdk: 9 compliant, 2 not applicable; settings fixed: 5\n",
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			o := runCase(t, name)
			if o.code != 0 || o.stdout != "" || o.stderr != want {
				t.Errorf("code %d\n%s%s", o.code, o.stdout, o.stderr)
			}
		})
	}
}

func TestAnAcceptedRiskIsSaidWithWhoAcceptedIt(t *testing.T) {
	o := runCase(t, "an accepted risk")
	for _, want := range []string{"accepted until " + time.Now().AddDate(1, 0, 0).Format(time.DateOnly) + ": S3.PUBLIC non-compliant at Data/Site (RISK-1, approved by ciso)", ", 1 accepted; "} {
		if o.code != 0 || !strings.Contains(o.stderr, want) {
			t.Errorf("code %d, want %s in\n%s", o.code, want, o.stderr)
		}
	}
}

func TestAnExceptionThatSoonExpiresIsAWarning(t *testing.T) {
	o := runCase(t, "an exception that soon expires")
	for _, want := range []string{"\nwarning: exception exceptions.yaml:1: S3.PUBLIC at Data/Site expires at the end of ", ": fix the resource, or have the risk accepted anew\n", ", 1 accepted, 1 expiring soon; "} {
		if o.code != 0 || !strings.Contains(o.stderr, want) {
			t.Errorf("code %d, want %s in\n%s", o.code, want, o.stderr)
		}
	}
}

func TestAControlOfTheTeamEndsTheBuildLikeAnyOther(t *testing.T) {
	o := runCase(t, "a control of the team")
	for _, want := range []string{"TEAM.USERS  Nobody has an IAM user (high)\n  non-compliant: Prod/Data/User\n", "\n    found a user, expected a role\n  fix: Use a role.\n", "error: not deployable: 1 finding, "} {
		if o.code != 1 || !strings.Contains(o.stderr, want) {
			t.Errorf("code %d, want %s in\n%s", o.code, want, o.stderr)
		}
	}
}

func TestBadAppsEndWithOneAndOneLine(t *testing.T) {
	cases := map[string]string{
		"fault":                              "error: Data/User: Suppress[0].Reason: got \"\", expected a reason of 20 characters or more; say what makes the finding acceptable here",
		"exception":                          "error: Invalid S3 bucket name (value: A_B); Bucket name must only contain lowercase",
		"exception at synth":                 "error: the value has no value",
		"go panic":                           "error: runtime error: invalid memory address or nil pointer dereference (testdata/app/main.go:",
		"a control that is incomplete":       "error: Controls[0]: missing, expected a control; give one, or leave it out",
		"no build":                           "error: secureapp.Run: build is nil",
		"no stack":                           "error: secureapp.Run: the app has no stack",
		"guard without Run":                  "error: Prod: secureapp.Guard: the app of this Stage was not started by secureapp.Run",
		"nag, Stage synthesized before":      "error: Prod/Data: Serverless did not look at it: its Stage was synthesized too early; call secureapp.Guard",
		"baseline, Stage synthesized before": "error: a Stage was synthesized before the guardrails could change it (+Prod/Data/",
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			o := runCase(t, name)
			if o.code != 1 || !strings.HasPrefix(o.stderr, want) {
				t.Errorf("code %d, want 1\n%s\nwant %s", o.code, o.stderr, want)
			}
			if n := strings.Count(o.stderr, "\n"); n != 1 {
				t.Errorf("want one line, got %d:\n%s", n, o.stderr)
			}
		})
	}
}

// A pipeline of the CDK puts off its own resources until the app is synthesized; the guardrails reach them all the same.
func TestAPipelineOfOnesOwnIsFixed(t *testing.T) {
	o := runCase(t, "own pipeline")
	if o.code != 0 || !strings.HasPrefix(o.stderr, "securecdk: ") {
		t.Errorf("code %d\n%s", o.code, o.stderr)
	}
}

func TestWhatWasLeftIsSaidWithItsReason(t *testing.T) {
	o := runCase(t, "left")
	for _, want := range []string{"ECR.CMK", "consent with BaselineProps.Replacements", "1 finding"} {
		if o.code != 1 || !strings.Contains(o.stderr, want) {
			t.Errorf("code %d, want %s in\n%s", o.code, want, o.stderr)
		}
	}
}

func TestEachFaultOfThePropsHasItsLine(t *testing.T) {
	o := runCase(t, "props")
	want := []string{`error: NagPacks[0]: got "AwsSolution", expected one of AwsSolutions, NIST80053R5, HIPAASecurity, PCIDSS321, Serverless;`, `error: NagPacks[2]: got "Nist"`}
	lines := strings.Split(strings.TrimSpace(o.stderr), "\n")
	if o.code != 1 || len(lines) != 2 || !strings.HasPrefix(lines[0], want[0]) || !strings.HasPrefix(lines[1], want[1]) {
		t.Errorf("code %d\n%s", o.code, o.stderr)
	}
}

func TestTheStackTraceIsThereForTheAsking(t *testing.T) {
	if o := runCase(t, "go panic", "SECURECDK_DEBUG=1"); !strings.Contains(o.stderr, "goroutine ") || o.code != 1 {
		t.Errorf("code %d\n%s", o.code, o.stderr)
	}
	if o := runCase(t, "go panic"); strings.Contains(o.stderr, "goroutine ") {
		t.Errorf("a trace in the user's face:\n%s", o.stderr)
	}
}

// The CDK has several ways to tell of findings, by its mode and by who runs it. The outcome must not depend on it.
func TestFindingsEndTheBuildInEveryMode(t *testing.T) {
	modes := map[string][]string{
		"by itself":           nil,
		"mode process":        {"CDK_APP_MODE=process"},
		"mode inmemory":       {"CDK_APP_MODE=inmemory"},
		"under the CLI":       {"CDK_CLI_VERSION=2.1148.1", `CDK_CONTEXT_JSON={"@aws-cdk/core:failSynthOnValidationErrors":false}`},
		"told to fail itself": {`CDK_CONTEXT_JSON={"@aws-cdk/core:failSynthOnValidationErrors":true}`},
	}
	cases := map[string][]string{
		"violation":                   {"S3.PUBLIC  S3 buckets block public access (", "non-compliant: Data/Site\n", "fix: CDK: BucketProps.BlockPublicAccess", "1 finding"},
		"violation in a Stage":        {"S3.PUBLIC  S3 buckets block public access (", "non-compliant: Prod/Data/Site\n", "fix: CDK: BucketProps.BlockPublicAccess", "1 finding"},
		"error annotation":            {"ERROR the owner tag is missing", "   Data", "1 finding"},
		"error annotation in a Stage": {"ERROR the owner tag is missing", "   Prod/Data", "1 finding"},
	}
	for mode, env := range modes {
		for name, wants := range cases {
			t.Run(mode+", "+name, func(t *testing.T) {
				o := runCase(t, name, env...)
				if o.code != 1 {
					t.Errorf("code %d, want 1", o.code)
				}
				for _, want := range wants {
					if strings.Count(o.stderr, want) != 1 {
						t.Errorf("want once: %s\n%s", want, o.stderr)
					}
				}
			})
		}
	}
}

func TestNagReachesStages(t *testing.T) {
	for _, name := range []string{"nag", "nag, guarded Stage"} {
		t.Run(name, func(t *testing.T) {
			o := runCase(t, name)
			if o.code != 1 {
				t.Errorf("code %d, want 1", o.code)
			}
			for _, want := range []string{"HIPAA.Security-IAMUserGroupMembership", "NIST.800.53.R5-IAMUserGroupMembership", "PCI.DSS.321-IAMUserGroupMembership", "Prod/Data/User", "3 findings"} {
				if !strings.Contains(o.stderr, want) {
					t.Errorf("want %s in\n%s", want, o.stderr)
				}
			}
			for _, pack := range []string{"AwsSolutions", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321", "Serverless"} {
				if _, err := os.Stat(filepath.Join(o.outdir, pack+"-Prod-Prod-Data-NagReport.json")); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestWarningsArePrintedOnceAndEndNothing(t *testing.T) {
	if o := runCase(t, "warning"); o.code != 0 || !strings.HasPrefix(o.stderr, "WARNING team:owner: the owner tag is missing\n   Data\n") || strings.Count(o.stderr, "owner") != 2 {
		t.Errorf("code %d\n%s", o.code, o.stderr)
	}
	if o := runCase(t, "warning", "CDK_CLI_VERSION=2.1148.1"); o.code != 0 || strings.Contains(o.stderr, "owner") {
		t.Errorf("the CLI prints warnings itself; code %d\n%s", o.code, o.stderr)
	}
}

func TestLockedFlagsCannotBeWeakened(t *testing.T) {
	for flag, why := range secureapp.LockedFlags() {
		t.Run(flag, func(t *testing.T) {
			o := runCase(t, "success", `CDK_CONTEXT_JSON={"`+flag+`":false}`)
			if o.code != 1 || !strings.Contains(o.stderr, flag) || !strings.Contains(o.stderr, why) {
				t.Errorf("code %d\n%s", o.code, o.stderr)
			}
		})
	}
}
