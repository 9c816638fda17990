package template

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decodeJSON decodes like encoding/json into any, with three differences that judging needs: a key that stands twice
// is an error (the last would silently win), nesting is bounded to 10,000 levels, and errors carry the line.
func decodeJSON(name string, data []byte) (any, error) {
	var v any
	if err := json.Unmarshal(data, &v, jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, jsonError(name, data, err)
	}
	return v, nil
}

// jsonError says what is wrong and where.
func jsonError(name string, data []byte, err error) error {
	var at int64
	message := err.Error()
	var syntax *jsontext.SyntacticError
	var meaning *json.SemanticError
	switch {
	case errors.As(err, &syntax):
		at, message = syntax.ByteOffset, syntax.Err.Error()
	case errors.As(err, &meaning): // all that is possible without a type to decode into
		at, message = meaning.ByteOffset, fmt.Sprintf("the number %s is out of range", meaning.JSONValue)
	}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		message = fmt.Sprintf("the key %q stands twice in the same map", syntax.JSONPointer.LastToken())
	case errors.Is(err, io.ErrUnexpectedEOF):
		message = "the file ends in the middle of a value"
	}
	before := data[:at]
	return &Error{
		Name:    name,
		Line:    bytes.Count(before, []byte("\n")) + 1,
		Column:  len(before) - bytes.LastIndexByte(before, '\n'),
		Message: message,
	}
}
