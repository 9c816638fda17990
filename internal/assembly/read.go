package assembly

import (
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/securecdk/securecdk/controls/template"
)

const (
	nestedStackType = "AWS::CloudFormation::Stack"
	assetPath       = "aws:asset:path"
)

// Read reads the templates with parse, which is called concurrently with Dir and the file's name joined. They come back
// in the order of their names, resources with their construct paths, nested stacks with the link to the resource that
// deploys them. A template that parse finds to have no Resources is an empty one: the CDK CLI passes over such a stack.
// The error joins all that parse returned.
func (a *Assembly) Read(parse func(name string) (*template.Template, error)) ([]*template.Template, error) {
	r := reading{assembly: a, files: maps.Clone(a.files), parse: parse, parsed: map[string]*template.Template{}}
	for next := a.Files(); len(next) > 0; {
		next = r.round(next)
	}
	r.name()
	var templates []*template.Template
	for _, name := range slices.Sorted(maps.Keys(r.parsed)) {
		templates = append(templates, r.parsed[name])
	}
	return templates, errors.Join(r.errs...)
}

type reading struct {
	assembly *Assembly
	files    map[string]*file
	parse    func(string) (*template.Template, error)
	parsed   map[string]*template.Template
	errs     []error
}

// round parses files and returns those that the nested stacks in them lead to and that are not known yet.
func (r *reading) round(names []string) []string {
	templates, errs := make([]*template.Template, len(names)), make([]error, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() { templates[i], errs[i] = r.read(r.assembly.path(name)) })
	}
	wait.Wait()
	var next []string
	for i, name := range names {
		if errs[i] != nil {
			r.errs = append(r.errs, errs[i])
			continue
		}
		r.parsed[name] = templates[i]
		next = append(next, r.link(r.files[name], templates[i])...)
	}
	return next
}

func (r *reading) read(path string) (*template.Template, error) {
	t, err := r.parse(path)
	if errors.Is(err, template.ErrNoResources) {
		return template.New(path, map[string]any{"Resources": map[string]any{}})
	}
	return t, err
}

// link writes down which file each nested stack deploys, and returns those that no manifest named.
func (r *reading) link(f *file, t *template.Template) []string {
	var next []string
	for _, s := range t.Resources {
		if s.Type != nestedStackType {
			continue
		}
		name := nestedFile(f, s)
		if name == "" || !filepath.IsLocal(name) {
			continue
		}
		s.Metadata = maps.Clone(s.Metadata)
		if s.Metadata == nil {
			s.Metadata = map[string]any{}
		}
		s.Metadata[assetPath] = filepath.Base(name)
		if r.files[name] == nil {
			r.files[name] = &file{name: name, assets: f.assets, paths: f.paths}
			next = append(next, name)
		}
	}
	return next
}

// nestedFile is what the CDK CLI has the CDK write into the metadata; without it, the file whose hash the URL has.
func nestedFile(f *file, s *template.Resource) string {
	if asset, _ := s.Metadata[assetPath].(string); asset != "" {
		return filepath.Join(filepath.Dir(f.name), filepath.FromSlash(asset))
	}
	url, err := json.Marshal(s.Properties["TemplateURL"])
	if err != nil {
		return ""
	}
	for hash, name := range f.assets {
		if strings.Contains(string(url), hash) {
			return name
		}
	}
	return ""
}

// name gives the resources their construct paths, those of the outer stacks first.
func (r *reading) name() {
	nested := map[string]bool{}
	for name, t := range r.parsed {
		for _, s := range t.Resources {
			if child := r.childOf(name, s); child != "" {
				nested[child] = true
			}
		}
	}
	for name := range r.parsed {
		if !nested[name] {
			r.nameFrom(name, map[string]bool{})
		}
	}
}

func (r *reading) nameFrom(name string, seen map[string]bool) {
	t, f := r.parsed[name], r.files[name]
	if t == nil || seen[name] {
		return
	}
	seen[name] = true
	f.nameResources(t)
	for _, s := range t.Resources {
		child := r.childOf(name, s)
		if child == "" || r.files[child] == nil {
			continue
		}
		if prefix, ok := nestedPrefix(s.Path); ok {
			c := *r.files[child]
			c.prefix = prefix
			r.files[child] = &c
			r.nameFrom(child, seen)
		}
	}
}

func (r *reading) childOf(name string, s *template.Resource) string {
	asset, _ := s.Metadata[assetPath].(string)
	if s.Type != nestedStackType || asset == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(name), filepath.Base(asset))
}
