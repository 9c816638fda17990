package aspects

import "github.com/securecdk/securecdk/internal/bulk"

// TLSOnlyProps configures NewTLSOnly. It has no settings yet; nil will do.
type TLSOnlyProps struct{}

// NewTLSOnly denies every S3 action on a bucket and its objects over a connection without TLS (control S3.TLS). The
// statement goes into the policy that the bucket has, wherever that came from: S3 keeps one policy a bucket, and a
// second AWS::S3::BucketPolicy would overwrite the first.
func NewTLSOnly(*TLSOnlyProps) *Aspect {
	return newAspect(denyPlainText, []string{"AWS::S3::BucketPolicy"}, "S3.TLS")
}

func denyPlainText(r *run, bucket *bulk.Resource) {
	var policy *bulk.Resource
	for _, p := range r.policies[bucket] {
		if p.Outside {
			r.leave(bucket, "its policy %s is outside what is being fixed. Fix the scope that holds both.", p.Path)
			return
		}
		policy = p
	}
	r.batch.AddBucketStatement(bucket, policy, map[string]any{
		"Sid":       "DenyInsecureTransport",
		"Effect":    "Deny",
		"Principal": map[string]any{"AWS": "*"},
		"Action":    "s3:*",
		"Resource":  []any{"$bucket", "$bucket/*"},
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	})
	r.changed(bucket, "BucketPolicy", "denies s3:* without TLS", NoInterruption)
}
