package aspects

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/internal/bulk"
	"github.com/securecdk/securecdk/internal/fault"
)

// KmsEncryptionProps configures NewKmsEncryption.
type KmsEncryptionProps struct {
	// Keys gives a stack its key. Default KeyPerStack(nil).
	Keys KeyProvider
	// AccessLogs is the provider that NewBucketAccessLogging has: the buckets that it names get no key, whichever aspect
	// comes first. Not needed where the buckets show by themselves that they receive access logs. Default none.
	AccessLogs LogBucketProvider
	// Replacements name the resources that may be replaced to get the key. Default none.
	Replacements []*ReplacementConsent
}

// ReplacementConsent lets a fix replace resources that are already deployed, or that are not deployed yet and so lose
// nothing. An ECR repository gets its encryption only when it is created: a new one takes its place and the images of the
// old one are gone.
type ReplacementConsent struct {
	// Path is the construct path of the resource ("Prod/Data/Images/Resource", or "Prod/Data/Images" for short), or of a
	// construct with /** for all below it.
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
	// refuse says why the resource can't have a key without harm; "" when it can. Optional.
	refuse func(r *run, res *bulk.Resource, keys KeyProvider) string
}

// encryptions is the table of the CMK controls.
var encryptions = map[string]encryption{
	"S3.CMK":             {"s3", NoInterruption, encryptBucket, refuseBucket},
	"SNS.CMK":            {"sns", NoInterruption, keyIn("KmsMasterKeyId"), nil},
	"SQS.CMK":            {"sqs", NoInterruption, encryptQueue, nil},
	"LOGS.CMK":           {"logs", NoInterruption, keyIn("KmsKeyId"), nil},
	"CODEBUILD.CMK":      {"codebuild", NoInterruption, encryptProject, refuseProject},
	"CODEPIPELINE.CMK":   {"codepipeline", NoInterruption, encryptArtifacts, nil},
	"LAMBDA.CMK":         {"lambda", NoInterruption, keyIn("KmsKeyArn"), nil},
	"DYNAMODB.CMK":       {"dynamodb", SomeInterruption, encryptTable, refuseTable},
	"SECRETSMANAGER.CMK": {"secretsmanager", NoInterruption, keyIn("KmsKeyId"), nil},
	"ECR.CMK":            {"ecr", Replacement, encryptRepository, nil},
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
	a := newAspect(func(r *run, res *bulk.Resource) { encrypt(r, res, p) },
		append(sortedKeys(eventSources),
			"AWS::IAM::Role", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy", "AWS::SNS::TopicPolicy",
			"AWS::SNS::TopicInlinePolicy", "AWS::SecretsManager::ResourcePolicy", "AWS::ElasticLoadBalancing::LoadBalancer",
			"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::Redshift::Cluster", replicaType,
		),
		"S3.CMK", "SNS.CMK", "SQS.CMK", "LOGS.CMK", "CODEBUILD.CMK", "CODEPIPELINE.CMK", "LAMBDA.CMK", "DYNAMODB.CMK", "SECRETSMANAGER.CMK", "ECR.CMK")
	if p.AccessLogs != nil {
		a.beside = controlsOf(loggingControl)
	}
	a.prepare = func(r *run, findings []controls.Finding) {
		checkConsents(p.Replacements)
		r.noteUnencrypted(a, findings)
		if p.AccessLogs != nil {
			r.nameLogTargets(p.AccessLogs, findings)
		}
	}
	return a
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
	if e.refuse != nil {
		if why := e.refuse(r, res, props.Keys); why != "" {
			r.leave(res, "%s", why)
			return
		}
	}
	key := r.keyOf(props.Keys, r.StackOf(res).Top)
	if why := key.unknownTo(r, res); why != "" {
		r.leave(res, "%s. Set a key on it whose policy lets the same principals in.", why)
		return
	}
	if e.set(r, res, key) {
		key.serve(r, e.service, res)
	}
}

var consentPath = regexp.MustCompile(`^[^*]+(/\*\*)?$`)

// checkConsents panics on a consent that could match nothing, or that nobody gave a reason for.
func checkConsents(consents []*ReplacementConsent) {
	for i, c := range consents {
		field := fmt.Sprintf("Replacements[%d]", i)
		switch {
		case c == nil || c.Path == nil:
			panic(fault.New("", field+".Path", nil, "the construct path of a resource", "say which resource may be replaced"))
		case !consentPath.MatchString(*c.Path):
			panic(fault.New("", field+".Path", c.Path, "a construct path, or one with /** at its end", "name the resource, or the construct that holds it"))
		case c.Reason == nil || len(strings.TrimSpace(*c.Reason)) < 10:
			panic(fault.New("", field+".Reason", c.Reason, "a reason of 10 characters or more", "say why nothing is lost"))
		}
	}
}

func consented(consents []*ReplacementConsent, path string) bool {
	for _, c := range consents {
		root, subtree := strings.CutSuffix(*c.Path, "/**")
		if path == root || path == root+"/Resource" || subtree && strings.HasPrefix(path, root+"/") {
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

// encryptQueue also turns off SSE-SQS: SQS takes one kind of encryption (Amazon SQS Developer Guide, "Encryption at rest").
func encryptQueue(r *run, queue *bulk.Resource, key *keyUse) bool {
	if managed := queue.Properties["SqsManagedSseEnabled"]; managed != nil && managed != false && managed != "false" {
		r.set(queue, newProperty("SqsManagedSseEnabled", false, "false, since the queue has a key"), NoInterruption)
	}
	r.set(queue, newProperty("KmsMasterKeyId", key.arn, keyNote), NoInterruption)
	return true
}

func refuseProject(r *run, project *bulk.Resource, _ KeyProvider) string {
	if strings.HasSuffix(r.finding.Property, ".EncryptionDisabled") {
		return r.finding.Property + " switches encryption off, whatever the key. Leave it out."
	}
	role := r.roleOf(project, project.Properties["ServiceRole"])
	if why := r.refusal(role, r.StackOf(project).Top); why != "" {
		return why + ". Set the project's EncryptionKey and let that role use the key."
	}
	return ""
}

// encryptProject also lets the project's role use the key: CodeBuild encrypts what a build leaves behind as that role.
func encryptProject(r *run, project *bulk.Resource, key *keyUse) bool {
	key.allowBuild(r, project, r.roleOf(project, project.Properties["ServiceRole"]))
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

const replicaType = "Custom::DynamoDBReplica"

// refuseTable: the CDK's custom resource makes replicas of a Table that know no key but that of AWS
// (awsdynamodb.TableProps.ReplicationRegions), and a replica has the kind of encryption that the table has.
func refuseTable(r *run, table *bulk.Resource, _ KeyProvider) string {
	if table.Type == "AWS::Serverless::SimpleTable" {
		return "the CDK's CfnSimpleTable takes no key. Use awsdynamodb.TableV2, or add a property override of SSESpecification."
	}
	if table.Type == "AWS::DynamoDB::GlobalTable" && len(list(table.Properties["Replicas"])) != 1 {
		return "each replica needs a key of its own region. Set Encryption: awsdynamodb.TableEncryptionV2_CustomerManagedKey(…) with the replicas' keys."
	}
	for _, replica := range r.byType[replicaType] {
		if r.resourceOf(replica, replica.Properties["TableName"]) == table {
			return "replicas by ReplicationRegions can't have a customer managed key. Use awsdynamodb.NewTableV2 with a key for each region."
		}
	}
	return ""
}

func encryptTable(r *run, table *bulk.Resource, key *keyUse) bool {
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
	r.override(table, "SSESpecification", map[string]any{"SSEEnabled": true, "SSEType": "KMS"}, SomeInterruption)
	r.override(table, "Replicas.0.SSESpecification", map[string]any{"KMSMasterKeyId": key.arn}, SomeInterruption)
	return true
}

func encryptRepository(r *run, repository *bulk.Resource, key *keyUse) bool {
	r.set(repository, newProperty("EncryptionConfiguration", map[string]any{"encryptionType": "KMS", "kmsKey": key.arn}, keyNote), Replacement)
	return true
}
