package securepipeline

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestLogicalIDsStay: a changed logical id replaces a key or a bucket of every pipeline that is upgraded.
func TestLogicalIDsStay(t *testing.T) {
	app, _, _ := newPipeline(t, realProps())
	var lines []string
	for name, doc := range cdktest.Synth(t, app) {
		if strings.Contains(name, string(filepath.Separator)) {
			continue // a stage is the user's
		}
		for id, r := range doc["Resources"].(map[string]any) {
			resource := r.(map[string]any)
			lines = append(lines, name+" "+resource["Type"].(string)+" "+id)
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	golden := filepath.Join("testdata", "logical_ids.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("logical ids are a public contract (-want +got):\n%s", diff)
	}
}
