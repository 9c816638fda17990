package template

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Template is one CloudFormation template, indexed and ready to be judged. It holds what the author wrote; what an
// intrinsic function in it comes to is answered by a World.
type Template struct {
	// Name is the file name that the template was parsed under; it appears in errors and findings.
	Name string
	// Resources are ordered by logical id.
	Resources []*Resource
	// Parameters, Outputs, Conditions and Mappings are the sections of the same name; empty when there are none.
	Parameters map[string]*Parameter
	Outputs    map[string]*Output
	Conditions map[string]any
	Mappings   map[string]any

	globals map[string]any // the Globals section of a SAM template
	folder  string         // of the file, which tells stages apart
	macro   string         // the macro that may rewrite the whole template, or ""
	byID    map[string]*Resource
}

// Resource is one entry of the Resources section.
type Resource struct {
	// LogicalID is the key in the Resources section.
	LogicalID string
	// Type is the resource type, such as AWS::S3::Bucket.
	Type string
	// Path is the construct path that the CDK leaves in the metadata aws:cdk:path, or "" when there is none.
	Path string
	// Condition names the condition under which the resource is created, or is "".
	Condition string
	// Properties and Metadata are as written, intrinsic functions included; nil when the resource has none.
	Properties map[string]any
	Metadata   map[string]any
	// Template is the template that the resource stands in.
	Template *Template

	whole    map[string]any // Properties, completed by the template's Globals
	rewriter string         // the function that may rewrite Properties, or ""
	macro    string         // the function that may rewrite the resource, or ""
}

// Parameter is one entry of the Parameters section.
type Parameter struct {
	Name string
	Type string
	// Default is nil when the parameter has none.
	Default any
}

// Output is one entry of the Outputs section.
type Output struct {
	Name      string
	Value     any
	Condition string
	// Export is Export.Name as written, or nil.
	Export any
}

// Resource returns the resource with a logical id.
func (t *Template) Resource(logicalID string) (*Resource, bool) {
	r, ok := t.byID[logicalID]
	return r, ok
}

// StackName is the base of Name without the extensions that templates have: "cdk.out/Prod-Data.template.json" is
// "Prod-Data".
func (t *Template) StackName() string {
	name := path.Base(strings.ReplaceAll(t.Name, `\`, "/"))
	for _, ext := range []string{".json", ".yaml", ".yml", ".template", ".nested.template", ".nested"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// Beside reports whether the other template lies in the same folder. A cloud assembly has a folder for each stage, so
// templates beside each other are deployed together.
func (t *Template) Beside(other *Template) bool { return t.folder == other.folder }

// ID names the resource for people and for the exception register: the construct path, or StackName/LogicalID in a
// template that carries no paths.
func (r *Resource) ID() string {
	if r.Path != "" {
		return r.Path
	}
	return r.Template.StackName() + "/" + r.LogicalID
}

// New indexes a template that is already decoded: maps, slices, strings, bools and float64s as encoding/json makes
// them. The map is kept, not copied; do not change it afterwards. A template without Resources, a resource without
// Type and a section of the wrong shape are errors.
func New(name string, doc map[string]any) (*Template, error) {
	b := builder{t: &Template{Name: name, folder: path.Dir(strings.ReplaceAll(name, `\`, "/"))}}
	b.resources(doc["Resources"])
	b.parameters(doc["Parameters"])
	b.outputs(doc["Outputs"])
	b.t.Conditions = b.section("Conditions", doc["Conditions"])
	b.t.Mappings = b.section("Mappings", doc["Mappings"])
	b.t.globals = b.section("Globals", doc["Globals"])
	b.t.macro = macroOf(doc["Transform"])
	if b.err == nil {
		b.complete()
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.t, nil
}

// builder keeps the first error, so that the steps above read as a list.
type builder struct {
	t   *Template
	err *Error
}

func (b *builder) fail(at, expected string, found any) {
	if b.err == nil {
		b.err = &Error{Name: b.t.Name, At: at, Message: fmt.Sprintf("expected %s, found %s", expected, shape(found))}
	}
}

func (b *builder) section(name string, v any) map[string]any {
	if v == nil {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		b.fail(name, "a map", v)
	}
	return m
}

func (b *builder) resources(v any) {
	m, ok := v.(map[string]any)
	if !ok {
		b.fail("Resources", "a map of logical ids to resources", v)
		if v == nil {
			b.err.cause = ErrNoResources
		}
		return
	}
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	all := make([]Resource, len(ids))
	b.t.Resources = make([]*Resource, len(ids))
	b.t.byID = make(map[string]*Resource, len(ids))
	for i, id := range ids {
		all[i] = Resource{LogicalID: id, Template: b.t}
		b.resource(&all[i], m[id])
		if b.err != nil {
			return
		}
		b.t.Resources[i] = &all[i]
		b.t.byID[id] = &all[i]
	}
}

func (b *builder) resource(r *Resource, v any) {
	if strings.HasPrefix(r.LogicalID, "Fn::ForEach") {
		b.fail("Resources."+r.LogicalID, "resources as they are deployed: judge the processed template, with loops expanded", v)
		return
	}
	m, ok := v.(map[string]any)
	if !ok {
		b.fail("Resources."+r.LogicalID, "a map with a Type", v)
		return
	}
	if r.Type, ok = m["Type"].(string); !ok || r.Type == "" {
		b.fail("Resources."+r.LogicalID+".Type", "a resource type such as AWS::S3::Bucket", m["Type"])
		return
	}
	r.macro = rewriter(m)
	r.Properties = b.member(r, m, "Properties")
	r.Metadata = b.member(r, m, "Metadata")
	r.Path, _ = r.Metadata["aws:cdk:path"].(string)
	if c, has := m["Condition"]; has && c != nil {
		if r.Condition, ok = c.(string); !ok {
			b.fail("Resources."+r.LogicalID+".Condition", "the name of a condition", c)
		}
	}
}

func (b *builder) member(r *Resource, m map[string]any, key string) map[string]any {
	v, has := m[key]
	if !has || v == nil {
		return nil
	}
	p, ok := v.(map[string]any)
	if !ok {
		b.fail("Resources."+r.LogicalID+"."+key, "a map", v)
	}
	return p
}

func (b *builder) parameters(v any) {
	section := b.section("Parameters", v)
	b.t.Parameters = make(map[string]*Parameter, len(section))
	for name, v := range section {
		m, ok := v.(map[string]any)
		if !ok {
			b.fail("Parameters."+name, "a map with a Type", v)
			return
		}
		p := &Parameter{Name: name, Default: m["Default"]}
		if p.Type, ok = m["Type"].(string); !ok {
			b.fail("Parameters."+name+".Type", "a parameter type such as String", m["Type"])
			return
		}
		switch p.Default.(type) {
		case map[string]any, []any:
			b.fail("Parameters."+name+".Default", "a literal value", p.Default)
		}
		b.t.Parameters[name] = p
	}
}

func (b *builder) outputs(v any) {
	section := b.section("Outputs", v)
	b.t.Outputs = make(map[string]*Output, len(section))
	for name, v := range section {
		m, ok := v.(map[string]any)
		if !ok {
			b.fail("Outputs."+name, "a map with a Value", v)
			return
		}
		o := &Output{Name: name, Value: m["Value"]}
		o.Condition, _ = m["Condition"].(string)
		if export, has := m["Export"]; has {
			e, ok := export.(map[string]any)
			if !ok {
				b.fail("Outputs."+name+".Export", "a map with a Name", export)
				return
			}
			o.Export = e["Name"]
		}
		b.t.Outputs[name] = o
	}
}

// shape names a decoded value's form, for error messages.
func shape(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	case string:
		if len(v) > 60 {
			v = v[:60] + "…"
		}
		return fmt.Sprintf("the text %q", v)
	case bool:
		return fmt.Sprintf("the boolean %t", v)
	default:
		return fmt.Sprintf("%v", v)
	}
}
