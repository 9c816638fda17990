package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The hook starts what go install makes of this package, with flags that it has, on files that are templates.
func TestThePreCommitHook(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct{ ID, Entry, Language, Files string }
	if err := yaml.Unmarshal(data, &hooks); err != nil || len(hooks) != 1 {
		t.Fatal(hooks, err)
	}
	hook := hooks[0]
	if hook.Language != "golang" {
		t.Error(hook.Language)
	}
	files, err := regexp.Compile(hook.Files)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"Orders.template.json": true, "infra/a.template.yaml": true, "a.template.yml": true, "cdk.out/S.nested.template.json": true,
		"package.json": false, "template.yaml": false, "a.template.yaml.orig": false,
	} {
		if got := files.MatchString(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	folder(t, map[string]string{"bad.template.yaml": bad, "good.template.yaml": good, "accepts.yaml": accepts})
	words := strings.Fields(hook.Entry)
	if words[0] != "securecdk" { // the name of this package's folder
		t.Fatal(hook.Entry)
	}
	args := append(words[1:], "--exceptions", "accepts.yaml") // args of the user's come before the files
	command(t, "", append(args, "good.template.yaml")...).expect(t, exitHolds)
	command(t, "", append(args, "good.template.yaml", "bad.template.yaml")...).expect(t, exitHolds, "1 accepted")
	command(t, "", append(words[1:], "bad.template.yaml")...).expect(t, exitFindings)
}
