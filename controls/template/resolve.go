package template

import (
	"strconv"
	"strings"
)

// enter and leave bound the work and the depth of resolving one value.
func (w *World) enter() bool {
	w.depth++
	w.steps++
	if w.depth > maxResolveDepth || w.steps > maxResolveSteps {
		w.depth--
		return false
	}
	return true
}

func (w *World) leave() { w.depth-- }

// spend charges work on a text or a list to the steps, and reports whether any are left.
func (w *World) spend(bytes int) bool {
	w.steps += bytes / bytesPerStep
	return w.steps <= maxResolveSteps
}

func (w *World) tooLarge(t *Template) Value {
	return w.unknown(t, "it is too large to be followed", "")
}

// unknown makes a value that can't be known. The source, when there is one, identifies it within the template.
func (w *World) unknown(t *Template, reason, source string) Value {
	v := Value{w: w, t: t, kind: unknown, reason: reason}
	if source != "" {
		v.kind = text
		v.raw = []Part{{Unknown: reason, source: source, owner: t}}
	}
	return v
}

// intrinsic takes {"Ref": …} and {"Fn::…": …} apart.
func intrinsic(raw any) (fn string, arg any, ok bool) {
	m, isMap := raw.(map[string]any)
	if !isMap || len(m) != 1 {
		return "", nil, false
	}
	for k, v := range m {
		return k, v, true
	}
	return "", nil, false
}

// call is intrinsic without the condition functions, whose names are keys like others outside of conditions.
func call(m map[string]any) (fn string, arg any, ok bool) {
	fn, arg, ok = intrinsic(m)
	return fn, arg, ok && (fn == "Ref" || strings.HasPrefix(fn, "Fn::"))
}

// item is resolve for the member of a list that Fn::Split or a list parameter may have made.
func (w *World) item(t *Template, raw any) Value {
	if parts, ok := raw.([]Part); ok {
		return w.textOf(t, parts)
	}
	return w.resolve(t, raw)
}

// resolve tells what a raw value comes to. Of maps and lists only the outside: members are resolved when asked for.
func (w *World) resolve(t *Template, raw any) Value {
	switch r := raw.(type) {
	case nil:
		return Value{w: w, t: t}
	case string:
		if !w.spend(len(r)) {
			return w.tooLarge(t)
		}
		if strings.Contains(r, dynamicStart) {
			return w.dynamic(t, r)
		}
		return Value{w: w, t: t, kind: literal, raw: r}
	case bool:
		return Value{w: w, t: t, kind: boolean, raw: r}
	case float64:
		return Value{w: w, t: t, kind: number, raw: r}
	case int:
		return Value{w: w, t: t, kind: number, raw: float64(r)}
	case []any:
		return Value{w: w, t: t, kind: list, raw: r}
	case map[string]any:
		return w.resolveMap(t, r)
	}
	return w.unknown(t, "the value is of no kind that JSON has", "")
}

func (w *World) resolveMap(t *Template, m map[string]any) Value {
	fn, arg, ok := call(m)
	if !ok {
		return w.object(t, m, rewriter(m))
	}
	if !w.enter() {
		return w.unknown(t, "the value refers to itself, or is too deep or too large to be followed", "")
	}
	defer w.leave()
	return w.evaluateCall(t, fn, arg)
}

// evaluateCall tells what an intrinsic function comes to.
func (w *World) evaluateCall(t *Template, fn string, arg any) Value {
	args, _ := arg.([]any)
	switch {
	case fn == "Ref":
		return w.ref(t, arg)
	case fn == "Fn::GetAtt":
		return w.getAtt(t, arg)
	case fn == "Fn::Sub":
		return w.sub(t, arg)
	case fn == "Fn::ImportValue":
		return w.importValue(t, arg)
	case fn == "Fn::Join" && len(args) == 2:
		return w.join(t, args[0], args[1])
	case fn == "Fn::If" && len(args) == 3:
		return w.choose(t, args)
	case fn == "Fn::FindInMap" && len(args) >= 3:
		return w.findInMap(t, args)
	case fn == "Fn::Select" && len(args) == 2:
		return w.selectItem(t, args[0], args[1])
	case fn == "Fn::Split" && len(args) == 2:
		return w.split(t, args[0], args[1])
	}
	return w.unknown(t, fn+" is evaluated at deployment", "")
}

func (w *World) choose(t *Template, args []any) Value {
	name, ok := args[0].(string)
	if !ok {
		return w.unknown(t, "Fn::If needs the name of a condition", "")
	}
	switch w.holds(t, name) {
	case yes:
		return w.resolve(t, args[1])
	case no:
		return w.resolve(t, args[2])
	}
	return w.unknown(t, "it depends on the condition "+name, "")
}

func (w *World) join(t *Template, separator, items any) Value {
	sep, ok := separator.(string)
	l := w.resolve(t, items)
	members, isList := l.Items()
	if !ok || !isList {
		return w.unknown(t, "Fn::Join of a list that isn't known", "")
	}
	var b textBuilder
	for i, m := range members {
		if i > 0 {
			b.add(Part{Text: sep})
		}
		p := m.Parts()
		if p == nil {
			return w.unknown(t, "Fn::Join of something that is no text", "")
		}
		if b.add(p...); b.size > maxTextSize {
			break
		}
	}
	if !w.spend(b.size) || b.size > maxTextSize {
		return w.tooLarge(t)
	}
	return w.textOf(t, b.done())
}

// sub evaluates Fn::Sub, of a text or of a text and a map of variables.
func (w *World) sub(t *Template, arg any) Value {
	pattern, ok := arg.(string)
	var variables map[string]any
	if args, isList := arg.([]any); isList && len(args) == 2 {
		pattern, ok = args[0].(string)
		variables, _ = args[1].(map[string]any)
	}
	if !ok {
		return w.unknown(t, "Fn::Sub needs a text", "")
	}
	if macro := rewriter(variables); macro != "" {
		return w.unknown(t, macro+" may replace what Fn::Sub puts in", "")
	}
	var b textBuilder
	for b.size <= maxTextSize {
		before, rest, found := strings.Cut(pattern, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			break
		}
		b.add(Part{Text: before})
		b.add(w.variable(t, name, variables)...)
		pattern = after
	}
	b.add(Part{Text: pattern})
	if !w.spend(b.size) || b.size > maxTextSize {
		return w.tooLarge(t)
	}
	return w.textOf(t, b.done())
}

// variable is what stands between ${ and } in Fn::Sub.
func (w *World) variable(t *Template, name string, variables map[string]any) []Part {
	if literal, escaped := strings.CutPrefix(name, "!"); escaped {
		return []Part{{Text: "${" + literal + "}"}}
	}
	name = strings.TrimSpace(name)
	var v Value
	if raw, has := variables[name]; has {
		v = w.resolve(t, raw)
	} else if id, attribute, dotted := strings.Cut(name, "."); dotted {
		v = w.attribute(t, id, attribute)
	} else {
		v = w.ref(t, name)
	}
	if parts := v.Parts(); parts != nil {
		return parts
	}
	return []Part{{Unknown: "${" + name + "} is no text"}}
}

func (w *World) selectItem(t *Template, index, items any) Value {
	l := w.resolve(t, items)
	i, ok := w.resolve(t, index).Literal()
	raw, isList := l.raw.([]any)
	if !ok || !isList || l.kind != list {
		return w.unknown(t, "Fn::Select of a list that isn't known", "")
	}
	if n, err := strconv.Atoi(i); err == nil && n >= 0 && n < len(raw) {
		return w.item(l.t, raw[n])
	}
	return w.unknown(t, "Fn::Select of a member that the list doesn't have", "")
}

// split gives a list whose members are []Part. A text that may hold the separator where it isn't known can't be split.
func (w *World) split(t *Template, separator, source any) Value {
	sep, ok := separator.(string)
	v := w.resolve(t, source)
	parts := v.Parts()
	if !ok || sep == "" || parts == nil {
		return w.unknown(t, "Fn::Split of a text that isn't known", "")
	}
	members := []any{}
	var current textBuilder
	for _, p := range parts {
		if !p.isText() {
			if !p.hasNo(sep) {
				return w.unknown(t, "Fn::Split of a text that isn't known", "")
			}
			current.add(p)
			continue
		}
		pieces := strings.Split(p.Text, sep)
		if !w.spend(len(p.Text) + len(pieces)*partSize) {
			return w.tooLarge(t)
		}
		for i, piece := range pieces {
			if i > 0 {
				members = append(members, current.done())
			}
			current.add(Part{Text: piece})
		}
	}
	return Value{w: w, t: t, kind: list, raw: append(members, current.done())}
}

// findInMap looks a value up. When the first key isn't known, as with AWS::Region, the value is known all the same if
// it is the same under each, and the default (CloudFormation user guide, "Fn::FindInMap enhancements") too.
func (w *World) findInMap(t *Template, args []any) Value {
	why := w.unknown(t, "Fn::FindInMap with keys that aren't known", "")
	name, ok1 := w.resolve(t, args[0]).Literal()
	second, ok2 := w.resolve(t, args[2]).Literal()
	table, ok3 := t.Mappings[name].(map[string]any)
	if !ok1 || !ok2 || !ok3 || rewriter(t.Mappings) != "" || rewriter(table) != "" {
		return why
	}
	var otherwise any
	if len(args) > 3 {
		options, _ := args[3].(map[string]any)
		otherwise = options["DefaultValue"]
	}
	if first, ok := w.resolve(t, args[1]).Literal(); ok {
		row, _ := table[first].(map[string]any)
		if rewriter(row) != "" {
			return why
		}
		if raw, has := row[second]; has {
			return w.resolve(t, raw)
		}
		if otherwise != nil {
			return w.resolve(t, otherwise)
		}
		return why
	}
	if !w.spend(len(table) * partSize) {
		return w.tooLarge(t)
	}
	candidates := make([]any, 0, len(table)+1)
	for _, row := range table {
		r, _ := row.(map[string]any)
		if rewriter(r) != "" {
			return why
		}
		candidates = append(candidates, r[second])
	}
	if otherwise != nil {
		candidates = append(candidates, otherwise)
	}
	return w.same(t, candidates, why)
}

// same is the literal that all the raw values come to, or else the other value.
func (w *World) same(t *Template, raw []any, otherwise Value) Value {
	var same Value
	for _, r := range raw {
		v := w.resolve(t, r)
		if _, ok := v.Literal(); !ok || !same.Absent() && !same.Equal(v) {
			return otherwise
		}
		same = v
	}
	if same.Absent() {
		return otherwise
	}
	return same
}
