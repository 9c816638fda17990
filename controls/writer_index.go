package controls

import (
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

// policyPlaces says where the types that hold identity policies keep their documents: the property, or the member of a
// list.
var policyPlaces = map[string]struct{ list, document string }{
	"AWS::IAM::Policy":        {"", "PolicyDocument"},
	"AWS::IAM::ManagedPolicy": {"", "PolicyDocument"},
	"AWS::IAM::RolePolicy":    {"", "PolicyDocument"},
	"AWS::IAM::UserPolicy":    {"", "PolicyDocument"},
	"AWS::IAM::GroupPolicy":   {"", "PolicyDocument"},
	"AWS::IAM::Role":          {"Policies", "PolicyDocument"},
	"AWS::IAM::User":          {"Policies", "PolicyDocument"},
	"AWS::IAM::Group":         {"Policies", "PolicyDocument"},
}

// writerOf returns an identity policy that names the bucket and lets objects be put into it, or nil. A policy for all
// buckets names none.
func (x *index) writerOf(bucket *template.Resource) *template.Resource {
	if x.writers == nil {
		x.writers = map[*template.Resource]*template.Resource{}
		for resourceType := range policyPlaces {
			for _, policy := range x.set.OfType(resourceType) {
				x.indexWriter(policy)
			}
		}
	}
	return x.writers[bucket]
}

func (x *index) indexWriter(policy *template.Resource) {
	place := policyPlaces[policy.Type]
	w := x.set.Probe()
	in := []template.Value{w.Get(policy)}
	if place.list != "" {
		in = w.Get(policy, place.list).OneOrMore()
	}
	for _, v := range in {
		for _, st := range v.Get(place.document, "Statement").OneOrMore() {
			s := statement{st}
			if s.effect("Allow") == never || s.writes() == never {
				continue
			}
			for _, resource := range s.Get("Resource").OneOrMore() {
				if b := x.bucketOfARN(resource, policy.Template); b != nil {
					x.writers[b] = first(x.writers[b], policy)
				}
			}
		}
	}
}

// first keeps the policy that comes first by id, so that messages don't depend on the order of a map.
func first(a, b *template.Resource) *template.Resource {
	if a == nil || b.ID() < a.ID() {
		return b
	}
	return a
}

// bucketOfARN returns the bucket that the ARN of a bucket or of its objects names.
func (x *index) bucketOfARN(v template.Value, from *template.Template) *template.Resource {
	for _, p := range v.Parts() {
		if p.Resource != nil && p.Resource.Type == bucketType && p.Attribute == "" {
			return p.Resource
		}
	}
	name, ok := bucketInARN(v.Key())
	if !ok {
		return nil
	}
	return only(x.bucketsByName()[beforeSlash(name)], from)
}

// beforeSlash cuts the key of an object's ARN after the bucket's name. References, which may hold slashes of their own,
// are skipped.
func beforeSlash(key string) string {
	depth := 0
	for i := range len(key) {
		switch {
		case strings.HasPrefix(key[i:], "${"):
			depth++
		case key[i] == '}' && depth > 0:
			depth--
		case key[i] == '/' && depth == 0:
			return key[:i]
		}
	}
	return key
}
