package secureapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/controls"
	reports "github.com/securecdk/securecdk/controls/report"
)

// validationReport is the file in the assembly that tells what the validations of the CDK found.
const validationReport = "validation-report.json"

// verificationName is the name under which the verification of package aspects stands in it.
var verificationName = *aspects.NewVerification(nil).Name()

// report is what is read of that file.
type report struct {
	path    string
	Plugins []pluginReport `json:"pluginReports"`
}

type pluginReport struct {
	Name       string `json:"pluginName"`
	Conclusion string `json:"conclusion"`
	Metadata   struct {
		Error string `json:"error"` // when the plugin itself failed
	} `json:"metadata"`
	Violations []violation `json:"violations"`
}

type violation struct {
	Rule        string `json:"ruleName"`
	Description string `json:"description"`
	Fix         string `json:"suggestedFix"`
	Severity    string `json:"severity"`
	Custom      string `json:"customSeverity"` // the plugin's own word when Severity is "custom"
	Constructs  []struct {
		Path     string `json:"constructPath"`
		Resource struct {
			LogicalID string `json:"logicalId"`
		} `json:"cloudFormationResource"`
	} `json:"violatingConstructs"`
}

// readReport returns an empty report when no validation was registered.
func readReport(path string) (*report, error) {
	r := &report{path: path}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// failures is the listing of what makes the assembly undeployable, and its length. What the controls found is listed by
// itself, see judged.
func (r *report) failures() (listing string, n int) {
	var texts []string
	for _, plugin := range r.Plugins {
		if plugin.Conclusion == "success" {
			continue
		}
		if plugin.Metadata.Error != "" {
			texts = append(texts, fmt.Sprintf("ERROR the validation %s failed: %s", plugin.Name, plugin.Metadata.Error))
			n++
		}
		for _, v := range plugin.Violations {
			if v.harmless() || plugin.Name == verificationName && v.Rule != aspects.UnreadableTemplate {
				continue
			}
			texts = append(texts, v.String())
			n += max(1, len(v.Constructs))
		}
	}
	return strings.Join(texts, "\n\n"), n
}

// judged is what the controls found, for the user: what calls for action and what was accepted, if there is any of it. n
// is how much calls for action.
func judged(result *controls.Result, outdir string) (listing string, n int) {
	n = len(result.Failures()) + len(result.Problems)
	accepted := slices.ContainsFunc(result.Findings, func(f controls.Finding) bool { return f.Exception != nil })
	if n == 0 && !accepted {
		return "", 0
	}
	var b strings.Builder
	_ = reports.Console(&b, within(outdir, result)) // a strings.Builder takes everything
	return strings.TrimSpace(b.String()), n
}

// warnings is the listing of the rest.
func (r *report) warnings() string { return r.harmless("") }

// left is the listing of what the fixes left as it is, and why.
func (r *report) left() string { return r.harmless("securecdk:") }

func (r *report) harmless(rule string) string {
	var texts []string
	for _, plugin := range r.Plugins {
		for _, v := range plugin.Violations {
			if v.harmless() && strings.Contains(v.Rule, rule) {
				texts = append(texts, v.String())
			}
		}
	}
	return strings.Join(texts, "\n\n")
}

// harmless holds for the severities that the CDK defines as such; plugins may have others of their own.
func (v violation) harmless() bool { return v.Severity == "warning" || v.Severity == "info" }

// String is what was required, where it is missing, and what to do.
func (v violation) String() string {
	severity := v.Severity
	if v.Custom != "" {
		severity = v.Custom
	}
	text := strings.ToUpper(severity) + " "
	_, rule, namespaced := strings.Cut(v.Rule, "::")
	if !namespaced {
		rule = v.Rule
	}
	if !strings.HasSuffix(rule, "-annotation") { // that is no rule, only where the message came from
		text += rule + ": "
	}
	text += strings.TrimSpace(v.Description)
	for _, c := range v.Constructs {
		text += "\n   " + c.Path
		if id := c.Resource.LogicalID; id != "" {
			text += " (" + id + ")"
		}
	}
	if v.Fix != "" {
		text += "\n   Fix: " + strings.ReplaceAll(strings.TrimSpace(v.Fix), "\n", "\n        ")
	}
	return text
}

// rejection is the error of an assembly that must not be deployed.
type rejection struct {
	listing  string
	findings int
	path     string
}

func (r *rejection) Error() string {
	findings := fmt.Sprintf("%d findings", r.findings)
	if r.findings == 1 {
		findings = "1 finding"
	}
	return fmt.Sprintf("not deployable: %s, listed above and in %s", findings, relative(r.path))
}
