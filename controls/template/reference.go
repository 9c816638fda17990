package template

import (
	"cmp"
	"sort"
	"strings"
)

// ref is Ref: to a pseudo parameter, a parameter or a resource.
func (w *World) ref(t *Template, arg any) Value {
	name, ok := arg.(string)
	if !ok {
		return w.unknown(t, "Ref needs a name", "")
	}
	if name == "AWS::NoValue" {
		return Value{w: w, t: t}
	}
	if strings.HasPrefix(name, "AWS::") {
		return w.pseudo(t, name)
	}
	if p, ok := t.Parameters[name]; ok {
		return w.parameter(t, p)
	}
	if r, ok := t.byID[name]; ok {
		return w.textOf(t, []Part{{Resource: r}})
	}
	// SAM lets Ref name the version and the alias that it makes for a function.
	if id, attribute, dotted := strings.Cut(name, "."); dotted && t.byID[id] != nil {
		return w.attribute(t, id, attribute)
	}
	return w.unknown(t, "the template has no parameter or resource "+name, name)
}

func (w *World) pseudo(t *Template, name string) Value {
	p := Part{Pseudo: name}
	switch name {
	case "AWS::StackName", "AWS::StackId", "AWS::NotificationARNs", "AWS::Region", "AWS::AccountId":
		p.owner = t
	}
	return w.textOf(t, []Part{p})
}

// parameter is what a parameter comes to: what the parent stack passes, or else the default.
func (w *World) parameter(t *Template, p *Parameter) Value {
	if strings.HasPrefix(p.Type, "AWS::SSM::Parameter::Value<") {
		return w.unknown(t, "the parameter "+p.Name+" is read from Systems Manager at deployment", p.Name)
	}
	parents := w.set.parentsOf(t)
	if len(parents) > 1 {
		return w.unknown(t, "several nested stacks use the template, each with its own "+p.Name, p.Name)
	}
	if len(parents) == 1 {
		parent := parents[0]
		passed := w.object(parent.Template, parent.whole, cmp.Or(parent.Macro(), parent.rewriter)).Get("Parameters", p.Name)
		if !passed.Absent() {
			return w.typed(t, p, passed)
		}
	}
	if p.Default == nil {
		return w.unknown(t, "the parameter "+p.Name+" has no default", p.Name)
	}
	return w.typed(t, p, w.resolve(t, p.Default))
}

// typed splits the text of a list parameter at its commas.
func (w *World) typed(t *Template, p *Parameter, v Value) Value {
	if p.Type != "CommaDelimitedList" && !strings.HasPrefix(p.Type, "List<") {
		return v
	}
	s, ok := v.Literal()
	if !ok {
		if v.kind == list {
			return v
		}
		return w.unknown(t, "the members of the parameter "+p.Name+" aren't known", "")
	}
	members := []any{}
	if strings.TrimSpace(s) == "" {
		return Value{w: w, t: t, kind: list, raw: members}
	}
	pieces := strings.Split(s, ",")
	if !w.spend(len(s) + len(pieces)*partSize) {
		return w.tooLarge(t)
	}
	for _, m := range pieces {
		members = append(members, strings.TrimSpace(m))
	}
	return Value{w: w, t: t, kind: list, raw: members}
}

// getAtt is Fn::GetAtt, as a list or as text with a dot.
func (w *World) getAtt(t *Template, arg any) Value {
	switch a := arg.(type) {
	case string:
		if id, attribute, ok := strings.Cut(a, "."); ok {
			return w.attribute(t, id, attribute)
		}
	case []any:
		if len(a) != 2 {
			break
		}
		id, ok := a[0].(string)
		attribute, known := w.resolve(t, a[1]).Literal()
		if ok && known {
			return w.attribute(t, id, attribute)
		}
	}
	return w.unknown(t, "Fn::GetAtt needs the names of a resource and an attribute", "")
}

func (w *World) attribute(t *Template, id, attribute string) Value {
	r, ok := t.byID[id]
	if !ok {
		return w.unknown(t, "the template has no resource "+id, id+"."+attribute)
	}
	if name, ok := strings.CutPrefix(attribute, "Outputs."); ok && r.Type == "AWS::CloudFormation::Stack" {
		return w.nestedOutput(r, name)
	}
	// A bucket's ARN is its name with a fixed prefix. Writing it so makes it equal to an ARN that is put together.
	if r.Type == "AWS::S3::Bucket" && attribute == "Arn" {
		return w.textOf(t, []Part{{Text: "arn:"}, {Pseudo: "AWS::Partition"}, {Text: ":s3:::"}, {Resource: r}})
	}
	return w.textOf(t, []Part{{Resource: r, Attribute: attribute}})
}

func (w *World) nestedOutput(r *Resource, name string) Value {
	source := r.LogicalID + ".Outputs." + name
	child := w.set.childOf(r)
	if child == nil {
		return w.unknown(r.Template, "the nested stack "+r.LogicalID+"'s template isn't at hand", source)
	}
	o, ok := child.Outputs[name]
	if !ok {
		return w.unknown(r.Template, "the nested stack "+r.LogicalID+" has no output "+name, source)
	}
	if len(w.set.parentsOf(child)) > 1 {
		return w.unknown(r.Template, "several nested stacks use the template of "+r.LogicalID, source)
	}
	return w.output(child, o)
}

func (w *World) output(t *Template, o *Output) Value {
	if t.macro != "" {
		return w.unknown(t, "the macro "+t.macro+" may rewrite the output "+o.Name, "")
	}
	return w.resolve(t, o.Value)
}

// importValue finds the output that is exported under the name. CloudFormation's export names are unique within an
// account and region only, so the one in the importing template's folder is meant: a cloud assembly has a folder for
// each stage.
func (w *World) importValue(t *Template, arg any) Value {
	if w.noImports {
		return w.unknown(t, "the name of an export can't be an import", "")
	}
	name := w.resolve(t, arg)
	key := name.Key()
	if key == "" {
		return w.unknown(t, "the name of the import isn't known", "")
	}
	var beside []exported
	var stacks, elsewhere []string
	for _, e := range w.set.exportsOf(key) {
		switch {
		case !t.Beside(e.template):
			elsewhere = append(elsewhere, e.template.Name)
		case e.output.Condition == "" || w.holds(e.template, e.output.Condition) != no:
			beside = append(beside, e)
			stacks = append(stacks, e.template.Name)
		}
	}
	if len(beside) == 1 {
		return w.output(beside[0].template, beside[0].output)
	}
	reason := "nothing here exports " + name.String()
	switch {
	case len(beside) > 1:
		sort.Strings(stacks)
		reason = name.String() + " is exported more than once, by " + strings.Join(stacks, " and ")
	case len(elsewhere) > 0:
		sort.Strings(elsewhere)
		reason = name.String() + " is exported in another folder only, which may be another stage: by " + strings.Join(elsewhere, " and ")
	}
	return w.unknown(t, reason, "import:"+key)
}
