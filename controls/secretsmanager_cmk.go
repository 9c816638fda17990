package controls

var secretsManagerCMK = &Control{
	ID:    "SECRETSMANAGER.CMK",
	Title: "Secrets are encrypted with a customer managed KMS key",
	Story: "As a data owner I want secrets encrypted with a key that my organization manages so that who may" +
		" read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a secret with a key of the same stack", Compliant, "SECRETSMANAGER.CMK/key.compliant.yaml"),
		judged("a secret without key", NonCompliant, "SECRETSMANAGER.CMK/missing.non-compliant.yaml"),
		judged("a secret with the AWS managed key", NonCompliant, "SECRETSMANAGER.CMK/aws-managed.non-compliant.yaml"),
		judged("a secret whose key is a parameter without default", Unknown, "SECRETSMANAGER.CMK/parameter.unknown.yaml"),
		judged("a secret whose replica has no key", NonCompliant, "SECRETSMANAGER.CMK/replica.non-compliant.yaml"),
		accepted("a secret of a sandbox", "SECRETSMANAGER.CMK/sandbox.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::SecretsManager::Secret"},
	Rationale: "Without a key, Secrets Manager uses alias/aws/secretsmanager, which other accounts can't be let" +
		" use. A replica has a key of its own, of its region. An AWS managed key (alias/aws/…) doesn't meet" +
		" this: its policy can't be changed, and any principal of the account may use it through the" +
		" service.",
	Remedy: "CDK: SecretProps.EncryptionKey: key; in ReplicaRegions an EncryptionKey each. CloudFormation:" +
		" KmsKeyId: !GetAtt Key.Arn, and KmsKeyId in each entry of ReplicaRegions.",
	Mappings: []Mapping{
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
		{CDKNag, []string{"NIST.800.53.R5-SecretsManagerUsingKMSKey"}},
		{AWSConfig, []string{"SECRETSMANAGER_USING_CMK"}},
	},
	Check: requireKeys(
		keyPlace{key: "KmsKeyId"},
		keyPlace{list: "ReplicaRegions", optional: true, key: "KmsKeyId"},
	),
}
