package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/report"
	"github.com/securecdk/securecdk/controls/template"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden fails when a format changes: what reads it may break. Console and JUnit have their texts in their tests.
func TestGolden(t *testing.T) {
	for _, f := range report.Formats() {
		if f.Name == "console" || f.Name == "junit" {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			got := written(t, f.Name, judge(t))
			file := filepath.Join("testdata", "golden", f.File)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
			for range 20 {
				if again := written(t, f.Name, judge(t)); !bytes.Equal(again, got) {
					t.Fatalf("another text:\n%s", again)
				}
			}
		})
	}
}

func TestFormatsAreToldApart(t *testing.T) {
	names, files := map[string]bool{}, map[string]bool{}
	for _, f := range report.Formats() {
		if names[f.Name] || files[f.File] || f.Name != strings.ToLower(f.Name) || !strings.HasPrefix(f.File, "securecdk.") {
			t.Errorf("%s in %s", f.Name, f.File)
		}
		names[f.Name], files[f.File] = true, true
	}
}

func TestFormatsSayWhenTheyCannotWrite(t *testing.T) {
	for _, f := range report.Formats() {
		if err := f.Write(brokenPipe{}, judge(t)); err == nil {
			t.Errorf("%s: no error", f.Name)
		}
	}
}

func TestFormatsLeaveTheResultAsItIs(t *testing.T) {
	for _, f := range report.Formats() {
		result := judge(t)
		before := slices.Clone(result.Findings)
		written(t, f.Name, result)
		for i := range before {
			if before[i].Control != result.Findings[i].Control || before[i].Resource != result.Findings[i].Resource {
				t.Errorf("%s moved finding %d", f.Name, i)
			}
		}
	}
}

// written is the result in a format.
func written(t *testing.T, name string, result *controls.Result) []byte {
	t.Helper()
	for _, f := range report.Formats() {
		if f.Name == name {
			var b bytes.Buffer
			if err := f.Write(&b, result); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	t.Fatalf("there is no format %s", name)
	return nil
}

// results are what schemas must hold for: nothing, a bit of all, every fixture of the catalogue, and texts that somebody
// chose to break out of a report.
func results(t *testing.T) map[string]*controls.Result {
	t.Helper()
	return map[string]*controls.Result{
		"nothing":      {},
		"some of all":  judge(t),
		"all fixtures": judgeFixtures(t),
		"hostile":      judgeHostile(t),
		"a bare control": {Findings: []controls.Finding{{
			Control: &controls.Control{ID: "X"}, Resource: &template.Resource{Template: &template.Template{}}, Verdict: controls.Unknown,
		}}},
	}
}

func judgeFixtures(t *testing.T) *controls.Result {
	t.Helper()
	files, err := filepath.Glob("../testdata/*/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	all := &controls.Result{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tpl, err := template.Parse(strings.TrimPrefix(file, "../"), data)
		if err != nil {
			t.Fatal(err)
		}
		one := controls.Evaluate([]*template.Template{tpl}, controls.All(), nil, day)
		all.Findings = append(all.Findings, one.Findings...)
	}
	return all
}

// attacks are texts that would break out of one format or another.
var attacks = []string{
	"", "`", "``", "plain `code` ``` fence", "a ` @everyone <script>alert(1)</script> ` https://evil.example", "a\n\n# heading\n\n| a | b |\n| - | - |\n", "</details><script>alert(1)</script>",
	"<img src=x onerror=alert(1)>", "[click](https://evil.example)", "![x](https://evil.example/x.png)", "https://evil.example www.evil.example",
	"@everyone someone@evil.example", "owner/repository#1 GH-1 #1 !1", "\x00\x1b[2K\x7f\u202e\u200b\u2028", "\xff\xfe", "a\\`b\\|c", "* _ ~~x~~ **y** <!-- ",
	"../../etc/passwd?x#y z:%41", `C:\app\cdk.out\A.json`, "/abs/A.json", "javascript:alert(1)", "]]></failure>", "{0} {{1}}", strings.Repeat("`@é", 5000),
}

func judgeHostile(t *testing.T) *controls.Result {
	t.Helper()
	result := &controls.Result{}
	for i, s := range attacks {
		control := controls.Control{ID: s, Title: s, Remedy: s, Rationale: s, Story: s, Severity: controls.Severity(i%4 + 1),
			Mappings: []controls.Mapping{{Framework: controls.Framework(s), IDs: []string{s}}}}
		entry := &exceptions.Entry{Control: s, Scope: s, Reason: s, Ticket: s, Approver: s, Owner: s, File: s, Expires: day}
		for n, e := range []*exceptions.Entry{nil, nil, entry} {
			id := s + strings.Repeat("'", n) // a template has a logical id once
			r := &template.Resource{LogicalID: id, Type: s, Path: s, Template: &template.Template{Name: s}}
			verdict := []controls.Verdict{controls.NonCompliant, controls.Unknown}[n%2]
			result.Findings = append(result.Findings, controls.Finding{Control: &control, Resource: r, Verdict: verdict, Property: s, Message: s, Exception: e})
		}
		result.Problems = append(result.Problems, exceptions.Problem{Kind: exceptions.Kind(s), Name: s, Message: s, Entry: entry})
	}
	return result
}

// compile makes a JSON Schema ready. Formats such as uri and date are looked at too.
func compile(t *testing.T, schema any) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// texts has every string in a decoded JSON value.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, texts(e)...)
		}
		return all
	case map[string]any:
		var all []string
		for k, e := range v {
			all = append(append(all, k), texts(e)...)
		}
		return all
	}
	return nil
}

// many is a result with n failures of each control of the catalogue.
func many(n int) *controls.Result {
	result := &controls.Result{}
	tpl := &template.Template{Name: "Shop.template.json"}
	for _, c := range controls.All() {
		for i := range n {
			id := c.ID + strings.Repeat("x", i)
			r := &template.Resource{LogicalID: id, Type: c.Types[0], Path: "Prod/Shop/" + id, Template: tpl}
			f := controls.Finding{Control: c, Resource: r, Verdict: controls.NonCompliant, Property: "Property", Message: strings.Repeat("found nothing ", 10)}
			result.Findings = append(result.Findings, f)
			f.Exception = &exceptions.Entry{Reason: strings.Repeat("because ", 20), Ticket: "RISK-1", Approver: "ciso", Expires: day.AddDate(1, 0, 0).Truncate(24 * time.Hour)}
			result.Findings = append(result.Findings, f)
		}
		result.Problems = append(result.Problems, exceptions.Problem{Kind: exceptions.Unused, Name: "exceptions.yaml", Line: 1, Message: strings.Repeat("remove ", 20)})
	}
	return result
}
