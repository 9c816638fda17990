package controls

var logsCMK = &Control{
	ID:    "LOGS.CMK",
	Title: "CloudWatch log groups are encrypted with a customer managed KMS key",
	Story: "As a data owner I want logs encrypted with a key that my organization manages so that who may read" +
		" is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a log group with a key of the same stack", Compliant, "LOGS.CMK/key.compliant.yaml"),
		judged("a log group without key", NonCompliant, "LOGS.CMK/missing.non-compliant.yaml"),
		judged("a log group with the AWS managed key", NonCompliant, "LOGS.CMK/aws-managed.non-compliant.yaml"),
		judged("a log group whose key is a parameter without default", Unknown, "LOGS.CMK/parameter.unknown.yaml"),
		accepted("a log group of counters", "LOGS.CMK/counters.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::Logs::LogGroup"},
	Rationale: "Logs hold what programs were given: names, addresses, now and then a password. The key's policy" +
		" must let logs.<region>.amazonaws.com use it. An AWS managed key (alias/aws/…) doesn't meet this:" +
		" its policy can't be changed, and any principal of the account may use it through the service.",
	Remedy: "CDK: LogGroupProps.EncryptionKey: key. CloudFormation: KmsKeyId: !GetAtt Key.Arn.",
	Mappings: []Mapping{
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
		{CDKNag, []string{"NIST.800.53.R5-CloudWatchLogGroupEncrypted"}},
		{AWSConfig, []string{"CLOUDWATCH_LOG_GROUP_ENCRYPTED"}},
	},
	Check: requireKeys(keyPlace{key: "KmsKeyId"}),
}
