package securepipeline

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/constructs/buildsetup"
)

// securityCheck is the scope, below the CDK's pipeline, of what it makes for ConfirmPermissionsBroadening.
const securityCheck = "PipelinesSecurityCheck"

// hardenSecurityCheck: the CDK makes the confirmation of broader permissions (a project that runs `cdk diff`, and a function
// that approves when the diff is empty) without any of the defaults of the other builds. It gives the project the registries
// and the proxy of all builds, and changes what it runs.
func (p *Pipeline) hardenSecurityCheck(s *settings, setUp *buildsetup.Setup, resource awscodebuild.CfnProject, project awscodebuild.Project) {
	for _, statement := range setUp.Statements() {
		project.AddToRolePolicy(statement)
	}
	if variables := asCfn(setUp.Environment()); len(variables) > 0 {
		resource.AddPropertyOverride(jsii.String("Environment.EnvironmentVariables"), variables)
	}
	source, _ := p.properties(resource)["source"].(map[string]any)
	text := newJoined(source["buildSpec"])
	for _, change := range checkChanges(s.cliVersion) {
		if !strings.Contains(text.template, change.from) {
			panic(fmt.Errorf("%s: this version of aws-cdk-lib compares in a way that securepipeline does not know: no %s in its buildspec; use the version of aws-cdk-lib that securecdk's go.mod names", *resource.Node().Path(), change.from))
		}
		text.template = strings.ReplaceAll(text.template, change.from, change.to)
	}
	var spec map[string]any
	if err := json.Unmarshal([]byte(text.template), &spec); err != nil {
		panic(fmt.Errorf("%s: its buildspec is no JSON: %w", *resource.Node().Path(), err))
	}
	merged, err := json.MarshalIndent(setUp.Merge(spec), "", "  ")
	if err != nil {
		panic(err) // decoded JSON
	}
	resource.SetSource(&awscodebuild.CfnProject_SourceProperty{
		Type:      jsii.String(source["type"].(string)),
		BuildSpec: awscdk.Token_AsString(text.fill(string(merged)), nil),
	})
}

// asCfn writes the environment as CloudFormation takes it.
func asCfn(environment map[string]*awscodebuild.BuildEnvironmentVariable) []any {
	var all []any
	for _, name := range sortedKeys(environment) {
		variable := environment[name]
		kind := variable.Type
		if kind == "" {
			kind = awscodebuild.BuildEnvironmentVariableType_PLAINTEXT
		}
		all = append(all, map[string]any{"Name": name, "Type": string(kind), "Value": variable.Value})
	}
	return all
}

type change struct{ from, to string }

// checkChanges are what the project does otherwise than the CDK has it do, in the JSON of its buildspec.
//
//   - It installs the pinned CLI instead of the newest.
//   - It first removes what could have the CLI or npm run something else: the project works in what the build has put
//     together, and a cdk.json there can name plugins, an .npmrc a registry.
//   - It compares templates. A change set would be made by the deployment role, which it does not get (see narrow); a CLI that
//     is too old to know --method ignores it, is refused the change set, and compares templates then.
func checkChanges(cliVersion string) []change {
	return []change{
		{`"npm install -g aws-cdk"`, fmt.Sprintf(`"rm -f .npmrc cdk.json cdk.context.json","npm install -g aws-cdk@%s"`, cliVersion)},
		{`cdk diff -a . `, `cdk diff --method=template -a . `},
	}
}

// joined is a text with references in it, which stand as placeholders in template.
type joined struct {
	template   string
	references []any
}

// confirmation is what the names of confirmation steps begin with.
const confirmation = "ConfirmBroadening"

const placeholder = "\uE000%d\uE001" // of the private use area: in no buildspec

// newJoined takes a resolved value: a text, or a Fn::Join of texts and references without delimiter.
func newJoined(value any) joined {
	if text, ok := value.(string); ok {
		return joined{template: text}
	}
	m, _ := value.(map[string]any)
	join, _ := m["Fn::Join"].([]any)
	if len(join) != 2 {
		return joined{}
	}
	var j joined
	var b strings.Builder
	parts, _ := join[1].([]any)
	for _, part := range parts {
		if text, ok := part.(string); ok {
			b.WriteString(text)
			continue
		}
		fmt.Fprintf(&b, placeholder, len(j.references))
		j.references = append(j.references, part)
	}
	j.template = b.String()
	return j
}

// fill puts the references back into a text that has the placeholders.
func (j joined) fill(text string) any {
	if len(j.references) == 0 {
		return text
	}
	parts := []any{}
	for i, reference := range j.references {
		before, after, found := strings.Cut(text, fmt.Sprintf(placeholder, i))
		if !found {
			panic(fmt.Errorf("the reference %v got lost", reference))
		}
		parts = append(parts, before, reference)
		text = after
	}
	return map[string]any{"Fn::Join": []any{"", append(parts, text)}}
}
