package bench

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/template"
)

const (
	templates = 200
	resources = 400
	// judgeLimit is how many times the decoding of the same bytes the judging may take.
	judgeLimit = 3.0
)

// BenchmarkJudge reads and judges 200 templates of 400 resources with all controls, from their bytes.
func BenchmarkJudge(b *testing.B) {
	data := corpus(b)
	all := controls.All()
	var decode, judge, evaluate time.Duration
	for range b.N {
		start := time.Now()
		for _, d := range data {
			var v any
			if err := json.Unmarshal(d, &v); err != nil {
				b.Fatal(err)
			}
		}
		decode += time.Since(start)

		start = time.Now()
		parsed := make([]*template.Template, len(data))
		for i, d := range data {
			t, err := template.Parse(fmt.Sprintf("T%d", i), d)
			if err != nil {
				b.Fatal(err)
			}
			parsed[i] = t
		}
		read := time.Since(start)
		result := controls.Evaluate(parsed, all, nil, time.Now())
		judge += time.Since(start)
		evaluate += time.Since(start) - read
		if len(result.Findings) < templates*10 {
			b.Fatalf("%d findings: the templates were not judged", len(result.Findings))
		}
	}
	b.ReportMetric(evaluate.Seconds()/decode.Seconds(), "evaluate-ratio")
	atMost(b, "judge-ratio", judge.Seconds()/decode.Seconds(), judgeLimit)
}

// corpus makes the templates: half of what they hold breaks a control, and as in a real app two of five resources are
// none of the controls' business.
func corpus(b *testing.B) [][]byte {
	b.Helper()
	data := make([][]byte, templates)
	for i := range data {
		all := map[string]any{}
		for n := 0; len(all) < resources; n++ {
			for id, r := range group(n) {
				if len(all) < resources {
					all[id] = r
				}
			}
		}
		text, err := json.MarshalIndent(map[string]any{"Resources": all}, "", " ") // as the CDK writes it
		if err != nil {
			b.Fatal(err)
		}
		data[i] = text
	}
	return data
}

type m = map[string]any

func group(n int) m {
	id := func(name string) string { return fmt.Sprintf("%s%d8A6C2D1F", name, n) }
	arn := func(name string) m { return m{"Fn::GetAtt": []any{id(name), "Arn"}} }
	of := func(name, cfnType string, properties m) m {
		return m{"Type": cfnType, "Properties": properties, "Metadata": m{"aws:cdk:path": "Prod/Data/" + name + fmt.Sprint(n) + "/Resource"}}
	}
	g := m{
		id("Key"): of("Key", "AWS::KMS::Key", m{"EnableKeyRotation": n%2 == 0, "KeyPolicy": m{"Version": "2012-10-17", "Statement": []any{
			m{"Effect": "Allow", "Principal": m{"AWS": m{"Fn::Join": []any{"", []any{"arn:", m{"Ref": "AWS::Partition"}, ":iam::111111111111:root"}}}}, "Action": "kms:*", "Resource": "*"},
		}}}),
		id("Bucket"): of("Bucket", "AWS::S3::Bucket", m{}),
		id("Policy"): of("Policy", "AWS::S3::BucketPolicy", m{"Bucket": m{"Ref": id("Bucket")}, "PolicyDocument": m{"Version": "2012-10-17", "Statement": []any{
			m{"Effect": "Deny", "Principal": m{"AWS": "*"}, "Action": "s3:*", "Condition": m{"Bool": m{"aws:SecureTransport": "false"}},
				"Resource": []any{arn("Bucket"), m{"Fn::Join": []any{"", []any{arn("Bucket"), "/*"}}}}},
		}}}),
		id("Project"):  of("Project", "AWS::CodeBuild::Project", m{"Artifacts": m{"Type": "NO_ARTIFACTS"}, "Environment": m{"ComputeType": "BUILD_GENERAL1_SMALL", "Type": "LINUX_CONTAINER"}, "EncryptionKey": "alias/aws/s3", "ServiceRole": arn("Role")}),
		id("Function"): of("Function", "AWS::Lambda::Function", m{"Handler": "index.handler", "Runtime": "nodejs22.x", "Role": arn("Role"), "Environment": m{"Variables": m{"TABLE": m{"Ref": id("Table")}}}}),
		id("Role"): of("Role", "AWS::IAM::Role", m{"AssumeRolePolicyDocument": m{"Version": "2012-10-17", "Statement": []any{
			m{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": m{"Service": "lambda.amazonaws.com"}},
		}}}),
		id("RolePolicy"): of("RolePolicy", "AWS::IAM::Policy", m{"PolicyName": id("RolePolicy"), "Roles": []any{m{"Ref": id("Role")}}, "PolicyDocument": m{"Version": "2012-10-17", "Statement": []any{
			m{"Effect": "Allow", "Action": []any{"s3:GetObject*", "s3:GetBucket*", "s3:List*"}, "Resource": []any{arn("Bucket"), m{"Fn::Join": []any{"", []any{arn("Bucket"), "/*"}}}}},
		}}}),
		id("Topic"):      of("Topic", "AWS::SNS::Topic", m{"KmsMasterKeyId": arn("Key")}),
		id("Queue"):      of("Queue", "AWS::SQS::Queue", m{"KmsMasterKeyId": arn("Key")}),
		id("Logs"):       of("Logs", "AWS::Logs::LogGroup", m{"RetentionInDays": 731}),
		id("Table"):      of("Table", "AWS::DynamoDB::Table", m{"KeySchema": []any{m{"AttributeName": "id", "KeyType": "HASH"}}, "SSESpecification": m{"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": arn("Key")}}),
		id("Alarm"):      of("Alarm", "AWS::CloudWatch::Alarm", m{"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1, "AlarmActions": []any{m{"Ref": id("Topic")}}}),
		id("Rule"):       of("Rule", "AWS::Events::Rule", m{"EventPattern": m{"source": []any{"aws.codecommit"}}, "State": "ENABLED"}),
		id("Permission"): of("Permission", "AWS::Lambda::Permission", m{"Action": "lambda:InvokeFunction", "FunctionName": arn("Function"), "Principal": "events.amazonaws.com"}),
	}
	if n%2 == 0 {
		g[id("Bucket")] = of("Bucket", "AWS::S3::Bucket", m{
			"VersioningConfiguration":        m{"Status": "Enabled"},
			"PublicAccessBlockConfiguration": m{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
			"LoggingConfiguration":           m{"DestinationBucketName": m{"Ref": fmt.Sprintf("Bucket%d8A6C2D1F", n+1)}},
			"BucketEncryption":               m{"ServerSideEncryptionConfiguration": []any{m{"ServerSideEncryptionByDefault": m{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn("Key")}}}},
		})
		delete(g[id("Project")].(m)["Properties"].(m), "EncryptionKey")
	}
	return g
}
