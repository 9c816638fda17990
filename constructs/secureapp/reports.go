package secureapp

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/controls"
	reports "github.com/securecdk/securecdk/controls/report"
	"github.com/securecdk/securecdk/internal/fault"
)

// Report is a format in which Run writes what the controls found into the folder of the assembly: the name of one of
// report.Formats in controls/report.
type Report string

// The formats.
const (
	// Console is what Run prints of the findings, as text in the file securecdk.console.txt.
	Console Report = "console"
	// JUnit is JUnit XML in the file securecdk.junit.xml, for a report group of CodeBuild or another build server.
	JUnit Report = "junit"
	// JSON is the whole result for programs in the file securecdk.report.json; report.JSONSchema describes it.
	JSON Report = "json"
	// SARIF is SARIF 2.1.0 in the file securecdk.sarif.json, for code scanning.
	SARIF Report = "sarif"
	// Markdown is the comment of a pull request, of 10,000 bytes at most, in the file securecdk.report.md.
	Markdown Report = "markdown"
)

// reportsVariable asks for reports, by commas, beside those of Props.Reports: a build asks for what it reads, and the
// app need not know.
const reportsVariable = "SECURECDK_REPORTS"

// checkReports joins what the props and the environment ask for, each format once.
func checkReports(props []Report, asked string) ([]Report, []*fault.Error) {
	var kept []Report
	var faults []*fault.Error
	var names []string
	for _, f := range reports.Formats() {
		names = append(names, f.Name)
	}
	add := func(r Report, field, do string) {
		if !slices.Contains(names, string(r)) {
			faults = append(faults, fault.New("", field, string(r), "one of "+strings.Join(names, ", "), do))
		} else if !slices.Contains(kept, r) {
			kept = append(kept, r)
		}
	}
	for i, r := range props {
		add(r, fmt.Sprintf("Reports[%d]", i), "use a constant of package secureapp")
	}
	for _, name := range strings.Split(asked, ",") {
		if name = strings.TrimSpace(name); name != "" {
			add(Report(name), reportsVariable, "correct the environment variable, or unset it")
		}
	}
	return kept, faults
}

// folderOf is where the assembly goes, "" for a temporary folder of the CDK. That one is gone when the app ends, so an app
// that is asked for reports takes the folder that it has under the CDK CLI.
func folderOf(props *Props, asked string) string {
	switch {
	case props != nil && props.Outdir != nil:
		return *props.Outdir
	case os.Getenv("CDK_OUTDIR") != "":
		return os.Getenv("CDK_OUTDIR")
	case asked != "" || props != nil && len(props.Reports) > 0:
		return "cdk.out"
	}
	return ""
}

// forgetReports removes what an earlier run left in the folder, in any format: a run that ends before it has a result must
// not be read as having that one.
func forgetReports(outdir string) error {
	if outdir == "" {
		return nil
	}
	for _, f := range reports.Formats() {
		if err := os.Remove(filepath.Join(outdir, f.File)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("a report of an earlier run is in the way: %w", err)
		}
	}
	return nil
}

// writeReports writes each report that is asked for, whatever becomes of the others.
func (a *app) writeReports(result *controls.Result) error {
	named := within(*a.Outdir(), result)
	var failed []error
	for _, f := range reports.Formats() {
		if !slices.Contains(a.reports, Report(f.Name)) {
			continue
		}
		var b bytes.Buffer
		err := f.Write(&b, named)
		if err == nil {
			err = os.WriteFile(filepath.Join(*a.Outdir(), f.File), b.Bytes(), 0o644)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("the report is missing: %w", err))
		}
	}
	return errors.Join(failed...)
}

// within is the result with its templates named as they lie in the folder, so that what is written of it is the same
// on every machine.
func within(outdir string, result *controls.Result) *controls.Result {
	named := *result
	named.Findings = slices.Clone(result.Findings)
	for i := range named.Findings {
		r := *named.Findings[i].Resource
		if name, err := filepath.Rel(outdir, r.Template.Name); err == nil && filepath.IsLocal(name) {
			t := *r.Template
			t.Name = filepath.ToSlash(name)
			r.Template = &t
			named.Findings[i].Resource = &r
		}
	}
	return &named
}
