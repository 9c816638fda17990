package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls"
)

var committedDocs = filepath.Join("..", "..", "docs", "controls")

func TestTheListHasEveryControl(t *testing.T) {
	c := command(t, "", "controls", "list")
	c.expect(t, exitHolds, "CONTROL ", "S3.PUBLIC ", "critical")
	if lines := strings.Count(c.stdout, "\n"); lines != len(controls.All())+1 {
		t.Errorf("%d lines", lines)
	}
	for _, control := range controls.All() {
		if !strings.Contains(c.stdout, control.Title) {
			t.Errorf("not listed: %s", control.ID)
		}
	}
}

func TestTheListAsJSON(t *testing.T) {
	c := command(t, "", "controls", "list", "--json")
	c.expect(t, exitHolds)
	var all []jsonControl
	if err := json.Unmarshal([]byte(c.stdout), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(controls.All()) {
		t.Fatalf("%d controls", len(all))
	}
	for i, control := range controls.All() {
		got := all[i]
		if got.ID != control.ID || got.Severity != control.Severity.String() || len(got.Scenarios) != len(control.Scenarios) ||
			len(got.Needed) == 0 || len(got.Mappings) != len(control.Mappings) || len(got.Types) != len(control.Types) {
			t.Errorf("%+v", got)
		}
	}
}

func TestShowSaysAllOfAControl(t *testing.T) {
	for _, control := range controls.All() {
		c := command(t, "", "controls", "show", strings.ToLower(control.ID))
		c.expect(t, exitHolds)
		said := strings.Join(strings.Fields(c.stdout), " ")
		want := []string{control.Title, control.Story, control.Rationale, control.Remedy, "Needed from where "}
		for _, s := range control.Scenarios {
			want = append(want, s.Given, s.Fixture)
		}
		for _, m := range control.Mappings {
			want = append(want, string(m.Framework)+": "+strings.Join(m.IDs, ", "))
		}
		for _, text := range want {
			if !strings.Contains(said, strings.Join(strings.Fields(text), " ")) {
				t.Errorf("%s: not said: %s", control.ID, text)
			}
		}
	}
}

func TestTheCommittedPagesAreThoseOfTheCatalogue(t *testing.T) {
	if *update {
		if err := os.RemoveAll(committedDocs); err != nil {
			t.Fatal(err)
		}
		command(t, "", "controls", "docs", committedDocs).expect(t, exitHolds)
	}
	fresh := filepath.Join(t.TempDir(), "a", "b")
	command(t, "", "controls", "docs", fresh).expect(t, exitHolds)
	if diff := cmp.Diff(readFolder(t, fresh), readFolder(t, committedDocs)); diff != "" {
		t.Errorf("docs/controls is stale: go test ./cmd/securecdk -update, and review the difference\n%s", diff)
	}
}

func TestAPageHasItsExamplesAndNoStrayMarkup(t *testing.T) {
	for name, page := range readFolder(t, committedDocs) {
		if name == indexPage {
			continue
		}
		for _, heading := range []string{"## Example\n\nBad, ", "\nGood, ", "## Why\n\n", "## How to fix\n\n", "## Verdicts\n\n", "## Mappings\n\n"} {
			if !strings.Contains(page, heading) {
				t.Errorf("%s: no %q", name, heading)
			}
		}
		if strings.Count(page, "\n```") != 4 || !strings.HasSuffix(page, "|\n") {
			t.Errorf("%s: broken", name)
		}
	}
	if got := markdown("s3:* <b> a_b | `x` [y]"); got != "s3:\\* \\<b> a\\_b \\| \\`x\\` \\[y\\]" {
		t.Error(got)
	}
}

func TestPagesThatCannotBeWritten(t *testing.T) {
	folder(t, map[string]string{"file": ""})
	command(t, "", "controls", "docs", "file").expect(t, exitUnjudged, "securecdk: file: ", "name a folder that can be written to")
}

func readFolder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[e.Name()] = string(text)
	}
	return texts
}
