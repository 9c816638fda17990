package controls

import (
	"fmt"
	"testing"
	"time"

	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/template"
)

// registerOf is a register with one entry a scope.
func registerOf(t *testing.T, id, expires string, scopes ...string) *exceptions.Register {
	t.Helper()
	text := ""
	for _, scope := range scopes {
		text += fmt.Sprintf("- {control: %s, scope: %s, reason: r, owner: o, approver: a, ticket: t, expires: %s}\n", id, scope, expires)
	}
	reg, err := exceptions.Parse("x.yaml", []byte(text))
	if err != nil || len(reg.Problems) > 0 {
		t.Fatal(err, reg)
	}
	return reg
}

func TestNobodyAcceptsTheRiskOfANonExemptibleControl(t *testing.T) {
	versioning := *control(t, "S3.VERSIONING")
	versioning.NonExemptible = true
	for name, expires := range map[string]string{"in force": "2027-01-01", "expired": "2026-01-01"} {
		t.Run(name, func(t *testing.T) {
			reg := registerOf(t, versioning.ID, expires, "App/Data/Landing/Resource")
			result := Evaluate([]*template.Template{parse(t, "S.yaml", twoStacks)}, []*Control{&versioning}, reg, day)
			for _, f := range result.Findings {
				if f.Exception != nil {
					t.Errorf("%s is covered", f.Resource.ID())
				}
			}
			want := exceptions.Problem{Kind: exceptions.NonExemptible, Name: "x.yaml", Line: 1, Entry: reg.Entries[0],
				Message: "nobody may accept the risk of S3.VERSIONING: fix what is at App/Data/Landing/Resource, and remove the entry"}
			if len(result.Problems) != 1 || result.Problems[0] != want || result.Err() == nil {
				t.Errorf("problems %+v, error %v", result.Problems, result.Err())
			}
		})
	}
}

// TestTheRisksOfTheCatalogueMayBeAccepted holds a decision that Control.NonExemptible tells: changing it breaks builds.
func TestTheRisksOfTheCatalogueMayBeAccepted(t *testing.T) {
	for _, c := range All() {
		if c.NonExemptible {
			t.Errorf("%s is non-exemptible", c.ID)
		}
	}
}

func TestAnEntryThatSoonExpiresIsAWarningAndNoFailure(t *testing.T) {
	tests := []struct {
		name, expires, scope, want string
	}{
		{"thirty-one days ahead", "2026-12-25", "App/Data/Landing/Resource", ""},
		{"thirty days ahead", "2026-12-24", "App/Data/Landing/Resource", "S3.VERSIONING at App/Data/Landing/Resource expires at the end of 2026-12-24, in 30 days: fix the resource, or have the risk accepted anew"},
		{"tomorrow", "2026-11-25", "App/Data/Landing/Resource", "S3.VERSIONING at App/Data/Landing/Resource expires at the end of 2026-11-25, tomorrow: fix the resource, or have the risk accepted anew"},
		{"today", "2026-11-24", "App/Data/Landing/Resource", "S3.VERSIONING at App/Data/Landing/Resource expires at the end of 2026-11-24, today: fix the resource, or have the risk accepted anew"},
		{"expired, which is an error already", "2026-11-23", "App/Data/Landing/Resource", ""},
		{"unused, which is an error already", "2026-11-25", "App/Data/Good/Resource", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reg := registerOf(t, "S3.VERSIONING", tt.expires, tt.scope)
			result := Evaluate([]*template.Template{parse(t, "S.yaml", twoStacks)}, []*Control{control(t, "S3.VERSIONING")}, reg, day)
			if tt.want == "" && len(result.Expiring) > 0 || tt.want != "" && (len(result.Expiring) != 1 ||
				result.Expiring[0] != exceptions.Problem{Kind: exceptions.Expiring, Name: "x.yaml", Line: 1, Entry: reg.Entries[0], Message: tt.want}) {
				t.Errorf("got %+v, want %s", result.Expiring, tt.want)
			}
		})
	}
	all := registerOf(t, "S3.VERSIONING", "2026-12-01", "S/B", "S/A")
	result := Evaluate([]*template.Template{parse(t, "S.yaml", "Resources: {A: {Type: 'AWS::S3::Bucket'}, B: {Type: 'AWS::S3::Bucket'}}")},
		[]*Control{control(t, "S3.VERSIONING")}, all, day)
	if err := result.Err(); err != nil || len(result.Expiring) != 2 || result.Expiring[0].Line != 1 {
		t.Errorf("error %v, expiring %+v", err, result.Expiring)
	}
}

func TestAnEntryForAControlOfOnesOwnCoversItsFinding(t *testing.T) {
	own := &Control{ID: "TEAM.NAME", Types: []string{"AWS::S3::Bucket"}, Check: func(p *Pass) { p.NonCompliant("BucketName", "found nothing, expected a name") }}
	tpl := parse(t, "S.yaml", "Resources: {A: {Type: 'AWS::S3::Bucket'}}")
	reg := registerOf(t, own.ID, "2027-06-01", "S/A")
	if result := Evaluate([]*template.Template{tpl}, []*Control{own}, reg, day); result.Err() != nil || result.Findings[0].Exception != reg.Entries[0] {
		t.Errorf("%v, %+v", result.Err(), result.Findings)
	}
	result := Evaluate([]*template.Template{tpl}, nil, reg, time.Time{})
	if len(result.Problems) != 1 || result.Problems[0].Kind != exceptions.UnknownControl {
		t.Errorf("without the control: %+v", result.Problems)
	}
}
