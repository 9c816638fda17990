// Package nagreport reads what cdk-nag says of an assembly, and the suppressions that the assembly's templates carry.
package nagreport

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/securecdk/securecdk/test/internal/judge"
)

// Packs are the names of cdk-nag's rule packs, as its report files have them.
var Packs = []string{"AwsSolutions", "HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321", "Serverless"}

// Line is one answer of one rule about one resource.
type Line struct {
	Pack            string
	RuleID          string
	ResourceID      string // construct path
	Compliance      string // Compliant, Non-Compliant, UNKNOWN, or Suppressed
	ExceptionReason string
	RuleInfo        string
}

// Read returns the lines of all reports in the assembly's folder. It is an error when one of the five packs has no
// report on one of the stacks: a pack that never looked is green as well.
func Read(a *judge.Assembly) ([]Line, error) {
	var lines []Line
	for _, stack := range a.Stacks() {
		if len(stack.Resources) == 0 {
			continue // cdk-nag visits resources
		}
		for _, pack := range Packs {
			name := fmt.Sprintf("%s-%s-%s-NagReport.json", pack, stack.Stage, stack.Stack)
			data, err := os.ReadFile(filepath.Join(a.Dir, name))
			if err != nil {
				return nil, fmt.Errorf("%s did not look at %s: %w", pack, stack.File, err)
			}
			var report struct{ Lines []Line }
			if err := json.Unmarshal(data, &report); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			for _, line := range report.Lines {
				line.Pack = pack
				lines = append(lines, line)
			}
		}
	}
	return lines, nil
}

// Open returns the lines that are neither compliant nor suppressed, as text for people.
func Open(lines []Line) []string {
	var open []string
	for _, l := range lines {
		switch l.Compliance {
		case "Compliant", "Suppressed", "N/A":
			continue
		}
		open = append(open, fmt.Sprintf("%s %s: %s: %s", l.ResourceID, l.RuleID, l.Compliance, l.RuleInfo))
	}
	sort.Strings(open)
	return open
}

// Suppression is one exception that a template carries for cdk-nag.
type Suppression struct {
	File, Path, Rule, Finding, Reason string
}

// String is the line of the approved list.
func (s Suppression) String() string {
	return strings.Join([]string{s.Path, s.Rule, s.Finding, s.Reason}, " | ")
}

// Suppressions returns those of every template, sorted. One that is not exact (no reason of substance, a pattern, a
// wildcard for all findings of a rule) is an error.
func Suppressions(a *judge.Assembly) ([]Suppression, error) {
	var all []Suppression
	for _, t := range a.Templates {
		for _, r := range t.Resources {
			nag, _ := r.Metadata["cdk_nag"].(map[string]any)
			rules, _ := nag["rules_to_suppress"].([]any)
			for _, rule := range rules {
				found, err := read(t, r, rule)
				if err != nil {
					return nil, fmt.Errorf("%s %s: %w", t.File, r.LogicalID, err)
				}
				all = append(all, found...)
			}
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].String() < all[j].String() })
	return all, nil
}

func read(t *judge.Template, r *judge.Resource, rule any) ([]Suppression, error) {
	m, _ := rule.(map[string]any)
	id, _ := m["id"].(string)
	reason, _ := m["reason"].(string)
	path := r.Path
	if path == "" {
		path = t.Stage + "/" + t.Stack + "/" + r.LogicalID
	}
	s := Suppression{File: t.File, Path: path, Rule: id, Reason: reason}
	if id == "" || len(strings.Fields(reason)) < 4 {
		return nil, fmt.Errorf("a suppression without a rule or a reason: %v", rule)
	}
	findings, present := m["applies_to"]
	if !present {
		return []Suppression{s}, nil
	}
	list, _ := findings.([]any)
	var all []Suppression
	for _, f := range list {
		text, ok := f.(string)
		if !ok {
			return nil, fmt.Errorf("%s is suppressed by a pattern: %v", id, f)
		}
		s.Finding = text
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s is suppressed for no finding", id)
	}
	return all, nil
}

// Unused returns the suppressions that no report uses: they hide what is not there, and would hide what comes.
func Unused(suppressions []Suppression, lines []Line) []string {
	used := map[string]bool{}
	for _, l := range lines {
		if l.Compliance == "Suppressed" {
			used[l.ResourceID+" "+l.RuleID+" "+l.ExceptionReason] = true
		}
	}
	var unused []string
	for _, s := range suppressions {
		reason := s.Reason
		if s.Finding != "" { // cdk-nag writes the finding before the reason
			reason = "[" + s.Finding + "] " + reason
		}
		if !used[s.Path+" "+s.Rule+" "+reason] {
			unused = append(unused, s.String())
		}
	}
	return unused
}
