package judge

import "strings"

// isLogTarget says whether a bucket of the assembly sends its access logs to this one. S3 delivers access logs only to
// buckets that use SSE-S3, and a log bucket that logs its own access would never stop.
func (r *Resource) isLogTarget() bool {
	for _, t := range r.template.assembly.Templates {
		for _, bucket := range t.ofType("AWS::S3::Bucket") {
			destination := dig(bucket.Properties, "LoggingConfiguration", "DestinationBucketName")
			if destination == nil || bucket == r {
				continue
			}
			to := t.resolve(destination)
			if to.resource == r || to.text != "" && to.text == text(r.Properties["BucketName"]) {
				return true
			}
		}
	}
	return false
}

func bucketKey(r *Resource) string {
	defaults := list(dig(r.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration"))
	if r.isLogTarget() {
		for _, d := range defaults {
			if dig(d, "ServerSideEncryptionByDefault", "SSEAlgorithm") != "AES256" {
				return "access logs can't be delivered here: the target must use SSE-S3"
			}
		}
		return ""
	}
	if len(defaults) == 0 {
		return "BucketEncryption is missing"
	}
	for _, d := range defaults {
		algorithm := text(dig(d, "ServerSideEncryptionByDefault", "SSEAlgorithm"))
		if !strings.HasPrefix(algorithm, "aws:kms") {
			return "SSEAlgorithm is not aws:kms"
		}
		if m := r.cmk(dig(d, "ServerSideEncryptionByDefault", "KMSMasterKeyID"), "KMSMasterKeyID"); m != "" {
			return m
		}
	}
	return ""
}

func bucketVersioning(r *Resource) string {
	if dig(r.Properties, "VersioningConfiguration", "Status") != "Enabled" {
		return "not versioned"
	}
	return ""
}

func bucketLogging(r *Resource) string {
	destination := dig(r.Properties, "LoggingConfiguration", "DestinationBucketName")
	if destination == nil {
		if r.isLogTarget() {
			return ""
		}
		return "access is not logged"
	}
	if r.template.resolve(destination).resource == r {
		return "logs its own access to itself"
	}
	return ""
}

func bucketPublic(r *Resource) string {
	block := r.Properties["PublicAccessBlockConfiguration"]
	for _, key := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		if !isTrue(dig(block, key)) {
			return "can be made public: " + key + " is not true"
		}
	}
	if acl := text(r.Properties["AccessControl"]); strings.HasPrefix(acl, "Public") || acl == "AuthenticatedRead" {
		return "AccessControl is " + acl
	}
	for _, statement := range r.policyStatements() {
		if dig(statement, "Effect") == "Allow" && everyone(dig(statement, "Principal")) && dig(statement, "Condition") == nil {
			return "the bucket policy lets everyone in"
		}
	}
	return ""
}

// bucketTLS demands one statement that denies everything to everyone, on the bucket and on its objects, when the
// request is not made over TLS, and that depends on nothing else.
func bucketTLS(r *Resource) string {
	for _, statement := range r.policyStatements() {
		if r.deniesPlainHTTP(statement) {
			return ""
		}
	}
	return "no statement denies s3:* without TLS on the bucket and its objects"
}

func (r *Resource) deniesPlainHTTP(statement any) bool {
	if dig(statement, "Effect") != "Deny" || !everyone(dig(statement, "Principal")) {
		return false
	}
	if !contains(dig(statement, "Action"), "s3:*") && !contains(dig(statement, "Action"), "*") {
		return false
	}
	condition, _ := dig(statement, "Condition").(map[string]any)
	transport, _ := condition["Bool"].(map[string]any)
	if len(condition) != 1 || len(transport) != 1 {
		return false
	}
	if v := transport["aws:SecureTransport"]; v != "false" && v != false {
		return false
	}
	bucket, objects := false, false
	for _, resource := range oneOrMany(dig(statement, "Resource")) {
		to := r.template.resolve(resource)
		bucket = bucket || to.resource == r || to.text == "*" || r.isARN(to.text, "")
		objects = objects || to.text == "*" || r.isARN(to.text, "/*")
	}
	return bucket && objects
}

// isARN says whether a text is the bucket's ARN with a suffix, in one of the ways in which templates put it together.
func (r *Resource) isARN(text, suffix string) bool {
	id := r.LogicalID
	switch {
	case text == "${"+id+"}/*" && suffix == "/*": // Fn::GetAtt inside a Fn::Join
		return true
	case text == "${"+id+".Arn}"+suffix: // Fn::Sub
		return true
	}
	return strings.HasSuffix(text, ":s3:::${"+id+"}"+suffix)
}

// policyStatements are the statements of every bucket policy of this bucket.
func (r *Resource) policyStatements() []any {
	var statements []any
	for _, policy := range r.template.ofType("AWS::S3::BucketPolicy") {
		to := r.template.resolve(policy.Properties["Bucket"])
		if to.resource != r && (to.text == "" || to.text != text(r.Properties["BucketName"])) {
			continue
		}
		statements = append(statements, oneOrMany(dig(policy.Properties, "PolicyDocument", "Statement"))...)
	}
	return statements
}

func everyone(principal any) bool {
	return principal == "*" || contains(dig(principal, "AWS"), "*")
}

func contains(v any, want string) bool {
	for _, e := range oneOrMany(v) {
		if e == want {
			return true
		}
	}
	return false
}

func oneOrMany(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}
