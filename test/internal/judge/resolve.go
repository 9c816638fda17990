package judge

import "strings"

// target is what a value of a template comes down to: a resource, a text, or neither.
type target struct {
	resource *Resource
	text     string
	known    bool
}

// resolve follows Ref, Fn::GetAtt, parameters (a nested stack's from its parent), imports (to the output of another
// template of the assembly), Fn::Join and Fn::Sub. In a text, what the deploy fills in stands as ${Name}.
func (t *Template) resolve(v any) target {
	switch v := v.(type) {
	case string:
		return target{text: v, known: v != ""}
	case map[string]any:
		if len(v) != 1 {
			return target{}
		}
		for fn, arg := range v {
			return t.resolveFunction(fn, arg)
		}
	}
	return target{}
}

func (t *Template) resolveFunction(fn string, arg any) target {
	switch fn {
	case "Ref":
		name, _ := arg.(string)
		return t.resolveRef(name)
	case "Fn::GetAtt":
		name, _, _ := strings.Cut(strings.Join(stringList(arg), "."), ".")
		if r := t.Resources[name]; r != nil {
			return target{resource: r, known: true}
		}
	case "Fn::ImportValue":
		if name := t.resolve(arg); name.text != "" {
			return t.assembly.export(name.text)
		}
	case "Fn::Join":
		return t.join(arg)
	case "Fn::Sub":
		if s, ok := arg.(string); ok {
			return target{text: s, known: true}
		}
	}
	return target{}
}

func (t *Template) resolveRef(name string) target {
	if name == "AWS::NoValue" {
		return target{}
	}
	if strings.HasPrefix(name, "AWS::") {
		return target{text: "${" + name + "}", known: true}
	}
	if r := t.Resources[name]; r != nil {
		return target{resource: r, known: true}
	}
	if passed, ok := t.passed[name]; ok && t.parent != nil {
		return t.parent.resolve(passed)
	}
	p, ok := t.parameters[name]
	if !ok || strings.HasPrefix(text(p["Type"]), "AWS::SSM::") {
		return target{}
	}
	return t.resolve(p["Default"])
}

func (t *Template) join(arg any) target {
	args, _ := arg.([]any)
	if len(args) != 2 {
		return target{}
	}
	parts, _ := args[1].([]any)
	var texts []string
	for _, p := range parts {
		r := t.resolve(p)
		switch {
		case r.resource != nil:
			texts = append(texts, "${"+r.resource.LogicalID+"}")
		case r.known:
			texts = append(texts, r.text)
		default:
			return target{}
		}
	}
	separator, _ := args[0].(string)
	return target{text: strings.Join(texts, separator), known: true}
}

// export finds the output with this export name and resolves its value in the template that has it.
func (a *Assembly) export(name string) target {
	for _, t := range a.Templates {
		for _, output := range t.outputs {
			export, _ := output["Export"].(map[string]any)
			if export != nil && t.resolve(export["Name"]).text == name {
				return t.resolve(output["Value"])
			}
		}
	}
	return target{}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// isTrue takes true and "true": CloudFormation does too.
func isTrue(v any) bool { return v == true || v == "true" }

// dig follows keys into nested maps.
func dig(v any, keys ...string) any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// some says whether a value is there and not an empty list.
func some(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		return len(v) > 0
	case string:
		return v != ""
	}
	return true
}
