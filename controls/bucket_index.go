package controls

import (
	"github.com/securecdk/securecdk/controls/template"
)

const (
	bucketType       = "AWS::S3::Bucket"
	bucketPolicyType = "AWS::S3::BucketPolicy"
)

// relation says which resources of one type point at which of another. One whose aim hangs on an open condition is
// loose, and has to be asked in each world.
type relation struct {
	at    map[*template.Resource][]*template.Resource
	loose []*template.Resource
}

// relate asks each resource of a type what it points at.
func (x *index) relate(from string, aim func(*template.World, *template.Resource) *template.Resource) *relation {
	rel := &relation{at: map[*template.Resource][]*template.Resource{}}
	for _, r := range x.set.OfType(from) {
		w := x.set.Probe()
		to := aim(w, r)
		switch {
		case w.Open():
			rel.loose = append(rel.loose, r)
		case to != nil:
			rel.at[to] = append(rel.at[to], r)
		}
	}
	return rel
}

// of returns what points at a resource in this world.
func (rel *relation) of(w *template.World, to *template.Resource, aim func(*template.World, *template.Resource) *template.Resource) []*template.Resource {
	var found []*template.Resource
	for _, r := range rel.at[to] {
		if w.Exists(r) {
			found = append(found, r)
		}
	}
	for _, r := range rel.loose {
		if w.Exists(r) && aim(w, r) == to {
			found = append(found, r)
		}
	}
	return found
}

// bucket returns the bucket that a text names: by reference, or by the same name.
func (x *index) bucket(v template.Value, from *template.Template) *template.Resource {
	if r, attribute, ok := v.Reference(); ok {
		if r.Type == bucketType && attribute == "" {
			return r
		}
		return nil
	}
	if key := v.Key(); key != "" {
		return only(x.bucketsByName()[key], from)
	}
	return nil
}

// only returns the one bucket that is meant: that of the same template, or of the same folder, or the only one. Stages in
// several accounts may well have buckets of the same name.
func only(buckets []*template.Resource, from *template.Template) *template.Resource {
	nearer := func(near func(*template.Template) bool) {
		var kept []*template.Resource
		for _, b := range buckets {
			if near(b.Template) {
				kept = append(kept, b)
			}
		}
		if len(kept) > 0 {
			buckets = kept
		}
	}
	if len(buckets) > 1 {
		nearer(from.Beside)
		nearer(func(t *template.Template) bool { return t == from })
	}
	if len(buckets) != 1 {
		return nil
	}
	return buckets[0]
}

func (x *index) bucketsByName() map[string][]*template.Resource {
	if x.names == nil {
		x.names = map[string][]*template.Resource{}
		for _, b := range x.set.OfType(bucketType) {
			if key := x.set.Probe().Get(b, "BucketName").Key(); key != "" {
				x.names[key] = append(x.names[key], b)
			}
		}
	}
	return x.names
}

// policyBucket is the bucket that a bucket policy is attached to.
func (x *index) policyBucket(w *template.World, policy *template.Resource) *template.Resource {
	return x.bucket(w.Get(policy, "Bucket"), policy.Template)
}

// policiesOf returns the bucket's policies, wherever they stand.
func (x *index) policiesOf(w *template.World, bucket *template.Resource) []*template.Resource {
	if x.policies == nil {
		x.policies = x.relate(bucketPolicyType, x.policyBucket)
	}
	return x.policies.of(w, bucket, x.policyBucket)
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
	return x.bucket(to, bucket.Template)
}

// loggersTo returns the buckets whose access logs the bucket receives.
func (x *index) loggersTo(w *template.World, bucket *template.Resource) []*template.Resource {
	if x.loggers == nil {
		x.loggers = x.relate(bucketType, x.logsTo)
	}
	return x.loggers.of(w, bucket, x.logsTo)
}

// logsReach tells whether logs of the one bucket end up, over any number of buckets, in the other.
func (x *index) logsReach(w *template.World, from, to *template.Resource) bool {
	seen := map[*template.Resource]bool{}
	for b := x.logsTo(w, from); b != nil && !seen[b]; b = x.logsTo(w, b) {
		if b == to {
			return true
		}
		seen[b] = true
	}
	return false
}
