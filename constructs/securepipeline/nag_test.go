package securepipeline

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/securecdk/securecdk/internal/cdktest"
)

// nagFindings returns what the five packs of cdk-nag find in the stacks of the pipeline itself and nobody has suppressed.
func nagFindings(t *testing.T, app awscdk.App) []string {
	t.Helper()
	props := &cdknag.NagPackProps{Reports: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON}}
	for _, pack := range []awscdk.IAspect{
		cdknag.NewAwsSolutionsChecks(props), cdknag.NewNIST80053R5Checks(props), cdknag.NewHIPAASecurityChecks(props),
		cdknag.NewPCIDSS321Checks(props), cdknag.NewServerlessChecks(props),
	} {
		awscdk.Aspects_Of(app).Add(pack, &awscdk.AspectOptions{Priority: awscdk.AspectPriority_READONLY()})
	}
	func() {
		defer func() { _ = recover() }() // findings are error annotations, which end the synthesis; the reports tell
		app.Synth(nil)
	}()
	reports, err := filepath.Glob(filepath.Join(*app.Outdir(), "*NagReport.json"))
	if err != nil || len(reports) < 5 {
		t.Fatalf("%d reports: %v", len(reports), err)
	}
	var found []string
	for _, path := range reports {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var report struct {
			Lines []struct{ RuleID, ResourceID, Compliance string }
		}
		if err := json.Unmarshal(data, &report); err != nil {
			t.Fatal(err)
		}
		for _, line := range report.Lines {
			if line.Compliance != "Compliant" && line.Compliance != "Suppressed" && line.Compliance != "N/A" {
				found = append(found, line.ResourceID+" "+line.RuleID+" "+line.Compliance)
			}
		}
	}
	return found
}

func TestFivePacksFindNothingUnsuppressed(t *testing.T) {
	for name, props := range map[string]*PipelineProps{"the least": realProps(), "everything": everyProp()} {
		t.Run(name, func(t *testing.T) {
			app, _, _ := newPipeline(t, props)
			for _, finding := range nagFindings(t, app) {
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
