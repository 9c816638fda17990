package controls

var sqsCMK = &Control{
	ID:    "SQS.CMK",
	Title: "SQS queues are encrypted with a customer managed KMS key",
	Story: "As a data owner I want messages encrypted with a key that my organization manages so that who may" +
		" read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a queue with a key of the same stack", Compliant, "SQS.CMK/key.compliant.yaml"),
		judged("a queue without key", NonCompliant, "SQS.CMK/missing.non-compliant.yaml"),
		judged("a queue with the AWS managed key", NonCompliant, "SQS.CMK/aws-managed.non-compliant.yaml"),
		judged("a queue whose key is a parameter without default", Unknown, "SQS.CMK/parameter.unknown.yaml"),
		judged("a queue with SSE-SQS", NonCompliant, "SQS.CMK/sse-sqs.non-compliant.yaml"),
		accepted("a queue of heartbeats", "SQS.CMK/heartbeat.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::SQS::Queue"},
	Rationale: "Messages stay in a queue for up to 14 days. SSE-SQS, the default, uses a key that SQS owns and" +
		" nobody can withhold. An AWS managed key (alias/aws/…) doesn't meet this: its policy can't be" +
		" changed, and any principal of the account may use it through the service.",
	Remedy: "CDK: QueueProps.EncryptionMasterKey: key. CloudFormation: KmsMasterKeyId: !GetAtt Key.Arn.",
	Mappings: []Mapping{
		{SecurityHub, []string{"SQS.1"}},
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
		{CDKNag, []string{"AwsSolutions-SQS2"}},
	},
	Check: requireKeys(keyPlace{key: "KmsMasterKeyId"}),
}
