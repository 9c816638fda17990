package aspects

import (
	"regexp"
	"slices"
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
	"AWS::SQS::QueueInlinePolicy":         "Queue",
	"AWS::SNS::TopicInlinePolicy":         "TopicArn",
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

// statement is one of a resource policy.
type statement struct {
	stack string // path of the stack whose template holds it
	body  map[string]any
}

func (s statement) allows() bool { return s.body["Effect"] == "Allow" }

// statementsOn returns the statements of the policies that stand on a resource: in resources of their own and inline.
func (r *run) statementsOn(res *bulk.Resource) []statement {
	var statements []statement
	add := func(in *bulk.Resource, document any) {
		doc, _ := document.(map[string]any)
		for _, s := range list(doc["Statement"]) {
			if body, ok := s.(map[string]any); ok {
				statements = append(statements, statement{in.Stack, body})
			}
		}
	}
	for _, policy := range r.policies[res] {
		add(policy, policy.Properties["PolicyDocument"])
		add(policy, policy.Properties["ResourcePolicy"])
	}
	add(res, res.Properties["RepositoryPolicyText"])
	inline := []any{res.Properties}
	if res.Type == "AWS::DynamoDB::GlobalTable" {
		inline = list(res.Properties["Replicas"])
	}
	for _, holder := range inline {
		properties, _ := holder.(map[string]any)
		policy, _ := properties["ResourcePolicy"].(map[string]any)
		add(res, policy["PolicyDocument"])
	}
	return statements
}

var inSub = regexp.MustCompile(`\$\{([^!}.]+)(\.[^}]*)?\}`)

// refersToResource tells whether a value of a stack's template refers to a resource of the app.
func (r *run) refersToResource(stack string, value any) bool {
	return r.refers(stack, value, func(name string) bool { return !r.isParameter(stack, name) })
}

// refersToTemplate tells whether a value means nothing outside its template: it refers to a resource, a parameter, a
// condition or a mapping.
func (r *run) refersToTemplate(stack string, value any) bool {
	return r.refers(stack, value, func(string) bool { return true })
}

// refers tells whether something that a value refers to by name is of a kind; AWS's own pseudo parameters are not asked
// about.
func (r *run) refers(stack string, value any, is func(name string) bool) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return r.refers(stack, e, is) })
	case map[string]any:
		for key, inner := range v {
			if r.refersBy(stack, key, inner, is) {
				return true
			}
		}
	}
	return false
}

func (r *run) refersBy(stack, key string, inner any, is func(name string) bool) bool {
	switch key {
	case "Ref", "Fn::GetAtt", "Condition":
		name, _ := append(list(inner), "")[0].(string)
		name, _, _ = strings.Cut(name, ".")
		return !strings.Contains(name, "::") && is(name)
	case "Fn::ImportValue":
		name, _ := inner.(string)
		path, _, _ := strings.Cut(name, "#")
		return r.paths[path] != nil && is(path)
	case "Fn::Sub":
		arguments := append(list(inner), nil)
		text, _ := arguments[0].(string)
		own, _ := arguments[1].(map[string]any)
		for _, m := range inSub.FindAllStringSubmatch(text, -1) {
			if _, given := own[m[1]]; !given && !strings.Contains(m[1], "::") && is(m[1]) {
				return true
			}
		}
		return r.refers(stack, arguments[1], is)
	case "Fn::If", "Fn::FindInMap":
		name, _ := append(list(inner), "")[0].(string)
		return is(name) || r.refers(stack, inner, is)
	}
	return r.refers(stack, inner, is)
}

func (r *run) isParameter(stack, name string) bool {
	for _, section := range []string{"Parameters", "Conditions", "Mappings"} {
		if _, ok := r.Stack(stack).Doc[section][name]; ok {
			return true
		}
	}
	return false
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
