package report

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
)

// SARIF writes the result as SARIF 2.1.0 ("Static Analysis Results Interchange Format (SARIF) Version 2.1.0", OASIS), as
// code scanning takes it ("SARIF support for code scanning" in the GitHub documentation): a rule for each control that
// judged something, and a result for each finding that is non-compliant or unknown, at its template, with the resource
// for its logical location. What is compliant or not applicable is left out. The same result always gives the same bytes.
//
// The level of a result is error for a critical or high severity, warning for medium and for whatever is unknown, note
// for low. An accepted risk is a result that is suppressed; GitHub shows it as open all the same. Problems of the
// exception register are notifications of the run, not results.
//
// Templates are named as the result names them, relative to the assembly or the working folder. A template keeps no
// lines, so each result stands at line 1; what tells results apart from one run to the next is a fingerprint of control,
// template and resource, which no change of a line touches.
func SARIF(w io.Writer, result *controls.Result) error {
	r := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "securecdk", InformationURI: informationURI, Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{ExecutionSuccessful: true, Notifications: notifications(result.Problems)}},
		Results:     []sarifResult{},
	}
	index := map[string]int{}
	for i, c := range used(result.Findings) {
		index[c.ID] = i
		r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, ruleOf(c))
	}
	for i := range result.Findings {
		f := &result.Findings[i]
		if f.Verdict == controls.NonCompliant || f.Verdict == controls.Unknown {
			r.Results = append(r.Results, resultOf(f, index[f.Control.ID]))
		}
	}
	return indented(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{r}})
}

const (
	informationURI = "https://github.com/securecdk/securecdk"
	sarifSchema    = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// maxDescription is what GitHub shows of a description.
	maxDescription = 1024
)

// The types hold the part of SARIF that is written. A library of all of it would bring a schema validator and an HTTP
// client to everybody who imports this package, functions included.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string            `json:"id"`
		ShortDescription sarifText         `json:"shortDescription"`
		FullDescription  sarifText         `json:"fullDescription"`
		Help             sarifText         `json:"help"`
		Configuration    sarifRuleSettings `json:"defaultConfiguration"`
		Properties       sarifRuleTags     `json:"properties"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifRuleSettings struct {
		Level string `json:"level"`
	}
	sarifRuleTags struct {
		Tags             []string `json:"tags"`
		Precision        string   `json:"precision"`
		SecuritySeverity string   `json:"security-severity,omitempty"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolConfigurationNotifications,omitempty"`
	}
	sarifNotification struct {
		Descriptor sarifReference  `json:"descriptor"`
		Level      string          `json:"level"`
		Message    sarifText       `json:"message"`
		Locations  []sarifLocation `json:"locations"`
	}
	sarifReference struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		// Suppressions is an empty list where there is none: SARIF wants it on all results or on none.
		Suppressions []sarifSuppression    `json:"suppressions"`
		Properties   sarifResultProperties `json:"properties"`
	}
	sarifResultProperties struct {
		Verdict      string `json:"verdict"`
		Severity     string `json:"severity"`
		ResourceType string `json:"resourceType"`
		Property     string `json:"property,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysicalLocation  `json:"physicalLocation"`
		Logical  []sarifLogicalLocation `json:"logicalLocations,omitempty"`
	}
	sarifPhysicalLocation struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogicalLocation struct {
		Name               string `json:"name"`
		FullyQualifiedName string `json:"fullyQualifiedName"`
		Kind               string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

func ruleOf(c *controls.Control) sarifRule {
	service, _, _ := strings.Cut(Printable(c.ID), ".")
	title := cmp.Or(c.Title, c.ID)
	rule := sarifRule{
		ID:               Printable(c.ID),
		ShortDescription: sarifText{Text: clip(unlinked(title), maxDescription)},
		FullDescription:  sarifText{Text: clip(unlinked(cmp.Or(c.Rationale, title)), maxDescription)},
		Help:             helpOf(c),
		Configuration:    sarifRuleSettings{levelOf(c.Severity)},
		Properties:       sarifRuleTags{Tags: []string{"security", "cloudformation"}, Precision: "high", SecuritySeverity: scores[c.Severity]},
	}
	if service = strings.ToLower(service); service != "" && !slices.Contains(rule.Properties.Tags, service) {
		rule.Properties.Tags = append(rule.Properties.Tags, service)
	}
	return rule
}

// helpOf is why, how to fix it, and the names of the requirement elsewhere.
func helpOf(c *controls.Control) sarifText {
	text := []string{unlinked(c.Rationale), "Fix: " + unlinked(c.Remedy)}
	markdown := []string{escaped(c.Rationale), "**Fix:** " + code(c.Remedy)}
	var names, items []string
	for _, m := range c.Mappings {
		ids := strings.Join(m.IDs, ", ")
		names = append(names, unlinked(string(m.Framework)+": "+ids))
		items = append(items, "- "+escaped(string(m.Framework))+": "+code(ids))
	}
	if len(names) > 0 {
		text = append(text, "Elsewhere: "+strings.Join(names, "; "))
		markdown = append(markdown, "**Elsewhere:**", strings.Join(items, "\n"))
	}
	return sarifText{Text: paragraphs(text), Markdown: paragraphs(markdown)}
}

func paragraphs(texts []string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "\n\n")
}

// scores are what GitHub orders alerts by: above 9.0 is critical, from 7.0 high, from 4.0 medium, below low.
var scores = map[controls.Severity]string{
	controls.Critical: "9.5", controls.High: "8.0", controls.Medium: "5.5", controls.Low: "3.0",
}

func levelOf(s controls.Severity) string {
	switch s {
	case controls.Critical, controls.High:
		return "error"
	case controls.Low:
		return "note"
	}
	return "warning"
}

func resultOf(f *controls.Finding, rule int) sarifResult {
	r := f.Resource
	level := levelOf(f.Control.Severity)
	if f.Verdict == controls.Unknown {
		level = "warning"
	}
	of := sarifResult{
		RuleID:    Printable(f.Control.ID),
		RuleIndex: rule,
		Level:     level,
		Message: sarifText{Text: unlinked(fmt.Sprintf("%s (%s) is %s: %s; fix: %s", r.ID(), r.Type, f.Verdict, cause(f),
			f.Control.Remedy))},
		Locations: []sarifLocation{{
			Physical: sarifPhysicalLocation{sarifArtifact{uri(r.Template.Name)}, sarifRegion{1}},
			Logical:  []sarifLogicalLocation{{Printable(r.LogicalID), Printable(r.ID()), "resource"}},
		}},
		// Under this name GitHub looks for it. What it computes by itself is the same for all results of a line.
		Fingerprints: map[string]string{"primaryLocationLineHash": fingerprint(f)},
		Suppressions: []sarifSuppression{},
		Properties:   sarifResultProperties{f.Verdict.String(), f.Control.Severity.String(), Printable(r.Type), Printable(f.Property)},
	}
	if e := f.Exception; e != nil {
		of.Suppressions = append(of.Suppressions, sarifSuppression{"external", "accepted", unlinked(fmt.Sprintf(
			"accepted until %s (%s, approved by %s, owner %s): %s", e.Expires.Format(time.DateOnly), e.Ticket, e.Approver, e.Owner, e.Reason))})
	}
	return of
}

// fingerprint tells a finding from all others, run after run. Of the verdict, the message and the line it takes nothing.
func fingerprint(f *controls.Finding) string {
	h := sha256.New()
	for _, part := range []string{f.Control.ID, f.Resource.Template.Name, f.Resource.LogicalID, f.Resource.ID()} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return fmt.Sprintf("%.16x:1", h.Sum(nil))
}

func notifications(problems []exceptions.Problem) []sarifNotification {
	var all []sarifNotification
	for _, p := range problems {
		all = append(all, sarifNotification{
			Descriptor: sarifReference{Printable(string(p.Kind))},
			Level:      "error",
			Message:    sarifText{Text: unlinked(fmt.Sprintf("exception %s:%d is %s: %s", p.Name, p.Line, p.Kind, p.Message))},
			Locations:  []sarifLocation{{Physical: sarifPhysicalLocation{sarifArtifact{uri(p.Name)}, sarifRegion{max(1, p.Line)}}}},
		})
	}
	return all
}

var drive = regexp.MustCompile(`^[A-Za-z]:/`)

// uri is a file's name as a URI reference: relative, or of the scheme file for an absolute one.
func uri(name string) string {
	u := url.URL{Path: path.Clean(strings.ReplaceAll(name, `\`, "/"))}
	if drive.MatchString(u.Path) {
		u.Path = "/" + u.Path
	}
	if strings.HasPrefix(u.Path, "/") {
		u.Scheme = "file"
	}
	return u.String()
}

// unlinked is printable text in which nothing is a link: SARIF reads [text](target) in every message as one.
func unlinked(s string) string { return strings.ReplaceAll(Printable(s), "](", "] (") }
