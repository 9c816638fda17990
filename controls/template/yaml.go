package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// decodeYAML decodes into the same values that JSON gives, with the short forms of the intrinsic functions written
// out: !GetAtt A.Arn becomes {"Fn::GetAtt": ["A", "Arn"]}.
func decodeYAML(name string, data []byte) (any, error) {
	var root yaml.Node
	if err := yaml.Load(data, &root); err != nil {
		return nil, yamlError(name, err)
	}
	d := yamlDecoder{name: name}
	v := d.value(&root, 0)
	if d.err != nil {
		return nil, d.err
	}
	return v, nil
}

func yamlError(name string, err error) *Error {
	e := &Error{Name: name, Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	var at *yaml.LoadError
	if errors.As(err, &at) {
		e.Line, e.Column, e.Message = at.Mark.Line, at.Mark.Column, at.Message
	}
	return e
}

type yamlDecoder struct {
	name  string
	nodes int
	err   *Error
}

func (d *yamlDecoder) failf(n *yaml.Node, format string, args ...any) any {
	if d.err == nil {
		d.err = &Error{Name: d.name, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)}
	}
	return nil
}

func (d *yamlDecoder) value(n *yaml.Node, depth int) any {
	d.nodes++
	switch {
	case d.err != nil:
		return nil
	case depth > maxDepth:
		return d.failf(n, "nested more than %d levels deep", maxDepth)
	case d.nodes > maxNodes:
		return d.failf(n, "more than %d values once aliases are expanded", maxNodes)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) != 1 {
			return d.failf(n, "expected one document, found %d", len(n.Content))
		}
		return d.value(n.Content[0], depth)
	case yaml.AliasNode:
		return d.value(n.Alias, depth+1)
	}
	if fn, ok := shortForms[n.Tag]; ok {
		return d.shortForm(n, fn, depth)
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return d.failf(n, "expected an intrinsic function's short form, such as !Ref or !Sub, found %s", n.Tag)
	}
	return d.plain(n, depth)
}

func (d *yamlDecoder) plain(n *yaml.Node, depth int) any {
	switch n.Kind {
	case yaml.MappingNode:
		return d.mapping(n, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			list = append(list, d.value(c, depth+1))
		}
		return list
	case yaml.ScalarNode:
		return scalar(n)
	}
	return d.failf(n, "expected a map, a list or a scalar")
}

func (d *yamlDecoder) mapping(n *yaml.Node, depth int) any {
	m := make(map[string]any, len(n.Content)/2)
	var merged []map[string]any
	for i := 0; i+1 < len(n.Content) && d.err == nil; i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			return d.failf(k, "expected a text as key")
		}
		if k.ShortTag() == "!!merge" {
			merged = append(merged, d.merge(v, depth)...)
			continue
		}
		if _, twice := m[k.Value]; twice {
			return d.failf(k, "the key %q stands twice in the same map", k.Value)
		}
		m[k.Value] = d.value(v, depth+1)
	}
	for _, from := range merged {
		for k, v := range from {
			if _, has := m[k]; !has {
				m[k] = v
			}
		}
	}
	return m
}

// merge reads the value of a merge key <<, which the aws CLI's package command expands: a map or a list of maps.
func (d *yamlDecoder) merge(n *yaml.Node, depth int) []map[string]any {
	v := d.value(n, depth+1)
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var maps []map[string]any
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			d.failf(n, "expected a map to merge, found %s", shape(v))
			return nil
		}
		maps = append(maps, m)
	}
	return maps
}

// scalar keeps a number as text where its text would be lost, as in the account id 012345678901 or version 3.10.
func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err == nil && formatNumber(f) == n.Value {
			return f
		}
	}
	return n.Value
}

// shortForms has every short form of the CloudFormation template reference, "Intrinsic function reference".
var shortForms = map[string]string{
	"!Ref":          "Ref",
	"!Condition":    "Condition",
	"!And":          "Fn::And",
	"!Base64":       "Fn::Base64",
	"!Cidr":         "Fn::Cidr",
	"!Contains":     "Fn::Contains",
	"!Equals":       "Fn::Equals",
	"!FindInMap":    "Fn::FindInMap",
	"!GetAtt":       "Fn::GetAtt",
	"!GetAZs":       "Fn::GetAZs",
	"!If":           "Fn::If",
	"!ImportValue":  "Fn::ImportValue",
	"!Join":         "Fn::Join",
	"!Length":       "Fn::Length",
	"!Not":          "Fn::Not",
	"!Or":           "Fn::Or",
	"!Select":       "Fn::Select",
	"!Split":        "Fn::Split",
	"!Sub":          "Fn::Sub",
	"!ToJsonString": "Fn::ToJsonString",
	"!Transform":    "Fn::Transform",
}

func (d *yamlDecoder) shortForm(n *yaml.Node, fn string, depth int) any {
	if n.Kind == yaml.ScalarNode {
		return map[string]any{fn: shortScalar(fn, n.Value)}
	}
	return map[string]any{fn: d.plain(n, depth+1)}
}

func shortScalar(fn, value string) any {
	id, attribute, dotted := strings.Cut(value, ".")
	if fn == "Fn::GetAtt" && dotted {
		return []any{id, attribute}
	}
	return value
}
