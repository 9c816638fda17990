package buildsetup

import (
	"maps"
	"reflect"
)

// Merge returns a buildspec with what builds need in it, for a project of your own; spec itself stays as it is. The
// commands come before those of its install phase. Where both set the same variable, the one of spec stays.
func (b *Setup) Merge(spec map[string]any) map[string]any {
	own, _ := plain(spec).(map[string]any)
	first, _ := plain(b.BuildSpec()).(map[string]any)
	return merged(first, own)
}

// merged does as the CDK does with partial buildspecs: maps are joined, lists are put one after the other.
func merged(first, then map[string]any) map[string]any {
	out := maps.Clone(then)
	if out == nil {
		out = map[string]any{}
	}
	for key, value := range first {
		present, has := out[key]
		if !has || present == nil {
			out[key] = value
			continue
		}
		switch v := value.(type) {
		case map[string]any:
			if inner, ok := present.(map[string]any); ok {
				out[key] = merged(v, inner)
			}
		case []any:
			list, ok := present.([]any)
			if !ok { // one command may stand alone
				list = []any{present}
			}
			out[key] = append(append([]any{}, v...), list...)
		}
	}
	return out
}

// plain copies maps and lists of whatever type, and pointers to such, as JSON would have them. What is neither, an object of
// the CDK for one, stays what it is.
func plain(value any) any {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if kind := v.Elem().Kind(); kind != reflect.Struct {
			return plain(v.Elem().Interface())
		}
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return value
		}
		out := map[string]any{}
		for _, key := range v.MapKeys() {
			out[key.String()] = plain(v.MapIndex(key).Interface())
		}
		return out
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i).Interface())
		}
		return out
	}
	return value
}
