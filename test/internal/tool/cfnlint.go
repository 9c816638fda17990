package tool

import (
	"encoding/json"
	"fmt"
	"testing"
)

// ignoredByLint is what the CDK's own output causes: W3005, a DependsOn that a Ref implies anyway.
const ignoredByLint = "W3005"

// Lint runs cfn-lint on templates and returns its errors and warnings, one line each.
func Lint(t testing.TB, templates ...string) []string {
	t.Helper()
	Need(t, "cfn-lint")
	args := append([]string{"--format", "json", "--ignore-checks", ignoredByLint, "--"}, templates...)
	r := Run(t, Root(t), nil, "cfn-lint", args...)
	var matches []struct {
		Level    string
		Message  string
		Filename string
		Rule     struct{ ID string }
		Location struct{ Path []any }
	}
	if err := json.Unmarshal([]byte(r.Stdout), &matches); err != nil {
		t.Fatalf("cfn-lint ended with %d and said no JSON: %s", r.Code, r.Output())
	}
	var lines []string
	for _, m := range matches {
		lines = append(lines, fmt.Sprintf("%s: %s %s: %s at %v", m.Filename, m.Level, m.Rule.ID, m.Message, m.Location.Path))
	}
	return lines
}
