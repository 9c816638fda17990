package iam

import "testing"

// StackID is the id of every stack here.
const StackID = "arn:aws:cloudformation:" + region + ":" + account + ":stack/Stack/6f1c9d20-0e5a-11f1-8f0a-0a1b2c3d4e5f"

// Stack is a template as it would stand in the account, for tests of other packages.
type Stack struct{ world *world }

// NewStack resolves a template: every Ref and Fn::GetAtt becomes a name or an ARN. One that can't be fails the test.
func NewStack(t testing.TB, template map[string]any) *Stack {
	t.Helper()
	w := newWorld(t, template)
	for value := range w.unresolved {
		t.Errorf("no name is known for %s", value)
	}
	return &Stack{w}
}

// Resources returns the properties of the resources of a type, by logical id.
func (s *Stack) Resources(cfnType string) map[string]map[string]any {
	found := map[string]map[string]any{}
	for _, r := range s.world.ofType(cfnType) {
		found[r.id] = r.properties
	}
	return found
}

// Name returns the name of a resource.
func (s *Stack) Name(id string) string { return s.world.name(s.world.resources[id]) }

// Arn returns the ARN of a resource.
func (s *Stack) Arn(id string) string { return s.world.arn(id) }

// Find returns the logical id of the resource of a type that has an ARN, or "".
func (s *Stack) Find(cfnType, arn string) string {
	for _, r := range s.world.ofType(cfnType) {
		if s.world.arn(r.id) == arn {
			return r.id
		}
	}
	return ""
}

// Identity returns the policies of a role.
func (s *Stack) Identity(role string) []any { return s.world.identity(s.world.resources[role]) }

// PoliciesOf returns the logical ids of the policies that are attached to a role.
func (s *Stack) PoliciesOf(role string) []string {
	var ids []string
	for _, policy := range s.world.policiesOf(s.world.resources[role]) {
		ids = append(ids, policy.id)
	}
	return ids
}

// ResourcePolicy returns the policy of a resource, or nil.
func (s *Stack) ResourcePolicy(id string) any { return s.world.policyOf(s.world.resources[id]) }
