package securepipeline

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/jsii-runtime-go"
)

// hardenSecurityCheck: the CDK makes the confirmation of broader permissions (a project that runs `cdk diff`, and a function
// that approves when the diff is empty) without any of the defaults of the other builds. It gives the project the pinned CLI instead of the newest, and the registries and proxy of all builds.
func (p *Pipeline) hardenSecurityCheck(s *settings, setUp *buildSetup, resource awscodebuild.CfnProject, project awscodebuild.Project) {
	for _, statement := range setUp.statements() {
		project.AddToRolePolicy(statement)
	}
	if variables := setUp.environment(); len(variables) > 0 {
		resource.AddPropertyOverride(jsii.String("Environment.EnvironmentVariables"), variables)
	}
	source, _ := p.properties(resource)["source"].(map[string]any)
	text := newJoined(source["buildSpec"])
	const unpinned = `"npm install -g aws-cdk"`
	var spec map[string]any
	if err := json.Unmarshal([]byte(text.template), &spec); err != nil || !strings.Contains(text.template, unpinned) {
		panic(fmt.Errorf("%s: this version of aws-cdk-lib installs the CDK CLI in a way that securepipeline does not know, so it can't pin its version; use the version of aws-cdk-lib that securecdk's go.mod names", *resource.Node().Path()))
	}
	pinned := strings.ReplaceAll(text.template, unpinned, fmt.Sprintf(`"npm install -g aws-cdk@%s"`, s.cliVersion))
	if err := json.Unmarshal([]byte(pinned), &spec); err != nil {
		panic(err) // only a version was put in, which is digits and dots
	}
	merged, err := json.MarshalIndent(setUp.mergeInto(spec), "", "  ")
	if err != nil {
		panic(err) // decoded JSON
	}
	resource.SetSource(&awscodebuild.CfnProject_SourceProperty{
		Type:      jsii.String(source["type"].(string)),
		BuildSpec: awscdk.Token_AsString(text.fill(string(merged)), nil),
	})
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
