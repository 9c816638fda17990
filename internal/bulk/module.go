package bulk

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"sync"

	"github.com/aws/jsii-runtime-go/runtime"
)

const (
	module  = "securecdk-bulk"
	version = "1.0.0"
)

//go:embed bulk.js
var source []byte

// The kernel takes a module as an npm package: a tarball with a manifest of its types.
var tarball = sync.OnceValue(func() []byte {
	manifest := map[string]any{
		"name": module, "version": version, "schema": "jsii/0.10.0", "jsiiVersion": "5.9.0", "fingerprint": "*",
		"description": "Bulk access to CloudFormation resources", "homepage": "https://github.com/securecdk/securecdk",
		"license": "Apache-2.0", "docs": map[string]any{}, "author": map[string]any{"name": "securecdk", "roles": []string{"author"}},
		"repository": map[string]any{"type": "git", "url": "https://github.com/securecdk/securecdk.git"},
		"targets":    map[string]any{"js": map[string]any{"npm": module}},
		"types": map[string]any{
			module + ".Session": class("Session",
				[]any{param("scope", "any"), param("enterStages", "boolean")},
				method("read", false, "any", param("types", "any"), param("file", "string")),
				method("construct", false, "any", param("index", "number")),
				method("place", false, "string", param("construct", "any"), param("path", "string")),
				method("topLevelStack", false, "any", param("path", "string")),
				method("write", false, "string", param("operations", "string"), param("objects", "any"))),
			module + ".Tree": class("Tree", nil,
				method("paths", true, "string", param("root", "any")),
				method("buildPipelines", true, "string", param("root", "any")),
				method("nested", true, "string", param("root", "any")),
				method("identity", true, "string", param("construct", "any")),
				method("enter", true, "boolean", param("construct", "any"), param("name", "string"))),
		},
	}
	pack := map[string]any{"name": module, "version": version, "license": "Apache-2.0", "main": "bulk.js", "jsii": map[string]any{"outdir": "."}}
	return archive(file{"package.json", marshal(pack)}, file{".jsii", marshal(manifest)}, file{"bulk.js", source})
})

// load is idempotent for a kernel; a kernel that was closed and started again loads anew.
func load() { runtime.Load(module, version, tarball()) }

type file struct {
	name string
	data []byte
}

// archive writes to memory only, so that its errors can't occur.
func archive(files ...file) []byte {
	var buffer bytes.Buffer
	zip := gzip.NewWriter(&buffer)
	out := tar.NewWriter(zip)
	for _, f := range files {
		_ = out.WriteHeader(&tar.Header{Name: "package/" + f.name, Mode: 0o644, Size: int64(len(f.data))})
		_, _ = out.Write(f.data)
	}
	_ = out.Close()
	_ = zip.Close()
	return buffer.Bytes()
}

func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // the manifest above is all maps and strings
	}
	return data
}

func class(name string, constructor []any, methods ...any) map[string]any {
	c := map[string]any{"assembly": module, "fqn": module + "." + name, "kind": "class", "name": name, "methods": methods}
	if constructor != nil {
		c["initializer"] = map[string]any{"parameters": constructor}
	}
	return c
}

func method(name string, static bool, returns string, params ...any) map[string]any {
	return map[string]any{
		"name": name, "static": static, "parameters": params,
		"returns": map[string]any{"optional": returns == "any", "type": map[string]any{"primitive": returns}},
	}
}

func param(name, primitive string) map[string]any {
	return map[string]any{"name": name, "type": map[string]any{"primitive": primitive}}
}
