package securepipeline

import (
	"strings"
	"testing"

	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/nagtest"
)

func TestFivePacksFindNothingUnsuppressed(t *testing.T) {
	for name, props := range map[string]*PipelineProps{"the least": realProps(), "everything": everyProp()} {
		t.Run(name, func(t *testing.T) {
			app, _, _ := newPipeline(t, props)
			for _, finding := range nagtest.Open(nagtest.Lines(t, app)) {
				t.Error(finding)
			}
		})
	}
}

func TestSuppressionsAreExact(t *testing.T) {
	app, stack, _ := newPipeline(t, realProps())
	n := 0
	for id, r := range cdktest.Template(t, app, stack)["Resources"].(map[string]any) {
		metadata, _ := r.(map[string]any)["Metadata"].(map[string]any)
		suppressed, _ := metadata["cdk_nag"].(map[string]any)
		rules, _ := suppressed["rules_to_suppress"].([]any)
		for _, rule := range rules {
			n++
			entry := rule.(map[string]any)
			name, reason := entry["id"].(string), entry["reason"].(string)
			if len(reason) < 40 {
				t.Errorf("%s %s: no reason for an auditor: %q", id, name, reason)
			}
			if strings.HasSuffix(name, "-IAM5") && entry["applies_to"] == nil {
				t.Errorf("%s %s suppresses findings that nobody has seen", id, name)
			}
		}
	}
	if n == 0 {
		t.Error("no suppression: is the metadata there?")
	}
}
