// Package fault is the one shape of an error about bad input: where, what was found, what was expected, what to do.
//
// Constructs panic with a *fault.Error, because a CDK constructor has no error result; secureapp.Run recovers it and
// prints its one line.
package fault

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Error says which value of which field of which construct is wrong and what to type instead.
type Error struct {
	Path     string // construct path, "" when there is no construct yet
	Field    string // field of the props, as the user writes it: "Stages[2].Env.Account"
	Value    string // the value as found, quoted; "" for a missing one
	Expected string // what would have been accepted
	Do       string // what to type or do
}

// New makes an Error. A pointer value is shown by what it points at; nil reads as missing.
func New(path, field string, value any, expected, do string) *Error {
	return &Error{Path: path, Field: field, Value: show(value), Expected: expected, Do: do}
}

// Error is the one line that a user reads.
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Path, e.Field} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	if e.Value == "" {
		b.WriteString("missing")
	} else {
		b.WriteString("got " + e.Value)
	}
	b.WriteString(", expected " + e.Expected)
	if e.Do != "" {
		b.WriteString("; " + e.Do)
	}
	return b.String()
}

// Join makes one error of several, so that a user can mend them in one go. It returns nil for none.
func Join(faults []*Error) error {
	if len(faults) == 0 {
		return nil
	}
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// credentials in a URL, which must not end up in the log of a build.
var credentials = regexp.MustCompile(`://[^/@\s]+@`)

func show(value any) string {
	v := reflect.ValueOf(value)
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return ""
	}
	if v.Kind() == reflect.String {
		return fmt.Sprintf("%q", credentials.ReplaceAllString(v.String(), "://***@"))
	}
	return fmt.Sprintf("%v", v.Interface())
}
