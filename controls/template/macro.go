package template

import "strings"

// understood are the transforms of AWS that leave what judging looks at as it is written, or do to it what judging knows of.
// Any other may rewrite all of the template before it is deployed (CloudFormation user guide, "Overview of CloudFormation
// macros"); AWS::Include brings in what stands elsewhere.
var understood = map[string]bool{
	"AWS::Serverless-2016-10-31":     true,
	"AWS::LanguageExtensions":        true,
	"AWS::SecretsManager-2024-09-16": true, // adds the stack of a rotation function
	"AWS::SecretsManager-2020-07-23": true,
	"AWS::CodeDeployBlueGreen":       true, // adds hooks
}

// Macro names what may rewrite the resource before it is deployed: a macro that the template's Transform section calls,
// or a function such as Fn::Transform that stands beside the resource's Type. It is "" when the resource is deployed as
// it is written.
func (r *Resource) Macro() string {
	if r.macro != "" {
		return r.macro
	}
	return r.Template.macro
}

// macroOf returns the first macro of a Transform section that isn't understood. The section is a name, a map with a Name
// or a list of these.
func macroOf(section any) string {
	switch s := section.(type) {
	case string:
		if !understood[s] {
			return s
		}
	case map[string]any:
		if name, _ := s["Name"].(string); name != "" {
			return macroOf(name)
		}
		return "Transform"
	case []any:
		for _, member := range s {
			if name := macroOf(member); name != "" {
				return name
			}
		}
	}
	return ""
}

// rewriter returns the key in a map whose function adds to the members beside it, or replaces them: Fn::Transform and
// the loops Fn::ForEach::….
func rewriter(m map[string]any) string {
	found := ""
	for k := range m {
		if k == "Fn::Transform" || strings.HasPrefix(k, "Fn::ForEach") {
			found = max(found, k)
		}
	}
	return found
}

// object makes a value of a map that is no intrinsic function.
func (w *World) object(t *Template, m map[string]any, rewriter string) Value {
	if rewriter != "" {
		return w.unknown(t, rewriter+" may add to what stands beside it, or replace it", "")
	}
	return Value{w: w, t: t, kind: object, raw: m}
}
