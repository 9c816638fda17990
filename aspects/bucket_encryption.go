package aspects

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/internal/bulk"
)

const bucketControl = "S3.CMK"

// refuseBucket: who reads or writes a bucket without being able to use a key would be shut out by one, and what S3 can't
// replicate under a key would stay where it is.
func refuseBucket(r *run, bucket *bulk.Resource, keys KeyProvider) string {
	if why := refuseReaders(r, bucket); why != "" {
		return why
	}
	_, why := r.replicas(keys, bucket)
	return why
}

func refuseReaders(r *run, bucket *bulk.Resource) string {
	switch {
	case r.receivesLoadBalancerLogs(bucket):
		return "Elastic Load Balancing delivers access logs to buckets with SSE-S3 only. Record an exception for it."
	case r.receivesRedshiftLogs(bucket):
		return "Amazon Redshift delivers audit logs to buckets with SSE-S3 only. Record an exception for it, or send the logs to CloudWatch."
	}
	if acl := publicACL(bucket); acl != "" && !blocks(bucket, "IgnorePublicAcls") {
		return "its ACL is " + acl + ", and who reads without credentials can use no key. Remove AccessControl, or serve the objects through CloudFront with origin access control."
	}
	for _, s := range r.statementsOn(bucket) {
		switch {
		case !s.allows():
		case s.names("CanonicalUser", "") || s.names("AWS", ":iam::cloudfront:user/"):
			return "its policy lets in a canonical user or an origin access identity of CloudFront, which can use no key. Use origin access control (awscloudfrontorigins.S3BucketOrigin_WithOriginAccessControl)."
		case s.isAnonymous() && !blocks(bucket, "RestrictPublicBuckets"):
			return "its policy lets in anyone, or anyone in a network, and who reads without credentials can use no key. Name the principals, or serve the objects through CloudFront with origin access control."
		}
	}
	return ""
}

// blocks tells whether a bucket has one of the settings against public access.
func blocks(bucket *bulk.Resource, setting string) bool {
	block, _ := bucket.Properties["PublicAccessBlockConfiguration"].(map[string]any)
	return block[setting] == true || block[setting] == "true"
}

func encryptBucket(r *run, bucket *bulk.Resource, key *keyUse) bool {
	// Dual-layer encryption is stricter than what the control asks for, so it stays. It knows no bucket key, which
	// otherwise saves a KMS request an object.
	present, _ := json.Marshal(bucket.Properties["BucketEncryption"])
	algorithm, bucketKey := "aws:kms", true
	if strings.Contains(string(present), "aws:kms:dsse") {
		algorithm, bucketKey = "aws:kms:dsse", false
	}
	r.set(bucket, property{
		name: "bucketEncryption", cfnName: "BucketEncryption", description: keyNote,
		value: map[string]any{"serverSideEncryptionConfiguration": []any{map[string]any{
			"bucketKeyEnabled":              bucketKey,
			"serverSideEncryptionByDefault": map[string]any{"sseAlgorithm": algorithm, "kmsMasterKeyId": key.arn},
		}}},
		cfn: map[string]any{"ServerSideEncryptionConfiguration": []any{map[string]any{
			"BucketKeyEnabled":              bucketKey,
			"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": algorithm, "KMSMasterKeyID": key.arn},
		}}},
	}, NoInterruption)
	const rules = "ServerSideEncryptionConfiguration"
	for _, rule := range list(dig(bucket.Properties["BucketEncryption"], rules)) {
		if blocked := dig(rule, "BlockedEncryptionTypes"); blocked != nil {
			r.batch.Override(bucket, "BucketEncryption."+rules+".0.BlockedEncryptionTypes", blocked)
		}
	}
	replicas, _ := r.replicas(key.provider, bucket)
	for _, replica := range replicas {
		rule := fmt.Sprintf("ReplicationConfiguration.Rules.%d.", replica.rule)
		r.override(bucket, rule+"SourceSelectionCriteria.SseKmsEncryptedObjects", map[string]any{"Status": "Enabled"}, NoInterruption)
		r.override(bucket, rule+"Destination.EncryptionConfiguration", map[string]any{"ReplicaKmsKeyID": replica.key}, NoInterruption)
	}
	return true
}

// replica is a replication rule and the key that its replicas get.
type replica struct {
	rule int
	key  string
}

// replicas returns what a bucket's replication needs once its objects have a key: S3 replicates such objects only where
// the rule says so, and says under which key of the destination ("Replicating encrypted objects", Amazon S3 User Guide).
// The replication role may use both keys by their own policies, as every principal of the account.
func (r *run) replicas(keys KeyProvider, bucket *bulk.Resource) (found []replica, why string) {
	for i, rule := range list(dig(bucket.Properties["ReplicationConfiguration"], "Rules")) {
		status := dig(rule, "SourceSelectionCriteria", "SseKmsEncryptedObjects", "Status")
		if status == "Enabled" && dig(rule, "Destination", "EncryptionConfiguration", "ReplicaKmsKeyID") != nil {
			continue
		}
		target := r.keyOfReplicas(keys, bucket, r.resourceOf(bucket, dig(rule, "Destination", "Bucket")))
		if target == nil {
			return nil, "a replication rule of it needs the key of its destination. Set a key on the bucket, and SseKmsEncryptedObjects and KmsKey on its replication rules."
		}
		found = append(found, replica{i, target.arn})
	}
	if bucket.Properties["ReplicationConfiguration"] != nil && dig(bucket.Properties["ReplicationConfiguration"], "Rules") == nil {
		return nil, "its replication is an intrinsic function. Set a key on the bucket and on its replication rules."
	}
	return found, ""
}

// keyOfReplicas returns the guardrail key of a destination, or nil when it has another one or is in another environment.
func (r *run) keyOfReplicas(keys KeyProvider, source, destination *bulk.Resource) *keyUse {
	if destination == nil || destination.Type != source.Type || destination.Properties["ReplicationConfiguration"] != nil {
		return nil
	}
	from, to := r.StackOf(source), r.StackOf(destination)
	if from.Account != to.Account || from.Region != to.Region {
		return nil
	}
	if r.unencrypted[destination] && !r.targets[destination] && refuseReaders(r, destination) == "" {
		use := r.keyOf(keys, to.Top)
		use.serve(r, "s3", destination)
		return use
	}
	for _, rule := range list(dig(destination.Properties["BucketEncryption"], "ServerSideEncryptionConfiguration")) {
		present := r.resourceIn(destination.Stack, dig(rule, "ServerSideEncryptionByDefault", "KMSMasterKeyID"))
		if use := r.keys[to.Top]; use != nil && present != nil && present == r.paths[resourcePath(use.key)] {
			return use
		}
	}
	return nil
}

// receivesLoadBalancerLogs: Elastic Load Balancing User Guide, "Enable access logs": "The only server-side encryption option
// that's supported is Amazon S3-managed keys".
func (r *run) receivesLoadBalancerLogs(bucket *bulk.Resource) bool {
	for _, res := range r.byType["AWS::ElasticLoadBalancingV2::LoadBalancer"] {
		for _, a := range list(res.Properties["LoadBalancerAttributes"]) {
			attribute, _ := a.(map[string]any)
			if name, _ := attribute["Key"].(string); strings.HasSuffix(name, "_logs.s3.bucket") && r.isNamed(bucket, res, attribute["Value"]) {
				return true
			}
		}
	}
	for _, res := range r.byType["AWS::ElasticLoadBalancing::LoadBalancer"] {
		if r.isNamed(bucket, res, dig(res.Properties["AccessLoggingPolicy"], "S3BucketName")) {
			return true
		}
	}
	return false
}

// receivesRedshiftLogs: Amazon Redshift Management Guide, "Database audit logging": "You can use only Amazon S3-managed
// keys (SSE-S3) encryption".
func (r *run) receivesRedshiftLogs(bucket *bulk.Resource) bool {
	return slices.ContainsFunc(r.byType["AWS::Redshift::Cluster"], func(cluster *bulk.Resource) bool {
		return r.isNamed(bucket, cluster, dig(cluster.Properties["LoggingProperties"], "BucketName"))
	})
}

// isNamed tells whether a value of a resource is the name of the bucket.
func (r *run) isNamed(bucket, by *bulk.Resource, name any) bool {
	_, literal := name.(string)
	return r.resourceOf(by, name) == bucket || literal && name == bucket.Properties["BucketName"]
}

func dig(value any, keys ...string) any {
	for _, key := range keys {
		m, _ := value.(map[string]any)
		value = m[key]
	}
	return value
}
