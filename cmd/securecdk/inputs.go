package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/securecdk/securecdk/internal/assembly"
)

// stdinArgument stands for standard input, and stdinName for what is read from it in findings.
const (
	stdinArgument = "-"
	stdinName     = "stdin"
)

// input is what is judged together: a template by itself, or an assembly.
type input struct {
	name     string             // of the template's file; stdinArgument for standard input
	assembly *assembly.Assembly // nil for a template by itself
	only     []string           // names in the assembly, of files and of folders, whose findings are asked for
}

func (in *input) String() string {
	if in.assembly != nil {
		return in.assembly.Dir
	}
	return in.name
}

// reports tells whether findings in the file of the assembly are asked for.
func (in *input) reports(file string) bool {
	if in.assembly == nil {
		return true
	}
	name, err := filepath.Rel(in.assembly.Dir, filepath.FromSlash(file))
	if err != nil {
		return true
	}
	for _, o := range in.only {
		if o == "." || o == name || strings.HasPrefix(name, o+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// planner sorts arguments into inputs, in the order in which they are first named.
type planner struct {
	inputs []*input
	seen   map[string]*input // by absolute path: of a file, or of the assembly's folder
	roots  map[string]place  // by folder
}

// place is where a folder lies in an assembly.
type place struct {
	assembly *assembly.Assembly
	name     string
	err      error
	found    bool
}

// plan returns what is to be judged, and the arguments that nothing can be made of as an error.
func plan(arguments []string) ([]*input, []error) {
	p := planner{seen: map[string]*input{}, roots: map[string]place{}}
	var errs []error
	for _, a := range arguments {
		if err := p.add(a); err != nil {
			errs = append(errs, err)
		}
	}
	return p.inputs, errs
}

func (p *planner) add(argument string) error {
	if argument == stdinArgument {
		p.once(stdinArgument, input{name: stdinArgument})
		return nil
	}
	info, err := os.Stat(argument)
	if err != nil {
		return fmt.Errorf("%s: %w; correct the name", argument, cause(err))
	}
	if info.IsDir() {
		return p.addFolder(argument)
	}
	folder, base := filepath.Split(filepath.Clean(argument))
	if base == assembly.ManifestFile {
		return p.addFolder(filepath.Clean(folder))
	}
	if at := p.place(filepath.Clean(folder)); at.found && at.err == nil {
		name := filepath.Join(at.name, base)
		for _, f := range at.assembly.Files() {
			if f == name {
				return p.addPart(at.assembly, name)
			}
		}
	}
	absolute, err := filepath.Abs(argument)
	if err != nil {
		return err
	}
	p.once(absolute, input{name: argument})
	return nil
}

func (p *planner) addFolder(folder string) error {
	at := p.place(folder)
	if !at.found {
		return fmt.Errorf("%s: no %s in the folder: name the folder that cdk synth wrote, or the files of the templates",
			folder, assembly.ManifestFile)
	}
	if at.err != nil {
		return at.err
	}
	return p.addPart(at.assembly, at.name)
}

func (p *planner) addPart(a *assembly.Assembly, name string) error {
	absolute, err := filepath.Abs(a.Dir)
	if err != nil {
		return err
	}
	in := p.once(absolute, input{assembly: a})
	in.only = append(in.only, name)
	return nil
}

func (p *planner) once(key string, in input) *input {
	if p.seen[key] == nil {
		p.seen[key] = &in
		p.inputs = append(p.inputs, &in)
	}
	return p.seen[key]
}

// place looks a folder up, and opens the assembly that it belongs to; both once.
func (p *planner) place(folder string) place {
	if at, known := p.roots[folder]; known {
		return at
	}
	root, name, found := assembly.Root(folder)
	at := place{name: name, found: found}
	if found {
		at.assembly, at.err = assembly.Open(root)
	}
	p.roots[folder] = at
	return at
}
