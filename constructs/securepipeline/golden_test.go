package securepipeline

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/internal/cdktest"
)

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
	cdktest.Golden(t, filepath.Join("testdata", "logical_ids.golden"), lines)
}
