// Package cdktest holds what tests of constructs share: a TestMain that makes synthesis fast, and access to templates.
package cdktest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// Main runs the tests of a package with the CDK's own template validation off (it takes seconds a synth, and what these
// tests judge is judged by other software) and ends the jsii kernel. Call it from TestMain.
//
// jsii reads the environment when its kernel starts, which is why a running kernel is closed first.
func Main(m *testing.M) {
	_ = os.Setenv("CDK_VALIDATION", "false")
	_ = os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
	jsii.Close()
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// Env is an environment with a literal account and region.
func Env(account, region string) *awscdk.Environment {
	return &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(region)}
}

// App makes an app that synthesizes into a folder of the test, with the context given.
func App(t testing.TB, context map[string]any) awscdk.App {
	t.Helper()
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir:             jsii.String(t.TempDir()),
		Context:            &context,
		AnalyticsReporting: jsii.Bool(false),
	})
}

// Synth synthesizes the app and returns every template of the assembly and of the assemblies nested in it, by file
// name relative to the assembly's folder. A failure of the synthesis fails the test with its message.
func Synth(t testing.TB, app awscdk.App) map[string]map[string]any {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("synth: %v", r)
		}
	}()
	assembly := app.Synth(&awscdk.StageSynthesisOptions{Force: jsii.Bool(true)})
	return ReadTemplates(t, *assembly.Directory())
}

// ReadTemplates reads every *.template.json below dir.
func ReadTemplates(t testing.TB, dir string) map[string]map[string]any {
	t.Helper()
	templates := map[string]map[string]any{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".template.json") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var doc map[string]any
		if err := json.Unmarshal(data, &doc); err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		templates[name] = doc
		return err
	})
	if err != nil {
		t.Fatalf("reading templates below %s: %v", dir, err)
	}
	return templates
}

// Template returns the template of one stack, synthesizing its app.
func Template(t testing.TB, app awscdk.App, stack awscdk.Stack) map[string]any {
	t.Helper()
	for name, doc := range Synth(t, app) {
		if filepath.Base(name) == *stack.TemplateFile() {
			return doc
		}
	}
	t.Fatalf("no template %s", *stack.TemplateFile())
	return nil
}

// Resources returns the properties of the template's resources of one type, by logical id. A resource without
// properties has an empty map.
func Resources(template map[string]any, cfnType string) map[string]map[string]any {
	found := map[string]map[string]any{}
	resources, _ := template["Resources"].(map[string]any)
	for id, r := range resources {
		resource, _ := r.(map[string]any)
		if resource["Type"] != cfnType {
			continue
		}
		props, _ := resource["Properties"].(map[string]any)
		if props == nil {
			props = map[string]any{}
		}
		found[id] = props
	}
	return found
}

// One returns the logical id and properties of the only resource of a type, and fails the test unless it is the only one.
func One(t testing.TB, template map[string]any, cfnType string) (string, map[string]any) {
	t.Helper()
	found := Resources(template, cfnType)
	if len(found) != 1 {
		ids := make([]string, 0, len(found))
		for id := range found {
			ids = append(ids, id)
		}
		sort.Strings(ids)
		t.Fatalf("want one %s, got %d: %v", cfnType, len(found), ids)
	}
	for id, props := range found {
		return id, props
	}
	return "", nil
}

// Panic runs f and returns what it panicked with as an error text; it fails the test when f does not panic.
func Panic(t testing.TB, f func()) (message string) {
	t.Helper()
	defer func() {
		switch r := recover().(type) {
		case nil:
			t.Fatal("want a panic, got none")
		case error:
			message = r.Error()
		default:
			message, _ = r.(string)
		}
	}()
	f()
	return ""
}
