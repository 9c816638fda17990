package template

import (
	"fmt"
	"strings"
	"testing"
)

func TestGlobalsAreJoinedAsSAMDoes(t *testing.T) {
	const globals = `
Parameters: {P: {Type: String, Default: p}}
Globals: {Function: {V: {Text: global, Map: {a: global, b: global}, List: [global], Call: !Sub "global ${P}"}}}
Resources: {R: {Type: AWS::Serverless::Function, Properties: {V: `
	for _, tt := range []struct{ own, key, want string }{
		{"{}", "Text", `"global"`},
		{"{Text: own}", "Text", `"own"`},
		{"{Text: !Ref AWS::NoValue}", "Text", "nothing"},
		{"{Text: !Ref P}", "Text", `"p"`},
		{"!Ref AWS::NoValue", "Text", "nothing"},
		{"{Map: {a: own}}", "Map.a", `"own"`},
		{"{Map: {a: own}}", "Map.b", `"global"`},
		{"{Map: {a: !Ref AWS::NoValue}}", "Map.a", "nothing"},
		{"{Map: !Ref AWS::NoValue}", "Map.b", "nothing"},
		{"{List: [own]}", "List", `["global" "own"]`},
		{"{List: !Ref AWS::NoValue}", "List", "nothing"},
		{"{Call: {a: own}}", "Call.a", `"own"`},
		{"{}", "Call", `"global p"`},
	} {
		v := value(t, globals+tt.own+"}}}").Get(strings.Split(tt.key, ".")...)
		got := v.String()
		if items, ok := v.Items(); ok {
			got = fmt.Sprint(items)
		}
		if got != tt.want {
			t.Errorf("%s: %s is %s, want %s", tt.own, tt.key, got, tt.want)
		}
	}
}

func TestGlobalsThatGrowWithoutBoundAreRefused(t *testing.T) {
	var doc strings.Builder
	doc.WriteString("Globals: {Function: {V: {")
	for i := range 5000 {
		fmt.Fprintf(&doc, "k%d: v, ", i)
	}
	doc.WriteString("}}}\nResources:\n")
	for i := range 500 {
		fmt.Fprintf(&doc, "  R%d: {Type: AWS::Serverless::Function, Properties: {V: {own: v}}}\n", i)
	}
	if _, err := Parse("a.yaml", []byte(doc.String())); err == nil {
		t.Error("no error")
	}
}
