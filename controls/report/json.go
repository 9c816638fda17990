package report

import (
	_ "embed"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/securecdk/securecdk/controls"
)

//go:embed schema/report-1.schema.json
var jsonSchema []byte

// JSONSchema returns the JSON Schema (draft 2020-12) of what JSON writes. Within version 1 properties may be added; none
// is removed, and none changes its meaning.
func JSONSchema() []byte { return slices.Clone(jsonSchema) }

// JSON writes the whole result for programs, compliant findings included: the counts, the findings, what is wrong in the
// exception register, and the controls that judged something. JSONSchema describes it. Texts are as they stand in
// template and register, so a program that shows them must escape them. The same result always gives the same bytes.
func JSON(w io.Writer, result *controls.Result) error {
	c := countOf(result)
	r := jsonReport{
		Version: 1,
		Passed:  c.actions() == 0,
		Summary: jsonSummary{c.compliant, c.nonCompliant, c.unknown, c.notApplicable, c.accepted, c.problems},
		// A list without elements is a list, not null.
		Findings: []jsonFinding{}, Problems: []jsonProblem{}, Controls: []jsonControl{},
	}
	for i := range result.Findings {
		r.Findings = append(r.Findings, jsonFindingOf(&result.Findings[i]))
	}
	for _, p := range result.Problems {
		of := jsonProblem{Kind: string(p.Kind), File: p.Name, Line: p.Line, Message: p.Message}
		if p.Entry != nil {
			of.Control, of.Scope = p.Entry.Control, p.Entry.Scope
		}
		r.Problems = append(r.Problems, of)
	}
	for _, c := range used(result.Findings) {
		r.Controls = append(r.Controls, jsonControlOf(c))
	}
	return indented(w, r)
}

// indented writes JSON by lines.
func indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

type jsonReport struct {
	Version  int           `json:"version"`
	Passed   bool          `json:"passed"`
	Summary  jsonSummary   `json:"summary"`
	Findings []jsonFinding `json:"findings"`
	Problems []jsonProblem `json:"problems"`
	Controls []jsonControl `json:"controls"`
}

type jsonSummary struct {
	Compliant     int `json:"compliant"`
	NonCompliant  int `json:"nonCompliant"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"notApplicable"`
	Accepted      int `json:"accepted"`
	Problems      int `json:"problems"`
}

type jsonFinding struct {
	Control   string         `json:"control"`
	Title     string         `json:"title"`
	Severity  string         `json:"severity"`
	Verdict   string         `json:"verdict"`
	Failed    bool           `json:"failed"`
	Resource  string         `json:"resource"`
	Template  string         `json:"template"`
	LogicalID string         `json:"logicalId"`
	Path      string         `json:"path,omitempty"`
	Type      string         `json:"type"`
	Property  string         `json:"property,omitempty"`
	Message   string         `json:"message"`
	Remedy    string         `json:"remedy"`
	Exception *jsonException `json:"exception,omitempty"`
}

type jsonException struct {
	Ticket   string `json:"ticket"`
	Approver string `json:"approver"`
	Owner    string `json:"owner"`
	Reason   string `json:"reason"`
	Expires  string `json:"expires"`
	Scope    string `json:"scope"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

type jsonProblem struct {
	Kind    string `json:"kind"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Control string `json:"control,omitempty"`
	Scope   string `json:"scope,omitempty"`
	Message string `json:"message"`
}

type jsonControl struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Story     string        `json:"story"`
	Severity  string        `json:"severity"`
	Types     []string      `json:"types"`
	Rationale string        `json:"rationale"`
	Remedy    string        `json:"remedy"`
	Mappings  []jsonMapping `json:"mappings"`
}

type jsonMapping struct {
	Framework string   `json:"framework"`
	IDs       []string `json:"ids"`
}

func jsonFindingOf(f *controls.Finding) jsonFinding {
	of := jsonFinding{
		Control: f.Control.ID, Title: f.Control.Title, Severity: f.Control.Severity.String(), Verdict: f.Verdict.String(),
		Failed: f.Failed(), Resource: f.Resource.ID(), Template: f.Resource.Template.Name, LogicalID: f.Resource.LogicalID,
		Path: f.Resource.Path, Type: f.Resource.Type, Property: f.Property, Message: f.Message, Remedy: f.Control.Remedy,
	}
	if e := f.Exception; e != nil {
		of.Exception = &jsonException{
			Ticket: e.Ticket, Approver: e.Approver, Owner: e.Owner, Reason: e.Reason, Expires: e.Expires.Format(time.DateOnly),
			Scope: e.Scope, File: e.File, Line: e.Line,
		}
	}
	return of
}

func jsonControlOf(c *controls.Control) jsonControl {
	of := jsonControl{
		ID: c.ID, Title: c.Title, Story: c.Story, Severity: c.Severity.String(), Types: append([]string{}, c.Types...),
		Rationale: c.Rationale, Remedy: c.Remedy, Mappings: []jsonMapping{},
	}
	for _, m := range c.Mappings {
		of.Mappings = append(of.Mappings, jsonMapping{string(m.Framework), append([]string{}, m.IDs...)})
	}
	return of
}
