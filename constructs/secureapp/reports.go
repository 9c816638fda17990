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

// Report is a format in which Run writes what the controls found into the folder of the assembly.
type Report string

// JUnit is JUnit XML in the file securecdk.junit.xml, for a report group of CodeBuild or another build server.
const JUnit Report = "junit"

// reportsVariable asks for reports, by commas, beside those of Props.Reports: a build asks for what it reads, and the
// app need not know.
const reportsVariable = "SECURECDK_REPORTS"

const junitFile = "securecdk.junit.xml"

// checkReports joins what the props and the environment ask for, each format once.
func checkReports(props []Report, asked string) ([]Report, []*fault.Error) {
	var kept []Report
	var faults []*fault.Error
	add := func(r Report, field, do string) {
		if r != JUnit {
			faults = append(faults, fault.New("", field, string(r), fmt.Sprintf("one of %s", JUnit), do))
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

// forgetReports removes what an earlier run left in the folder: a run that ends before it has a result must not be read
// as having that one.
func forgetReports(outdir string) error {
	if outdir == "" {
		return nil
	}
	if err := os.Remove(filepath.Join(outdir, junitFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("a report of an earlier run is in the way: %w", err)
	}
	return nil
}

func (a *app) writeReports(result *controls.Result) error {
	for range a.reports { // there is one format so far
		var b bytes.Buffer
		if err := reports.JUnit(&b, within(*a.Outdir(), result)); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(*a.Outdir(), junitFile), b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("the report is missing: %w", err)
		}
	}
	return nil
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
