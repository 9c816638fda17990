package template

import "strings"

// Part is a piece of a text: literal text, a reference to a resource, a pseudo parameter, or something unknown. Just
// one of Text, Resource, Pseudo and Unknown is set.
type Part struct {
	Text      string
	Resource  *Resource
	Attribute string // of the resource, as in Fn::GetAtt; "" for Ref
	Pseudo    string // the pseudo parameter's name, such as AWS::Region
	Unknown   string // the reason why this part isn't known

	owner  *Template // of a pseudo parameter or an unknown part whose value differs from stack to stack, or stage to stage
	source string    // what the unknown part comes from; the same source is the same value
}

// write gives the part as Fn::Sub would have it. With a set, names carry the number of their template, so that the
// result identifies them across templates.
func (p *Part) write(b *strings.Builder, set *Set) {
	var owner *Template
	var name string
	switch {
	case p.Resource != nil:
		owner, name = p.Resource.Template, p.Resource.LogicalID
		if p.Attribute != "" {
			name += "." + p.Attribute
		}
	case p.Pseudo != "":
		owner, name = p.owner, p.Pseudo
	case p.Unknown != "":
		owner, name = p.owner, p.source
		if name == "" {
			name = "?"
		}
	default:
		b.WriteString(escapeLiteral(p.Text))
		return
	}
	b.WriteString("${")
	if set != nil && owner != nil {
		b.WriteString(set.scope(owner, p.Pseudo))
		b.WriteByte('/')
	}
	b.WriteString(name)
	b.WriteByte('}')
}

// escapeLiteral writes ${ that stands in the text itself as Fn::Sub does, so that it can't pass for a reference.
func escapeLiteral(s string) string {
	if !strings.Contains(s, "${") {
		return s
	}
	return strings.ReplaceAll(s, "${", "${!")
}

// textBuilder joins pieces of text; adjacent literals become one part.
type textBuilder struct {
	parts   []Part
	literal strings.Builder
	size    int // what the text weighs against maxTextSize
}

func (b *textBuilder) add(parts ...Part) {
	for i := range parts {
		p := &parts[i]
		b.size += len(p.Text) + partSize
		if p.isText() {
			b.literal.WriteString(p.Text)
			continue
		}
		b.flush()
		b.parts = append(b.parts, *p)
	}
}

func (b *textBuilder) flush() {
	if b.literal.Len() > 0 {
		b.parts = append(b.parts, Part{Text: b.literal.String()})
		b.literal.Reset()
	}
}

// done returns the text and makes the builder empty.
func (b *textBuilder) done() []Part {
	b.flush()
	parts := b.parts
	b.parts, b.size = nil, 0
	return parts
}

// partSize is what a part weighs beside its text.
const partSize = 32

func (p *Part) isText() bool { return p.Resource == nil && p.Pseudo == "" && p.Unknown == "" }

// hasNo reports whether what the part comes to is certain not to contain the separator, so that the text may be split.
func (p *Part) hasNo(separator string) bool {
	switch {
	case p.Pseudo == "AWS::Region" || p.Pseudo == "AWS::AccountId" || p.Pseudo == "AWS::Partition" || p.Pseudo == "AWS::StackName":
	case p.Resource != nil && p.Resource.Type == "AWS::S3::Bucket" && p.Attribute == "":
	default:
		return false
	}
	// A longer separator might begin in the text before and end in the part.
	return strings.Trim(separator, ":/,|;") == ""
}

// textOf makes a value of parts. What Fn::Sub or Fn::Join put together may turn out to be a dynamic reference.
func (w *World) textOf(t *Template, parts []Part) Value {
	v := w.valueOf(t, parts)
	for i := range parts {
		if !strings.Contains(parts[i].Text, dynamicStart) {
			continue
		}
		if s, ok := v.Literal(); ok {
			return w.dynamic(t, s)
		}
		return w.unknown(t, "the dynamic reference in "+v.String()+" is read at deployment", v.Key())
	}
	return v
}

// dynamicStart begins a dynamic reference (CloudFormation user guide, "Get values stored in other services using
// dynamic references").
const dynamicStart = "{{resolve:"

func (w *World) valueOf(t *Template, parts []Part) Value {
	switch {
	case len(parts) == 0:
		return Value{w: w, t: t, kind: literal, raw: ""}
	case len(parts) == 1 && parts[0].isText():
		return Value{w: w, t: t, kind: literal, raw: parts[0].Text}
	}
	return Value{w: w, t: t, kind: text, raw: parts}
}

// dynamic makes parts of a text with dynamic references {{resolve:…}}, which the deployment reads from Systems Manager
// or Secrets Manager.
func (w *World) dynamic(t *Template, s string) Value {
	var b textBuilder
	for {
		start := strings.Index(s, dynamicStart)
		if start < 0 {
			break
		}
		end := strings.Index(s[start:], "}}")
		if end < 0 {
			break
		}
		ref := s[start : start+end+2]
		b.add(Part{Text: s[:start]}, Part{
			Unknown: "the dynamic reference " + ref + " is read at deployment", source: ref, owner: t,
		})
		s = s[start+end+2:]
	}
	b.add(Part{Text: s})
	return w.valueOf(t, b.done())
}
