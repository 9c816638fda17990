package accesscontrol

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/securecdk/securecdk/internal/nagtest"
)

func TestFivePacksFindNothingUnsuppressed(t *testing.T) {
	app, stack := everything(t)
	lines := nagtest.Lines(t, app)
	for _, finding := range nagtest.Open(lines) {
		if strings.HasPrefix(finding, "Access/") {
			t.Error(finding)
		}
	}
	used := map[string]bool{}
	for _, l := range lines {
		if l.Compliance == "Suppressed" {
			used[l.ResourceID+" "+l.RuleID+" "+l.ExceptionReason] = true
		}
	}
	for _, s := range suppressions(t, app, stack) {
		if !used[s] {
			t.Errorf("suppresses nothing, and would hide what comes: %s", s)
		}
	}
}

// suppressions are those of the template, as the reports write them.
func suppressions(t *testing.T, app awscdk.App, stack awscdk.Stack) []string {
	t.Helper()
	var all []string
	data, err := os.ReadFile(filepath.Join(*app.Outdir(), *stack.TemplateFile()))
	if err != nil { // findings ended the synthesis
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Metadata map[string]any
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	for id, r := range template.Resources {
		nag, _ := r.Metadata["cdk_nag"].(map[string]any)
		rules, _ := nag["rules_to_suppress"].([]any)
		for _, rule := range rules {
			entry := rule.(map[string]any)
			name, reason := entry["id"].(string), entry["reason"].(string)
			if len(reason) < 40 {
				t.Errorf("%s %s: no reason for an auditor: %q", id, name, reason)
			}
			findings, _ := entry["applies_to"].([]any)
			if strings.HasSuffix(name, "-IAM5") != (len(findings) == 1) {
				t.Errorf("%s %s suppresses findings that nobody has seen: %v", id, name, findings)
			}
			if len(findings) == 1 {
				reason = "[" + findings[0].(string) + "] " + reason
			}
			all = append(all, r.Metadata["aws:cdk:path"].(string)+" "+name+" "+reason)
		}
	}
	if len(all) == 0 {
		t.Error("no suppression: is the metadata there?")
	}
	return all
}
