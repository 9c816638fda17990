package controls

var dynamodbCMK = &Control{
	ID:    "DYNAMODB.CMK",
	Title: "DynamoDB tables are encrypted with a customer managed KMS key",
	Story: "As a data owner I want items encrypted with a key that my organization manages so that who may" +
		" read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a table with a key", Compliant, "DYNAMODB.CMK/key.compliant.yaml"),
		judged("a global table with a key in each region", Compliant, "DYNAMODB.CMK/global.compliant.json"),
		judged("a serverless table that takes its key from the template's Globals", Compliant, "DYNAMODB.CMK/simple-table-globals.compliant.yaml"),
		judged("a table without encryption settings", NonCompliant, "DYNAMODB.CMK/missing.non-compliant.yaml"),
		judged("a serverless table without encryption settings", NonCompliant, "DYNAMODB.CMK/simple-table.non-compliant.yaml"),
		judged("a table with the AWS managed key", NonCompliant, "DYNAMODB.CMK/aws-managed.non-compliant.yaml"),
		judged("a table whose encryption names no key", NonCompliant, "DYNAMODB.CMK/no-key.non-compliant.yaml"),
		judged("a global table with no key in one region", NonCompliant, "DYNAMODB.CMK/global-one-region.non-compliant.yaml"),
		judged("a table whose key is a parameter without default", Unknown, "DYNAMODB.CMK/parameter.unknown.yaml"),
		accepted("a table of public data", "DYNAMODB.CMK/public-catalogue.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable"},
	Rationale: "By default DynamoDB encrypts with a key that AWS owns and that appears in no log of yours." +
		" SSEEnabled without a key means alias/aws/dynamodb. A global table needs a key in the region of" +
		" each replica. An AWS managed key (alias/aws/…) doesn't meet this: its policy can't be changed," +
		" and any principal of the account may use it through the service.",
	Remedy: "CDK: TableProps.Encryption: awsdynamodb.TableEncryption_CUSTOMER_MANAGED with EncryptionKey: key;" +
		" TableV2: awsdynamodb.TableEncryptionV2_CustomerManagedKey(key, replicaKeyArns). CloudFormation:" +
		" SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !GetAtt Key.Arn}; in a global" +
		" table the KMSMasterKeyId stands in Replicas[].SSESpecification.",
	Mappings: []Mapping{
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
		{AWSConfig, []string{"DYNAMODB_TABLE_ENCRYPTED_KMS"}},
	},
	Check: checkDynamoDBCMK,
}

// SSEType may be missing: KMS is its only value.
var (
	tableKey = requireKeys(keyPlace{
		enabled: "SSESpecification.SSEEnabled",
		method:  "SSESpecification.SSEType",
		methods: []string{"KMS", ""},
		key:     "SSESpecification.KMSMasterKeyId",
	})
	globalTableKeys = requireKeys(
		keyPlace{
			enabled: "SSESpecification.SSEEnabled",
			method:  "SSESpecification.SSEType",
			methods: []string{"KMS", ""},
		},
		keyPlace{list: "Replicas", key: "SSESpecification.KMSMasterKeyId"},
	)
)

func checkDynamoDBCMK(p *Pass) {
	if p.Resource.Type == "AWS::DynamoDB::GlobalTable" {
		globalTableKeys(p)
		return
	}
	tableKey(p)
}
