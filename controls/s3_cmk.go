package controls

var s3CMK = &Control{
	ID:    "S3.CMK",
	Title: "S3 buckets are encrypted with a customer managed KMS key",
	Story: "As a data owner I want objects encrypted with a key that my organization manages so that who may" +
		" read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a bucket with a key of the same stack", Compliant, "S3.CMK/key.compliant.yaml"),
		judged("a bucket with a key of another stack", Compliant, "S3.CMK/cross-stack.compliant"),
		judged("a bucket with the ARN of a key", Compliant, "S3.CMK/literal-arn.compliant.json"),
		judged("a bucket with an alias of the same stack", Compliant, "S3.CMK/alias.compliant.yaml"),
		judged("a bucket without encryption settings", NonCompliant, "S3.CMK/missing.non-compliant.yaml"),
		judged("a bucket with SSE-S3", NonCompliant, "S3.CMK/sse-s3.non-compliant.yaml"),
		judged("a bucket with the AWS managed key", NonCompliant, "S3.CMK/aws-managed.non-compliant.yaml"),
		judged("a bucket with KMS encryption that names no key", NonCompliant, "S3.CMK/no-key.non-compliant.yaml"),
		judged("a bucket that lets S3 deliver logs and everyone in the account write", NonCompliant, "S3.CMK/shared-log-bucket.non-compliant.yaml"),
		judged("a bucket that receives access logs and into which a role may write", NonCompliant, "S3.CMK/role-writes-to-log-bucket.non-compliant.yaml"),
		judged("a bucket that receives access logs and into which a role may write by a wildcard", NonCompliant, "S3.CMK/role-writes-by-wildcard.non-compliant.yaml"),
		judged("a bucket that receives access logs and into which a serverless function may write", NonCompliant, "S3.CMK/serverless-writes.non-compliant.yaml"),
		judged("a bucket that receives access logs and whose ACL is public", NonCompliant, "S3.CMK/public-log-bucket.non-compliant.yaml"),
		judged("a bucket whose policy lets S3 deliver to one object only", NonCompliant, "S3.CMK/delivery-to-one-object.non-compliant.yaml"),
		judged("a bucket that receives access logs", NotApplicable, "S3.CMK/log-target.not-applicable.yaml"),
		judged("a bucket that receives the access logs of another stack", NotApplicable, "S3.CMK/log-target-cross-stack.not-applicable"),
		judged("a bucket whose key is a parameter without default", Unknown, "S3.CMK/parameter.unknown.yaml"),
		judged("a bucket whose key nothing here exports", Unknown, "S3.CMK/import.unknown.yaml"),
		judged("a bucket whose key is exported in another stage only", Unknown, "S3.CMK/import-of-another-stage.unknown"),
		judged("a bucket whose key is exported twice", Unknown, "S3.CMK/ambiguous-import.unknown"),
		judged("a bucket whose key is read from Systems Manager", Unknown, "S3.CMK/ssm.unknown.yaml"),
		accepted("a bucket of public downloads", "S3.CMK/public-downloads.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::S3::Bucket"},
	Rationale: "A key of one's own adds a second lock: reading an object takes permission for the object and for" +
		" the key. An AWS managed key (alias/aws/…) doesn't meet this: its policy can't be changed, and any" +
		" principal of the account may use it through the service." + logTargetRule,
	Remedy: "CDK: BucketProps.EncryptionKey: key, with Encryption: awss3.BucketEncryption_KMS. CloudFormation:" +
		" BucketEncryption: {ServerSideEncryptionConfiguration: [{BucketKeyEnabled: true," +
		" ServerSideEncryptionByDefault: {SSEAlgorithm: aws:kms, KMSMasterKeyID: !GetAtt Key.Arn}}]}.",
	Mappings: []Mapping{
		{SecurityHub, []string{"S3.17"}},
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
		{PCI, []string{"v4.0.1/3.5.1"}},
		{CDKNag, []string{"NIST.800.53.R5-S3DefaultEncryptionKMS"}},
		{AWSConfig, []string{"S3_DEFAULT_ENCRYPTION_KMS"}},
	},
	Check: checkS3CMK,
}

var s3Key = requireKeys(keyPlace{
	list:    "BucketEncryption.ServerSideEncryptionConfiguration",
	method:  "ServerSideEncryptionByDefault.SSEAlgorithm",
	methods: []string{"aws:kms", "aws:kms:dsse"},
	key:     "ServerSideEncryptionByDefault.KMSMasterKeyID",
})

func checkS3CMK(p *Pass) {
	why, refused := p.logTarget()
	if why != "" {
		p.NotApplicable(why + ", and S3 delivers access logs only to buckets encrypted with SSE-S3")
		return
	}
	s3Key(p)
	p.note(refused)
}
