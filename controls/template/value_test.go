package template

import (
	"fmt"
	"strings"
	"testing"
)

// value reads the property V of the resource R in the first template.
func value(t *testing.T, docs ...string) Value {
	t.Helper()
	var templates []*Template
	for i, d := range docs {
		templates = append(templates, mustParse(t, fmt.Sprintf("Stack%d.yaml", i), d))
	}
	return read(t, templates...)
}

func read(t *testing.T, templates ...*Template) Value {
	t.Helper()
	r, ok := templates[0].Resource("R")
	if !ok {
		t.Fatal("no resource R")
	}
	var v Value
	NewSet(templates...).Worlds(1, func(w *World) { v = w.Get(r, "V") })
	return v
}

const parameters = `
Parameters:
  Plain: {Type: String}
  WithDefault: {Type: String, Default: x}
  Number: {Type: Number, Default: 42}
  Empty: {Type: String, Default: ""}
  List: {Type: CommaDelimitedList, Default: "a, b"}
  Ssm: {Type: "AWS::SSM::Parameter::Value<String>", Default: /a/b}
  SsmName: {Type: "AWS::SSM::Parameter::Name", Default: /a/b}
Mappings:
  M: {a: {k: v}, b: {k: v, other: 1}}
Conditions:
  Yes: !Equals [!Ref WithDefault, x]
  No: !Not [!Condition Yes]
  Open: !Equals [!Ref Plain, x]
  Both: !And [!Condition Yes, !Not [!Condition No]]
  Either: !Or [!Equals [!Ref Plain, x], !Condition Yes]
Resources:
  B: {Type: "AWS::S3::Bucket"}
  K: {Type: "AWS::KMS::Key"}
  R: {Type: "Custom::R", Properties: {V: `

func TestValues(t *testing.T) {
	tests := []struct{ name, expr, want string }{
		{"text", `x`, `"x"`},
		{"number", `42`, `42`},
		{"boolean", `true`, `true`},
		{"no value", `!Ref AWS::NoValue`, "nothing"},
		{"null", `~`, "nothing"},
		{"default", `!Ref WithDefault`, `"x"`},
		{"number as default", `!Ref Number`, `42`},
		{"empty default", `!Ref Empty`, `""`},
		{"no default", `!Ref Plain`, "unknown: the parameter Plain has no default"},
		{"SSM", `!Ref Ssm`, "unknown: the parameter Ssm is read from Systems Manager at deployment"},
		{"the name of an SSM parameter", `!Ref SsmName`, `"/a/b"`},
		{"dynamic reference", `"{{resolve:ssm:/a}}"`, "unknown: the dynamic reference {{resolve:ssm:/a}} is read at deployment"},
		{"dynamic reference within a text", `"a-{{resolve:ssm:/a}}-b"`, "unknown: the dynamic reference {{resolve:ssm:/a}} is read at deployment"},
		{"dynamic reference within Sub", `!Sub "{{resolve:ssm:/${WithDefault}}}"`, "unknown: the dynamic reference {{resolve:ssm:/x}} is read at deployment"},
		{"dynamic reference with a pseudo parameter", `!Sub "alias/{{resolve:ssm:/${AWS::StackName}}}"`, "unknown: the dynamic reference in alias/{{resolve:ssm:/${AWS::StackName}}} is read at deployment"},
		{"dynamic reference put together", `!Join ["", ["{{res", "olve:ssm:/a}}"]]`, "unknown: the dynamic reference {{resolve:ssm:/a}} is read at deployment"},
		{"a dynamic reference that doesn't end", `"{{resolve:ssm"`, `"{{resolve:ssm"`},
		{"nothing of that name", `!Ref Nobody`, "unknown: the template has no parameter or resource Nobody"},
		{"resource", `!Ref K`, "${K}"},
		{"attribute", `!GetAtt K.Arn`, "${K.Arn}"},
		{"attribute of nothing", `!GetAtt Nobody.Arn`, "unknown: the template has no resource Nobody"},
		{"pseudo parameter", `!Ref AWS::Region`, "${AWS::Region}"},
		{"a bucket's ARN", `!GetAtt B.Arn`, "arn:${AWS::Partition}:s3:::${B}"},
		{"join", `!Join ["-", [a, !Ref WithDefault, !Ref B, !Ref AWS::NoValue]]`, "a-x-${B}"},
		{"join of a list parameter", `!Join ["-", !Ref List]`, `"a-b"`},
		{"join of an unknown list", `!Join ["-", !Ref Plain]`, "unknown: Fn::Join of a list that isn't known"},
		{"sub", `!Sub "${WithDefault}/${K.Arn}/${!Lit}/${AWS::AccountId}"`, "x/${K.Arn}/${!Lit}/${AWS::AccountId}"},
		{"sub with variables", `!Sub ["${a}${WithDefault}", {a: !Ref K}]`, "${K}x"},
		{"sub of an unknown", `!Sub "a${Plain}"`, "unknown: the parameter Plain has no default"},
		{"select", `!Select [1, [a, !Ref K]]`, "${K}"},
		{"select with a text as index", `!Select ["0", !Ref List]`, `"a"`},
		{"select beyond the end", `!Select [2, [a]]`, "unknown: Fn::Select of a member that the list doesn't have"},
		{"split", `!Select [1, !Split [":", "a:b"]]`, `"b"`},
		{"split by more than one character", `!Select [1, !Split ["::", !Sub "a::${AWS::Region}:b"]]`, "${AWS::Region}:b"},
		{"split where the separator may lie across a reference", `!Select [1, !Split [":u", !Sub ":${AWS::Region}:ub"]]`, "unknown: Fn::Select of a list that isn't known"},
		{"split of a bucket's ARN", `!Select [5, !Split [":", !GetAtt B.Arn]]`, "${B}"},
		{"split of a key's ARN", `!Select [5, !Split [":", !GetAtt K.Arn]]`, "unknown: Fn::Select of a list that isn't known"},
		{"map", `!FindInMap [M, a, k]`, `"v"`},
		{"map by region, all the same", `!FindInMap [M, !Ref AWS::Region, k]`, `"v"`},
		{"map by region, not all the same", `!FindInMap [M, !Ref AWS::Region, other]`, "unknown: Fn::FindInMap with keys that aren't known"},
		{"map by region, the default the same", `!FindInMap [M, !Ref AWS::Region, k, {DefaultValue: v}]`, `"v"`},
		{"map by region, the default another", `!FindInMap [M, !Ref AWS::Region, k, {DefaultValue: w}]`, "unknown: Fn::FindInMap with keys that aren't known"},
		{"map by a key that it hasn't, with a default", `!FindInMap [M, c, k, {DefaultValue: !Ref WithDefault}]`, `"x"`},
		{"map by a key that it has, with a default", `!FindInMap [M, a, k, {DefaultValue: w}]`, `"v"`},
		{"map without the key", `!FindInMap [M, a, none]`, "unknown: Fn::FindInMap with keys that aren't known"},
		{"if yes", `!If [Yes, a, b]`, `"a"`},
		{"if no", `!If [No, a, b]`, `"b"`},
		{"if open, the first world", `!If [Open, a, b]`, `"a"`},
		{"if both", `!If [Both, a, b]`, `"a"`},
		{"if either, though one is open", `!If [Either, a, b]`, `"a"`},
		{"base64", `!Base64 x`, "unknown: Fn::Base64 is evaluated at deployment"},
		{"zones", `!GetAZs ""`, "unknown: Fn::GetAZs is evaluated at deployment"},
		{"import of nothing", `!ImportValue x`, `unknown: nothing here exports "x"`},
		{"a map that only looks like a condition", `{Condition: Yes}`, "a map"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := value(t, parameters+tt.expr+"}}")
			got := v.String()
			if v.Unknown() {
				got = "unknown: " + v.Reason()
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestTextsThatSayTheSameAreEqual(t *testing.T) {
	pairs := []struct {
		a, b string
		want bool
	}{
		{`!Join ["", [!GetAtt B.Arn, "/*"]]`, `!Sub "${B.Arn}/*"`, true},
		{`!Join ["", ["arn:", !Ref "AWS::Partition", ":s3:::", !Ref B, "/*"]]`, `!Sub "${B.Arn}/*"`, true},
		{`!Sub "${Plain}-x"`, `!Join ["-", [!Ref Plain, x]]`, true},
		{`!ImportValue a`, `!ImportValue a`, true},
		{`!Ref B`, `!Ref K`, false},
		{`!Ref Plain`, `!Ref Ssm`, false},
		{`!Base64 x`, `!Base64 x`, false},
		{`"${B}"`, `!Ref B`, false},
		{`!Sub "${!B}"`, `!Ref B`, false},
		{`!Sub "${!B}"`, `"${B}"`, true},
	}
	for _, p := range pairs {
		v := value(t, parameters+"{a: "+p.a+", b: "+p.b+"}}}")
		if a, b := v.Get("a"), v.Get("b"); a.Equal(b) != p.want {
			t.Errorf("%s and %s: equal is %v, want %v", a, b, !p.want, p.want)
		}
	}
}

func TestAReferenceLeadsToTheResource(t *testing.T) {
	v := value(t, parameters+"!GetAtt K.Arn}}")
	r, attribute, ok := v.Reference()
	if !ok || r.LogicalID != "K" || attribute != "Arn" {
		t.Errorf("Reference() = %v, %q, %v", r, attribute, ok)
	}
	if _, _, ok := value(t, parameters+"!Sub 'x${K}'}}").Reference(); ok {
		t.Error("a text around a reference is no reference")
	}
}

func TestUnknownIsNotAbsent(t *testing.T) {
	v := value(t, parameters+"[!Ref Ssm, !Ref AWS::NoValue]}}")
	items, ok := v.Items()
	if !ok || len(items) != 1 || !items[0].Unknown() {
		t.Errorf("Items() = %v, %v, want one unknown member", items, ok)
	}
	if _, ok := value(t, parameters+"!Ref Plain}}").Items(); ok {
		t.Error("a parameter without default is no list")
	}
	if v := value(t, parameters+"!Ref Plain}}").Get("x", "y"); !v.Unknown() || v.Absent() {
		t.Errorf("a member of an unknown value is %v", v)
	}
	if v := value(t, parameters+"{a: b}}}").Get("x", "y"); !v.Absent() {
		t.Errorf("a member that isn't there is %v", v)
	}
	if v := value(t, parameters+"{a: b, Fn::Transform: {Name: Include}}}}").Get("x"); !v.Unknown() {
		t.Errorf("a member that a macro may add is %v", v)
	}
}

func TestMacrosMayRewriteWhatStandsBeside(t *testing.T) {
	for _, doc := range []string{
		"Resources: {R: {Type: T, Properties: {V: {a: b, Fn::Transform: {Name: M}}}}}",
		"Resources: {R: {Type: T, Properties: {V: {a: b, 'Fn::ForEach::L': [K, [x], {'${K}': y}]}}}}",
		"Resources: {R: {Type: T, Properties: {V: {a: b}, Fn::Transform: {Name: M}}}}",
		"Resources: {R: {Type: T, Properties: {V: {a: b}, 'Fn::ForEach::L': [K, [x], {'${K}': y}]}}}",
		"Resources: {R: {Type: T, Properties: {V: {a: !Sub ['${x}', {x: y, Fn::Transform: {Name: M}}]}}}}",
		"Globals: {Function: {Fn::Transform: {Name: M}}}\nResources: {R: {Type: AWS::Serverless::Function, Properties: {V: {a: b}}}}",
		"Mappings: {M: {x: {y: b}}, Fn::Transform: {Name: M}}\nResources: {R: {Type: T, Properties: {V: {a: !FindInMap [M, x, y]}}}}",
		"Mappings: {M: {x: {y: b}, Fn::Transform: {Name: M}}}\nResources: {R: {Type: T, Properties: {V: {a: !FindInMap [M, x, y]}}}}",
		"Mappings: {M: {x: {y: b, Fn::Transform: {Name: M}}}}\nResources: {R: {Type: T, Properties: {V: {a: !FindInMap [M, x, y]}}}}",
		"Mappings: {M: {x: {y: b, Fn::Transform: {Name: M}}}}\nResources: {R: {Type: T, Properties: {V: {a: !FindInMap [M, !Ref AWS::Region, y]}}}}",
	} {
		if v := value(t, doc).Get("a"); !v.Unknown() {
			t.Errorf("%s: %s", doc, v)
		}
	}
	doc := "Conditions: {C: !Equals [a, b], Fn::Transform: {Name: M}}\nResources: {R: {Type: T, Condition: C, Properties: {V: x}}}"
	tpl := mustParse(t, "a.yaml", doc)
	exists := 0
	NewSet(tpl).Worlds(9, func(w *World) {
		if w.Exists(tpl.Resources[0]) {
			exists++
		}
	})
	if exists != 1 {
		t.Errorf("it exists in %d worlds, want one of two", exists)
	}
}

func TestResourcesNameTheMacroThatMayRewriteThem(t *testing.T) {
	for transform, want := range map[string]string{
		"AWS::Serverless-2016-10-31":                            "",
		"[AWS::LanguageExtensions, AWS::Serverless-2016-10-31]": "",
		"Mine":                            "Mine",
		"[AWS::LanguageExtensions, Mine]": "Mine",
		"{Name: AWS::Include, Parameters: {Location: s3://x}}": "AWS::Include",
		"[{Name: Mine}]": "Mine",
		"{}":             "Transform",
	} {
		tpl := mustParse(t, "a.yaml", "Transform: "+transform+"\nResources: {R: {Type: T}, S: {Type: T, Fn::Transform: {Name: M}}}")
		if got := tpl.Resources[0].Macro(); got != want {
			t.Errorf("%s: Macro() is %q, want %q", transform, got, want)
		}
		if got := tpl.Resources[1].Macro(); got != "Fn::Transform" {
			t.Errorf("Macro() is %q beside the type", got)
		}
	}
}

func TestConditionsThatCompareTheSameHoldTogether(t *testing.T) {
	const doc = `
Parameters: {P: {Type: String}, Q: {Type: String}}
Conditions:
  Prod: !Equals [!Ref P, prod]
  Same: !Equals [prod, !Ref P]
  Other: !Not [!Equals [!Ref P, prod]]
  Both: !And [!Not [!Equals [!Ref P, prod]], !Equals [!Ref Q, x]]
  Blind: !Equals [!Base64 a, b]
  Blind2: !Equals [!Base64 a, b]
Resources: {R: {Type: T, Properties: {V: [%s]}}}
`
	for list, want := range map[string]string{
		"!If [Prod, a, b], !If [Same, c, d]":                    "ac bd",
		"!If [Prod, a, b], !If [Other, c, d]":                   "ad bc",
		"!If [Other, a, b], !If [Prod, c, d], !If [Same, e, f]": "adf bce",
		"!If [Prod, a, b], !If [Both, c, d]":                    "ad bc bd",
		"!If [Blind, a, b], !If [Blind2, c, d]":                 "ac ad bc bd",
	} {
		tpl := mustParse(t, "a.yaml", fmt.Sprintf(doc, list))
		var got []string
		NewSet(tpl).Worlds(9, func(w *World) {
			items, _ := w.Get(tpl.Resources[0], "V").Items()
			s := ""
			for _, i := range items {
				text, _ := i.Literal()
				s += text
			}
			got = append(got, s)
		})
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", list, got, want)
		}
	}
}

func TestWorldsVisitEachWayOnce(t *testing.T) {
	tpl := mustParse(t, "a.yaml", parameters+"[!If [Open, 1, 2], !If [Yes, y, n], !If [Europe, 3, 4], !If [Open, 5, 6]]}}\n")
	tpl.Conditions["Europe"] = map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "AWS::Region"}, "eu-west-1"}}
	r, _ := tpl.Resource("R")
	var got []string
	complete := NewSet(tpl).Worlds(10, func(w *World) {
		items, _ := w.Get(r, "V").Items()
		var s []string
		for _, i := range items {
			text, _ := i.Literal()
			s = append(s, text)
		}
		got = append(got, strings.Join(s, ""))
	})
	if want := "1y35 1y45 2y36 2y46"; strings.Join(got, " ") != want || !complete {
		t.Errorf("worlds %v, complete %v, want %s", got, complete, want)
	}
	if NewSet(tpl).Worlds(3, func(w *World) { w.Get(r, "V").Items() }) {
		// Items resolves the members, so all four worlds are needed.
		t.Error("three of four worlds are not all")
	}
}

func TestReferencesInCirclesEnd(t *testing.T) {
	for name, doc := range map[string]string{
		"condition": "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\nResources: {R: {Type: T, Properties: {V: !If [A, 1, 2]}}}",
		"import":    "Outputs: {O: {Value: !ImportValue x, Export: {Name: x}}}\nResources: {R: {Type: T, Properties: {V: !ImportValue x}}}",
		"self":      "Resources: {R: {Type: AWS::CloudFormation::Stack, Metadata: {'aws:asset:path': Stack0.yaml}, Properties: {V: !GetAtt R.Outputs.O}}}\nOutputs: {O: {Value: !GetAtt R.Outputs.O}}",
		"parameter": "Parameters: {P: {Type: String}}\nResources: {R: {Type: AWS::CloudFormation::Stack, Metadata: {'aws:asset:path': Stack0.yaml}, Properties: {V: !Ref P, Parameters: {P: !Ref P}}}}",
	} {
		v := value(t, doc)
		t.Logf("%s: %s", name, v)
		if name != "condition" && !v.Unknown() {
			t.Errorf("%s: %s, want unknown", name, v)
		}
	}
}

func TestTextsThatGrowWithoutBoundAreCutOff(t *testing.T) {
	var outputs strings.Builder
	for i := range 60 {
		fmt.Fprintf(&outputs, "  O%d: {Value: !Join ['', [!ImportValue e%d, !ImportValue e%d]], Export: {Name: e%d}}\n", i, i+1, i+1, i)
	}
	outputs.WriteString("  Last: {Value: " + strings.Repeat("x", 1000) + ", Export: {Name: e60}}\n")
	v := value(t, "Resources: {R: {Type: T, Properties: {V: !ImportValue e0}}}\nOutputs:\n"+outputs.String())
	if !v.Unknown() {
		t.Errorf("%.100s is not unknown", v.String())
	}
}

// TestTheWorkForOneValueIsBounded reads what would take minutes if each member cost what the text or the list is long.
func TestTheWorkForOneValueIsBounded(t *testing.T) {
	long := strings.Repeat("a,", 100_000)
	escapes := strings.Repeat("${!a}", 20_000)
	for name, doc := range map[string]string{
		"select of a list parameter": "Parameters: {P: {Type: CommaDelimitedList, Default: '" + long + "'}}\n" +
			"Resources: {R: {Type: T, Properties: {V: [" + strings.Repeat("!Select [99999, !Ref P], ", 500) + "]}}}",
		"select of a split": "Parameters: {P: {Type: String, Default: '" + long + "'}}\n" +
			"Resources: {R: {Type: T, Properties: {V: [" + strings.Repeat("!Select [99999, !Split [',', !Ref P]], ", 500) + "]}}}",
		"sub": "Metadata: {s: &s !Sub '" + escapes + "'}\n" +
			"Resources: {R: {Type: T, Properties: {V: [" + strings.Repeat("*s, ", 500) + "]}}}",
		"text": "Metadata: {s: &s '" + long + "'}\n" +
			"Resources: {R: {Type: T, Properties: {V: [" + strings.Repeat("*s, ", 20_000) + "]}}}",
	} {
		items, _ := value(t, doc).Items()
		if len(items) == 0 || !items[len(items)-1].Unknown() {
			t.Errorf("%s: the last of %d members is known", name, len(items))
		}
	}
}

func TestImportsResolveAcrossTemplates(t *testing.T) {
	consumer := "Resources: {R: {Type: T, Properties: {V: !ImportValue name}}}"
	producer := func(value string) string {
		return "Resources: {K: {Type: 'AWS::KMS::Key'}}\nOutputs: {O: {Value: " + value + ", Export: {Name: name}}}"
	}
	if r, _, ok := value(t, consumer, producer("!GetAtt K.Arn")).Reference(); !ok || r.LogicalID != "K" {
		t.Errorf("the import leads to %v", r)
	}
	v := value(t, consumer, producer("a"), producer("b"))
	if want := `"name" is exported more than once, by Stack1.yaml and Stack2.yaml`; v.Reason() != want {
		t.Errorf("reason %q, want %q", v.Reason(), want)
	}
	here := mustParse(t, "prod/Data.yaml", consumer)
	prod, dev := mustParse(t, "prod/Keys.yaml", producer("p")), mustParse(t, "dev/Keys.yaml", producer("d"))
	if got := read(t, here, dev, prod).String(); got != `"p"` {
		t.Errorf("the import of one stage is %s of another", got)
	}
	if v := read(t, here, dev); v.Reason() != `"name" is exported in another folder only, which may be another stage: by dev/Keys.yaml` {
		t.Errorf("the import of one stage is %s", v)
	}
	if v := value(t, consumer, "Transform: Mine\n"+producer("a")); v.Reason() != "the macro Mine may rewrite the output O" {
		t.Errorf("a macro gives %s", v)
	}
	conditional := producer("a") + "\nConditions: {C: !Equals [a, b]}"
	conditional = strings.Replace(conditional, "Export:", "Condition: C, Export:", 1)
	if v := value(t, consumer, conditional); !v.Unknown() {
		t.Errorf("an output that isn't created exports %s", v)
	}
}

func TestNestedStacks(t *testing.T) {
	parent := func(asset, parameters string) string {
		return "Resources:\n  N: {Type: 'AWS::CloudFormation::Stack', Metadata: {'aws:asset:path': " + asset + "}, Properties: {Parameters: {" + parameters + "}}}\n" +
			"  R: {Type: T, Properties: {V: !GetAtt N.Outputs.O}}"
	}
	child := "Parameters: {P: {Type: String, Default: d}}\nResources: {X: {Type: T}}\nOutputs: {O: {Value: !Sub 'got ${P}'}}"
	if got := value(t, parent("Stack1.yaml", "P: passed"), child).String(); got != `"got passed"` {
		t.Errorf("got %s", got)
	}
	for _, macro := range []string{"Transform: Mine\n" + parent("Stack1.yaml", "P: passed"), parent("Stack1.yaml", "P: passed, Fn::Transform: {Name: M}")} {
		if v := value(t, macro, child); !v.Unknown() {
			t.Errorf("got %s, though a macro may pass something else", v)
		}
	}
	if got := value(t, parent("Stack1.yaml", ""), child).String(); got != `"got d"` {
		t.Errorf("got %s", got)
	}
	if v := value(t, parent("Other.yaml", ""), child); !v.Unknown() {
		t.Errorf("got %s, though the child isn't here", v)
	}
	if v := value(t, parent("Stack1.yaml", ""), child, "Resources: {N: {Type: 'AWS::CloudFormation::Stack', Metadata: {'aws:asset:path': Stack1.yaml}}}"); !v.Unknown() {
		t.Errorf("got %s, though two stacks use the child", v)
	}
	// The same file name in another folder of the assembly is another stage's.
	here, there, elsewhere := mustParse(t, "a/P.yaml", parent("C.yaml", "")), mustParse(t, "a/C.yaml", child), mustParse(t, "b/C.yaml", child)
	if got := read(t, here, there, elsewhere).String(); got != `"got d"` {
		t.Errorf("got %s", got)
	}
	if v := read(t, here, mustParse(t, "c/C.yaml", child), elsewhere); !v.Unknown() {
		t.Errorf("got %s, though either file could be meant", v)
	}
}

func TestNewTakesADecodedMap(t *testing.T) {
	tpl, err := New("Stack", map[string]any{"Resources": map[string]any{"R": map[string]any{
		"Type": "T", "Properties": map[string]any{"V": map[string]any{"Fn::GetAtt": "R.Arn"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, tpl).String(); got != "${R.Arn}" {
		t.Errorf("got %s", got)
	}
}
