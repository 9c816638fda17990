package template

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
	if is := w.evaluate(t, t.Conditions[name]); is != maybe {
		return is
	}
	if w.probing {
		w.open = true
		return maybe
	}
	if w.assumed == nil {
		w.assumed = map[conditionKey]bool{}
	}
	w.assumed[key] = true
	w.trail = append(w.trail, Assumption{t, name, true})
	return yes
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
			return equal(w.resolve(t, args[0]), w.resolve(t, args[1]))
		}
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
