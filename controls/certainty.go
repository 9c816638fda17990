package controls

import (
	"slices"
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

// certainty is how sure it is that something holds. The builtin min is "and", max is "or".
type certainty int

const (
	never certainty = iota
	perhaps
	surely
)

func certain(b bool) certainty {
	if b {
		return surely
	}
	return never
}

// is asks of a text whether it is one of some words. What isn't known may be, unless it is known to be an ARN or to hold
// something of the stack's, such as its account.
func is(v template.Value, ask func(string) bool) certainty {
	if s, ok := v.Literal(); ok {
		return certain(ask(s))
	}
	if _, attribute, _ := v.Reference(); strings.HasSuffix(attribute, "Arn") {
		return never
	}
	parts := v.Parts()
	ofStack := func(p template.Part) bool { return p.Pseudo != "" }
	if len(parts) == 0 || strings.HasPrefix(parts[0].Text, "arn:") || slices.ContainsFunc(parts, ofStack) {
		return never
	}
	return perhaps
}

// unsure says why a value that ought to be a word, a number or a boolean isn't known before the deployment; "" when it
// is, and when it isn't there.
func unsure(v template.Value) string {
	if v.Unknown() {
		return v.Reason()
	}
	if _, known := v.Literal(); known || len(v.Parts()) == 0 {
		return ""
	}
	return "what " + v.String() + " comes to is known at deployment only"
}

// anyOf is the certainty that it holds for one of the values.
func anyOf(values []template.Value, ask func(template.Value) certainty) certainty {
	found := never
	for _, v := range values {
		if found = max(found, ask(v)); found == surely {
			break
		}
	}
	return found
}

// mapMembers returns the members of a map that aren't absent.
func mapMembers(v template.Value) map[string]template.Value {
	keys, _ := v.Keys()
	members := make(map[string]template.Value, len(keys))
	for _, k := range keys {
		if m := v.Get(k); !m.Absent() {
			members[k] = m
		}
	}
	return members
}
