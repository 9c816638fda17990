package secureapp

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	reports "github.com/securecdk/securecdk/controls/report"
)

func TestSettleKeepsWhatTheCallerSays(t *testing.T) {
	context := map[string]any{"@aws-cdk/aws-iam:minimizePolicies": false, "team": "orders"}
	props := &Props{Context: context, NagPacks: []NagPack{Serverless, AwsSolutions, Serverless}}
	s, err := settle(props, "")
	if err != nil {
		t.Fatal(err)
	}
	if s.context["@aws-cdk/aws-iam:minimizePolicies"] != false || s.context["team"] != "orders" {
		t.Error("the caller's context is lost")
	}
	if len(context) != 2 || len(props.NagPacks) != 3 {
		t.Error("the caller's props were changed")
	}
	if !slices.Equal(s.packs, []NagPack{Serverless, AwsSolutions}) {
		t.Errorf("packs %v", s.packs)
	}
}

func TestSettleWithNothingConfigured(t *testing.T) {
	s, err := settle(nil, " , ")
	if err != nil || len(s.packs) != 0 || len(s.reports) != 0 || s.Baseline != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if err := checkFlags(func(flag string) any { return s.context[flag] }); err != nil {
		t.Errorf("the defaults lack a locked flag: %v", err)
	}
}

func TestSettleRejects(t *testing.T) {
	cases := map[string]struct {
		props Props
		asked string
		want  string
	}{
		"an unknown pack":                      {Props{NagPacks: []NagPack{"CIS"}}, "", `NagPacks[0]: got "CIS", expected one of AwsSolutions,`},
		"an empty outdir":                      {Props{Outdir: jsii.String("")}, "", `Outdir: got "", expected a folder`},
		"an unknown report":                    {Props{Reports: []Report{JUnit, "html"}}, "", `Reports[1]: got "html", expected one of console, junit, json, sarif, markdown; use a constant`},
		"an unknown report in the environment": {Props{}, "junit,JUnit", `SECURECDK_REPORTS: got "JUnit", expected one of console, junit, json, sarif, markdown; correct the environment variable`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := settle(&c.props, c.asked); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestReportsOfThePropsAndTheEnvironmentAreJoined(t *testing.T) {
	for name, c := range map[string]struct {
		props []Report
		asked string
	}{
		"by the props":       {[]Report{JUnit, SARIF, JUnit}, ""},
		"by the environment": {nil, "junit,sarif"},
		"by both":            {[]Report{JUnit}, " sarif, junit,"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := settle(&Props{Reports: c.props}, c.asked)
			if err != nil || !slices.Equal(s.reports, []Report{JUnit, SARIF}) {
				t.Errorf("%v, %v", s.reports, err)
			}
		})
	}
}

func TestEveryFormatIsOffered(t *testing.T) {
	offered := []Report{Console, JUnit, JSON, SARIF, Markdown}
	for _, f := range reports.Formats() {
		if !slices.Contains(offered, Report(f.Name)) {
			t.Errorf("%s has no constant", f.Name)
		}
	}
	if got, faults := checkReports(offered, ""); !slices.Equal(got, offered) || len(faults) > 0 {
		t.Errorf("%v, %v", got, faults)
	}
}

func TestSuppressionCheck(t *testing.T) {
	const reason = "The topic carries no personal data, see the data register."
	cases := map[string]struct {
		s    Suppression
		want string // "" for a good one
	}{
		"good":                 {Suppression{Rule: "AwsSolutions-IAM5", Finding: "Resource::*", Reason: reason}, ""},
		"good without finding": {Suppression{Rule: "HIPAA.Security-KMSBackingKeyRotationEnabled", Reason: reason}, ""},
		"no rule":              {Suppression{Reason: reason}, `Suppress[1].Rule: got ""`},
		"a whole pack":         {Suppression{Rule: "AwsSolutions-", Reason: reason}, "Suppress[1].Rule"},
		"a pattern of rules":   {Suppression{Rule: "AwsSolutions-*", Reason: reason}, "Suppress[1].Rule"},
		"all findings":         {Suppression{Rule: "AwsSolutions-IAM5", Reason: reason}, "Suppress[1].Finding: missing, expected the finding"},
		"a pattern":            {Suppression{Rule: "AwsSolutions-IAM5", Finding: "/^Action::.*/", Reason: reason}, "Suppress[1].Finding"},
		"no reason":            {Suppression{Rule: "AwsSolutions-S1", Reason: strings.Repeat(" ", 30)}, "Suppress[1].Reason"},
		"an empty phrase":      {Suppression{Rule: "AwsSolutions-S1", Reason: "False positive."}, "Suppress[1].Reason"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.s.check("App/Key", 1)
			if c.want == "" && err != nil {
				t.Error(err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
