package template

import (
	"math"
	"strconv"
	"strings"
)

// Value is what a property comes to in a World.
type Value struct {
	w      *World
	t      *Template // the template whose names the raw members use
	raw    any       // by kind: string, bool, float64, []any, map[string]any, []Part
	reason string    // why it is unknown
	kind   kind
}

type kind uint8

const (
	absent kind = iota
	unknown
	boolean
	number
	literal // a text without references
	text    // a text in parts
	list
	object
)

// Absent reports whether the property isn't there; AWS::NoValue is the same.
func (v Value) Absent() bool { return v.kind == absent }

// Unknown reports whether the value, or a part of the text, can't be known before the deployment.
func (v Value) Unknown() bool {
	return v.kind == unknown || v.kind == text && v.unknownPart() != nil
}

// Reason says why the value is unknown; "" when it isn't.
func (v Value) Reason() string {
	if v.kind == text {
		if p := v.unknownPart(); p != nil {
			return p.Unknown
		}
	}
	return v.reason
}

// why is the reason why a text isn't known before the deployment.
func (v Value) why() string {
	if reason := v.Reason(); reason != "" {
		return reason
	}
	return "what " + v.String() + " comes to is known at deployment only"
}

func (v Value) unknownPart() *Part {
	parts := v.raw.([]Part)
	for i := range parts {
		if parts[i].Unknown != "" {
			return &parts[i]
		}
	}
	return nil
}

// Get goes into a map, a key at a time. A member of an unknown value is unknown; of anything but a map, absent.
func (v Value) Get(keys ...string) Value {
	for _, key := range keys {
		v = v.member(key)
	}
	return v
}

func (v Value) member(key string) Value {
	switch v.kind {
	case unknown:
		return v
	case text:
		// One reference may lead to a map; a text of several parts is a text.
		if len(v.raw.([]Part)) == 1 {
			return Value{w: v.w, t: v.t, kind: unknown, reason: v.why()}
		}
	case object:
		m, _ := v.raw.(map[string]any)
		if raw, has := m[key]; has {
			return v.w.resolve(v.t, raw)
		}
	}
	return Value{w: v.w, t: v.t}
}

// Keys reports the keys of a map, in no order, and whether the value is one. Members that are AWS::NoValue count.
func (v Value) Keys() ([]string, bool) {
	if v.kind != object {
		return nil, false
	}
	m, _ := v.raw.(map[string]any)
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return keys, true
}

// Items returns the members of a list, without those that are AWS::NoValue, and whether the value is one. The members
// may themselves be unknown.
func (v Value) Items() ([]Value, bool) {
	if v.kind != list {
		return nil, false
	}
	raw, _ := v.raw.([]any)
	items := make([]Value, 0, len(raw))
	for _, r := range raw {
		item := v.w.item(v.t, r)
		if item.kind != absent {
			items = append(items, item)
		}
	}
	return items, true
}

// OneOrMore is Items, where a value that is no list stands for a list of itself, as policy documents allow. It is empty
// for an absent value.
func (v Value) OneOrMore() []Value {
	if v.kind == absent {
		return nil
	}
	if items, ok := v.Items(); ok {
		return items
	}
	return []Value{v}
}

// IsMap reports whether the value is a map.
func (v Value) IsMap() bool { return v.kind == object }

// Bool is the value of a boolean, which CloudFormation also takes as the text "true" or "false".
func (v Value) Bool() (value, ok bool) {
	if v.kind == boolean {
		return v.raw.(bool), true
	}
	if v.kind == literal {
		switch strings.ToLower(v.raw.(string)) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// Literal is the text of a value that has no references, a number or boolean included, and whether it is one.
func (v Value) Literal() (string, bool) {
	switch v.kind {
	case literal:
		return v.raw.(string), true
	case boolean:
		return strconv.FormatBool(v.raw.(bool)), true
	case number:
		return formatNumber(v.raw.(float64)), true
	}
	return "", false
}

// Parts is the value as a text, piece by piece; nil when it is none. A literal is one part.
func (v Value) Parts() []Part {
	if v.kind == text {
		return v.raw.([]Part)
	}
	if s, ok := v.Literal(); ok {
		return []Part{{Text: s}}
	}
	if v.kind == unknown {
		return []Part{{Unknown: v.reason, source: v.source()}}
	}
	return nil
}

// source tells one unknown value from another, where that is possible.
func (v Value) source() string {
	s, _ := v.raw.(string)
	return s
}

// Key identifies a text across the templates of a set: two texts with the same key are the same at deployment, though
// nobody may know yet what they are. It is "" for what is no text, for the empty text and for what can't be compared.
func (v Value) Key() string {
	if s, ok := v.Literal(); ok {
		return escapeLiteral(s)
	}
	var b strings.Builder
	for _, p := range v.Parts() {
		if p.Unknown != "" && p.source == "" {
			return ""
		}
		p.write(&b, v.w.set)
	}
	return b.String()
}

// Equal reports whether two texts are certain to be the same.
func (v Value) Equal(other Value) bool {
	key := v.Key()
	return key != "" && key == other.Key()
}

// Reference is the resource, and the attribute of it or "" for Ref, when that is all that the text consists of.
func (v Value) Reference() (r *Resource, attribute string, ok bool) {
	if v.kind != text {
		return nil, "", false
	}
	parts := v.raw.([]Part)
	if len(parts) != 1 || parts[0].Resource == nil {
		return nil, "", false
	}
	return parts[0].Resource, parts[0].Attribute, true
}

// String shows the value to people: texts as Fn::Sub would have them, ${Bucket} for a reference.
func (v Value) String() string {
	switch v.kind {
	case absent:
		return "nothing"
	case unknown:
		return "an unknown value (" + v.reason + ")"
	case list:
		return "a list"
	case object:
		return "a map"
	}
	if s, ok := v.Literal(); ok {
		if v.kind != literal {
			return s
		}
		return strconv.Quote(s)
	}
	var b strings.Builder
	for _, p := range v.Parts() {
		p.write(&b, nil)
	}
	return b.String()
}

func formatNumber(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
