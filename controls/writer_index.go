package controls

import (
	"maps"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

// writerTypes are the types that hold identity policies: as PolicyDocument, or in a list of Policies.
var writerTypes = []string{
	"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy",
	"AWS::IAM::GroupPolicy", "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group",
	samFunction, "AWS::Serverless::StateMachine",
}

// samWriters are the policy templates of SAM that let objects be put (AWS SAM developer guide, "AWS SAM policy
// templates").
var samWriters = []string{"S3WritePolicy", "S3CrudPolicy", "S3FullAccessPolicy"}

// writerOf returns an identity policy that names the bucket and lets objects be put into it, or nil. A policy for all
// buckets names none.
func (x *index) writerOf(w *template.World, bucket *template.Resource) *template.Resource {
	if x.writers == nil {
		x.writers = relate(x.set, x.writable, writerTypes...)
	}
	return x.writers.first(w, bucket)
}

// writable returns the buckets into which a resource's identity policies let objects be put.
func (x *index) writable(w *template.World, policy *template.Resource) []*template.Resource {
	buckets := x.writableBy(w, w.Get(policy, "PolicyDocument"), policy.Template)
	for _, p := range w.Get(policy, "Policies").OneOrMore() {
		if !strings.HasPrefix(policy.Type, "AWS::Serverless::") {
			p = p.Get("PolicyDocument")
		}
		buckets = append(buckets, x.writableBy(w, p, policy.Template)...)
		for _, name := range samWriters {
			buckets = append(buckets, some(x.bucket(w, p.Get(name, "BucketName"), policy.Template))...)
		}
	}
	return buckets
}

func (x *index) writableBy(w *template.World, document template.Value, from *template.Template) []*template.Resource {
	var buckets []*template.Resource
	for _, st := range document.Get("Statement").OneOrMore() {
		s := statement{st}
		if s.effect("Allow") == never || s.writes() == never {
			continue
		}
		for _, resource := range s.Get("Resource").OneOrMore() {
			buckets = append(buckets, x.bucketsOfARN(w, resource, from)...)
		}
		if except := s.Get("NotResource"); !except.Absent() {
			buckets = append(buckets, x.bucketsBut(w, except.OneOrMore(), from)...)
		}
	}
	return buckets
}

// bucketsOfARN returns the buckets that the ARN of a bucket or of its objects names, wildcards included.
func (x *index) bucketsOfARN(w *template.World, v template.Value, from *template.Template) []*template.Resource {
	for _, p := range v.Parts() {
		if p.Resource != nil && p.Resource.Type == bucketType && p.Attribute == "" {
			return some(p.Resource)
		}
	}
	name, ok := bucketInARN(v.Key())
	name = beforeSlash(name)
	switch {
	case !ok || strings.Trim(name, "*") == "":
		return nil
	case !strings.ContainsAny(name, "*?"):
		return some(x.bucketNamed(w, name, from))
	}
	var buckets []*template.Resource
	for _, key := range slices.Sorted(maps.Keys(x.bucketNames().at)) {
		if glob(name, key) {
			buckets = append(buckets, some(x.bucketNamed(w, key, from))...)
		}
	}
	return buckets
}

// bucketsBut returns the buckets of the same folder but for those whose objects are all excepted.
func (x *index) bucketsBut(w *template.World, except []template.Value, from *template.Template) []*template.Resource {
	var buckets []*template.Resource
	for _, b := range x.set.OfType(bucketType) {
		excepted := denial{keys: bucketKeys(w, b)}
		if from.Beside(b.Template) && anyOf(except, excepted.coversObjects) != surely {
			buckets = append(buckets, b)
		}
	}
	return buckets
}

// glob matches a text as IAM matches a resource: * is any number of characters, ? is one.
func glob(pattern, s string) bool {
	star, again := -1, 0
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, again = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case star >= 0:
			again++
			p, i = star+1, again
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
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
