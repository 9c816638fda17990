package aspects

import (
	"maps"
	"net/netip"
	"slices"
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
	if acl := publicACL(bucket); acl != "" {
		r.leave(bucket, "its ACL is %s. Remove AccessControl, or serve the objects through CloudFront.", acl)
		return
	}
	if slices.ContainsFunc(r.statementsOn(bucket), statement.isPublic) {
		r.leave(bucket, "its policy lets anyone in. Remove that statement, name principals or fixed values of aws:SourceArn and the like in it, or serve the objects through CloudFront.")
		return
	}
	r.set(bucket, newProperty("PublicAccessBlockConfiguration", map[string]any{
		"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	}, "all four settings true"), NoInterruption)
}

// publicACL returns the ACL of a bucket if it lets in everyone, or everyone with an AWS account.
func publicACL(bucket *bulk.Resource) string {
	acl, _ := bucket.Properties["AccessControl"].(string)
	if acl == "PublicRead" || acl == "PublicReadWrite" || acl == "AuthenticatedRead" {
		return acl
	}
	return ""
}

// The conditions whose fixed values keep a policy from being public: Amazon S3 User Guide, "Blocking public access to your
// Amazon S3 storage", "The meaning of public". Those on the network say nothing of who calls.
var (
	callerKeys = []string{
		"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount", "aws:sourcearn",
		"aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:userid", "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
		"s3:x-amz-server-side-encryption-aws-kms-key-id",
	}
	networkKeys = []string{"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"}
)

// isPublic tells whether S3 takes an allowing statement for one that lets in anyone.
func (s statement) isPublic() bool {
	return s.allows() && s.isForAnyone() && !s.isLimitedBy(callerKeys) && !s.isLimitedBy(networkKeys)
}

// isAnonymous tells whether a statement lets in callers of whom nothing is known but, at most, their network.
func (s statement) isAnonymous() bool {
	return s.allows() && s.isForAnyone() && !s.isLimitedBy(callerKeys)
}

func (s statement) isForAnyone() bool {
	principal := s.body["Principal"]
	if m, ok := principal.(map[string]any); ok {
		principal = m["AWS"]
	}
	return s.body["NotPrincipal"] != nil || isAnyone(principal)
}

// names tells whether a principal of a kind contains a text.
func (s statement) names(kind, text string) bool {
	principal, _ := s.body["Principal"].(map[string]any)
	return slices.ContainsFunc(list(principal[kind]), func(p any) bool { return contains(p, text) })
}

func (s statement) isLimitedBy(keys []string) bool {
	limits := keepConditions(s.body["Condition"], func(operator, key string, value any) (string, bool) {
		return operator, slices.Contains(keys, key) && isPositive(operator) && isFixed(key, value)
	})
	return len(limits) > 0
}

// isPositive: an operator that names what is let in. One with IfExists lets in whoever sends no such key.
func isPositive(operator string) bool {
	switch strings.TrimPrefix(operator, "ForAnyValue:") {
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress":
		return true
	}
	return false
}

// isFixed: no value has wildcards, policy variables, or a network as wide as S3 takes for public. What the template
// computes is fixed once it is deployed. The ARN of an access point needs a fixed account only.
func isFixed(key string, value any) bool {
	return !slices.ContainsFunc(list(value), func(v any) bool { return isOpen(key, v) })
}

func isOpen(key string, value any) bool {
	text, literal := value.(string)
	if !literal {
		return contains(value, "*")
	}
	if fields := strings.Split(text, ":"); key == "s3:dataaccesspointarn" && len(fields) > 5 {
		text = fields[4]
	}
	if network, err := netip.ParsePrefix(text); err == nil {
		return network.Bits() < 8 || network.Addr().Is6() && network.Bits() < 32
	}
	return strings.ContainsAny(text, "*?") || strings.Contains(text, "${")
}

// isAnyone tells whether a principal is "*", or may be by a condition of the template.
func isAnyone(principal any) bool {
	switch v := principal.(type) {
	case string:
		return v == "*"
	case []any:
		return slices.ContainsFunc(v, isAnyone)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), isAnyone)
	}
	return false
}

// contains tells whether a text occurs in a value, in what an intrinsic function computes it from, too.
func contains(value any, text string) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(v, text)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return contains(e, text) })
	case map[string]any:
		for _, inner := range v {
			if contains(inner, text) {
				return true
			}
		}
	}
	return false
}
