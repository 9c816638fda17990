package pullrequestcheck

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/internal/cdktest"
)

var (
	row    = regexp.MustCompile(`(?m)^//\t.*\[((?:Test\w+(?:, )?)+)\]$`)
	inFile = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// TestEveryThreatHasItsTest: the table of the documentation names tests, and they exist.
func TestEveryThreatHasItsTest(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests []string
	for _, pattern := range []string{"*_test.go", "../../lambda/*/*_test.go", "../../test/iam/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range inFile.FindAllSubmatch(data, -1) {
				tests = append(tests, string(m[1]))
			}
		}
	}
	rows := row.FindAllSubmatch(doc, -1)
	if len(rows) < 20 {
		t.Errorf("only %d rows", len(rows))
	}
	for _, r := range rows {
		for _, name := range strings.Split(string(r[1]), ", ") {
			if !slices.Contains(tests, name) {
				t.Errorf("there is no %s", name)
			}
		}
	}
}

// TestOverridesAndChangedRulesRaiseAnAlarm: each alarm counts a rule that exists, and tells the topic of alarms.
func TestOverridesAndChangedRulesRaiseAnAlarm(t *testing.T) {
	app, stack := newStack(t)
	least(stack)
	doc := cdktest.Template(t, app, stack)
	rules := cdktest.Resources(doc, "AWS::Events::Rule")
	watched := map[string]bool{}
	for id, alarm := range cdktest.Resources(doc, "AWS::CloudWatch::Alarm") {
		if !strings.Contains(text(t, alarm["AlarmActions"]), `{"Ref":"CheckAlarms`) {
			t.Errorf("%s tells %s", id, text(t, alarm["AlarmActions"]))
		}
		if alarm["Namespace"] != "AWS/Events" {
			continue
		}
		dimension := alarm["Dimensions"].([]any)[0].(map[string]any)
		rule := dimension["Value"].(map[string]any)["Ref"].(string)
		if rules[rule] == nil || alarm["MetricName"] != "TriggeredRules" || dimension["Name"] != "RuleName" || alarm["Threshold"] != 1.0 {
			t.Errorf("%s: %s", id, text(t, alarm))
		}
		watched[text(t, rules[rule]["EventPattern"].(map[string]any)["detail"].(map[string]any)["event"])] = true
	}
	for _, events := range []string{`["pullRequestApprovalRuleOverridden"]`, `["pullRequestApprovalRuleCreated","pullRequestApprovalRuleUpdated","pullRequestApprovalRuleDeleted"]`, "null"} { // null: templates, all events
		if !watched[events] {
			t.Errorf("no alarm on %s", events)
		}
	}
}
