package buildsetup

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

func TestNewTellsEveryFaultAtItsStack(t *testing.T) {
	stack := awscdk.NewStack(cdktest.App(t, nil), jsii.String("Nightly"), nil)
	got := cdktest.Panic(t, func() { New(stack, &Props{Registries: []*Registry{nil}, Proxy: &ProxyProps{}}) })
	lines := strings.Split(got, "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "Nightly: Registries[0]: missing") || !strings.HasPrefix(lines[1], "Nightly: Proxy.Url: missing") {
		t.Errorf("got %s", got)
	}
}

func TestNothingConfiguredNeedsNothing(t *testing.T) {
	stack := awscdk.NewStack(cdktest.App(t, nil), jsii.String("Nightly"), nil)
	for name, props := range map[string]*Props{"nil": nil, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			b := New(stack, props)
			if props.Validate() != nil || b.BuildSpec() != nil || len(b.Statements()) > 0 || len(b.Environment()) > 0 || len(b.Ports()) > 0 {
				t.Errorf("%+v", b)
			}
		})
	}
}

// npmOnly is a set-up with one command and nothing else.
func npmOnly() *Setup {
	return render(&Props{Registries: []*Registry{NpmRegistry(&NpmRegistryProps{Url: jsii.String("https://npm.example.com")})}}, "1", "r", "aws")
}

const npmCommand = `printf '%s\n' 'registry=https://npm.example.com/' >> "$HOME/.npmrc"`

func TestMergePutsItsCommandsFirstHoweverTheSpecIsWritten(t *testing.T) {
	install := func(commands any) map[string]any {
		return map[string]any{"version": "0.2", "phases": map[string]any{"install": map[string]any{"commands": commands}}}
	}
	want := install([]any{npmCommand, "npm ci"})
	for name, spec := range map[string]map[string]any{
		"a decoded list":             install([]any{"npm ci"}),
		"a list of texts":            install([]string{"npm ci"}),
		"a list as the CDK has them": install(jsii.Strings("npm ci")),
		"one command":                install("npm ci"),
		"a pointer to one":           install(jsii.String("npm ci")),
		"maps of texts":              {"version": "0.2", "phases": map[string]map[string][]string{"install": {"commands": {"npm ci"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, npmOnly().Merge(spec)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergeKeepsTheRestOfTheSpec(t *testing.T) {
	object := awscodebuild.BuildSpec_FromObject(&map[string]any{}) // some object of the CDK
	setUp := render(everyRegistry(), "111111111111", "eu-west-1", "aws")
	spec := map[string]any{
		"version": "0.2", "x": object, "proxy": map[string]any{"logs": "no"},
		"env":    map[string]any{"variables": map[string]string{"GOPROXY": "https://mine.example.com", "STRICT": "1"}},
		"phases": map[string]any{"build": map[string]any{"commands": []string{"make"}}},
	}
	got := setUp.Merge(spec)
	variables := got["env"].(map[string]any)["variables"].(map[string]any)
	if variables["GOPROXY"] != "https://mine.example.com" || variables["STRICT"] != "1" || variables["PIP_INDEX_URL"] == nil {
		t.Errorf("variables %v", variables)
	}
	if diff := cmp.Diff(map[string]any{"logs": "no", "upload-artifacts": "yes"}, got["proxy"]); diff != "" {
		t.Errorf("proxy (-want +got):\n%s", diff)
	}
	if got["x"] != any(object) || got["phases"].(map[string]any)["build"] == nil {
		t.Errorf("lost something: %v", got)
	}
	if len(spec["env"].(map[string]any)) != 1 || len(spec["phases"].(map[string]any)) != 1 {
		t.Error("the spec is the user's")
	}
}

func TestMergeOfNothingIsTheSpec(t *testing.T) {
	spec := map[string]any{"version": "0.2", "phases": map[string]any{"build": map[string]any{"commands": []any{"make"}}}}
	if diff := cmp.Diff(spec, render(nil, "1", "r", "aws").Merge(spec)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(npmOnly().Merge(nil)["version"], any("0.2")); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsReturnedIsTheCallers(t *testing.T) {
	setUp := render(everyRegistry(), "111111111111", "eu-west-1", "aws")
	before := setUp.Merge(nil)
	spec := setUp.BuildSpec()
	clear(spec["env"].(map[string]any)["variables"].(map[string]any))
	clear(setUp.Environment())
	setUp.Ports()[0] = 1
	clear(setUp.Merge(nil)["env"].(map[string]any))
	if diff := cmp.Diff(before, setUp.Merge(nil)); diff != "" || len(setUp.Environment()) != 6 || setUp.Ports()[0] != 3128 {
		t.Errorf("changed from outside: %s", diff)
	}
}

// A stack whose environment is left to the deployment has tokens for account and region.
func TestCodeArtifactWorksInAStackOfAnyEnvironment(t *testing.T) {
	app := cdktest.App(t, nil)
	stack := awscdk.NewStack(app, jsii.String("Nightly"), nil)
	setUp := New(stack, &Props{Registries: []*Registry{CodeArtifact(&CodeArtifactProps{
		Domain: jsii.String("bank"), Repository: jsii.String("shared"), Formats: []PackageFormat{Npm, Pypi, Maven},
	})}})
	spec := setUp.Merge(nil)
	project := awscodebuild.NewProject(stack, jsii.String("Tests"), &awscodebuild.ProjectProps{BuildSpec: awscodebuild.BuildSpec_FromObject(&spec)})
	for _, statement := range setUp.Statements() {
		project.AddToRolePolicy(statement)
	}
	_, properties := cdktest.One(t, cdktest.Template(t, app, stack), "AWS::CodeBuild::Project")
	got := joinedText(properties["Source"].(map[string]any)["BuildSpec"])
	const host = "bank-<AWS::AccountId>.d.codeartifact.<AWS::Region>.amazonaws.com"
	for _, want := range []string{
		"--domain-owner <AWS::AccountId> --region <AWS::Region> ",
		`'machine %s login %s password %s\\n' ` + host + ` 'aws'`,
		"https://" + host + "/pypi/shared/simple/", "registry=https://" + host + "/npm/shared/", "<url>https://" + host + "/maven/shared/</url>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
}

// joinedText writes a Fn::Join of texts and Refs as one text.
func joinedText(value any) string {
	var b strings.Builder
	for _, part := range value.(map[string]any)["Fn::Join"].([]any)[1].([]any) {
		switch p := part.(type) {
		case string:
			b.WriteString(p)
		case map[string]any:
			b.WriteString("<" + p["Ref"].(string) + ">")
		}
	}
	return b.String()
}
