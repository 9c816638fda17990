package template

import (
	"errors"
	"strconv"
	"strings"
)

// Error says why a template can't be read: in which file, at which line or member, and what was expected there.
type Error struct {
	Name    string // the template's name
	Line    int    // 1 for the first line; 0 when not known
	Column  int    // 1 for the first column; 0 when not known
	At      string // the member, such as Resources.Bucket.Type; "" for a syntax error
	Message string

	cause error
}

// ErrNoResources is the cause of the error about a template that has no Resources at all.
var ErrNoResources = errors.New("no Resources")

// Unwrap returns ErrNoResources or nil.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Name)
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line))
	}
	if e.Column > 0 {
		b.WriteString(":" + strconv.Itoa(e.Column))
	}
	if e.At != "" {
		b.WriteString(": " + e.At)
	}
	return b.String() + ": " + e.Message
}
