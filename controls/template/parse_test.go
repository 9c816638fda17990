package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	const bucket = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n"
	tests := []struct{ name, file, data, want string }{
		{"empty file", "a.yaml", " \n", "a.yaml: expected a template, found an empty file"},
		{"a list", "a.yaml", "- x\n", "a.yaml: expected a template with a Resources section, found a list"},
		{"a text", "a.json", `"x"`, `a.json: expected a template with a Resources section, found the text "x"`},
		{"no resources", "a.json", `{"Outputs": {}}`, "a.json: Resources: expected a map of logical ids to resources, found nothing"},
		{"resources as a list", "a.json", `{"Resources": []}`, "a.json: Resources: expected a map of logical ids to resources, found a list"},
		{"resource as a text", "a.yaml", "Resources: {B: bucket}", `a.yaml: Resources.B: expected a map with a Type, found the text "bucket"`},
		{"no type", "a.yaml", "Resources: {B: {Properties: {}}}", "a.yaml: Resources.B.Type: expected a resource type such as AWS::S3::Bucket, found nothing"},
		{"type as a map", "a.yaml", "Resources: {B: {Type: {}}}", "a.yaml: Resources.B.Type: expected a resource type such as AWS::S3::Bucket, found a map"},
		{"properties as a list", "a.yaml", bucket + "    Properties: [x]", "a.yaml: Resources.B.Properties: expected a map, found a list"},
		{"condition as a map", "a.yaml", bucket + "    Condition: {a: b}", "a.yaml: Resources.B.Condition: expected the name of a condition, found a map"},
		{"a loop", "a.json", `{"Resources": {"Fn::ForEach::X": []}}`, "a.json: Resources.Fn::ForEach::X: expected resources as they are deployed: judge the processed template, with loops expanded, found a list"},
		{"parameter without type", "a.yaml", bucket + "Parameters: {P: {}}", "a.yaml: Parameters.P.Type: expected a parameter type such as String, found nothing"},
		{"parameter with a map as default", "a.yaml", bucket + "Parameters: {P: {Type: String, Default: {}}}", "a.yaml: Parameters.P.Default: expected a literal value, found a map"},
		{"output as a text", "a.yaml", bucket + "Outputs: {O: x}", `a.yaml: Outputs.O: expected a map with a Value, found the text "x"`},
		{"export as a text", "a.yaml", bucket + "Outputs: {O: {Value: x, Export: y}}", `a.yaml: Outputs.O.Export: expected a map with a Name, found the text "y"`},
		{"conditions as a list", "a.yaml", bucket + "Conditions: []", "a.yaml: Conditions: expected a map, found a list"},
		{"duplicate key in JSON", "a.json", "{\"Resources\": {\n \"B\": {\"Type\": \"A\"},\n \"B\": {}}}", `a.json:3:2: the key "B" stands twice in the same map`},
		{"duplicate key in YAML", "a.yaml", bucket + "  B:\n    Type: AWS::S3::Bucket\n", `a.yaml:4:3: the key "B" stands twice in the same map`},
		{"JSON cut short", "a.json", "{\"Resources\": {\n", "a.json:2:1: the file ends in the middle of a value"},
		{"JSON with a trailing comma", "a.json", `{"Resources": {},}`, `a.json:1:17: invalid character ',' at start of value`},
		{"JSON with something after it", "a.json", `{"Resources": {}} x`, `a.json:1:19: invalid character 'x' after top-level value`},
		{"JSON with a bad escape", "a.json", `{"a": "\x"}`, "a.json:1:8: invalid escape sequence `\\x` in string"},
		{"JSON with a bad number", "a.json", `{"a": -}`, `a.json:1:8: invalid character '}' in number (expecting digit)`},
		{"JSON with too large a number", "a.json", `{"a": 1e999}`, "a.json:1:7: the number 1e999 is out of range"},
		{"an unknown YAML tag", "a.yaml", "Resources: !Reff x\n", "a.yaml:1:12: expected an intrinsic function's short form, such as !Ref or !Sub, found !Reff"},
		{"a map as YAML key", "a.yaml", "? {a: b}\n: c\n", "a.yaml:1:3: expected a text as key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.file, []byte(tt.data))
			if err == nil {
				t.Fatal("no error")
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
			var e *Error
			if !errors.As(err, &e) || e.Name != tt.file {
				t.Errorf("%#v is no *Error with the file's name", err)
			}
		})
	}
}

func TestYAMLSyntaxErrorNamesTheLine(t *testing.T) {
	_, err := Parse("a.yaml", []byte("Resources:\n  B:\n    Type: [\n"))
	var e *Error
	if !errors.As(err, &e) || e.Line < 2 {
		t.Errorf("error %v names no line", err)
	}
}

func TestDepthAndAliasesAreBounded(t *testing.T) {
	deep := func(opening, closing string) string {
		return strings.Repeat(opening, 5000) + strings.Repeat(closing, 5000)
	}
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	for name, data := range map[string]string{
		"lists.json": `{"Resources": {}, "x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
		"maps.json":  `{"Resources": {}, "x":` + strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000) + `}`,
		"lists.yaml": "Resources: " + deep("[", "]"),
		"bomb.yaml":  bomb,
		"cycle.yaml": "Resources: &r\n  B: *r\n",
	} {
		if _, err := Parse(name, []byte(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestShortFormsAreTheLongForms(t *testing.T) {
	short := `
Resources:
  R:
    Type: Custom::All
    Properties:
      Ref: !Ref A
      Dot: !GetAtt A.Outputs.Arn
      List: !GetAtt [A, Arn]
      Sub: !Sub "${A}"
      SubMap: !Sub ["${x}", {x: !Ref A}]
      Join: !Join ["", [a, !Ref B]]
      If: !If [C, !Ref A, !Ref "AWS::NoValue"]
      Map: !FindInMap [M, !Ref "AWS::Region", k]
      Select: !Select [0, !GetAZs ""]
      Split: !Split [",", !ImportValue x]
      Base64: !Base64
        Fn::Sub: x
      Cidr: !Cidr [10.0.0.0/16, 2, 8]
      Transform: !Transform {Name: AWS::Include, Parameters: {Location: s3://x}}
      Json: !ToJsonString {a: !Ref A}
      Length: !Length [1, 2]
Conditions:
  C: !And [!Equals [a, b], !Or [!Condition D, !Not [!Condition E]]]
`
	long := `{
	"Resources": {"R": {"Type": "Custom::All", "Properties": {
		"Ref": {"Ref": "A"}, "Dot": {"Fn::GetAtt": ["A", "Outputs.Arn"]}, "List": {"Fn::GetAtt": ["A", "Arn"]},
		"Sub": {"Fn::Sub": "${A}"}, "SubMap": {"Fn::Sub": ["${x}", {"x": {"Ref": "A"}}]},
		"Join": {"Fn::Join": ["", ["a", {"Ref": "B"}]]}, "If": {"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]},
		"Map": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}, "Select": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
		"Split": {"Fn::Split": [",", {"Fn::ImportValue": "x"}]}, "Base64": {"Fn::Base64": {"Fn::Sub": "x"}},
		"Cidr": {"Fn::Cidr": ["10.0.0.0/16", 2, 8]},
		"Transform": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://x"}}},
		"Json": {"Fn::ToJsonString": {"a": {"Ref": "A"}}}, "Length": {"Fn::Length": [1, 2]}}}},
	"Conditions": {"C": {"Fn::And": [{"Fn::Equals": ["a", "b"]},
		{"Fn::Or": [{"Condition": "D"}, {"Fn::Not": [{"Condition": "E"}]}]}]}}}`
	got, want := mustParse(t, "a.yaml", short), mustParse(t, "a.json", long)
	if diff := cmp.Diff(want.Resources[0].Properties, got.Resources[0].Properties); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Conditions, got.Conditions); diff != "" {
		t.Error(diff)
	}
}

func TestYAMLScalarsKeepTheirText(t *testing.T) {
	tpl := mustParse(t, "a.yaml", `
Resources:
  R:
    Type: Custom::Scalars
    Properties:
      Account: 012345678901
      Version: 2012-10-17
      Python: 3.10
      Number: 42
      Float: 1.5
      Yes: yes
      True: True
      Quoted: "true"
      Hex: 0x10
      Null: ~
      Base: &base {a: 1, b: 2}
      Merged: {<<: *base, b: 3}
`)
	want := map[string]any{
		"Account": "012345678901", "Version": "2012-10-17", "Python": "3.10", "Number": 42.0, "Float": 1.5, "Yes": "yes",
		"True": true, "Quoted": "true", "Hex": "0x10", "Null": nil,
		"Base": map[string]any{"a": 1.0, "b": 2.0}, "Merged": map[string]any{"a": 1.0, "b": 3.0},
	}
	if diff := cmp.Diff(want, tpl.Resources[0].Properties); diff != "" {
		t.Error(diff)
	}
}

func TestResourcesAreOrderedAndCarryTheirPath(t *testing.T) {
	tpl := mustParse(t, "cdk.out/assembly-Prod/ProdData.template.json", `{"Resources": {
		"B": {"Type": "T::T::T", "Metadata": {"aws:cdk:path": "Prod/Data/B/Resource"}}, "A": {"Type": "T::T::T", "Condition": "C"}}}`)
	var got []string
	for _, r := range tpl.Resources {
		got = append(got, r.LogicalID+" "+r.ID())
	}
	if diff := cmp.Diff([]string{"A ProdData/A", "B Prod/Data/B/Resource"}, got); diff != "" {
		t.Error(diff)
	}
	if r, ok := tpl.Resource("A"); !ok || r.Condition != "C" || r.Template != tpl {
		t.Errorf("Resource(A) = %+v, %v", r, ok)
	}
	if _, ok := tpl.Resource("C"); ok {
		t.Error("there is no resource C")
	}
}

// TestJSONIsDecodedAsEncodingJSONDoes holds the decoder against the standard library's.
func TestJSONIsDecodedAsEncodingJSONDoes(t *testing.T) {
	for _, s := range []string{
		`{}`, `[]`, `null`, ` true `, `false`, `0`, `-0.5e+3`, `12345678901234567890`, `"a\"\\\/\b\f\n\r\tz"`, `"\u00e9\ud83d\ude00"`,
		`"\ud83dx"`, `"\ud83d\u0041"`, `"é😀"`, "\"\xff\"", "\"\xff\\n\"", `{"a": [1, {"b": null}], "c": "d"}`, `[[[]]]`, `"\u12"`, `01`, `1.`, `1e`, `--1`, `tru`,
		`{"a"}`, `{"a":}`, `[1,]`, `[1 2]`, "\"\n\"", `"`, ``, `{"a":1}}`, "\"\x7f\"", `{"\u0061":1}`,
	} {
		compareWithEncodingJSON(t, []byte(s))
	}
}

func compareWithEncodingJSON(t *testing.T, data []byte) {
	t.Helper()
	var want any
	wantErr := json.Unmarshal(data, &want)
	got, err := decodeJSON("a.json", data)
	if err != nil {
		message := err.Error()
		if wantErr == nil && !strings.Contains(message, "stands twice") {
			t.Errorf("%q: encoding/json decodes it, we say %v", data, err)
		}
		return
	}
	if wantErr != nil {
		t.Errorf("%q: encoding/json says %v, we decode it to %#v", data, wantErr, got)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q: %s", data, diff)
	}
}

func mustParse(t testing.TB, name, data string) *Template {
	t.Helper()
	tpl, err := Parse(name, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}
