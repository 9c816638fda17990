package securepipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/securecdk/securecdk/internal/bulk"
)

// narrow takes permissions back that the CDK gives to the pipeline's roles and that are wider than the job. It knows each
// role by its construct path; policies of steps, which are the user's, it leaves as they are.
func (p *Pipeline) narrow(s *settings) {
	snapshot, err := bulk.Read(p, []string{"AWS::IAM::Policy"}, false)
	if err != nil {
		panic(err)
	}
	n := p.newNarrowing(s)
	var batch bulk.Batch
	for _, policy := range snapshot.Resources {
		rule := n.ruleFor(strings.TrimPrefix(policy.Path, *p.pipeline.Node().Path()+"/"))
		if rule == nil {
			continue
		}
		document, _ := policy.Properties["PolicyDocument"].(map[string]any)
		for at, found := range slices.Backward(items(document["Statement"])) {
			statement, _ := found.(map[string]any)
			if replacement, changed := rule(statement); changed {
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
	pipelines, confirmations, lookupRoles []any
	keys, keyServices                     []any // of the pipeline's buckets in other regions
}

// rule returns what is to stand in the place of a statement, and whether that is something else.
type rule func(statement map[string]any) ([]map[string]any, bool)

// ruleFor finds the rule for a policy by its path below the CDK's pipeline.
func (n *narrowing) ruleFor(path string) rule {
	switch {
	case strings.HasPrefix(path, securityCheck+"/CDKPipelinesAutoApprove/"):
		return n.approve
	case strings.HasPrefix(path, securityCheck+"/CDKSecurityCheck/"):
		return n.compare
	case strings.HasPrefix(path, "Assets/FileRole/"), strings.HasPrefix(path, "Assets/DockerRole/"):
		return n.publish
	case strings.HasPrefix(path, "Pipeline/Role/"):
		return n.replicate
	case strings.HasPrefix(path, "Pipeline/Source/"):
		return n.connect
	}
	return nil
}

func (p *Pipeline) newNarrowing(s *settings) *narrowing {
	stack := awscdk.Stack_Of(p)
	partition, account := *stack.Partition(), *stack.Account()
	name := "*"
	if s.PipelineName != nil {
		name = *s.PipelineName
	}
	arn := func(resource string) string {
		return fmt.Sprintf("arn:%s:codepipeline:%s:%s:%s", partition, *stack.Region(), account, resource)
	}
	n := &narrowing{pipelines: []any{arn(name)}, lookupRoles: p.lookupRoles(partition)}
	for _, action := range p.confirmations() {
		n.confirmations = append(n.confirmations, arn(name+"/"+action))
	}
	for _, region := range sortedKeys(*p.Pipeline().CrossRegionSupport()) {
		if region != *stack.Region() {
			n.keys = append(n.keys, fmt.Sprintf("arn:%s:kms:%s:%s:key/*", partition, region, account))
			n.keyServices = append(n.keyServices, fmt.Sprintf("s3.%s.amazonaws.com", region))
		}
	}
	return n
}

// lookupRoles are the roles by which the CDK CLI looks at what is deployed: one for each stack of each stage, in its
// account and region, read-only. A stack whose synthesizer has none is looked at by the role that deploys it.
func (p *Pipeline) lookupRoles(partition string) []any {
	var roles []any
	for _, stage := range p.stages {
		for _, stack := range *stage.Synth(nil).StacksRecursively() { // synthesized already: the CDK keeps the assembly
			role := stack.AssumeRoleArn()
			if lookup := stack.LookupRole(); lookup != nil {
				role = lookup.Arn
			}
			if role == nil {
				continue
			}
			arn := strings.ReplaceAll(*role, "${AWS::Partition}", partition)
			if !slices.Contains(roles, any(arn)) {
				roles = append(roles, arn)
			}
		}
	}
	return roles
}

// approve: the function that confirms harmless changes could give every approval of every pipeline with the CDK's tag,
// that of production included. The pipeline waits for this policy, so the policy can't refer to it: stage and action are
// named, and the pipeline where it has a name; the condition on the tag stays.
func (n *narrowing) approve(statement map[string]any) ([]map[string]any, bool) {
	if !allows(statement, "codepipeline:PutApprovalResult") {
		return nil, false
	}
	return []map[string]any{
		altered(statement, []any{"codepipeline:GetPipelineState"}, n.pipelines),
		altered(statement, []any{"codepipeline:PutApprovalResult"}, n.confirmations),
	}, true
}

// compare: the project that compares could assume every deployment role that trusts this account, though it only reads;
// and what it reads comes from the build, before anybody has approved anything.
func (n *narrowing) compare(statement map[string]any) ([]map[string]any, bool) {
	if !allows(statement, "sts:AssumeRole") {
		return nil, false
	}
	out := altered(statement, []any{"sts:AssumeRole"}, n.lookupRoles)
	delete(out, "Condition") // on the tag of deployment roles
	return []map[string]any{out}, true
}

// publish: the builds that publish assets could start every build of the account, with commands of their own
// (buildspecOverride), and so act as any project; and could write the logs and reports of every project. They need none of
// it: the pipeline starts them, and their log groups are granted one by one.
func (n *narrowing) publish(statement map[string]any) ([]map[string]any, bool) {
	unneeded := allows(statement, "codebuild:StartBuild") || allows(statement, "codebuild:CreateReport") || allows(statement, "logs:CreateLogGroup")
	return []map[string]any{}, unneeded
}

// replicate: the CDK can't name a key of another region, so the pipeline's role may use every key of the account.
func (n *narrowing) replicate(statement map[string]any) ([]map[string]any, bool) {
	if !allows(statement, "kms:Decrypt") || !slices.Equal(items(statement["Resource"]), []any{"*"}) || len(n.keys) == 0 {
		return nil, false
	}
	actions := slices.DeleteFunc(slices.Clone(items(statement["Action"])), func(a any) bool { return a == "kms:DescribeKey" })
	use := altered(statement, actions, n.keys)
	use["Condition"] = map[string]any{"StringEquals": map[string]any{"kms:ViaService": n.keyServices}}
	return []map[string]any{use, altered(statement, []any{"kms:DescribeKey"}, n.keys)}, true
}

// connect: the CDK allows codestar-connections:UseConnection, whatever the service is called in the connection's ARN. The
// prefix of the action must be that of the resource ("Connections rename", Developer Tools console User Guide).
func (n *narrowing) connect(statement map[string]any) ([]map[string]any, bool) {
	if !allows(statement, "codestar-connections:UseConnection") {
		return nil, false
	}
	arn, _ := statement["Resource"].(string)
	if !strings.Contains(arn, ":codeconnections:") {
		return nil, false
	}
	return []map[string]any{altered(statement, []any{"codeconnections:UseConnection"}, []any{arn})}, true
}

// altered is the statement with other actions and resources.
func altered(statement map[string]any, actions, resources []any) map[string]any {
	out := maps.Clone(statement)
	out["Action"], out["Resource"] = actions, resources
	return out
}

// confirmations returns stage and name of the actions that the function is there to approve:
// "Prod/ConfirmBroadeningProd.Confirm", within a wave "Late/Prod.ConfirmBroadeningProd.Confirm".
func (p *Pipeline) confirmations() []string {
	names := map[string]bool{}
	for _, stage := range p.stages {
		id := *stage.Node().Id()
		name := confirmation + id + ".Confirm"
		names[name], names[id+"."+name] = true, true
	}
	var found []string
	pipeline := p.Pipeline().Node().DefaultChild().(awscdk.CfnResource)
	for _, s := range items(p.properties(pipeline)["stages"]) {
		st, _ := s.(map[string]any)
		for _, a := range items(st["actions"]) {
			action, _ := a.(map[string]any)
			kind, _ := action["actionTypeId"].(map[string]any)
			if name, _ := action["name"].(string); kind["category"] == "Approval" && names[name] {
				found = append(found, fmt.Sprintf("%s/%s", st["name"], name))
			}
		}
	}
	return found
}
