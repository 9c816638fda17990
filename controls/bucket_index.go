package controls

import (
	"slices"

	"github.com/securecdk/securecdk/controls/template"
)

const (
	bucketType       = "AWS::S3::Bucket"
	bucketPolicyType = "AWS::S3::BucketPolicy"
)

// bucket returns the bucket that a text names: by reference, or by the same name.
func (x *index) bucket(w *template.World, v template.Value, from *template.Template) *template.Resource {
	if r, attribute, ok := v.Reference(); ok {
		if r.Type == bucketType && attribute == "" {
			return r
		}
		return nil
	}
	if key := v.Key(); key != "" {
		return x.bucketNamed(w, key, from)
	}
	return nil
}

// bucketNamed returns the one bucket of the name that is meant: that of the same template, or of the same folder, or the
// only one. Stages in several accounts may well have buckets of the same name.
func (x *index) bucketNamed(w *template.World, key string, from *template.Template) *template.Resource {
	var found *template.Resource
	for _, b := range nearest(x.bucketNames().may(key), from) {
		if !x.names.does(w, b, key) {
			continue
		}
		if found != nil {
			return nil
		}
		found = b
	}
	return found
}

func nearest(buckets []*template.Resource, from *template.Template) []*template.Resource {
	if len(buckets) < 2 {
		return buckets
	}
	for _, far := range []func(*template.Resource) bool{
		func(b *template.Resource) bool { return b.Template != from },
		func(b *template.Resource) bool { return !from.Beside(b.Template) },
	} {
		if near := slices.DeleteFunc(slices.Clone(buckets), far); len(near) > 0 {
			return near
		}
	}
	return buckets
}

// bucketNames has the buckets by the keys of their names.
func (x *index) bucketNames() *relation[string] {
	if x.names == nil {
		x.names = relate(x.set, func(w *template.World, bucket *template.Resource) []string {
			if key := w.Get(bucket, "BucketName").Key(); key != "" {
				return []string{key}
			}
			return nil
		}, bucketType)
	}
	return x.names
}

// policiesOf returns the bucket's policies, wherever they stand.
func (x *index) policiesOf(w *template.World, bucket *template.Resource) []*template.Resource {
	if x.policies == nil {
		x.policies = relate(x.set, func(w *template.World, policy *template.Resource) []*template.Resource {
			return some(x.bucket(w, w.Get(policy, "Bucket"), policy.Template))
		}, bucketPolicyType)
	}
	return slices.Collect(x.policies.of(w, bucket))
}

// logsTo is the bucket that receives the bucket's access logs, if it is one of those judged. Without a name S3 delivers
// them to the bucket itself (CloudFormation reference, "AWS::S3::Bucket LoggingConfiguration").
func (x *index) logsTo(w *template.World, bucket *template.Resource) *template.Resource {
	logging := w.Get(bucket, "LoggingConfiguration")
	if !logging.IsMap() {
		return nil
	}
	to := logging.Get("DestinationBucketName")
	if to.Absent() {
		return bucket
	}
	return x.bucket(w, to, bucket.Template)
}

// loggersTo has the buckets by the bucket that receives their access logs.
func (x *index) loggersTo() *relation[*template.Resource] {
	if x.loggers == nil {
		x.loggers = relate(x.set, func(w *template.World, bucket *template.Resource) []*template.Resource {
			return some(x.logsTo(w, bucket))
		}, bucketType)
	}
	return x.loggers
}

// maxHops is the longest way that access logs are followed from bucket to bucket. Nobody builds a longer one, and the
// work for buckets in a row would grow with the square of their number.
const maxHops = 64

// logsReach tells whether logs of the one bucket end up, over any number of buckets, in the other. What can't be
// followed to its end may.
func (x *index) logsReach(w *template.World, from, to *template.Resource) bool {
	seen := map[*template.Resource]bool{}
	for b := x.logsTo(w, from); b != nil && !seen[b]; b = x.logsTo(w, b) {
		if b == to || len(seen) == maxHops {
			return true
		}
		seen[b] = true
	}
	return false
}
