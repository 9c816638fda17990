package assembly

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls/template"
)

// plain is an assembly as an app writes it that runs without the CDK CLI: no metadata in its templates.
var plain = filepath.Join("testdata", "nested")

func parse(name string) (*template.Template, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return template.Parse(name, data)
}

func read(t *testing.T, dir string) ([]*template.Template, error) {
	t.Helper()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a.Read(parse)
}

func TestNestedStacksAndStagesAreReadWithTheirConstructPaths(t *testing.T) {
	templates, err := read(t, plain)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, tpl := range templates {
		for _, r := range tpl.Resources {
			got[strings.TrimPrefix(tpl.Name, "testdata/nested/")+" "+r.LogicalID] = r.Path
		}
	}
	want := map[string]string{
		"Top.template.json Key961B73FD":                                                                  "Top/Key/Resource",
		"Top.template.json InnerNestedStackInnerNestedStackResource745E041B":                             "Top/Inner.NestedStack/Inner.NestedStackResource",
		"TopInnerB4E0D425.nested.template.json TopicBFC7AF6E":                                            "Top/Inner/Topic/Resource",
		"TopInnerB4E0D425.nested.template.json InmostNestedStackInmostNestedStackResourceC0422E07":       "Top/Inner/Inmost.NestedStack/Inmost.NestedStackResource",
		"TopInnerInmostF0B063D3.nested.template.json TopicBFC7AF6E":                                      "Top/Inner/Inmost/Topic/Resource",
		"assembly-Prod/ProdOtherE7795079.template.json TopicBFC7AF6E":                                    "Prod/Other/Topic/Resource",
		"assembly-Prod/ProdOtherE7795079.template.json InnerNestedStackInnerNestedStackResource745E041B": "Prod/Other/Inner.NestedStack/Inner.NestedStackResource",
		"assembly-Prod/ProdOtherInner74A467EA.nested.template.json TopicBFC7AF6E":                        "Prod/Other/Inner/Topic/Resource",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A key that goes through two nested stacks is found only when each is linked to what deploys it.
func TestNestedStacksAreLinkedToWhatDeploysThem(t *testing.T) {
	templates, err := read(t, plain)
	if err != nil {
		t.Fatal(err)
	}
	linked := 0
	for _, tpl := range templates {
		topic, ok := tpl.Resource("TopicBFC7AF6E")
		if !ok || !strings.Contains(tpl.Name, "TopInner") {
			continue
		}
		template.NewSet(templates...).Worlds(1, func(w *template.World) {
			if key, _, ok := w.Get(topic, "KmsMasterKeyId").Reference(); ok && key.LogicalID == "Key961B73FD" {
				linked++
			}
		})
	}
	if linked != 2 {
		t.Errorf("%d of 2 topics have the key of the outer stack", linked)
	}
}

func TestWhatTheAssemblyNamesMustBeThere(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no manifest", nil, "manifest.json: no such file or directory; synthesize the assembly anew"},
		{"a manifest that is cut off", map[string]string{"manifest.json": "{\n\"artifacts\":"}, "manifest.json:2: expected a file of a cloud assembly"},
		{"no stack", map[string]string{"manifest.json": `{"artifacts": {}}`}, "manifest.json: no stack in the cloud assembly"},
		{"a template out of the assembly", stackManifest("../S.template.json"), `found "../S.template.json"`},
		{"no name of a template", stackManifest(""), `found ""`},
		{"an assembly nested in itself", map[string]string{
			"manifest.json": `{"artifacts": {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}}}`,
		}, "nested in itself"},
		{"a nested assembly out of the assembly", map[string]string{
			"manifest.json": `{"artifacts": {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "../other"}}}}`,
		}, `found "../other"`},
		{"no asset manifest", map[string]string{"manifest.json": `{"artifacts": {
			"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}, "dependencies": ["A"]},
			"A": {"type": "cdk:asset-manifest", "properties": {"file": "S.assets.json"}}}}`}, "S.assets.json: no such file"},
		{"no metadata", map[string]string{"manifest.json": `{"artifacts": {
			"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}, "additionalMetadataFile": "S.metadata.json"}}}`},
			"S.metadata.json: no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(write(t, tt.files))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestATemplateThatCannotBeReadIsAnErrorAndTheOthersAreRead(t *testing.T) {
	files := stackManifest("S.template.json")
	files["manifest.json"] = strings.Replace(files["manifest.json"], `{"S"`, `{"T": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "T.template.json"}}, "S"`, 1)
	files["S.template.json"] = `{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "N.nested.template.json"}}}}`
	files["T.template.json"] = "{"
	templates, err := read(t, write(t, files))
	if err == nil || !strings.Contains(err.Error(), "T.template.json:1") || !strings.Contains(err.Error(), "N.nested.template.json: no such file") {
		t.Errorf("error %v", err)
	}
	if len(templates) != 1 {
		t.Errorf("%d templates", len(templates))
	}
}

func TestAStackWithoutResourcesIsEmpty(t *testing.T) {
	files := stackManifest("S.template.json")
	files["S.template.json"] = `{}`
	templates, err := read(t, write(t, files))
	if err != nil || len(templates) != 1 || len(templates[0].Resources) != 0 {
		t.Errorf("%v, %v", templates, err)
	}
}

func TestTheManifestItselfMayHoldTheConstructPaths(t *testing.T) {
	dir := write(t, map[string]string{
		"manifest.json": `{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"},
			"metadata": {"/S/Key/Resource": [{"type": "aws:cdk:logicalId", "data": "Key"}, {"type": "aws:cdk:warning", "data": {}}]}}}}`,
		"S.template.json": `{"Resources": {"Key": {"Type": "AWS::KMS::Key"}}}`,
	})
	templates, err := read(t, dir)
	if err != nil || templates[0].Resources[0].Path != "S/Key/Resource" {
		t.Errorf("%v, %v", templates, err)
	}
}

func TestRoot(t *testing.T) {
	if root, name, ok := Root(filepath.Join(plain, "assembly-Prod")); root != plain || name != "assembly-Prod" || !ok {
		t.Errorf("the nested assembly: %q, %q, %v", root, name, ok)
	}
	if root, name, ok := Root(plain); root != plain || name != "." || !ok {
		t.Errorf("the assembly: %q, %q, %v", root, name, ok)
	}
	if _, _, ok := Root("testdata"); ok {
		t.Error("a folder without manifest")
	}
	t.Chdir(filepath.Join(plain, "assembly-Prod"))
	if root, name, ok := Root("."); root != ".." || name != "assembly-Prod" || !ok {
		t.Errorf("from within: %q, %q, %v", root, name, ok)
	}
}

func stackManifest(file string) map[string]string {
	return map[string]string{
		"manifest.json": `{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "` + file + `"}}}}`,
	}
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
