// Package nagtest lets tests of constructs ask cdk-nag. It stands beside cdktest because cdk-nag takes time to load.
package nagtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// Line is one answer of one rule about one resource.
type Line struct {
	RuleID          string
	ResourceID      string // construct path
	Compliance      string // Compliant, Non-Compliant, UNKNOWN, N/A or Suppressed
	ExceptionReason string
}

// Lines synthesizes the app and returns what the five packs of cdk-nag say of its stacks. Stages are not entered: cdk-nag is
// an aspect.
func Lines(t testing.TB, app awscdk.App) []Line {
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
	var lines []Line
	for _, path := range reports {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var report struct{ Lines []Line }
		if err := json.Unmarshal(data, &report); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, report.Lines...)
	}
	return lines
}

// Open returns the findings that nobody has suppressed.
func Open(lines []Line) []string {
	var open []string
	for _, l := range lines {
		if l.Compliance != "Compliant" && l.Compliance != "Suppressed" && l.Compliance != "N/A" {
			open = append(open, l.ResourceID+" "+l.RuleID+" "+l.Compliance)
		}
	}
	return open
}
