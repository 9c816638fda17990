package aspects

import (
	"strings"

	"github.com/securecdk/securecdk/internal/bulk"
)

// PublicAccessProps configures NewPublicAccess. It has no settings yet; nil will do.
type PublicAccessProps struct{}

// NewPublicAccess blocks public access to S3 buckets with all four settings (control S3.PUBLIC).
//
// A bucket that is public on purpose, by its policy or its ACL, is left and reported: S3 would refuse the policy while
// the deployment runs, and a website would be gone. Whether that bucket may be public is for a person to decide.
func NewPublicAccess(*PublicAccessProps) *Aspect {
	return newAspect(blockPublicAccess, []string{"AWS::S3::BucketPolicy"}, "S3.PUBLIC")
}

func blockPublicAccess(r *run, bucket *bulk.Resource) {
	if acl, _ := bucket.Properties["AccessControl"].(string); strings.HasPrefix(acl, "PublicRead") {
		r.leave(bucket, "its ACL is %s. Remove AccessControl, or serve the objects through CloudFront.", acl)
		return
	}
	for _, statement := range r.statementsOn(bucket) {
		if statement["Effect"] == "Allow" && isAnyone(statement["Principal"]) && statement["Condition"] == nil {
			r.leave(bucket, "its policy lets anyone in. Remove that statement, or serve the objects through CloudFront.")
			return
		}
	}
	r.set(bucket, newProperty("PublicAccessBlockConfiguration", map[string]any{
		"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	}, "all four settings true"), NoInterruption)
}

func isAnyone(principal any) bool {
	if m, ok := principal.(map[string]any); ok {
		principal = m["AWS"]
	}
	for _, p := range list(principal) {
		if p == "*" {
			return true
		}
	}
	return false
}
