package fault

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// List collects faults, so that a user can mend them in one go.
type List []*Error

// What several constructs ask of a field.
var (
	AccountForm = regexp.MustCompile(`^\d{12}$`)
	RegionForm  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	EnvForm     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// RepositoryForm is the name of a CodeCommit repository, ConnectionForm the ARN of a connection of CodeConnections.
	RepositoryForm = regexp.MustCompile(`^[\w.-]{1,100}$`)
	ConnectionForm = regexp.MustCompile(`^arn:[\w-]+:(codestar-connections|codeconnections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]+$`)
	KeyArnForm     = regexp.MustCompile(`^arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key/[\w-]+$`)
)

// Add adds a fault of a field.
func (l *List) Add(field string, value any, expected, do string) {
	*l = append(*l, New("", field, value, expected, do))
}

// Match adds a fault when value is missing though required, or of the wrong form.
func (l *List) Match(field string, value *string, form *regexp.Regexp, expected string, required bool) {
	switch {
	case value == nil && required:
		l.Add(field, nil, expected, "set "+field)
	case value != nil && !form.MatchString(*value):
		l.Add(field, value, expected, "")
	}
}

// Reason checks a field that loosens a default: it may be missing, but not empty.
func (l *List) Reason(field string, value *string) {
	if value != nil && len(strings.TrimSpace(*value)) < 10 {
		l.Add(field, value, "a reason of 10 characters or more", "say why the default is not wanted")
	}
}

// Split returns what Join joined, for a construct that has faults of its own to tell with them. It panics at an error that
// Join did not make, rather than lose it.
func Split(err error) []*Error {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		panic(fmt.Errorf("no list of faults: %w", err))
	}
	var faults []*Error
	for _, e := range joined.Unwrap() {
		var f *Error
		if !errors.As(e, &f) {
			panic(fmt.Errorf("no fault: %w", e))
		}
		faults = append(faults, f)
	}
	return faults
}
