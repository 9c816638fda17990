package iam

import (
	"fmt"
	"sort"
	"strings"
	"testing"
)

// access is one caller doing one thing to one resource.
type access struct {
	caller   caller
	resource string // logical id
	use      use
}

func (a access) String() string { return a.caller.name + " " + a.use.action + " " + a.resource }

// caller is who calls: a role of the template, a principal of another account, or a service.
type caller struct {
	name      string // the role's logical id, or the principal
	principal string
	account   string
	// role is the logical id of a role of the template.
	role string
	// identity are the policies of a caller that is not in the template.
	identity []any
	// organization is that of the caller's account.
	organization string
	// source is the ARN of the resource on whose behalf a service calls.
	source string
}

func (c caller) isService() bool { return strings.HasSuffix(c.principal, ".amazonaws.com") }

// anything is the policy of a caller whom only the resource's side can stop.
var anything = map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"}}}

func foreigner(accountID, organization, role string) caller {
	arn := "arn:aws:iam::" + accountID + ":role/" + role
	return caller{name: arn, principal: arn, account: accountID, organization: organization, identity: []any{anything}}
}

// accesses are all that could be done in a world: every caller, every resource, every use.
func (w *world) accesses(callers []caller) []access {
	var all []access
	for _, cfnType := range sortedTypes() {
		for _, r := range w.ofType(cfnType) {
			for _, c := range callers {
				for _, u := range services[cfnType].uses {
					all = append(all, access{c, r.id, u})
				}
			}
		}
	}
	return all
}

// roles are the roles of the template that are there to work with data.
func (w *world) roles() []caller {
	var callers []caller
	for _, r := range w.ofType("AWS::IAM::Role") {
		callers = append(callers, caller{name: r.id, principal: w.arn(r.id), account: account, role: r.id})
	}
	return callers
}

// request is what the caller asks of the resource itself.
func (w *world) request(a access) Request {
	r := w.resources[a.resource]
	return Request{
		Principal: a.caller.principal, Action: a.use.action, Resource: w.arn(r.id) + a.use.object, Account: account,
		Context: w.callContext(a.caller), Identity: w.identityOf(a.caller), ResourcePolicy: w.policyOf(r),
	}
}

// keyRequests is what the service then asks of the resource's key on behalf of the caller; none when the resource is
// not encrypted with a key of the template.
func (w *world) keyRequests(t testing.TB, a access) []Request {
	t.Helper()
	r := w.resources[a.resource]
	s := services[r.cfnType]
	key := w.keyNamed(t, s.key(r))
	if key == nil {
		return nil
	}
	var requests []Request
	for _, action := range a.use.kms {
		context := w.callContext(a.caller)
		for k, v := range s.context(w, r) {
			context[k] = v
		}
		if !a.caller.isService() {
			context["kms:ViaService"] = s.via + "." + region + ".amazonaws.com"
			context["kms:CallerAccount"] = a.caller.account
		}
		requests = append(requests, Request{
			Principal: a.caller.principal, Action: action, Resource: w.arn(key.id), Account: account,
			Context: context, Identity: w.identityOf(a.caller), ResourcePolicy: w.policyOf(*key),
		})
	}
	return requests
}

// callContext: whoever calls does so over TLS; a service says for whom, where it says so at all.
func (w *world) callContext(c caller) map[string]string {
	context := map[string]string{"aws:SecureTransport": "true"}
	if c.isService() && !hidesSourceAccount[c.principal] {
		context["aws:SourceAccount"] = account
	}
	if c.organization != "" {
		context["aws:PrincipalOrgID"] = c.organization
	}
	if c.source != "" {
		context["aws:SourceArn"] = c.source
	}
	return context
}

func (w *world) identityOf(c caller) []any {
	if c.role == "" {
		return c.identity
	}
	return w.identity(w.resources[c.role])
}

// keyNamed finds the key that a property names by id, ARN or alias. Nothing, and the aliases of AWS, are no key of the
// template; anything else that can't be found would make the test blind, and fails it.
func (w *world) keyNamed(t testing.TB, value any) *resource {
	t.Helper()
	name := text(value)
	if name == "" || strings.HasPrefix(name, "alias/aws/") {
		return nil
	}
	for _, alias := range w.ofType("AWS::KMS::Alias") {
		if w.name(alias) == name {
			name = text(alias.properties["TargetKeyId"])
		}
	}
	for _, key := range w.ofType("AWS::KMS::Key") {
		if name == w.arn(key.id) || name == w.name(key) {
			return &key
		}
	}
	t.Fatalf("no key of the template is called %v", value)
	return nil
}

func sortedTypes() []string {
	var types []string
	for cfnType := range services {
		types = append(types, cfnType)
	}
	sort.Strings(types)
	return types
}

// explain shows a denied request with the policies that denied it.
func explain(r Request) string {
	return fmt.Sprintf("%s by %s on %s in %v\nidentity: %s\nresource policy: %s", r.Action, r.Principal, r.Resource, r.Context, indent(r.Identity), indent(r.ResourcePolicy))
}
