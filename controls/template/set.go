package template

import (
	"path"
	"slices"
	"strconv"
)

// Set is several templates judged together. It is not safe for concurrent use; make one per goroutine.
type Set struct {
	templates []*Template
	index     map[*Template]int
	folders   map[string]int // numbers for the folders of the templates
	byType    map[string][]*Resource

	exports map[string][]exported     // by the key of the export's name; nil until asked for
	parents map[*Template][]*Resource // the nested-stack resources that make a template; nil until asked for
}

// exported is one output with an export.
type exported struct {
	template *Template
	output   *Output
}

// NewSet joins templates, in the order given. A template that is given twice counts once.
func NewSet(templates ...*Template) *Set {
	s := &Set{index: make(map[*Template]int, len(templates)), folders: map[string]int{}, byType: map[string][]*Resource{}}
	for _, t := range templates {
		if _, twice := s.index[t]; twice || t == nil {
			continue
		}
		s.index[t] = len(s.templates)
		if _, known := s.folders[t.folder]; !known {
			s.folders[t.folder] = len(s.folders)
		}
		s.templates = append(s.templates, t)
		for _, r := range t.Resources {
			s.byType[r.Type] = append(s.byType[r.Type], r)
		}
	}
	return s
}

// Templates returns the templates in the order given.
func (s *Set) Templates() []*Template { return slices.Clone(s.templates) }

// OfType returns the resources of a type, by template and then by logical id. The slice is shared; don't change it.
func (s *Set) OfType(resourceType string) []*Resource { return s.byType[resourceType] }

// scope numbers the templates in which a name means the same. The region and the account are the same for all in a
// folder, which has one stage; other names belong to the template alone.
func (s *Set) scope(owner *Template, pseudo string) string {
	if pseudo == "AWS::Region" || pseudo == "AWS::AccountId" {
		return "stage " + strconv.Itoa(s.folders[owner.folder])
	}
	return strconv.Itoa(s.index[owner])
}

// exportsOf returns the outputs exported under a name, given by its key.
func (s *Set) exportsOf(key string) []exported {
	if s.exports == nil {
		s.exports = map[string][]exported{}
		for _, t := range s.templates {
			s.indexExports(t)
		}
	}
	return s.exports[key]
}

func (s *Set) indexExports(t *Template) {
	for _, o := range t.Outputs {
		if o.Export == nil {
			continue
		}
		// A name that hangs on an open condition or on an import is left out, so what imports it is unknown.
		w := &World{set: s, probing: true, noImports: true}
		name := w.resolve(t, o.Export)
		if key := name.Key(); key != "" && !w.Open() {
			s.exports[key] = append(s.exports[key], exported{t, o})
		}
	}
}

// parentsOf returns the AWS::CloudFormation::Stack resources that deploy the template as a nested stack. The CDK leaves
// the file's name in their metadata, aws:asset:path.
func (s *Set) parentsOf(t *Template) []*Resource {
	if s.parents == nil {
		s.parents = map[*Template][]*Resource{}
		for _, r := range s.byType["AWS::CloudFormation::Stack"] {
			if child := s.childOf(r); child != nil {
				s.parents[child] = append(s.parents[child], r)
			}
		}
	}
	return s.parents[t]
}

// childOf finds the template of a nested stack, or nil when none or more than one could be meant.
func (s *Set) childOf(r *Resource) *Template {
	asset, _ := r.Metadata["aws:asset:path"].(string)
	if asset == "" {
		return nil
	}
	var beside, elsewhere []*Template
	for _, t := range s.templates {
		switch {
		case path.Base(t.Name) != path.Base(asset):
		case t.Beside(r.Template):
			beside = append(beside, t)
		default:
			elsewhere = append(elsewhere, t)
		}
	}
	if len(beside) == 0 {
		beside = elsewhere
	}
	if len(beside) != 1 {
		return nil
	}
	return beside[0]
}
