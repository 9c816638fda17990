package iam

// use is an action on data and what the same caller then needs of the key.
type use struct {
	action string
	// object is appended to the resource's ARN.
	object string
	kms    []string
}

// service is how one kind of resource works with KMS.
type service struct {
	// via is the service's name in kms:ViaService.
	via  string
	uses []use
	// key returns the property that names the key.
	key func(resource) any
	// context is the encryption context that the service sends to KMS.
	context func(w *world, r resource) map[string]string
}

var (
	reads = []string{"kms:Decrypt"}
	// S3 decrypts when it assembles a multipart upload; SNS and SQS demand both of whoever publishes.
	both = []string{"kms:GenerateDataKey", "kms:Decrypt"}
)

// services by CloudFormation type. Sources: "Using server-side encryption with AWS KMS keys" (Amazon S3 User Guide),
// "Key management" (Amazon SNS and Amazon SQS Developer Guides), "DynamoDB encryption at rest", "Secret encryption and
// decryption in AWS Secrets Manager".
var services = map[string]service{
	"AWS::S3::Bucket": {
		via: "s3",
		uses: []use{
			{"s3:GetObject", "/key", reads}, {"s3:PutObject", "/key", both}, {"s3:DeleteObject", "/key", nil}, {"s3:ListBucket", "", nil},
		},
		key: func(r resource) any {
			for _, rule := range list(dig(r.properties, "BucketEncryption", "ServerSideEncryptionConfiguration")) {
				return dig(rule, "ServerSideEncryptionByDefault", "KMSMasterKeyID")
			}
			return nil
		},
		context: func(w *world, r resource) map[string]string {
			return map[string]string{"kms:EncryptionContext:aws:s3:arn": w.arn(r.id)}
		},
	},
	"AWS::SQS::Queue": {
		via: "sqs",
		uses: []use{
			{"sqs:SendMessage", "", both}, {"sqs:ReceiveMessage", "", reads}, {"sqs:DeleteMessage", "", nil},
		},
		key: property("KmsMasterKeyId"),
		context: func(w *world, r resource) map[string]string {
			return map[string]string{"kms:EncryptionContext:aws:sqs:arn": w.arn(r.id)}
		},
	},
	"AWS::SNS::Topic": {
		via:  "sns",
		uses: []use{{"sns:Publish", "", both}},
		key:  property("KmsMasterKeyId"),
		context: func(w *world, r resource) map[string]string {
			return map[string]string{"kms:EncryptionContext:aws:sns:topicArn": w.arn(r.id)}
		},
	},
	"AWS::DynamoDB::Table": {
		via:  "dynamodb",
		uses: []use{{"dynamodb:GetItem", "", reads}, {"dynamodb:Query", "", reads}, {"dynamodb:PutItem", "", reads}, {"dynamodb:UpdateItem", "", reads}},
		key:  func(r resource) any { return dig(r.properties, "SSESpecification", "KMSMasterKeyId") },
		context: func(w *world, r resource) map[string]string {
			return map[string]string{"kms:EncryptionContext:aws:dynamodb:tableName": w.name(r), "kms:EncryptionContext:aws:dynamodb:subscriberId": account}
		},
	},
	"AWS::SecretsManager::Secret": {
		via:  "secretsmanager",
		uses: []use{{"secretsmanager:GetSecretValue", "", reads}, {"secretsmanager:PutSecretValue", "", both}},
		key:  property("KmsKeyId"),
		context: func(w *world, r resource) map[string]string {
			return map[string]string{"kms:EncryptionContext:SecretARN": w.arn(r.id)}
		},
	},
}

func property(name string) func(resource) any {
	return func(r resource) any { return r.properties[name] }
}

// hidesSourceAccount are services that do not tell KMS or a topic for which account they publish: a policy that demands
// aws:SourceAccount of them shuts them out. EventBridge: "Amazon SNS, permissions" (Amazon EventBridge User Guide).
var hidesSourceAccount = map[string]bool{"events.amazonaws.com": true}
