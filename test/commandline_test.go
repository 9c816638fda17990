package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls/template"
	cloud "github.com/securecdk/securecdk/internal/assembly"
	"github.com/securecdk/securecdk/test/internal/judge"
	"github.com/securecdk/securecdk/test/internal/tool"
)

// commandLine has securecdk check judge the assembly, and sees that it misses no template and no construct path: those
// that the CDK CLI has the CDK write into the templates are those that are found without them.
func commandLine(t *testing.T, assembly *judge.Assembly) {
	t.Helper()
	r := tool.Run(t, tool.Root(t), nil, "go", "run", "./cmd/securecdk", "check", "--format", "json", assembly.Dir)
	if r.Code != 0 {
		t.Errorf("securecdk check ended with %d\n%s", r.Code, r.Output())
	}
	var report struct{ Findings []json.RawMessage }
	if err := json.Unmarshal([]byte(r.Stdout), &report); err != nil || len(report.Findings) < assembly.Judged() {
		t.Errorf("%d findings about %d resources: %v", len(report.Findings), assembly.Judged(), err)
	}
	want := map[string]string{}
	for _, tpl := range assembly.Templates {
		for _, r := range tpl.Resources {
			want[tpl.File+" "+r.LogicalID] = r.Path
		}
	}
	opened, err := cloud.Open(assembly.Dir)
	if err != nil {
		t.Fatal(err)
	}
	templates, err := opened.Read(withoutPaths)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, tpl := range templates {
		name, err := filepath.Rel(assembly.Dir, tpl.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range tpl.Resources {
			got[name+" "+r.LogicalID] = r.Path
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-as the CDK writes them +as they are read:\n%s", diff)
	}
}

func withoutPaths(name string) (*template.Template, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	t, err := template.Parse(name, data)
	if err != nil {
		return nil, err
	}
	for _, r := range t.Resources {
		r.Path = ""
	}
	return t, nil
}
