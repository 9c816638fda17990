package controls

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/securecdk/securecdk/controls/template"
)

const (
	benchTemplates = 200
	benchResources = 400
)

// BenchmarkDecode is the yardstick: what encoding/json takes to decode the templates that BenchmarkJudge judges.
func BenchmarkDecode(b *testing.B) {
	docs := benchDocs(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, data := range docs {
			var v any
			if err := json.Unmarshal(data, &v); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkJudge parses 200 templates of 400 resources and judges them together by all controls.
func BenchmarkJudge(b *testing.B) {
	docs := benchDocs(b)
	b.ReportAllocs()
	for b.Loop() {
		judgeDocs(b, docs)
	}
}

// BenchmarkParse is the share of BenchmarkJudge that goes into reading.
func BenchmarkParse(b *testing.B) {
	docs := benchDocs(b)
	b.ReportAllocs()
	for b.Loop() {
		parseDocs(b, docs)
	}
}

func TestTheBenchmarkJudgesWhatItSays(t *testing.T) {
	result := judgeDocs(t, benchDocs(t)[:2])
	for _, v := range []Verdict{Compliant, NonCompliant, NotApplicable, Unknown} {
		if result.Count(v) == 0 {
			t.Errorf("no finding is %s", v)
		}
	}
	if n := len(result.Findings); n < benchResources {
		t.Errorf("%d findings only", n)
	}
}

func parseDocs(tb testing.TB, docs [][]byte) []*template.Template {
	templates := make([]*template.Template, len(docs))
	for i, data := range docs {
		var err error
		if templates[i], err = template.Parse(fmt.Sprintf("Stack%03d.template.json", i), data); err != nil {
			tb.Fatal(err)
		}
	}
	return templates
}

func judgeDocs(tb testing.TB, docs [][]byte) *Result {
	return Evaluate(parseDocs(tb, docs), All(), nil, day)
}

// benchDocs makes templates with the mix of resources that a CDK app has: for each bucket, topic or function the
// policies, roles and permissions that the CDK puts beside it.
func benchDocs(tb testing.TB) [][]byte {
	docs := make([][]byte, benchTemplates)
	for i := range docs {
		data, err := json.MarshalIndent(benchTemplate(i), "", " ")
		if err != nil {
			tb.Fatal(err)
		}
		docs[i] = data
	}
	return docs
}

type object = map[string]any

func benchTemplate(i int) object {
	resources := object{}
	add := func(id, resourceType string, properties object) {
		resources[id] = object{
			"Type": resourceType, "Properties": properties, "UpdateReplacePolicy": "Retain", "DeletionPolicy": "Retain",
			"Metadata": object{"aws:cdk:path": fmt.Sprintf("App/Stack%03d/%s/Resource", i, id)},
		}
	}
	add("Key", "AWS::KMS::Key", object{"EnableKeyRotation": true, "KeyPolicy": policyDocument(statementFor("kms:*", "*"))})
	add("Logs", bucketType, object{"VersioningConfiguration": object{"Status": "Enabled"}})
	for n := 0; len(resources) < benchResources; n++ {
		benchGroup(add, i, n)
	}
	doc := object{
		"Resources": resources,
		"Outputs": object{"Key": object{
			"Value":  getAtt("Key", "Arn"),
			"Export": object{"Name": fmt.Sprintf("Stack%03d:ExportsOutputFnGetAttKeyArn", i)},
		}},
		"Parameters": object{"BootstrapVersion": object{
			"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version",
		}},
	}
	return doc
}

// benchGroup adds ten resources of ten kinds.
func benchGroup(add func(string, string, object), i, n int) {
	id := func(kind string) string { return fmt.Sprintf("%s%03d", kind, n) }
	key := getAtt("Key", "Arn")
	if n%5 == 1 {
		key = object{"Fn::ImportValue": fmt.Sprintf("Stack%03d:ExportsOutputFnGetAttKeyArn", (i+1)%benchTemplates)}
	}
	if n%5 == 2 {
		key = object{"Fn::ImportValue": "Elsewhere:ExportsOutputKey"}
	}
	bucket := object{
		"BucketEncryption": object{"ServerSideEncryptionConfiguration": []any{object{
			"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
		}}},
		"PublicAccessBlockConfiguration": object{
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
		},
		"LoggingConfiguration": object{"DestinationBucketName": object{"Ref": "Logs"}, "LogFilePrefix": id("Bucket")},
	}
	if n%3 > 0 {
		bucket["VersioningConfiguration"] = object{"Status": "Enabled"}
	}
	add(id("Bucket"), bucketType, bucket)
	deny := statementFor("s3:*", getAtt(id("Bucket"), "Arn"), joined(getAtt(id("Bucket"), "Arn"), "/*"))
	deny["Effect"], deny["Principal"] = "Deny", object{"AWS": "*"}
	deny["Condition"] = object{"Bool": object{"aws:SecureTransport": "false"}}
	add(id("Policy"), bucketPolicyType, object{"Bucket": object{"Ref": id("Bucket")}, "PolicyDocument": policyDocument(deny)})
	add(id("Role"), "AWS::IAM::Role", object{
		"AssumeRolePolicyDocument": policyDocument(object{
			"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": object{"Service": "lambda.amazonaws.com"},
		}),
		"ManagedPolicyArns": []any{joined("arn:", object{"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole")},
	})
	add(id("Grants"), "AWS::IAM::Policy", object{
		"PolicyName": id("Grants"), "Roles": []any{object{"Ref": id("Role")}},
		"PolicyDocument": policyDocument(
			statementFor("s3:GetObject*", getAtt(id("Bucket"), "Arn"), joined(getAtt(id("Bucket"), "Arn"), "/*")),
			statementFor("kms:Decrypt", key), statementFor("sqs:SendMessage", getAtt(id("Queue"), "Arn")),
		),
	})
	add(id("Function"), "AWS::Lambda::Function", object{
		"Handler": "bootstrap", "Runtime": "provided.al2023", "Architectures": []any{"arm64"}, "MemorySize": 512, "Timeout": 30,
		"Code": object{"S3Bucket": object{"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "0a1b2c3d4e5f.zip"},
		"Role": getAtt(id("Role"), "Arn"), "KmsKeyArn": key,
		"Environment": object{"Variables": object{"BUCKET": object{"Ref": id("Bucket")}, "QUEUE": object{"Ref": id("Queue")}}},
		"VpcConfig":   object{"SubnetIds": []any{"subnet-0a1b2c3d", "subnet-4e5f6a7b"}, "SecurityGroupIds": []any{"sg-0a1b2c3d"}},
	})
	add(id("LogGroup"), "AWS::Logs::LogGroup", object{"RetentionInDays": 365, "KmsKeyId": key})
	add(id("Queue"), "AWS::SQS::Queue", object{"KmsMasterKeyId": key, "MessageRetentionPeriod": 1209600})
	add(id("QueuePolicy"), "AWS::SQS::QueuePolicy", object{
		"Queues": []any{object{"Ref": id("Queue")}}, "PolicyDocument": policyDocument(statementFor("sqs:*", getAtt(id("Queue"), "Arn"))),
	})
	add(id("Topic"), "AWS::SNS::Topic", object{"KmsMasterKeyId": "alias/aws/sns"})
	add(id("Permission"), "AWS::Lambda::Permission", object{
		"Action": "lambda:InvokeFunction", "FunctionName": getAtt(id("Function"), "Arn"), "Principal": "sns.amazonaws.com",
		"SourceArn": object{"Ref": id("Topic")},
	})
}

func policyDocument(statements ...any) object {
	return object{"Version": "2012-10-17", "Statement": statements}
}

func statementFor(action string, resources ...any) object {
	return object{"Effect": "Allow", "Action": action, "Resource": resources}
}

func getAtt(id, attribute string) object { return object{"Fn::GetAtt": []any{id, attribute}} }

func joined(parts ...any) object { return object{"Fn::Join": []any{"", parts}} }
