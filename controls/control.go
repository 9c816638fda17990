package controls

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Control is one security requirement. Its ID is never renamed or reused.
type Control struct {
	// ID is the service, a dot and the requirement: S3.VERSIONING.
	ID string
	// Title says the requirement in one line.
	Title string
	// Story says who wants it and what for: "As a … I want … so that …".
	Story string
	// Scenarios are the acceptance criteria; each names the fixture under testdata that proves it.
	Scenarios []Scenario
	Severity  Severity
	// Needed is the rating of the data from which on the control is needed; see Profile.
	Needed Profile
	// Types are the CloudFormation types that it judges.
	Types []string
	// Rationale says what goes wrong without it, and why its exemptions are what they are.
	Rationale string
	// Remedy says what to write, in CDK Go and in CloudFormation.
	Remedy string
	// Mappings are the same requirement's names elsewhere.
	Mappings []Mapping
	// NonExemptible says that nobody may accept the risk: an entry of the exception register for the control is an error
	// and covers nothing. No control of the catalogue is so by itself, not even S3.PUBLIC: a bucket of open data is public
	// by design, and who may accept which risk is for an organization to say. It says so for a control of the catalogue in
	// aspects.BaselineProps.NonExemptible, or in a copy that it gives to Evaluate.
	NonExemptible bool
	// Check judges one resource and reports through the Pass. It does no I/O and keeps nothing between calls.
	Check func(*Pass)
}

// Scenario is one acceptance criterion.
type Scenario struct {
	Given, When, Then string
	// Fixture is the path under testdata of a template, such as S3.VERSIONING/enabled.compliant.yaml, or of a folder with
	// templates that are judged together.
	Fixture string
}

// Severity says how bad it is when the control doesn't hold.
type Severity int

// The severities, in rising order.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// String is "low", "medium", "high" or "critical".
func (s Severity) String() string {
	names := []string{"", "low", "medium", "high", "critical"}
	if s < Low || s > Critical {
		return fmt.Sprintf("severity %d", int(s))
	}
	return names[s]
}

// Framework is a source of requirements or rules.
type Framework string

// The frameworks that controls are mapped to.
const (
	SecurityHub Framework = "AWS Security Hub"
	NIST80053   Framework = "NIST SP 800-53 Rev. 5"
	CDKNag      Framework = "cdk-nag"
	AWSConfig   Framework = "AWS Config managed rule"
	// CIS and PCI are mapped as the AWS Security Hub User Guide maps the Security Hub control of the same requirement
	// ("Related requirements"): v5.0.0/2.1.4 is requirement 2.1.4 of version 5.0.0.
	CIS Framework = "CIS AWS Foundations Benchmark"
	PCI Framework = "PCI DSS"
)

// Mapping names what the control corresponds to in a framework.
type Mapping struct {
	Framework Framework
	IDs       []string
}

var (
	idForm   = regexp.MustCompile(`^[A-Z][A-Z0-9]*(\.[A-Z][A-Z0-9_]*)+$`)
	typeForm = regexp.MustCompile(`^(AWS|Alexa|Custom|[A-Z][A-Za-z0-9]{2,63})::[A-Za-z0-9]+(::[A-Za-z0-9]+)*$`)
)

// Validate checks a catalogue: ids unique and well-formed, documentation complete, resource types well-formed, at least
// one scenario each, and each scenario's fixture present in fixtures. A nil fixtures leaves the files unchecked.
func Validate(all []*Control, fixtures fs.FS) error {
	var errs []error
	seen := map[string]bool{}
	for i, c := range all {
		if c == nil {
			errs = append(errs, fmt.Errorf("control %d of %d is nil", i+1, len(all)))
			continue
		}
		if seen[c.ID] {
			errs = append(errs, fmt.Errorf("%s: the id stands twice", c.ID))
		}
		seen[c.ID] = true
		for _, problem := range c.problems(fixtures) {
			errs = append(errs, fmt.Errorf("%s: %s", c.ID, problem))
		}
	}
	return errors.Join(errs...)
}

func (c *Control) problems(fixtures fs.FS) []string {
	var found []string
	add := func(bad bool, format string, args ...any) {
		if bad {
			found = append(found, fmt.Sprintf(format, args...))
		}
	}
	add(!idForm.MatchString(c.ID), "the id is not of the form SERVICE.REQUIREMENT")
	add(c.Severity < Low || c.Severity > Critical, "no severity")
	add(c.Needed == Profile{}, "Needed is empty: no profile would select the control")
	add(c.Check == nil, "no check")
	for name, text := range map[string]string{
		"title": c.Title, "story": c.Story, "rationale": c.Rationale, "remedy": c.Remedy,
	} {
		add(strings.TrimSpace(text) == "", "no %s", name)
	}
	add(len(c.Types) == 0, "no resource types")
	for _, t := range c.Types {
		add(!typeForm.MatchString(t), "%q is no resource type", t)
	}
	for _, m := range c.Mappings {
		add(m.Framework == "" || len(m.IDs) == 0 || slices.Contains(m.IDs, ""), "an empty mapping")
	}
	add(len(c.Scenarios) == 0, "no scenarios")
	for _, s := range c.Scenarios {
		add(s.Given == "" || s.When == "" || s.Then == "", "a scenario needs Given, When and Then")
		add(s.Fixture == "", "the scenario %q names no fixture", s.Then)
		if fixtures == nil || s.Fixture == "" {
			continue
		}
		_, err := fs.Stat(fixtures, s.Fixture)
		add(err != nil, "the fixture %s does not exist", s.Fixture)
	}
	slices.Sort(found)
	return found
}
