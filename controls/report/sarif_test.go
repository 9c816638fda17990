package report_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/template"
)

// run is what the tests look at.
type run struct {
	Tool struct {
		Driver struct {
			Rules []struct {
				ID               string
				ShortDescription struct{ Text string }
				FullDescription  struct{ Text string }
				Help             struct{ Text, Markdown string }
				Properties       struct {
					Tags     []string
					Severity string `json:"security-severity"`
				}
			}
		}
	}
	Results []struct {
		RuleID    string
		RuleIndex int
		Level     string
		Message   struct{ Text string }
		Locations []struct {
			PhysicalLocation struct {
				ArtifactLocation struct{ URI string }
				Region           struct{ StartLine int }
			}
		}
		PartialFingerprints map[string]string
		Suppressions        []struct{ Kind, Status, Justification string }
	}
}

func sarif(t *testing.T, result *controls.Result) run {
	t.Helper()
	var log struct {
		Version string
		Runs    []run
	}
	if err := json.Unmarshal(written(t, "sarif", result), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("version %s, %d runs", log.Version, len(log.Runs))
	}
	return log.Runs[0]
}

func TestSARIFMeetsTheOfficialSchema(t *testing.T) {
	data, err := os.ReadFile("testdata/sarif/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	schema := compile(t, decoded(t, data))
	for name, result := range results(t) {
		t.Run(name, func(t *testing.T) {
			got := written(t, "sarif", result)
			if err := schema.Validate(decoded(t, got)); err != nil {
				t.Errorf("%v in\n%.2000s", err, got)
			}
		})
	}
	if err := schema.Validate(decoded(t, []byte(`{"version": "2.1.0", "runs": [{"tool": {}}]}`))); err == nil {
		t.Error("the schema takes a tool without driver")
	}
}

// What code scanning demands beyond the schema.
func TestSARIFIsWhatCodeScanningTakes(t *testing.T) {
	for name, result := range results(t) {
		t.Run(name, func(t *testing.T) {
			got := sarif(t, result)
			rules := got.Tool.Driver.Rules
			for _, r := range rules {
				if n := max(len(r.ShortDescription.Text), len(r.FullDescription.Text)); n > 1024 || len(r.Properties.Tags) > 10 || !slices.Contains(r.Properties.Tags, "security") {
					t.Errorf("%.100s: a description of %d, tags %v", r.ID, n, r.Properties.Tags)
				}
				if f, err := strconv.ParseFloat(r.Properties.Severity, 64); name != "a bare control" && (err != nil || f <= 0 || f > 10) {
					t.Errorf("%.100s: severity %q", r.ID, r.Properties.Severity)
				}
			}
			fingerprints := map[string]bool{}
			for _, r := range got.Results {
				if rules[r.RuleIndex].ID != r.RuleID || len(r.Locations) != 1 || r.Locations[0].PhysicalLocation.Region.StartLine != 1 || r.Suppressions == nil {
					t.Errorf("%.300v", r)
				}
				fingerprint := r.PartialFingerprints["primaryLocationLineHash"]
				if fingerprints[fingerprint] || fingerprint == "" {
					t.Errorf("fingerprint %q of %.100s stands twice", fingerprint, r.Message.Text)
				}
				fingerprints[fingerprint] = true
			}
		})
	}
}

func TestSARIFGivesLevelsBySeverity(t *testing.T) {
	want := map[controls.Severity]string{controls.Critical: "error 9.5", controls.High: "error 8.0", controls.Medium: "warning 5.5", controls.Low: "note 3.0"}
	for severity, want := range want {
		result := judge(t)
		for i := range result.Findings {
			c := *result.Findings[i].Control
			c.Severity = severity
			result.Findings[i].Control = &c
		}
		got := sarif(t, result)
		for _, r := range got.Results {
			unknown := strings.Contains(r.Message.Text, " is unknown: ")
			if level := r.Level + " " + got.Tool.Driver.Rules[r.RuleIndex].Properties.Severity; !unknown && level != want || unknown && r.Level != "warning" {
				t.Errorf("%s: got %s, want %s: %s", severity, level, want, r.Message.Text)
			}
		}
	}
}

func TestSARIFLeavesOutWhatIsCompliant(t *testing.T) {
	result := judge(t)
	got := sarif(t, result)
	ids := ""
	for _, r := range got.Results {
		ids += r.RuleID + " " + strconv.Itoa(len(r.Suppressions)) + "\n"
	}
	if diff := cmp.Diff("LOGS.CMK 1\nSNS.CMK 0\nSNS.CMK 0\n", ids); diff != "" {
		t.Error(diff)
	}
}

// A fingerprint that changed would close an alert, with what people wrote to it, and open another.
func TestSARIFFingerprintsOutliveEdits(t *testing.T) {
	of := func(text string) map[string]string {
		tpl, err := template.Parse("Shop.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, r := range sarif(t, controls.Evaluate([]*template.Template{tpl}, controls.All(), nil, day)).Results {
			found[r.RuleID+" "+strings.Fields(r.Message.Text)[0]] = r.PartialFingerprints["primaryLocationLineHash"]
		}
		return found
	}
	before := of("Resources:\n  A: {Type: AWS::SNS::Topic}\n  B: {Type: AWS::SNS::Topic}\n")
	after := of("# a comment\nParameters: {K: {Type: String}}\nResources:\n  A0: {Type: AWS::SQS::Queue}\n\n  B: {Type: AWS::SNS::Topic}\n  A: {Type: AWS::SNS::Topic, Properties: {KmsMasterKeyId: !Ref K}}\n")
	for id, fingerprint := range before {
		if after[id] != fingerprint {
			t.Errorf("%s: %s became %s", id, fingerprint, after[id])
		}
	}
	if len(before) != 2 || len(after) != 3 {
		t.Errorf("%v, %v", before, after)
	}
}

func TestSARIFNamesFilesByURI(t *testing.T) {
	for name, want := range map[string]string{
		"assembly-Prod/A.template.json": "assembly-Prod/A.template.json",
		"./cdk.out/A.json":              "cdk.out/A.json",
		`cdk.out\A.json`:                "cdk.out/A.json",
		"../A B?.json#x%41":             "../A%20B%3F.json%23x%2541",
		"a:b.json":                      "./a:b.json",
		"/abs/A.json":                   "file:///abs/A.json",
		`C:\app\A.json`:                 "file:///C:/app/A.json",
		"":                              ".",
	} {
		result := judge(t)
		result.Problems = nil
		for i := range result.Findings {
			r := *result.Findings[i].Resource
			r.Template = &template.Template{Name: name}
			result.Findings[i].Resource = &r
		}
		if got := sarif(t, result).Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// SARIF reads [text](target) in a message as a link.
func TestSARIFTextsAreNeitherLinksNorControlCharacters(t *testing.T) {
	got := written(t, "sarif", judgeHostile(t))
	for _, s := range texts(decoded(t, got)) {
		if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\u200b' }) {
			t.Errorf("%.200q", s)
		}
	}
	run := sarif(t, judgeHostile(t))
	var messages []string
	for _, r := range run.Tool.Driver.Rules {
		messages = append(messages, r.ShortDescription.Text, r.FullDescription.Text, r.Help.Text)
		if html := rendered(t, r.Help.Markdown); breaksOut(html) {
			t.Errorf("%.500s", html)
		}
	}
	for _, r := range run.Results {
		messages = append(messages, r.Message.Text)
		for _, s := range r.Suppressions {
			messages = append(messages, s.Justification)
		}
	}
	for _, m := range messages {
		if strings.Contains(m, "](") {
			t.Errorf("a link in %.200q", m)
		}
	}
}
