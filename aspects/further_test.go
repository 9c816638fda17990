package aspects

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/fault"
)

// noUsers is a control of a team's own.
func noUsers() *controls.Control {
	return &controls.Control{
		ID: "TEAM.USERS", Title: "Nobody has an IAM user", Story: "As a security officer I want people to sign in by single sign-on.",
		Scenarios: []controls.Scenario{{Given: "a user", When: "the template is judged", Then: "it is non-compliant", Fixture: "TEAM.USERS/user.non-compliant.yaml"}},
		Severity:  controls.High, Needed: controls.Profile{Confidentiality: controls.RatedLow}, Types: []string{"AWS::IAM::User"},
		Rationale: "Access keys leak.", Remedy: "Use a role.",
		Check: func(p *controls.Pass) { p.NonCompliant("", "found a user, expected a role") },
	}
}

// accept is a register that accepts the risk of a control at a scope for a year.
func accept(t *testing.T, control, scope string) *exceptions.Register {
	t.Helper()
	reg, err := exceptions.Parse("exceptions.yaml", fmt.Appendf(nil, "[{control: %s, scope: %s, reason: r, owner: o, approver: a, ticket: t, expires: %s}]",
		control, scope, time.Now().AddDate(1, 0, 0).Format(time.DateOnly)))
	if err != nil || len(reg.Problems) > 0 {
		t.Fatal(err, reg)
	}
	return reg
}

func TestWrongControlsAreFaults(t *testing.T) {
	change := func(f func(*controls.Control)) *controls.Control {
		c := noUsers()
		f(c)
		return c
	}
	tests := []struct {
		name          string
		controls      []*controls.Control
		nonExemptible *[]*string
		want          []string
	}{
		{"none", nil, nil, nil},
		{"a good one, that nobody may except", []*controls.Control{noUsers()}, jsii.Strings("TEAM.USERS", "S3.PUBLIC"), nil},
		{"nil", []*controls.Control{nil}, nil, []string{"Controls[0]: missing, expected a control; give one, or leave it out"}},
		{"a bad id", []*controls.Control{change(func(c *controls.Control) { c.ID = "users" })}, nil,
			[]string{`Controls[0]: got "users", expected a complete control; mend it: the id is not of the form SERVICE.REQUIREMENT`}},
		{"an id of the catalogue", []*controls.Control{noUsers(), change(func(c *controls.Control) { c.ID = "S3.TLS" })}, nil,
			[]string{`Controls[1].ID: got "S3.TLS", expected an id that no control of the catalogue has; choose another, such as TEAM.S3.TLS; the catalogue is judged anyway`}},
		{"an id twice", []*controls.Control{noUsers(), noUsers()}, nil,
			[]string{`Controls[1].ID: got "TEAM.USERS", expected an id of its own; Controls[0] has it too`}},
		{"no check and no types", []*controls.Control{change(func(c *controls.Control) { c.Check, c.Types = nil, nil })}, nil, []string{
			`Controls[0]: got "TEAM.USERS", expected a complete control; mend it: no check`,
			`Controls[0]: got "TEAM.USERS", expected a complete control; mend it: no resource types`,
		}},
		{"an unknown id that nobody may except", nil, &[]*string{jsii.String("S3.PUBLIK"), nil}, []string{
			`NonExemptible[0]: got "S3.PUBLIK", expected the id of a control, such as S3.PUBLIC; correct it; controls.All lists the catalogue`,
			`NonExemptible[1]: missing, expected the id of a control; give one, or leave it out`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			_, faults := nonExemptibleOf(tt.nonExemptible, tt.controls)
			for _, f := range append(furtherFaults(tt.controls), faults...) {
				got = append(got, f.Error())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			b := NewBaseline(&BaselineProps{Controls: tt.controls, NonExemptible: tt.nonExemptible})
			if (b.wrong == nil) != (tt.want == nil) || len(fault.Split(b.wrong)) != len(tt.want) {
				t.Errorf("NewBaseline: %v", b.wrong)
			}
		})
	}
}

func TestABaselineWithAWrongControlIsNotUsed(t *testing.T) {
	app, _ := newStack(t)
	b := NewBaseline(&BaselineProps{Controls: []*controls.Control{nil}})
	for name, use := range map[string]func(){
		"ApplyTo": func() { b.ApplyTo(app) }, "Enforce": func() { b.Enforce(app) }, "Verify": func() { b.Verify(app) },
	} {
		if message := cdktest.Panic(t, use); message != "Controls[0]: missing, expected a control; give one, or leave it out" {
			t.Errorf("%s: %s", name, message)
		}
	}
}

func TestNewVerificationTakesNoWrongControl(t *testing.T) {
	if message := cdktest.Panic(t, func() { NewVerification(nil, &controls.Control{ID: "S3.TLS"}) }); !strings.Contains(message, "Controls[0].ID") {
		t.Error(message)
	}
}

func TestATeamsOwnControlIsJudgedInStagesAndNestedStacks(t *testing.T) {
	app, stack := newStack(t)
	own := noUsers()
	v := NewBaseline(&BaselineProps{Controls: []*controls.Control{own}}).Verify(app)
	awsiam.NewCfnUser(awscdk.NewNestedStack(stack, jsii.String("Nested"), nil), jsii.String("User"), nil)
	stage := awscdk.NewStage(app, jsii.String("Prod"), nil)
	awsiam.NewCfnUser(awscdk.NewStack(stage, jsii.String("Data"), nil), jsii.String("User"), nil)
	want := map[string]string{
		"TEAM.USERS S/Nested/User":  "non-compliant found a user, expected a role",
		"TEAM.USERS Prod/Data/User": "non-compliant found a user, expected a role",
	}
	if diff := cmp.Diff(want, rejected(t, app, v)); diff != "" {
		t.Error(diff)
	}
	var ids []string
	for _, id := range *v.RuleIds() {
		ids = append(ids, *id)
	}
	if !slices.Contains(ids, own.ID) || !slices.Contains(ids, "S3.TLS") || len(ids) != len(controls.All())+1 {
		t.Errorf("rule ids %v", ids)
	}
}

func TestAnExceptionCoversATeamsOwnControl(t *testing.T) {
	app, stack := newStack(t)
	awsiam.NewCfnUser(stack, jsii.String("User"), nil)
	v := NewBaseline(&BaselineProps{Controls: []*controls.Control{noUsers()}, Exceptions: accept(t, "TEAM.USERS", "S/User")}).Verify(app)
	cdktest.Synth(t, app)
	if f := v.Result().Findings; len(f) != 1 || f[0].Exception == nil || f[0].Verdict != controls.NonCompliant {
		t.Errorf("%+v", f)
	}
}

func TestBaselinesOfOneAppJoinTheirControls(t *testing.T) {
	app, stack := newStack(t)
	awsiam.NewCfnUser(stack, jsii.String("User"), nil)
	own := noUsers()
	NewBaseline(nil).Verify(app)
	NewBaseline(&BaselineProps{Controls: []*controls.Control{own}}).Verify(app)
	v := NewBaseline(&BaselineProps{Controls: []*controls.Control{own}}).Verify(app)
	message := cdktest.Panic(t, func() { NewBaseline(&BaselineProps{Controls: []*controls.Control{noUsers()}}).Verify(app) })
	if !strings.Contains(message, `Controls: got "TEAM.USERS", expected one control of this id in the app; another Baseline has a different one`) {
		t.Error(message)
	}
	if found := rejected(t, app, v); len(found) != 1 {
		t.Errorf("found %v", found)
	}
}

func TestNoExceptionKeepsTheFixOfANonExemptibleControlAway(t *testing.T) {
	app, stack := newStack(t)
	awss3.NewBucket(stack, jsii.String("B"), nil)
	baseline := NewBaseline(&BaselineProps{Exceptions: accept(t, "S3.VERSIONING", "S/B/Resource"), NonExemptible: jsii.Strings("S3.VERSIONING")})
	if !slices.ContainsFunc(baseline.ApplyTo(app), func(c Change) bool { return c.Control == "S3.VERSIONING" }) {
		t.Error("the bucket is not versioned")
	}
	v := baseline.Verify(app)
	rejected(t, app, v)
	if p := v.Result().Problems; len(p) != 1 || p[0].Kind != exceptions.NonExemptible {
		t.Errorf("problems %+v", p)
	}
	if versioning, _ := controls.ByID("S3.VERSIONING"); versioning.NonExemptible {
		t.Error("the catalogue has been changed")
	}
}
