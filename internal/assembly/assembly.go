package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ManifestFile is the file that makes a folder a cloud assembly.
const ManifestFile = "manifest.json"

// maxSize bounds what is read of one of the assembly's own files. The metadata of the largest apps has some megabytes.
const maxSize = 256 << 20

// Assembly is what the manifests of a cloud assembly name.
type Assembly struct {
	// Dir is the folder as it was given.
	Dir string

	files map[string]*file // by name below Dir
}

// file is a template of the assembly.
type file struct {
	name   string
	assets map[string]string // of the stack: the files that are deployed by a hash, by that hash
	paths  map[string][]string
	prefix string // of the construct paths, with a slash at its end; of a nested stack only
}

// manifest is what is read of manifest.json.
type manifest struct {
	Artifacts map[string]artifact `json:"artifacts"`
}

type artifact struct {
	Type         string   `json:"type"`
	Metadata     metadata `json:"metadata"`
	MetadataFile string   `json:"additionalMetadataFile"`
	Dependencies []string `json:"dependencies"`
	Properties   struct {
		TemplateFile  string `json:"templateFile"`
		DirectoryName string `json:"directoryName"`
		File          string `json:"file"`
	} `json:"properties"`
}

// The types of artifacts that lead to templates.
const (
	stackType    = "aws:cloudformation:stack"
	assemblyType = "cdk:cloud-assembly"
	assetsType   = "cdk:asset-manifest"
)

// Open reads the manifests of the assembly in dir and of those nested in it; no template yet. An assembly without any
// stack is an error, since nothing in it could be judged.
func Open(dir string) (*Assembly, error) {
	a := &Assembly{Dir: dir, files: map[string]*file{}}
	if err := a.open(".", map[string]bool{}); err != nil {
		return nil, err
	}
	if len(a.files) == 0 {
		return nil, fmt.Errorf("%s: no stack in the cloud assembly; expected the folder that cdk synth wrote", a.path(ManifestFile))
	}
	return a, nil
}

// Files returns the names of the templates below Dir, in order.
func (a *Assembly) Files() []string { return slices.Sorted(maps.Keys(a.files)) }

func (a *Assembly) path(name string) string { return filepath.ToSlash(filepath.Join(a.Dir, name)) }

func (a *Assembly) open(sub string, opened map[string]bool) error {
	if opened[sub] {
		return fmt.Errorf("%s: the assembly is nested in itself; synthesize it anew", a.path(filepath.Join(sub, ManifestFile)))
	}
	opened[sub] = true
	var m manifest
	if err := a.readJSON(filepath.Join(sub, ManifestFile), &m); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(m.Artifacts)) {
		var err error
		switch r := m.Artifacts[id]; r.Type {
		case stackType:
			err = a.addStack(sub, r, m)
		case assemblyType:
			var nested string
			if nested, err = a.below(sub, r.Properties.DirectoryName); err == nil {
				err = a.open(nested, opened)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addStack adds the stack's template and those of its nested stacks, which the stack's asset manifest names.
func (a *Assembly) addStack(sub string, r artifact, m manifest) error {
	name, err := a.below(sub, r.Properties.TemplateFile)
	if err != nil {
		return err
	}
	f := &file{name: name, assets: map[string]string{}}
	if f.paths, err = a.constructPaths(sub, r); err != nil {
		return err
	}
	for _, id := range r.Dependencies {
		if m.Artifacts[id].Type != assetsType {
			continue
		}
		if err := a.readAssets(sub, m.Artifacts[id].Properties.File, f); err != nil {
			return err
		}
	}
	a.files[name] = f
	for _, nested := range f.assets {
		if a.files[nested] == nil {
			a.files[nested] = &file{name: nested, assets: f.assets, paths: f.paths}
		}
	}
	return nil
}

// readAssets notes the templates among the stack's assets.
func (a *Assembly) readAssets(sub, name string, f *file) error {
	name, err := a.below(sub, name)
	if err != nil {
		return err
	}
	var assets struct {
		Files map[string]struct {
			Source struct {
				Path string `json:"path"`
			} `json:"source"`
		} `json:"files"`
	}
	if err := a.readJSON(name, &assets); err != nil {
		return err
	}
	for hash, asset := range assets.Files {
		template, err := a.below(sub, asset.Source.Path)
		if err == nil && template != f.name && strings.HasSuffix(template, ".template.json") {
			f.assets[hash] = template
		}
	}
	return nil
}

// below joins a name that an assembly gives with the folder of the assembly. One that leads out of the assembly is not
// followed: whoever wrote the assembly does not decide which files of the machine are read.
func (a *Assembly) below(sub, name string) (string, error) {
	joined := filepath.Join(sub, filepath.FromSlash(name))
	if name == "" || !filepath.IsLocal(joined) {
		return "", fmt.Errorf("%s: expected the name of a file in the assembly, found %q; synthesize the assembly anew",
			a.path(filepath.Join(sub, ManifestFile)), name)
	}
	return joined, nil
}

func (a *Assembly) readJSON(name string, into any) error {
	f, err := os.Open(filepath.Join(a.Dir, name))
	if err != nil {
		return fmt.Errorf("%s: %w; synthesize the assembly anew", a.path(name), cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return fmt.Errorf("%s: %w", a.path(name), cause(err))
	}
	if err := json.Unmarshal(data, into); err != nil {
		line := 1
		if syntax := new(json.SyntaxError); errors.As(err, &syntax) {
			line += strings.Count(string(data[:syntax.Offset]), "\n")
		}
		return fmt.Errorf("%s:%d: expected a file of a cloud assembly: %w; synthesize the assembly anew", a.path(name), line, err)
	}
	return nil
}

// cause is the error without the path, which the message has already.
func cause(err error) error {
	if at := new(os.PathError); errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Root returns the outermost assembly that dir belongs to, and the name of dir in it: ".", or the folder of a nested
// assembly. It reports false when dir is no cloud assembly.
func Root(dir string) (root, name string, ok bool) {
	if info, err := os.Stat(filepath.Join(dir, ManifestFile)); err != nil || info.IsDir() {
		return "", "", false
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return dir, ".", true
	}
	root, name = dir, "."
	for {
		base, outer := filepath.Base(absolute), filepath.Join(root, "..")
		if !nests(outer, base) {
			return root, name, true
		}
		root, name, absolute = outer, filepath.Join(base, name), filepath.Dir(absolute)
	}
}

// nests tells whether the folder is an assembly that names the other as nested in it.
func nests(outer, base string) bool {
	var m manifest
	if err := (&Assembly{Dir: outer}).readJSON(ManifestFile, &m); err != nil {
		return false
	}
	for _, r := range m.Artifacts {
		if r.Type == assemblyType && r.Properties.DirectoryName == base {
			return true
		}
	}
	return false
}
