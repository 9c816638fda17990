package controls

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/securecdk/securecdk/controls/template"
)

var day = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var verdicts = map[string]Verdict{
	"compliant": Compliant, "non-compliant": NonCompliant, "not-applicable": NotApplicable, "unknown": Unknown,
}

// fixtureName is <what it shows>.<expected verdict>, with an extension unless it is a folder.
var fixtureName = regexp.MustCompile(`^[a-z0-9-]+\.(compliant|non-compliant|not-applicable|unknown)(\.yaml|\.json)?$`)

func TestCatalogueIsValid(t *testing.T) {
	if err := Validate(All(), os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	all := All()
	for i, c := range all {
		if i > 0 && all[i-1].ID >= c.ID {
			t.Errorf("%s stands before %s", all[i-1].ID, c.ID)
		}
		if got, ok := ByID(c.ID); !ok || got != c {
			t.Errorf("ByID(%q) = %v, %v", c.ID, got, ok)
		}
	}
}

func TestEachFixtureGivesTheVerdictInItsName(t *testing.T) {
	for _, c := range All() {
		seen := map[Verdict]bool{}
		entries, err := os.ReadDir(path.Join("testdata", c.ID))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := path.Join(c.ID, e.Name())
			match := fixtureName.FindStringSubmatch(e.Name())
			if match == nil {
				t.Errorf("%s: the name says no verdict", name)
				continue
			}
			want := verdicts[match[1]]
			seen[want] = true
			t.Run(name, func(t *testing.T) { judgeFixture(t, c, path.Join("testdata", name), want) })
		}
		for _, v := range []Verdict{Compliant, NonCompliant, Unknown} {
			if !seen[v] {
				t.Errorf("%s has no fixture that is %s", c.ID, v)
			}
		}
	}
}

// judgeFixture judges the resources whose logical ids begin with Subject.
func judgeFixture(t *testing.T, c *Control, at string, want Verdict) {
	subjects := 0
	result := Evaluate(readFixture(t, at), []*Control{c}, nil, day)
	for _, f := range result.Findings {
		if !strings.HasPrefix(f.Resource.LogicalID, "Subject") {
			continue
		}
		subjects++
		if f.Verdict != want {
			t.Errorf("%s is %s (%s: %s), want %s", f.Resource.ID(), f.Verdict, f.Property, f.Message, want)
		}
		if f.Message == "" {
			t.Errorf("%s: no message", f.Resource.ID())
		}
		t.Logf("%s: %s: %s: %s", f.Resource.ID(), f.Verdict, f.Property, f.Message)
	}
	if subjects == 0 {
		t.Error("no resource has a logical id that begins with Subject")
	}
}

func readFixture(t testing.TB, at string) []*template.Template {
	t.Helper()
	var templates []*template.Template
	err := fs.WalkDir(os.DirFS("."), at, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		tpl, err := template.Parse(name, data)
		if err != nil {
			return err
		}
		templates = append(templates, tpl)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func TestEachFixtureFolderBelongsToAControl(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := ByID(e.Name()); !ok && e.IsDir() && strings.ToUpper(e.Name()) == e.Name() {
			t.Errorf("testdata/%s belongs to no control", e.Name())
		}
	}
}
