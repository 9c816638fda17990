package template

import "strconv"

// truth is what is known of a condition.
type truth int8

const (
	no truth = iota - 1
	maybe
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// holds tells whether a named condition holds in this world. One that can't be decided is assumed to, and the world in
// which it doesn't is visited later.
func (w *World) holds(t *Template, name string) truth {
	key := conditionKey{t, name}
	if v, known := w.assumed[key]; known {
		return truthOf(v)
	}
	if !w.enter() {
		return maybe
	}
	defer w.leave()
	expr := t.Conditions[name]
	if rewriter(t.Conditions) != "" {
		expr = nil
	}
	if is := w.evaluate(t, expr); is != maybe {
		return is
	}
	if w.probing {
		w.open = true
		return maybe
	}
	value := true
	if same, negated := w.comparison(t, expr); same != "" {
		key, value = conditionKey{t, same}, !negated
	}
	w.assume(key, value, Assumption{t, name, true})
	return yes
}

// comparison identifies the Fn::Equals that a condition consists of, behind any number of Fn::Not. Two conditions of a
// template that compare the same hold together, whatever their names.
func (w *World) comparison(t *Template, expr any) (key string, negated bool) {
	fn, arg, _ := intrinsic(expr)
	args, _ := arg.([]any)
	for fn == "Fn::Not" && len(args) == 1 {
		negated = !negated
		fn, arg, _ = intrinsic(args[0])
		args, _ = arg.([]any)
	}
	if fn != "Fn::Equals" || len(args) != 2 {
		return "", false
	}
	return equalsKey(w.resolve(t, args[0]), w.resolve(t, args[1])), negated
}

// equalsKey identifies a comparison among the conditions of a template, whose names have none of these characters. It is
// "" when one side can't be told from others.
func equalsKey(a, b Value) string {
	ka, kb := a.Key(), b.Key()
	if ka == "" || kb == "" {
		return ""
	}
	return strconv.Quote(min(ka, kb)) + "=" + strconv.Quote(max(ka, kb))
}

// evaluate decides a condition expression.
func (w *World) evaluate(t *Template, expr any) truth {
	fn, arg, ok := intrinsic(expr)
	if !ok || !w.enter() {
		return maybe
	}
	defer w.leave()
	args, _ := arg.([]any)
	switch fn {
	case "Condition":
		if name, ok := arg.(string); ok {
			return w.holds(t, name)
		}
	case "Fn::Not":
		if len(args) == 1 {
			return -w.evaluate(t, args[0])
		}
	case "Fn::And":
		return w.all(t, args, yes)
	case "Fn::Or":
		return w.all(t, args, no)
	case "Fn::Equals":
		if len(args) == 2 {
			return w.equals(t, w.resolve(t, args[0]), w.resolve(t, args[1]))
		}
	}
	return maybe
}

// equals is equal where that is certain, and else what this world assumes.
func (w *World) equals(t *Template, a, b Value) truth {
	is := equal(a, b)
	if is != maybe || len(w.assumed) == 0 {
		return is
	}
	if v, known := w.assumed[conditionKey{t, equalsKey(a, b)}]; known {
		return truthOf(v)
	}
	return maybe
}

// all is the one value if all expressions have it, and the opposite as soon as one has that.
func (w *World) all(t *Template, exprs []any, value truth) truth {
	result := value
	for _, e := range exprs {
		switch w.evaluate(t, e) {
		case -value:
			return -value
		case maybe:
			result = maybe
		}
	}
	return result
}

// equal compares what is certain: the same text is equal even when parts of it are unknown, and two literals that
// differ are not.
func equal(a, b Value) truth {
	ka, kb := a.Key(), b.Key()
	if ka == "" || kb == "" {
		// Key is "" for the empty text as well as for what is no text.
		la, aok := a.Literal()
		lb, bok := b.Literal()
		if aok && bok {
			return truthOf(la == lb)
		}
		return maybe
	}
	if ka == kb {
		return yes
	}
	_, aok := a.Literal()
	_, bok := b.Literal()
	if aok && bok {
		return no
	}
	return maybe
}
