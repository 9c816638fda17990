package controlstest_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/controlstest"
	"github.com/securecdk/securecdk/controls/template"
)

// Timeout is a control of a team's own, as it stands in a package of the team's.
var Timeout = &controls.Control{
	ID:    "TEAM.TIMEOUT",
	Title: "Functions end within a minute",
	Story: "As an operator I want functions to end soon so that one that hangs is seen and doesn't cost.",
	Scenarios: []controls.Scenario{
		{Given: "a function that may run for a minute", When: "the template is judged", Then: "it is compliant", Fixture: "TEAM.TIMEOUT/a-minute.compliant.yaml"},
		{Given: "a function that may run for 15 minutes", When: "the template is judged", Then: "it is non-compliant", Fixture: "TEAM.TIMEOUT/fifteen-minutes.non-compliant.yaml"},
	},
	Severity:  controls.Low,
	Needed:    controls.Profile{Availability: controls.RatedMedium},
	Types:     []string{"AWS::Lambda::Function"},
	Rationale: "What our functions wait for answers in seconds, or never.",
	Remedy:    "CDK: FunctionProps.Timeout: awscdk.Duration_Seconds(jsii.Number(60)). CloudFormation: Timeout: 60.",
	Check: func(p *controls.Pass) {
		v := p.Get("Timeout")
		text, literal := v.Literal()
		seconds, err := strconv.Atoi(text)
		switch {
		case v.Absent():
			p.Compliant("Timeout", "the default is 3 seconds")
		case !literal:
			p.Unknown("Timeout", "found %s, expected 60 or less", v)
		case err != nil || seconds > 60:
			p.NonCompliant("Timeout", "found %s, expected 60 or less", v)
		default:
			p.Compliant("Timeout", "it ends within a minute")
		}
	},
}

// TestTimeout is what the team writes to test its control by the fixtures in testdata/TEAM.TIMEOUT.
func TestTimeout(t *testing.T) {
	controlstest.Run(t, os.DirFS("testdata"), Timeout)
}

// A team's own control is tested by TestTimeout, and judged beside those of the catalogue.
func Example() {
	tpl, err := template.Parse("Shop.yaml", []byte("Resources: {Nightly: {Type: 'AWS::Lambda::Function', Properties: {Timeout: 900}}}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	result := controls.Evaluate([]*template.Template{tpl}, append(controls.All(), Timeout), nil, time.Now())
	for _, f := range result.Failures() {
		if f.Control == Timeout {
			fmt.Printf("%s is %s: %s\n", f.Resource.ID(), f.Verdict, f.Message)
		}
	}
	// Output:
	// Shop/Nightly is non-compliant: found 900, expected 60 or less
}
