package aspects

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/securecdk/securecdk/internal/bulk"
	"github.com/securecdk/securecdk/internal/fault"
)

// KmsEncryptionProps configures NewKmsEncryption.
type KmsEncryptionProps struct {
	// Keys gives a stack its key. Default KeyPerStack(nil).
	Keys KeyProvider
	// Replacements name the resources that may be replaced to get the key. Default none.
	Replacements []*ReplacementConsent
}

// ReplacementConsent lets a fix replace resources that are already deployed, or that are not deployed yet and so lose
// nothing. An ECR repository gets its encryption only when it is created: a new one takes its place and the images of the
// old one are gone.
type ReplacementConsent struct {
	// Path is the construct path of the resource ("Prod/Data/Images/Resource"), or of a construct with /** for all below it.
	Path *string
	// Reason says why nothing is lost: "not deployed yet", "images are rebuilt nightly".
	Reason *string
}

// encryption is how one control's resources get their key.
type encryption struct {
	service string // endpoint name of the service in kms:ViaService
	impact  Impact
	// set writes the setting; it returns false when it left the resource, and has said why.
	set func(r *run, res *bulk.Resource, key *keyUse) bool
}

// encryptions is the table of the CMK controls.
var encryptions = map[string]encryption{
	"S3.CMK":             {"s3", NoInterruption, encryptBucket},
	"SNS.CMK":            {"sns", NoInterruption, keyIn("KmsMasterKeyId")},
	"SQS.CMK":            {"sqs", NoInterruption, keyIn("KmsMasterKeyId")},
	"LOGS.CMK":           {"logs", NoInterruption, keyIn("KmsKeyId")},
	"CODEBUILD.CMK":      {"codebuild", NoInterruption, encryptProject},
	"CODEPIPELINE.CMK":   {"codepipeline", NoInterruption, encryptArtifacts},
	"LAMBDA.CMK":         {"lambda", NoInterruption, keyIn("KmsKeyArn")},
	"DYNAMODB.CMK":       {"dynamodb", SomeInterruption, encryptTable},
	"SECRETSMANAGER.CMK": {"secretsmanager", NoInterruption, keyIn("KmsKeyId")},
	"ECR.CMK":            {"ecr", Replacement, encryptRepository},
}

// NewKmsEncryption encrypts with the stack's customer managed key what holds data and has none: buckets, topics, queues,
// log groups, build projects, pipelines, function environments, tables, secrets and image repositories (controls S3.CMK,
// SNS.CMK, SQS.CMK, LOGS.CMK, CODEBUILD.CMK, CODEPIPELINE.CMK, LAMBDA.CMK, DYNAMODB.CMK, SECRETSMANAGER.CMK, ECR.CMK).
//
// A key takes access away from everyone who was granted the resource and not the key. So the key's policy gets, for each
// service that it serves here, what keeps the app working: principals of the account may use it through that service,
// principals of other accounts and services that a resource's policy lets in may too, and so may the services that
// publish to topics and queues. See KeyPerStack.
func NewKmsEncryption(props *KmsEncryptionProps) *Aspect {
	p := KmsEncryptionProps{}
	if props != nil {
		p = *props
	}
	if p.Keys == nil {
		p.Keys = KeyPerStack(nil)
	}
	for _, c := range p.Replacements {
		if c == nil || c.Path == nil || c.Reason == nil || strings.TrimSpace(*c.Reason) == "" {
			panic(fault.New("", "Replacements", nil, "a Path and a Reason for each", "say which resource may be replaced and why nothing is lost"))
		}
	}
	return newAspect(func(r *run, res *bulk.Resource) { encrypt(r, res, p) },
		[]string{
			"AWS::IAM::Role", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::SecretsManager::ResourcePolicy",
			"AWS::ElasticLoadBalancing::LoadBalancer", "AWS::ElasticLoadBalancingV2::LoadBalancer",
		},
		"S3.CMK", "SNS.CMK", "SQS.CMK", "LOGS.CMK", "CODEBUILD.CMK", "CODEPIPELINE.CMK", "LAMBDA.CMK", "DYNAMODB.CMK", "SECRETSMANAGER.CMK", "ECR.CMK")
}

func encrypt(r *run, res *bulk.Resource, props KmsEncryptionProps) {
	e := encryptions[r.finding.Control.ID]
	if r.targets[res] {
		return // S3 delivers access logs to SSE-S3 buckets only
	}
	if e.impact == Replacement && !consented(props.Replacements, res.Path) {
		r.leave(res, "the key can be set only when the resource is created, so setting it now replaces a deployed one and its data is lost. Set the key on the construct, or consent with BaselineProps.Replacements.")
		return
	}
	key := r.keyOf(props.Keys, r.StackOf(res).Top)
	if e.set(r, res, key) {
		key.serve(r, e.service, res)
	}
}

func consented(consents []*ReplacementConsent, path string) bool {
	for _, c := range consents {
		root, subtree := strings.CutSuffix(*c.Path, "/**")
		if path == root || subtree && strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}

const keyNote = "the stack's customer managed key"

// keyIn is the setting of a service that takes the key in one property and applies it without interruption.
func keyIn(cfnName string) func(*run, *bulk.Resource, *keyUse) bool {
	return func(r *run, res *bulk.Resource, key *keyUse) bool {
		r.set(res, newProperty(cfnName, key.arn, keyNote), NoInterruption)
		return true
	}
}

func encryptBucket(r *run, bucket *bulk.Resource, key *keyUse) bool {
	if r.receivesLoadBalancerLogs(bucket) {
		r.leave(bucket, "Elastic Load Balancing delivers access logs to buckets with SSE-S3 only. Record an exception for it.")
		return false
	}
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
	return true
}

// receivesLoadBalancerLogs: Elastic Load Balancing User Guide, "Enable access logs": "The only server-side encryption option
// that's supported is Amazon S3-managed keys".
func (r *run) receivesLoadBalancerLogs(bucket *bulk.Resource) bool {
	for _, res := range r.Resources {
		switch res.Type {
		case "AWS::ElasticLoadBalancingV2::LoadBalancer":
			for _, a := range list(res.Properties["LoadBalancerAttributes"]) {
				attribute, _ := a.(map[string]any)
				if name, _ := attribute["Key"].(string); strings.HasSuffix(name, "_logs.s3.bucket") && r.resourceOf(res, attribute["Value"]) == bucket {
					return true
				}
			}
		case "AWS::ElasticLoadBalancing::LoadBalancer":
			policy, _ := res.Properties["AccessLoggingPolicy"].(map[string]any)
			if r.resourceOf(res, policy["S3BucketName"]) == bucket && policy != nil {
				return true
			}
		}
	}
	return false
}

// encryptProject also lets the project's role use the key: CodeBuild encrypts what a build leaves behind as that role.
func encryptProject(r *run, project *bulk.Resource, key *keyUse) bool {
	if strings.HasSuffix(r.finding.Property, ".EncryptionDisabled") {
		r.leave(project, "%s switches encryption off, whatever the key. Leave it out.", r.finding.Property)
		return false
	}
	role := r.resourceOf(project, project.Properties["ServiceRole"])
	if role == nil || role.Type != "AWS::IAM::Role" || role.Outside {
		r.leave(project, "its service role is imported and can't be given the key. Set the project's EncryptionKey and let that role use the key.")
		return false
	}
	key.allowBuild(r, role)
	r.set(project, newProperty("EncryptionKey", key.arn, keyNote), NoInterruption)
	return true
}

// encryptArtifacts sets the key of the artifact store in the stack's own region; a key serves one region only.
func encryptArtifacts(r *run, pipeline *bulk.Resource, key *keyUse) bool {
	setting := map[string]any{"Id": key.arn, "Type": "KMS"}
	if pipeline.Properties["ArtifactStore"] != nil {
		r.override(pipeline, "ArtifactStore.EncryptionKey", setting, NoInterruption)
		return true
	}
	region, fixed := r.StackOf(pipeline).Region, false
	for i, s := range list(pipeline.Properties["ArtifactStores"]) {
		entry, _ := s.(map[string]any)
		store, _ := entry["ArtifactStore"].(map[string]any)
		switch {
		case store["EncryptionKey"] != nil:
		case region != "" && entry["Region"] == region:
			r.override(pipeline, fmt.Sprintf("ArtifactStores.%d.ArtifactStore.EncryptionKey", i), setting, NoInterruption)
			fixed = true
		default:
			r.leave(pipeline, "the artifact store of region %v needs a key of that region. Set its EncryptionKey where the pipeline names its replication buckets.", entry["Region"])
		}
	}
	return fixed
}

func encryptTable(r *run, table *bulk.Resource, key *keyUse) bool {
	if table.Type == "AWS::Serverless::SimpleTable" {
		r.leave(table, "the CDK's CfnSimpleTable takes no key. Use awsdynamodb.TableV2, or add a property override of SSESpecification.")
		return false
	}
	if table.Type == "AWS::DynamoDB::GlobalTable" {
		return encryptGlobalTable(r, table, key)
	}
	r.set(table, property{
		name: "sseSpecification", cfnName: "SSESpecification", description: keyNote,
		value: map[string]any{"sseEnabled": true, "sseType": "KMS", "kmsMasterKeyId": key.arn},
		cfn:   map[string]any{"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key.arn},
	}, SomeInterruption)
	return true
}

func encryptGlobalTable(r *run, table *bulk.Resource, key *keyUse) bool {
	if len(list(table.Properties["Replicas"])) != 1 {
		r.leave(table, "each replica needs a key of its own region. Set Encryption: awsdynamodb.TableEncryptionV2_CustomerManagedKey(…) with the replicas' keys.")
		return false
	}
	r.override(table, "SSESpecification", map[string]any{"SSEEnabled": true, "SSEType": "KMS"}, SomeInterruption)
	r.override(table, "Replicas.0.SSESpecification", map[string]any{"KMSMasterKeyId": key.arn}, SomeInterruption)
	return true
}

func encryptRepository(r *run, repository *bulk.Resource, key *keyUse) bool {
	r.set(repository, newProperty("EncryptionConfiguration", map[string]any{"encryptionType": "KMS", "kmsKey": key.arn}, keyNote), Replacement)
	return true
}
