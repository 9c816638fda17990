package controls

var ecrCMK = &Control{
	ID:    "ECR.CMK",
	Title: "ECR repositories are encrypted with a customer managed KMS key",
	Story: "As a data owner I want images encrypted with a key that my organization manages so that who may" +
		" read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a repository with a key of the same stack", Compliant, "ECR.CMK/key.compliant.yaml"),
		judged("a repository without key", NonCompliant, "ECR.CMK/missing.non-compliant.yaml"),
		judged("a repository with the AWS managed key", NonCompliant, "ECR.CMK/aws-managed.non-compliant.yaml"),
		judged("a repository whose key is a parameter without default", Unknown, "ECR.CMK/parameter.unknown.yaml"),
		judged("a repository with AES256", NonCompliant, "ECR.CMK/aes256.non-compliant.yaml"),
		accepted("a deployed repository that a key would replace", "ECR.CMK/deployed.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::ECR::Repository"},
	Rationale: "Images are what runs in production. The key is set when the repository is created: changing it" +
		" later replaces the repository. An AWS managed key (alias/aws/…) doesn't meet this: its policy" +
		" can't be changed, and any principal of the account may use it through the service.",
	Remedy: "CDK: RepositoryProps.Encryption: awsecr.RepositoryEncryption_KMS() with EncryptionKey: key." +
		" CloudFormation: EncryptionConfiguration: {EncryptionType: KMS, KmsKey: !GetAtt Key.Arn}.",
	Mappings: []Mapping{
		{SecurityHub, []string{"ECR.5"}},
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
		{AWSConfig, []string{"ECR_REPOSITORY_CMK_ENCRYPTION_ENABLED"}},
	},
	Check: requireKeys(keyPlace{
		method:  "EncryptionConfiguration.EncryptionType",
		methods: []string{"KMS", "KMS_DSSE"},
		key:     "EncryptionConfiguration.KmsKey",
	}),
}
