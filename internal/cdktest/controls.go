package cdktest

import (
	"testing"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/template"
)

// Compliant fails the test unless every control holds in the templates, which are judged together, and at least so many
// findings are compliant: where less is judged, something was not seen.
func Compliant(t testing.TB, docs map[string]map[string]any, least int) {
	t.Helper()
	var templates []*template.Template
	for name, doc := range docs {
		parsed, err := template.New(name, doc)
		if err != nil {
			t.Fatal(err)
		}
		templates = append(templates, parsed)
	}
	result := controls.Evaluate(templates, controls.All(), nil, time.Now())
	for _, f := range result.Failures() {
		t.Errorf("%s %s %s: %s %s", f.Resource.Template.Name, f.Resource.LogicalID, f.Control.ID, f.Verdict, f.Message)
	}
	if n := result.Count(controls.Compliant); n < least {
		t.Errorf("only %d compliant findings, want at least %d: was everything judged?", n, least)
	}
}
