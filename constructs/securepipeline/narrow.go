package securepipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/bulk"
)

// narrow takes permissions back that the CDK gives to the pipeline's roles and that are wider than the job.
func (p *Pipeline) narrow(s *settings) {
	snapshot, err := bulk.Read(p, []string{"AWS::IAM::Policy"}, false)
	if err != nil {
		panic(err)
	}
	n := p.newNarrowing(s)
	var batch bulk.Batch
	for _, policy := range snapshot.Resources {
		document, _ := policy.Properties["PolicyDocument"].(map[string]any)
		statements := items(document["Statement"])
		for at, found := range slices.Backward(statements) {
			statement, _ := found.(map[string]any)
			if replacement := n.narrowed(statement); replacement != nil {
				batch.ReplaceStatement(policy, at, replacement)
			}
		}
	}
	if _, err := snapshot.Write(&batch); err != nil {
		panic(err)
	}
}

// narrowing is what the wide statements are narrowed to.
type narrowing struct {
	pipelines, confirmations, deployRoles, projects []any
	keys, keyServices                               []any // of the pipeline's buckets in other regions
}

func (p *Pipeline) newNarrowing(s *settings) *narrowing {
	stack := awscdk.Stack_Of(p)
	partition, account := *stack.Partition(), *stack.Account()
	arn := func(resource string) string {
		return fmt.Sprintf("arn:%s:codepipeline:%s:%s:%s", partition, *stack.Region(), account, resource)
	}
	n := &narrowing{pipelines: []any{arn("*")}}
	for _, action := range p.confirmations() {
		n.confirmations = append(n.confirmations, arn("*/"+action))
	}
	for _, st := range s.allStages() {
		role := fmt.Sprintf("arn:%s:iam::%s:role/*-deploy-role-%s-%s", partition, st.account, st.account, st.region)
		if !slices.Contains(n.deployRoles, any(role)) {
			n.deployRoles = append(n.deployRoles, role)
		}
	}
	for _, c := range *awscdk.Mixins_Of(p, awscdk.ConstructSelector_ResourcesOfType(jsii.String("AWS::CodeBuild::Project"))).SelectedConstructs() {
		n.projects = append(n.projects, *c.(interface{ AttrArn() *string }).AttrArn())
	}
	for _, region := range sortedKeys(*p.Pipeline().CrossRegionSupport()) {
		if region != *stack.Region() {
			n.keys = append(n.keys, fmt.Sprintf("arn:%s:kms:%s:%s:key/*", partition, region, account))
			n.keyServices = append(n.keyServices, fmt.Sprintf("s3.%s.amazonaws.com", region))
		}
	}
	return n
}

// narrowed returns what is to stand in the place of a statement, or nil when it may stay.
func (n *narrowing) narrowed(statement map[string]any) []map[string]any {
	everything := slices.Equal(items(statement["Resource"]), []any{"*"})
	if statement["Effect"] != "Allow" || !everything {
		return nil
	}
	switch actions := items(statement["Action"]); {
	// The function that confirms harmless changes could give every approval of every pipeline with the CDK's tag, that of
	// production included. The pipeline's own name is unknown before it exists, and it waits for this policy; so the
	// stage and the action are named, and the condition on the tag stays.
	case slices.Contains(actions, any("codepipeline:PutApprovalResult")):
		return []map[string]any{
			altered(statement, []any{"codepipeline:GetPipelineState"}, n.pipelines),
			altered(statement, []any{"codepipeline:PutApprovalResult"}, n.confirmations),
		}
	// The project that compares could assume the deployment roles of accounts that the pipeline has nothing to do with.
	case slices.Contains(actions, any("sts:AssumeRole")):
		return []map[string]any{altered(statement, actions, n.deployRoles)}
	// The role of the actions could start every build of the account.
	case slices.Contains(actions, any("codebuild:StartBuild")):
		return []map[string]any{altered(statement, actions, n.projects)}
	// The CDK can't name a key of another region, so it allows all keys of the account.
	case slices.Contains(actions, any("kms:Decrypt")) && len(n.keys) > 0:
		out := altered(statement, actions, n.keys)
		out["Condition"] = map[string]any{"StringEquals": map[string]any{"kms:ViaService": n.keyServices}}
		return []map[string]any{out}
	}
	return nil
}

// altered is the statement with other actions and resources.
func altered(statement map[string]any, actions, resources []any) map[string]any {
	out := maps.Clone(statement)
	out["Action"], out["Resource"] = actions, resources
	return out
}

// confirmations returns stage and name of the actions that the function is there to approve:
// "Prod/ConfirmBroadeningProd.Confirm".
func (p *Pipeline) confirmations() []string {
	var found []string
	pipeline := p.Pipeline().Node().DefaultChild().(awscdk.CfnResource)
	for _, s := range items(p.properties(pipeline)["stages"]) {
		st, _ := s.(map[string]any)
		for _, a := range items(st["actions"]) {
			action, _ := a.(map[string]any)
			kind, _ := action["actionTypeId"].(map[string]any)
			if name, _ := action["name"].(string); kind["category"] == "Approval" && strings.Contains(name, confirmation) {
				found = append(found, fmt.Sprintf("%s/%s", st["name"], name))
			}
		}
	}
	return found
}
