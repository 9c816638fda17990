package assembly

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

// metadata is by construct path what the CDK says of the construct.
type metadata map[string][]struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// constructPaths returns the construct paths behind each logical id of the stack; those of its nested stacks are among
// them. Templates carry paths only where the CDK CLI asks for them; the assembly always has them.
func (a *Assembly) constructPaths(sub string, r artifact) (map[string][]string, error) {
	paths := map[string][]string{}
	add := func(m metadata) {
		for path, entries := range m {
			for _, e := range entries {
				var id string
				if e.Type == "aws:cdk:logicalId" && json.Unmarshal(e.Data, &id) == nil {
					paths[id] = append(paths[id], strings.TrimPrefix(path, "/"))
				}
			}
		}
	}
	add(r.Metadata)
	if r.MetadataFile == "" {
		return paths, nil
	}
	name, err := a.below(sub, r.MetadataFile)
	if err != nil {
		return nil, err
	}
	var more metadata
	if err := a.readJSON(name, &more); err != nil {
		return nil, err
	}
	add(more)
	return paths, nil
}

// nameResources gives the resources of a template the construct paths that they lack. A nested stack has the paths below its own
// construct, but for those below the stacks that are nested in it.
func (f *file) nameResources(t *template.Template) {
	var inner []string
	for _, r := range t.Resources {
		if r.Type == nestedStackType {
			if prefix, ok := nestedPrefix(cmp.Or(r.Path, f.find(r.LogicalID, nil))); ok {
				inner = append(inner, prefix)
			}
		}
	}
	for _, r := range t.Resources {
		if r.Path == "" {
			r.Path = f.find(r.LogicalID, inner)
		}
	}
}

// find returns the one path of the template behind the logical id, or "" when none or several could be it.
func (f *file) find(id string, inner []string) string {
	found := ""
	for _, p := range f.paths[id] {
		if !strings.HasPrefix(p, f.prefix) || under(p, inner) {
			continue
		}
		if found != "" {
			return ""
		}
		found = p
	}
	return found
}

func under(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

// nestedPrefix: the CDK puts the resource of the nested stack S/N at S/N.NestedStack/N.NestedStackResource.
func nestedPrefix(resource string) (string, bool) {
	parent, last, ok := cutLast(resource)
	if !ok || !strings.HasSuffix(last, ".NestedStackResource") || !strings.HasSuffix(parent, ".NestedStack") {
		return "", false
	}
	return strings.TrimSuffix(parent, ".NestedStack") + "/", true
}

func cutLast(path string) (before, after string, found bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}
