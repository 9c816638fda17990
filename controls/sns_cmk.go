package controls

var snsCMK = &Control{
	ID:    "SNS.CMK",
	Title: "SNS topics are encrypted with a customer managed KMS key",
	Story: "As a data owner I want messages encrypted with a key that my organization manages so that who may" +
		" read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a topic with a key of the same stack", Compliant, "SNS.CMK/key.compliant.yaml"),
		judged("a topic without key", NonCompliant, "SNS.CMK/missing.non-compliant.yaml"),
		judged("a topic with the AWS managed key", NonCompliant, "SNS.CMK/aws-managed.non-compliant.yaml"),
		judged("a topic with the AWS managed key, its alias put together from the partition", NonCompliant, "SNS.CMK/alias-partition.non-compliant.yaml"),
		judged("a topic whose key is a parameter without default", Unknown, "SNS.CMK/parameter.unknown.yaml"),
		accepted("a topic of heartbeats", "SNS.CMK/heartbeat.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::SNS::Topic"},
	Rationale: "Messages wait in the topic until they are delivered. What publishes to an encrypted topic needs" +
		" kms:Decrypt and kms:GenerateDataKey* on the key; AWS services can be given these in the policy of" +
		" a customer managed key only. An AWS managed key (alias/aws/…) doesn't meet this: its policy can't" +
		" be changed, and any principal of the account may use it through the service.",
	Remedy: "CDK: TopicProps.MasterKey: key. CloudFormation: KmsMasterKeyId: !GetAtt Key.Arn.",
	Mappings: []Mapping{
		{SecurityHub, []string{"SNS.1"}},
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
		{CDKNag, []string{"NIST.800.53.R5-SNSEncryptedKMS"}},
		{AWSConfig, []string{"SNS_ENCRYPTED_KMS"}},
	},
	Check: requireKeys(keyPlace{key: "KmsMasterKeyId"}),
}
