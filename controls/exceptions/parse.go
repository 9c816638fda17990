package exceptions

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Load reads the register from a file. The error is about the file or its syntax; what is wrong with single entries is
// in Register.Problems.
func Load(path string) (*Register, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the exception register: %w", err)
	}
	return Parse(path, data)
}

// Parse reads the register from YAML. The name is the file's, for messages. An empty file is an empty register.
func Parse(name string, data []byte) (*Register, error) {
	reg := &Register{Name: name}
	var documents []yaml.Node
	if err := yaml.Load(data, &documents, yaml.WithAllDocuments()); err != nil {
		return nil, syntaxError(name, err)
	}
	if len(documents) == 0 {
		return reg, nil
	}
	if len(documents) > 1 {
		return nil, fmt.Errorf("%s: expected one list of exceptions, found %d documents", name, len(documents))
	}
	n := &documents[0]
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return reg, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("%s:%d: expected a list of exceptions, each beginning with \"- control:\"", name, max(n.Line, 1))
	}
	for _, item := range n.Content {
		reg.add(item)
	}
	return reg, nil
}

func syntaxError(name string, err error) error {
	var at *yaml.LoadError
	if errors.As(err, &at) {
		return fmt.Errorf("%s:%d: %s", name, at.Mark.Line, at.Message)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// add keeps the entry if nothing is wrong with it, and what is wrong otherwise.
func (r *Register) add(n *yaml.Node) {
	p := parser{reg: r, entry: &Entry{File: r.Name, Line: n.Line}}
	p.read(n)
	if p.ok() {
		p.check()
	}
	if p.ok() {
		r.Entries = append(r.Entries, p.entry)
		return
	}
	r.Problems = append(r.Problems, p.problems...)
}

type parser struct {
	reg      *Register
	entry    *Entry
	problems []Problem
}

func (p *parser) ok() bool { return len(p.problems) == 0 }

func (p *parser) problem(kind Kind, line int, format string, args ...any) {
	p.problems = append(p.problems, Problem{
		Kind: kind, Name: p.reg.Name, Line: line, Entry: p.entry, Message: fmt.Sprintf(format, args...),
	})
}

// textTags are what YAML takes for one of the texts when it isn't quoted: a ticket may be a number, a field may be empty.
var textTags = []string{"!!str", "!!int", "!!float", "!!timestamp", "!!null"}

var fields = []string{"control", "scope", "reason", "owner", "approver", "ticket", "expires"}

func (p *parser) read(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		p.problem(Incomplete, n.Line, "expected an exception with the fields %s", strings.Join(fields, ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(fields, k.Value):
			p.problem(UnknownField, k.Line, "%q is no field of an exception; the fields are %s", k.Value, strings.Join(fields, ", "))
		case seen[k.Value]:
			p.problem(Incomplete, k.Line, "%s stands twice", k.Value)
		case v.Kind != yaml.ScalarNode || !slices.Contains(textTags, v.ShortTag()):
			p.problem(Incomplete, v.Line, "%s: expected a text", k.Value)
		default:
			p.set(k.Value, v)
		}
		seen[k.Value] = true
	}
	for _, f := range fields {
		if !seen[f] {
			p.problem(Incomplete, n.Line, "%s is missing", f)
		}
	}
}

func (p *parser) set(field string, v *yaml.Node) {
	text := strings.TrimSpace(v.Value)
	if text == "" || v.ShortTag() == "!!null" {
		p.problem(Incomplete, v.Line, "%s is empty", field)
		return
	}
	switch field {
	case "control":
		p.entry.Control = text
	case "scope":
		p.entry.Scope = text
	case "reason":
		p.entry.Reason = text
	case "owner":
		p.entry.Owner = text
	case "approver":
		p.entry.Approver = text
	case "ticket":
		p.entry.Ticket = text
	case "expires":
		day, err := time.Parse(time.DateOnly, v.Value)
		if err != nil {
			p.problem(Incomplete, v.Line, "expires: expected a day such as 2027-03-31, found %q", v.Value)
		}
		p.entry.Expires = day
	}
}

var controlID = regexp.MustCompile(`^[A-Z][A-Z0-9]*(\.[A-Z][A-Z0-9_]*)+$`)

// check looks at the entry as a whole.
func (p *parser) check() {
	e := p.entry
	scope, _ := strings.CutSuffix(e.Scope, "/**")
	switch {
	case !controlID.MatchString(e.Control):
		p.problem(Incomplete, e.Line, "control: expected a control's id such as S3.LOGGING, found %q", e.Control)
	case strings.Trim(e.Scope, "*/") == "":
		p.problem(OverBroad, e.Line, "scope %s is the whole app: name the resource, or the construct that holds the resources", e.Scope)
	case strings.ContainsAny(scope, "*?"):
		p.problem(OverBroad, e.Line, "scope %s: the only wildcard is /** at the end", e.Scope)
	case strings.HasPrefix(scope, "/") || strings.HasSuffix(scope, "/") || strings.Contains(scope, "//"):
		p.problem(Incomplete, e.Line, "scope %s: expected a construct path such as Prod/Data/Landing/Resource, or StackName/LogicalId", e.Scope)
	case strings.EqualFold(e.Owner, e.Approver):
		p.problem(Incomplete, e.Line, "owner and approver are both %s: a risk is accepted by someone other than its owner", e.Owner)
	}
	for _, other := range p.reg.Entries {
		if other.Control == e.Control && other.Scope == e.Scope {
			p.problem(Duplicate, e.Line, "line %d has the same control and scope: keep one of them", other.Line)
		}
	}
}
