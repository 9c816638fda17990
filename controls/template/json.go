package template

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// decodeJSON decodes like encoding/json into any, with three differences that judging needs: a key that stands twice
// is an error (the last would silently win), nesting is bounded, and errors carry the line.
func decodeJSON(name string, data []byte) (any, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowInvalidUTF8(true))
	v, err := jsonValue(d)
	if err != nil {
		return nil, jsonError(name, data, d, err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, jsonError(name, data, d, errors.New("expected the end of the file"))
	}
	return v, nil
}

func jsonValue(d *jsontext.Decoder) (any, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	if d.StackDepth() > maxDepth {
		return nil, fmt.Errorf("nested more than %d levels deep", maxDepth)
	}
	switch token.Kind() {
	case '{':
		return jsonObject(d)
	case '[':
		return jsonArray(d)
	case '"':
		return token.String(), nil
	case '0':
		f, err := strconv.ParseFloat(token.String(), 64)
		if err != nil {
			return nil, fmt.Errorf("the number %s is out of range", token)
		}
		return f, nil
	case 't', 'f':
		return token.Bool(), nil
	}
	return nil, nil
}

func jsonObject(d *jsontext.Decoder) (any, error) {
	m := map[string]any{}
	for d.PeekKind() != '}' {
		key, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := key.String()
		if m[name], err = jsonValue(d); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return m, err
}

func jsonArray(d *jsontext.Decoder) (any, error) {
	list := []any{}
	for d.PeekKind() != ']' {
		v, err := jsonValue(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.ReadToken()
	return list, err
}

// jsonError says what is wrong and where. An error that isn't about syntax is about the token that was read last.
func jsonError(name string, data []byte, d *jsontext.Decoder, err error) error {
	at, message := d.InputOffset(), err.Error()
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at, message = syntax.ByteOffset, syntax.Err.Error()
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
