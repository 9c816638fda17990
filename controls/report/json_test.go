package report_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/report"
)

// TestJSONMeetsItsSchema closes the schema for the test, so that what is written and not described is found too.
func TestJSONMeetsItsSchema(t *testing.T) {
	open := decoded(t, report.JSONSchema())
	schema := compile(t, closed(open))
	for name, result := range results(t) {
		t.Run(name, func(t *testing.T) {
			got := written(t, "json", result)
			if err := schema.Validate(decoded(t, got)); err != nil {
				t.Errorf("%v in\n%.2000s", err, got)
			}
		})
	}
	for _, wrong := range []string{
		`{}`, `[]`, `{"version": 2, "passed": true, "summary": {}, "findings": [], "problems": [], "controls": []}`,
		`{"version": 1, "passed": true, "summary": {"compliant": -1, "nonCompliant": 0, "unknown": 0, "notApplicable": 0, "accepted": 0, "problems": 0}, "findings": [], "problems": [], "controls": []}`,
		`{"version": 1, "passed": true, "summary": {"compliant": 0, "nonCompliant": 0, "unknown": 0, "notApplicable": 0, "accepted": 0, "problems": 0}, "findings": null, "problems": [], "controls": []}`,
	} {
		if err := schema.Validate(decoded(t, []byte(wrong))); err == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}

// closed lets no object have a property that is not described.
func closed(v any) any {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			closed(e)
		}
	case map[string]any:
		for _, e := range v {
			closed(e)
		}
		if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" {
			v["additionalProperties"] = false
		}
	}
	return v
}

func TestJSONSchemaIsACopy(t *testing.T) {
	report.JSONSchema()[0] = 'x'
	if report.JSONSchema()[0] != '{' {
		t.Error("a caller can change it")
	}
}

func TestJSONCountsAnAcceptedRiskOnce(t *testing.T) {
	var got struct {
		Passed  bool
		Summary map[string]int
	}
	if err := json.Unmarshal(written(t, "json", judge(t)), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"compliant": 1, "nonCompliant": 1, "unknown": 1, "notApplicable": 0, "accepted": 1, "problems": 1}
	if diff := cmp.Diff(want, got.Summary); diff != "" || got.Passed {
		t.Errorf("passed: %t %s", got.Passed, diff)
	}
}

func TestJSONPassesWhenOnlyRisksAreAccepted(t *testing.T) {
	result := judge(t)
	result.Problems = nil
	for i := range result.Findings {
		if f := &result.Findings[i]; f.Failed() {
			f.Verdict = controls.Compliant
		}
	}
	var got struct{ Passed bool }
	if err := json.Unmarshal(written(t, "json", result), &got); err != nil || !got.Passed || result.Err() != nil {
		t.Errorf("%+v, %v, %v", got, err, result.Err())
	}
}
