package template

import (
	"bytes"
	"strings"
)

const (
	// maxDepth bounds how deeply a YAML template may be nested. CloudFormation's own templates stay below 50.
	maxDepth = 256
	// maxNodes bounds what the aliases of one YAML template may expand to; the largest template that CloudFormation
	// accepts, 1 MB, has fewer values than this.
	maxNodes = 1_000_000
)

// Parse reads a CloudFormation template in JSON or YAML, the short forms of the intrinsic functions (!Ref, !Sub, …)
// included. The name is the file's; it appears in errors and findings. All errors are of type *Error.
func Parse(name string, data []byte) (*Template, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	doc, err := decode(name, data)
	if err != nil {
		return nil, err
	}
	m, ok := doc.(map[string]any)
	if !ok {
		return nil, &Error{Name: name, Message: "expected a template with a Resources section, found " + shape(doc)}
	}
	return New(name, m)
}

// decode takes a document that begins with a brace for JSON, unless its name says YAML, where a brace may begin a
// flow mapping as well.
func decode(name string, data []byte) (any, error) {
	start := bytes.TrimLeft(data, " \t\r\n")
	if len(start) == 0 {
		return nil, &Error{Name: name, Message: "expected a template, found an empty file"}
	}
	lower := strings.ToLower(name)
	isYAML := strings.HasSuffix(lower, ".yaml") || strings.HasSuffix(lower, ".yml")
	if start[0] != '{' && !strings.HasSuffix(lower, ".json") {
		return decodeYAML(name, data)
	}
	doc, err := decodeJSON(name, data)
	if err != nil && isYAML {
		return decodeYAML(name, data)
	}
	return doc, err
}
