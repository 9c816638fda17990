package controls

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/controls/template"
)

// limit bounds what parsing and judging a template may allocate, in bytes.
type limit struct{ inAll, perByte, perFinding int }

var (
	// ofFixtures is a third more than what the fixtures take.
	ofFixtures = limit{inAll: 80 << 10, perByte: 32}
	// ofAnything allows for values in which references and conditions are made to be many; the bounds of package template
	// and maxWorlds keep to it.
	ofAnything = limit{inAll: 1 << 20, perByte: 400, perFinding: 64 << 10}
)

// FuzzEvaluate looks for templates that parse, and at which a check panics or the evaluation hangs, gives no verdict or
// allocates out of proportion.
func FuzzEvaluate(f *testing.F) {
	for name, data := range fixtures(f) {
		f.Add(strings.HasSuffix(name, ".json"), data)
	}
	f.Fuzz(func(t *testing.T, isJSON bool, data []byte) {
		name := "a.yaml"
		if isJSON {
			name = "a.json"
		}
		if result := evaluateCounted(t, name, data, ofAnything); result != nil {
			sound(t, result)
		}
	})
}

// TestEvaluationOfAFixtureAllocatesInProportion measures what the fuzz test bounds.
func TestEvaluationOfAFixtureAllocatesInProportion(t *testing.T) {
	for name, data := range fixtures(t) {
		result := evaluateCounted(t, name, data, ofFixtures)
		if result == nil {
			t.Errorf("%s does not parse", name)
			continue
		}
		sound(t, result)
	}
}

// TestEvaluationOfManyTemplatesAllocatesInProportion judges each fixture 40 times over, together: what one resource costs
// must not grow with the number of the others.
func TestEvaluationOfManyTemplatesAllocatesInProportion(t *testing.T) {
	const copies = 40
	for name, data := range fixtures(t) {
		var templates []*template.Template
		for i := range copies {
			tpl, err := template.Parse(fmt.Sprintf("stage%d/%s", i, name), data)
			if err != nil {
				t.Fatal(err)
			}
			templates = append(templates, tpl)
		}
		one := allocated(func() { Evaluate(templates[:1], All(), nil, day) })
		if all := allocated(func() { Evaluate(templates, All(), nil, day) }); all > 2*copies*one {
			t.Errorf("%s: %d bytes once, %d bytes for %d of them together", name, one, all, copies)
		}
	}
}

func fixtures(tb testing.TB) map[string][]byte {
	tb.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"testdata/*/*.*", "testdata/*/*/*.*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			tb.Fatal(err)
		}
		for _, name := range names {
			if data, err := os.ReadFile(name); err == nil && filepath.Base(name) != "exceptions.yaml" {
				all[name] = data
			}
		}
	}
	if len(all) < 100 {
		tb.Fatalf("%d fixtures only", len(all))
	}
	return all
}

// evaluateCounted judges by all controls, and fails the test when that allocates more than the limit. It returns nil for
// what doesn't parse.
func evaluateCounted(t *testing.T, name string, data []byte, most limit) (result *Result) {
	t.Helper()
	findings := 0
	got := allocated(func() {
		if tpl, err := template.Parse(name, data); err == nil {
			result = Evaluate([]*template.Template{tpl}, All(), nil, day)
			findings = len(result.Findings)
		}
	})
	if bound := most.inAll + most.perByte*len(data) + most.perFinding*findings; got > bound {
		t.Errorf("%s: %d bytes and %d findings took %d bytes, more than %d", name, len(data), findings, got, bound)
	}
	return result
}

// allocated counts the bytes that f allocates. Nothing else runs in the meantime.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// sound tells of findings that only a mistake in a check makes.
func sound(t *testing.T, result *Result) {
	t.Helper()
	for i := range result.Findings {
		f := &result.Findings[i]
		if f.Verdict < Compliant || f.Verdict > Unknown || f.Message == "" ||
			strings.Contains(f.Message, "the check failed") || strings.Contains(f.Message, "the check reported nothing") {
			t.Errorf("%s at %s: %s: %q", f.Control.ID, f.Resource.ID(), f.Verdict, f.Message)
		}
	}
}
