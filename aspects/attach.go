package aspects

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/securecdk/securecdk/internal/bulk"
)

// roleOf returns the role that a resource names when it is one of this app, and else nil: an imported role can't be given
// a permission from here.
func (r *run) roleOf(res *bulk.Resource, role any) *bulk.Resource {
	target := r.resourceOf(res, role)
	if target == nil || target.Type != "AWS::IAM::Role" || r.StackOf(target).Account != r.StackOf(res).Account {
		return nil
	}
	return target
}

// refusal says why a role can't be given a policy that lies in a top-level stack; "" when it can.
func (r *run) refusal(role *bulk.Resource, home string) string {
	if role == nil {
		return "its role is imported"
	}
	own := r.StackOf(role).Top == home
	switch {
	case own && role.Outside:
		return "its role " + role.Path + " lies outside what is being fixed"
	case own && !role.Sealed:
		return ""
	case role.Conditional, own && role.Stack != home:
		return "no policy can be added to its role " + role.Path + ", whose ManagedPolicyArns are an intrinsic function"
	}
	return ""
}

// grant is a permission that a role needs before its user is created.
type grant struct {
	role, user *bulk.Resource // user may be nil
	id         string         // of the policy
	home       string         // path of the top-level stack that the policy lies in
	create     func(id string) awsiam.IManagedPolicy
}

// attach gives a role a managed policy, once in a run: several functions can share a role.
//
// In its own stack the role refers to the policy, so that it has its permission from the moment it exists and loses it
// last: no order of creation or deletion has to be added. Where that can't be, the policy refers to the role and the user
// waits for the policy: in another stack, where the two stacks would wait for each other otherwise, and when the role's
// list can't be added to. Such a role has a policy of its own, for whoever waits for it must wait for no other role.
func (r *run) attach(g grant) {
	own := r.StackOf(g.role).Top == g.home
	if own && g.role.Sealed {
		g.id += g.role.LogicalID
	}
	policy := r.policyIn(g)
	key := g.role.Path + "\x00" + g.home + "\x00" + g.id
	first := !r.attached[key]
	r.attached[key] = true
	if own && !g.role.Sealed {
		if first {
			r.batch.AttachManagedPolicy(g.role, policy)
		}
		return
	}
	if first {
		r.batch.AttachToRole(policy, g.role)
	}
	if g.user != nil {
		r.batch.AddDependency(g.user, policy)
	}
}

// policyIn returns the policy of a stack, made at most once.
func (r *run) policyIn(g grant) awsiam.IManagedPolicy {
	key := g.home + "\x00" + g.id
	if r.made[key] == nil {
		r.made[key] = g.create(g.id)
	}
	return r.made[key]
}
