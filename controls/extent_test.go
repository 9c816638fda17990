package controls

import (
	"testing"

	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/template"
)

// Each template is a set of its own, and an entry that one of them has no use for is not wrong.
func TestOneRegisterForSeveralSets(t *testing.T) {
	cs := []*Control{control(t, "SNS.CMK")}
	join := func(names ...string) *Result {
		joined := &Result{}
		for _, name := range names {
			tpl := parse(t, name+".yaml", "Resources: {T: {Type: AWS::SNS::Topic}, U: {Type: AWS::SNS::Topic}}")
			joined.Findings = append(joined.Findings, Evaluate([]*template.Template{tpl}, cs, nil, day).Findings...)
		}
		return joined
	}
	tests := []struct {
		name, scope string
		sets        []string
		of          Extent
		covered     int
		problem     exceptions.Kind
	}{
		{"a resource of the second", "B/T", []string{"A", "B"}, Whole, 1, ""},
		{"all of the second, which is not all of the app", "B/**", []string{"A", "B"}, Whole, 2, ""},
		{"all there is", "B/**", []string{"B"}, Whole, 0, exceptions.OverBroad},
		{"all there is in a part", "B/**", []string{"B"}, Part, 2, ""},
		{"nothing", "B/T", []string{"A"}, Whole, 0, exceptions.Unused},
		{"nothing in a part", "B/T", []string{"A"}, Part, 0, ""},
		{"two resources in a part", "B/T", []string{"B", "B"}, Part, 0, exceptions.Ambiguous},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reg := registerOf(t, "SNS.CMK", "2027-01-01", tt.scope)
			result := join(tt.sets...)
			result.Except(reg, cs, day, tt.of)
			if covered := len(result.Findings) - len(result.Failures()); covered != tt.covered {
				t.Errorf("%d covered, want %d", covered, tt.covered)
			}
			var kind exceptions.Kind
			for _, p := range result.Problems {
				kind = p.Kind
			}
			if kind != tt.problem || len(result.Problems) > 1 {
				t.Errorf("problems %+v, want %q", result.Problems, tt.problem)
			}
		})
	}
}
