package aspects

import (
	"strings"

	"github.com/securecdk/securecdk/internal/bulk"
)

// resourceIn finds the resource of a stack's Ref or Fn::GetAtt, or of a reference to another stack.
func (r *run) resourceIn(stack string, value any) *bulk.Resource {
	m, ok := value.(map[string]any)
	if !ok || len(m) != 1 {
		return nil
	}
	if id, ok := m["Ref"].(string); ok {
		return r.resources[resourceID{stack, id}]
	}
	if imported, ok := m["Fn::ImportValue"].(string); ok {
		path, _, _ := strings.Cut(imported, "#")
		return r.paths[path]
	}
	switch target := m["Fn::GetAtt"].(type) {
	case []any:
		if len(target) == 2 {
			id, _ := target[0].(string)
			return r.resources[resourceID{stack, id}]
		}
	case string:
		id, _, _ := strings.Cut(target, ".")
		return r.resources[resourceID{stack, id}]
	}
	return nil
}

// policyTargets name the property of a resource policy that says which resources it belongs to.
var policyTargets = map[string]string{
	"AWS::S3::BucketPolicy":               "Bucket",
	"AWS::SQS::QueuePolicy":               "Queues",
	"AWS::SNS::TopicPolicy":               "Topics",
	"AWS::SecretsManager::ResourcePolicy": "SecretId",
}

func (r *run) indexPolicies() {
	r.policies = map[*bulk.Resource][]*bulk.Resource{}
	for _, policy := range r.Resources {
		property, is := policyTargets[policy.Type]
		if !is {
			continue
		}
		for _, target := range list(policy.Properties[property]) {
			if res := r.policyTarget(policy, target); res != nil {
				r.policies[res] = append(r.policies[res], policy)
			}
		}
	}
}

// policyTarget also finds a bucket by a literal name.
func (r *run) policyTarget(policy *bulk.Resource, target any) *bulk.Resource {
	if res := r.resourceOf(policy, target); res != nil {
		return res
	}
	name, ok := target.(string)
	if !ok {
		return nil
	}
	for _, res := range r.Resources {
		if res.Type == "AWS::S3::Bucket" && res.Properties["BucketName"] == name {
			return res
		}
	}
	return nil
}

// statementsOn returns the statements of the policies that stand on a resource: in resources of their own and inline.
func (r *run) statementsOn(res *bulk.Resource) []map[string]any {
	var statements []map[string]any
	add := func(document any) {
		doc, _ := document.(map[string]any)
		for _, s := range list(doc["Statement"]) {
			if statement, ok := s.(map[string]any); ok {
				statements = append(statements, statement)
			}
		}
	}
	for _, policy := range r.policies[res] {
		add(policy.Properties["PolicyDocument"])
		add(policy.Properties["ResourcePolicy"])
	}
	add(res.Properties["RepositoryPolicyText"])
	if inline, ok := res.Properties["ResourcePolicy"].(map[string]any); ok {
		add(inline["PolicyDocument"])
	}
	return statements
}

// list reads what IAM and CloudFormation let stand alone or in a list.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}
