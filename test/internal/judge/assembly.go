package judge

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

// Assembly is a cloud assembly: the templates of its stacks, of the assemblies nested in it and of nested stacks.
type Assembly struct {
	// Dir is the folder that holds manifest.json.
	Dir string
	// Templates are in the order of their file names.
	Templates []*Template
}

// Template is one CloudFormation template.
type Template struct {
	// File is the name relative to the assembly's folder.
	File string
	// Stack is the CloudFormation stack name; empty for a nested stack.
	Stack string
	// Stage is the id of the Stage that the stack is in; empty for a stack of the app itself.
	Stage string
	// Resources by logical id.
	Resources map[string]*Resource

	parameters map[string]map[string]any
	outputs    map[string]map[string]any
	// A nested stack gets its parameters from the resource in its parent.
	parent *Template
	passed map[string]any

	assembly *Assembly
}

// Resource is one resource of a template.
type Resource struct {
	LogicalID string
	Type      string
	// Path is the construct path, where the CDK wrote it.
	Path       string
	Properties map[string]any
	DependsOn  []string
	Metadata   map[string]any

	template *Template
}

// Read reads the assembly in dir. A template file that no manifest and no nested stack leads to is an error, since
// nothing would judge it.
func Read(dir string) (*Assembly, error) {
	a := &Assembly{Dir: dir}
	if err := a.readManifest(".", ""); err != nil {
		return nil, err
	}
	sort.Slice(a.Templates, func(i, j int) bool { return a.Templates[i].File < a.Templates[j].File })
	if len(a.Templates) == 0 {
		return nil, fmt.Errorf("%s: no stack", dir)
	}
	return a, a.complete()
}

func (a *Assembly) readManifest(sub, stage string) error {
	var manifest struct {
		Artifacts map[string]struct {
			Type       string `json:"type"`
			Properties struct {
				TemplateFile  string `json:"templateFile"`
				DirectoryName string `json:"directoryName"`
				DisplayName   string `json:"displayName"`
				StackName     string `json:"stackName"`
			} `json:"properties"`
		} `json:"artifacts"`
	}
	if err := readJSON(filepath.Join(a.Dir, sub, "manifest.json"), &manifest); err != nil {
		return err
	}
	for id, artifact := range manifest.Artifacts {
		var err error
		switch artifact.Type {
		case "aws:cloudformation:stack":
			name := artifact.Properties.StackName
			if name == "" {
				name = id
			}
			var t *Template
			if t, err = a.readTemplate(filepath.Join(sub, artifact.Properties.TemplateFile), name, nil, nil); err == nil {
				t.Stage = stage
			}
		case "cdk:cloud-assembly":
			err = a.readManifest(filepath.Join(sub, artifact.Properties.DirectoryName), path.Base(artifact.Properties.DisplayName))
		}
		if err != nil {
			return fmt.Errorf("artifact %s: %w", id, err)
		}
	}
	return nil
}

func (a *Assembly) readTemplate(file, stack string, parent *Template, passed map[string]any) (*Template, error) {
	var doc struct {
		Resources map[string]struct {
			Type       string
			Properties map[string]any
			DependsOn  any
			Metadata   map[string]any
		}
		Parameters map[string]map[string]any
		Outputs    map[string]map[string]any
	}
	if err := readJSON(filepath.Join(a.Dir, file), &doc); err != nil {
		return nil, err
	}
	t := &Template{
		File: file, Stack: stack, Resources: map[string]*Resource{}, parameters: doc.Parameters, outputs: doc.Outputs,
		parent: parent, passed: passed, assembly: a,
	}
	a.Templates = append(a.Templates, t)
	for id, r := range doc.Resources {
		constructPath, _ := r.Metadata["aws:cdk:path"].(string)
		if r.Properties == nil {
			r.Properties = map[string]any{}
		}
		t.Resources[id] = &Resource{
			LogicalID: id, Type: r.Type, Path: constructPath, Properties: r.Properties, DependsOn: stringList(r.DependsOn),
			Metadata: r.Metadata, template: t,
		}
	}
	return t, a.readNestedStacks(t)
}

// readNestedStacks reads the templates that the CDK wrote beside this one for its nested stacks.
func (a *Assembly) readNestedStacks(t *Template) error {
	for id, r := range t.Resources {
		asset, _ := r.Metadata["aws:asset:path"].(string)
		if r.Type != "AWS::CloudFormation::Stack" || asset == "" {
			continue
		}
		parameters, _ := r.Properties["Parameters"].(map[string]any)
		if _, err := a.readTemplate(filepath.Join(filepath.Dir(t.File), asset), "", t, parameters); err != nil {
			return fmt.Errorf("nested stack %s of %s: %w", id, t.File, err)
		}
	}
	return nil
}

// complete says which templates of the folder were not read.
func (a *Assembly) complete() error {
	read := map[string]bool{}
	for _, t := range a.Templates {
		read[t.File] = true
	}
	return filepath.WalkDir(a.Dir, func(file string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), "asset.") {
				return filepath.SkipDir
			}
			return nil
		}
		file, err = filepath.Rel(a.Dir, file)
		if err != nil {
			return err
		}
		if strings.HasSuffix(file, ".template.json") && !read[file] {
			return fmt.Errorf("%s: no manifest leads to this template", file)
		}
		return nil
	})
}

// Stacks returns the templates that are stacks of their own, without nested stacks.
func (a *Assembly) Stacks() []*Template {
	var stacks []*Template
	for _, t := range a.Templates {
		if t.parent == nil {
			stacks = append(stacks, t)
		}
	}
	return stacks
}

// Count says how many resources of a type the assembly has.
func (a *Assembly) Count(cfnType string) int {
	n := 0
	for _, t := range a.Templates {
		n += len(t.ofType(cfnType))
	}
	return n
}

func (t *Template) ofType(cfnType string) []*Resource {
	var found []*Resource
	for _, r := range t.Resources {
		if r.Type == cfnType {
			found = append(found, r)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].LogicalID < found[j].LogicalID })
	return found
}

func readJSON(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func stringList(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}
