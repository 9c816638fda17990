package secureapp

import (
	"errors"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/internal/fault"
)

func TestOneLine(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"plain":              {"There is already a Construct with name 'B' in Stack [S]", "There is already a Construct with name 'B' in Stack [S]"},
		"lines are joined":   {"Invalid name\n  too long\n", "Invalid name; too long"},
		"after a colon":      {"Validation failed with the following errors:\n  [S/B] no rule", "Validation failed with the following errors: [S/B] no rule"},
		"a stack is cut off": {"Boom\n    at new Bucket (/tmp/x/index.js:1:22)\n    at Kernel.create (program.js:2:3)", "Boom"},
		"an at in prose":     {"look\nat the docs", "look; at the docs"},
		"resolution errors":  {"X: Resolution error: Resolution error: Resolution error: no", "X: Resolution error: no"},
		"endless":            {strings.Repeat("é", 700), strings.Repeat("é", 600) + "…"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := oneLine(c.text); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestFaultsKeepTheirLines(t *testing.T) {
	err := recovered(func() {
		panic(fault.Join([]*fault.Error{fault.New("P", "A", 1, "2", ""), fault.New("P", "B", 1, "2", "")}))
	})
	if want := "error: P: A: got 1, expected 2\nerror: P: B: got 1, expected 2"; render(err) != want {
		t.Errorf("got\n%s\nwant\n%s", render(err), want)
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Error("the fault is lost")
	}
}

func TestIsCaller(t *testing.T) {
	cases := map[string]bool{
		"main.main":                       true,
		"example.com/team/stacks.NewData": true,
		"github.com/securecdk/securecdk/examples/secure-pipeline/app.NewData": true,
		"github.com/securecdk/securecdk/constructs/securepipeline.New":        false,
		"github.com/aws/aws-cdk-go/awscdk/v2/awss3.NewBucket":                 false,
		"github.com/cdklabs/cdk-nag-go/cdknag/v2.NewAwsSolutionsChecks":       false,
		"runtime.gopanic":          false,
		"runtime/debug.Stack":      false,
		"reflect.Value.call":       false,
		"strings.Repeat":           false,
		"encoding/json.Unmarshal":  false,
		"sync.(*Once).doSlow":      false,
		"internal/poll.(*FD).Read": false,
	}
	for function, want := range cases {
		if got := isCaller(function); got != want {
			t.Errorf("%s: got %t", function, got)
		}
	}
}

func TestPassTakesOutOnlyWhatJsiiSaysAtItsEnd(t *testing.T) {
	crash := "node:events:502\n      throw er;\n\nError: %s\n    at x\n\nNode.js v20.20.2\n"
	cases := map[string]struct{ in, want string }{
		"lines pass":              {"a\nb", "a\nb"},
		"waited twice":            {"a\n" + string(waitedTwice), "a\n"},
		"waited twice, in a line": {string(waitedTwice) + "a\n", "a\n"},
		"another abnormal end":    {"Runtime process exited abnormally: signal: killed", "Runtime process exited abnormally: signal: killed"},
		"a closed pipe":           {"a\n" + strings.ReplaceAll(crash, "%s", "write EPIPE") + "b\n", "a\nb\n"},
		"another crash":           {strings.ReplaceAll(crash, "%s", "out of memory"), strings.ReplaceAll(crash, "%s", "out of memory")},
		"a crash cut off":         {"node:events:502\nthrow er;\n", "node:events:502\nthrow er;\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if pass(strings.NewReader(c.in), &out); out.String() != c.want {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
		})
	}
}
