package judge

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type m = map[string]any

func ref(id string) m { return m{"Ref": id} }
func arn(id string) m { return m{"Fn::GetAtt": []any{id, "Arn"}} }

// write makes an assembly of one stack and returns its folder.
func write(t *testing.T, resources m) string {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "manifest.json"), m{"artifacts": m{"S": m{
		"type": "aws:cloudformation:stack", "properties": m{"templateFile": "S.template.json"},
	}}})
	put(t, filepath.Join(dir, "S.template.json"), m{"Resources": resources})
	return dir
}

func put(t *testing.T, file string, doc any) {
	t.Helper()
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string) *Assembly {
	t.Helper()
	a, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func resource(cfnType string, properties m) m { return m{"Type": cfnType, "Properties": properties} }

// good is a template in which nothing is wrong. Each call makes a new one, to be broken.
func good() m {
	deny := m{
		"Effect": "Deny", "Principal": m{"AWS": "*"}, "Action": "s3:*",
		"Condition": m{"Bool": m{"aws:SecureTransport": "false"}},
		"Resource":  []any{arn("Bucket"), m{"Fn::Join": []any{"", []any{arn("Bucket"), "/*"}}}},
	}
	denyLogs := m{
		"Effect": "Deny", "Principal": "*", "Action": []any{"s3:*"},
		"Condition": m{"Bool": m{"aws:SecureTransport": false}},
		"Resource":  []any{arn("Logs"), m{"Fn::Sub": "${Logs.Arn}/*"}},
	}
	block := func() m {
		return m{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}
	}
	sse := func(algorithm string, key any) m {
		return m{"ServerSideEncryptionConfiguration": []any{m{"ServerSideEncryptionByDefault": m{"SSEAlgorithm": algorithm, "KMSMasterKeyID": key}}}}
	}
	return m{
		"Key":   resource("AWS::KMS::Key", m{"EnableKeyRotation": true}),
		"Alias": resource("AWS::KMS::Alias", m{"AliasName": "alias/mine", "TargetKeyId": arn("Key")}),
		"Bucket": resource("AWS::S3::Bucket", m{
			"BucketEncryption": sse("aws:kms", arn("Key")), "VersioningConfiguration": m{"Status": "Enabled"},
			"LoggingConfiguration": m{"DestinationBucketName": ref("Logs")}, "PublicAccessBlockConfiguration": block(),
		}),
		"BucketPolicy": resource("AWS::S3::BucketPolicy", m{"Bucket": ref("Bucket"), "PolicyDocument": m{"Statement": []any{deny}}}),
		"Logs": resource("AWS::S3::Bucket", m{
			"BucketEncryption": sse("AES256", nil), "VersioningConfiguration": m{"Status": "Enabled"},
			"PublicAccessBlockConfiguration": block(),
		}),
		"LogsPolicy": resource("AWS::S3::BucketPolicy", m{"Bucket": ref("Logs"), "PolicyDocument": m{"Statement": denyLogs}}),
		"Project": resource("AWS::CodeBuild::Project", m{
			"EncryptionKey": arn("Key"),
			"VpcConfig":     m{"VpcId": "vpc-1", "Subnets": []any{"subnet-1"}, "SecurityGroupIds": []any{"sg-1"}},
		}),
		"Function": resource("AWS::Lambda::Function", m{
			"Environment": m{"Variables": m{"A": "b"}}, "KmsKeyArn": arn("Key"),
			"VpcConfig": m{"SubnetIds": []any{"subnet-1"}, "SecurityGroupIds": []any{"sg-1"}},
		}),
		"Topic":    resource("AWS::SNS::Topic", m{"KmsMasterKeyId": ref("Alias")}),
		"Queue":    resource("AWS::SQS::Queue", m{"KmsMasterKeyId": arn("Key")}),
		"LogGroup": resource("AWS::Logs::LogGroup", m{"KmsKeyId": m{"Fn::Join": []any{"", []any{"arn:", ref("AWS::Partition"), ":kms:eu-west-1:111111111111:key/1"}}}}),
		"Secret":   resource("AWS::SecretsManager::Secret", m{"KmsKeyId": ref("Key")}),
		"Repo":     resource("AWS::ECR::Repository", m{"EncryptionConfiguration": m{"EncryptionType": "KMS", "KmsKey": arn("Key")}}),
		"Table":    resource("AWS::DynamoDB::Table", m{"SSESpecification": m{"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": arn("Key")}}),
		"Pipeline": resource("AWS::CodePipeline::Pipeline", m{"ArtifactStores": []any{
			m{"Region": "eu-west-1", "ArtifactStore": m{"EncryptionKey": m{"Id": arn("Key"), "Type": "KMS"}}},
			m{"Region": "eu-central-1", "ArtifactStore": m{"EncryptionKey": m{"Id": "arn:aws:kms:eu-central-1:1:alias/p", "Type": "KMS"}}},
		}}),
		"Asymmetric": resource("AWS::KMS::Key", m{"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}),
		"Imported":   resource("AWS::KMS::Key", m{"Origin": "EXTERNAL"}),
	}
}

func TestNothingIsFoundWhereNothingIsWrong(t *testing.T) {
	a := read(t, write(t, good()))
	if findings := a.Judge(); len(findings) > 0 {
		t.Errorf("findings in a clean template: %v", findings)
	}
	if a.Judged() != 14 {
		t.Errorf("judged %d resources, want 14", a.Judged())
	}
}

func TestEachBreakIsFound(t *testing.T) {
	props := func(r m, id string) m { return r[id].(m)["Properties"].(m) }
	tests := []struct {
		name string
		// want is "LogicalID requirement"; when more follow from one break, all of them.
		want  string
		spoil func(r m)
	}{
		{"project without VPC", "Project vpc", func(r m) { delete(props(r, "Project"), "VpcConfig") }},
		{"project without subnets", "Project vpc", func(r m) { props(r, "Project")["VpcConfig"].(m)["Subnets"] = []any{} }},
		{"project without key", "Project cmk", func(r m) { delete(props(r, "Project"), "EncryptionKey") }},
		{"project with the CDK's default alias", "Project cmk", func(r m) { props(r, "Project")["EncryptionKey"] = "alias/aws/s3" }},
		{"function without VPC", "Function vpc", func(r m) { delete(props(r, "Function"), "VpcConfig") }},
		{"function without security group", "Function vpc", func(r m) { props(r, "Function")["VpcConfig"].(m)["SecurityGroupIds"] = []any{} }},
		{"function with variables and without key", "Function cmk", func(r m) { delete(props(r, "Function"), "KmsKeyArn") }},
		{"topic with the AWS-managed key", "Topic cmk", func(r m) {
			props(r, "Topic")["KmsMasterKeyId"] = m{"Fn::Join": []any{"", []any{"arn:aws:kms:eu-west-1:1:", "alias/aws/sns"}}}
		}},
		{"alias that is AWS-managed", "Topic cmk", func(r m) { props(r, "Alias")["AliasName"] = "alias/aws/sns" }},
		{"queue with SSE-SQS", "Queue cmk", func(r m) { r["Queue"] = resource("AWS::SQS::Queue", m{"SqsManagedSseEnabled": true}) }},
		{"log group without key", "LogGroup cmk", func(r m) { r["LogGroup"] = m{"Type": "AWS::Logs::LogGroup"} }},
		{"secret without key", "Secret cmk", func(r m) { delete(props(r, "Secret"), "KmsKeyId") }},
		{"secret with a key that nothing defines", "Secret cmk", func(r m) { props(r, "Secret")["KmsKeyId"] = ref("Nowhere") }},
		{"secret whose key is a bucket", "Secret cmk", func(r m) { props(r, "Secret")["KmsKeyId"] = arn("Bucket") }},
		{"secret with a key under one condition only", "Secret cmk", func(r m) {
			props(r, "Secret")["KmsKeyId"] = m{"Fn::If": []any{"IsProd", arn("Key"), ref("AWS::NoValue")}}
		}},
		{"repository with AES256", "Repo cmk", func(r m) { props(r, "Repo")["EncryptionConfiguration"].(m)["EncryptionType"] = "AES256" }},
		{"repository with the AWS-managed key", "Repo cmk", func(r m) { delete(props(r, "Repo")["EncryptionConfiguration"].(m), "KmsKey") }},
		{"table with the AWS-owned key", "Table cmk", func(r m) { delete(props(r, "Table"), "SSESpecification") }},
		{"table with the AWS-managed key", "Table cmk", func(r m) { delete(props(r, "Table")["SSESpecification"].(m), "KMSMasterKeyId") }},
		{"one of two artifact stores without key", "Pipeline cmk", func(r m) {
			delete(props(r, "Pipeline")["ArtifactStores"].([]any)[1].(m)["ArtifactStore"].(m), "EncryptionKey")
		}},
		{"bucket without encryption", "Bucket cmk", func(r m) { delete(props(r, "Bucket"), "BucketEncryption") }},
		{"bucket with SSE-S3", "Bucket cmk", func(r m) { props(r, "Bucket")["BucketEncryption"] = props(r, "Logs")["BucketEncryption"] }},
		{"log target with SSE-KMS", "Logs cmk", func(r m) { props(r, "Logs")["BucketEncryption"] = props(r, "Bucket")["BucketEncryption"] }},
		{"bucket unversioned", "Bucket versioning", func(r m) { props(r, "Bucket")["VersioningConfiguration"] = m{"Status": "Suspended"} }},
		{"log target unversioned", "Logs versioning", func(r m) { delete(props(r, "Logs"), "VersioningConfiguration") }},
		{"bucket that logs to itself", "Bucket access-logging Logs access-logging Logs cmk", func(r m) {
			props(r, "Bucket")["LoggingConfiguration"] = m{"DestinationBucketName": ref("Bucket")}
		}},
		{"bucket that no one logs", "Bucket access-logging Logs access-logging Logs cmk", func(r m) { delete(props(r, "Bucket"), "LoggingConfiguration") }},
		{"one block of public access missing", "Bucket public", func(r m) {
			props(r, "Bucket")["PublicAccessBlockConfiguration"].(m)["RestrictPublicBuckets"] = false
		}},
		{"bucket policy for everyone", "Bucket public", func(r m) {
			doc := props(r, "BucketPolicy")["PolicyDocument"].(m)
			doc["Statement"] = append(doc["Statement"].([]any), m{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})
		}},
		{"bucket without policy", "Bucket tls", func(r m) { delete(r, "BucketPolicy") }},
		{"TLS demanded for one action only", "Bucket tls", func(r m) { denial(r)["Action"] = "s3:PutObject" }},
		{"TLS demanded for objects only", "Bucket tls", func(r m) { denial(r)["Resource"] = denial(r)["Resource"].([]any)[1] }},
		{"TLS demanded from one principal only", "Bucket tls", func(r m) { denial(r)["Principal"] = m{"AWS": "arn:aws:iam::1:root"} }},
		{"TLS demanded under a further condition", "Bucket tls", func(r m) {
			denial(r)["Condition"].(m)["StringEquals"] = m{"aws:PrincipalAccount": "1"}
		}},
		{"TLS denied instead of its absence", "Bucket tls", func(r m) {
			denial(r)["Condition"] = m{"Bool": m{"aws:SecureTransport": "true"}}
		}},
		{"key without rotation", "Key rotation", func(r m) { delete(props(r, "Key"), "EnableKeyRotation") }},
		{"key with rotation off", "Key rotation", func(r m) { props(r, "Key")["EnableKeyRotation"] = "false" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resources := good()
			tt.spoil(resources)
			var got []string
			for _, f := range read(t, write(t, resources)).Judge() {
				got = append(got, f.LogicalID+" "+f.Requirement)
			}
			if len(got) != len(strings.Fields(tt.want))/2 {
				t.Fatalf("got %v, want %s", got, tt.want)
			}
			for _, g := range got {
				if !strings.Contains(tt.want, g) {
					t.Errorf("got %v, want %s", got, tt.want)
				}
			}
		})
	}
}

func denial(r m) m {
	return r["BucketPolicy"].(m)["Properties"].(m)["PolicyDocument"].(m)["Statement"].([]any)[0].(m)
}

func TestStagesAndNestedStacksAreRead(t *testing.T) {
	dir := write(t, m{"Key": resource("AWS::KMS::Key", m{"EnableKeyRotation": true})})
	put(t, filepath.Join(dir, "manifest.json"), m{"artifacts": m{
		"S":     m{"type": "aws:cloudformation:stack", "properties": m{"templateFile": "S.template.json"}},
		"Stage": m{"type": "cdk:cloud-assembly", "properties": m{"directoryName": "assembly-Stage"}},
	}})
	put(t, filepath.Join(dir, "assembly-Stage", "manifest.json"), m{"artifacts": m{
		"A": m{"type": "aws:cloudformation:stack", "properties": m{"templateFile": "A.template.json", "stackName": "Stage-A"}},
		"B": m{"type": "aws:cloudformation:stack", "properties": m{"templateFile": "B.template.json"}},
	}})
	put(t, filepath.Join(dir, "assembly-Stage", "A.template.json"), m{
		"Resources": m{
			"Key": resource("AWS::KMS::Key", m{"EnableKeyRotation": true}),
			"Nested": m{
				"Type": "AWS::CloudFormation::Stack", "Metadata": m{"aws:asset:path": "N.nested.template.json"},
				"Properties": m{"Parameters": m{"keyArn": arn("Key"), "other": "alias/aws/sns"}},
			},
		},
		"Outputs": m{"K": m{"Value": arn("Key"), "Export": m{"Name": "A:Key"}}},
	})
	put(t, filepath.Join(dir, "assembly-Stage", "N.nested.template.json"), m{
		"Parameters": m{"keyArn": m{"Type": "String"}, "other": m{"Type": "String"}},
		"Resources": m{
			"Good": resource("AWS::SNS::Topic", m{"KmsMasterKeyId": ref("keyArn")}),
			"Bad":  resource("AWS::SNS::Topic", m{"KmsMasterKeyId": ref("other")}),
		},
	})
	put(t, filepath.Join(dir, "assembly-Stage", "B.template.json"), m{"Resources": m{
		"Good": resource("AWS::SQS::Queue", m{"KmsMasterKeyId": m{"Fn::ImportValue": "A:Key"}}),
		"Bad":  resource("AWS::SQS::Queue", m{"KmsMasterKeyId": m{"Fn::ImportValue": "A:None"}}),
	}})
	a := read(t, dir)
	if len(a.Templates) != 4 || len(a.Stacks()) != 3 {
		t.Errorf("read %d templates, %d stacks, want 4 and 3", len(a.Templates), len(a.Stacks()))
	}
	var got []string
	for _, f := range a.Judge() {
		got = append(got, f.File+" "+f.LogicalID)
	}
	want := "assembly-Stage/B.template.json Bad,assembly-Stage/N.nested.template.json Bad"
	if strings.Join(got, ",") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	empty := t.TempDir()
	if _, err := Read(empty); err == nil {
		t.Error("no manifest: no error")
	}
	stray := write(t, good())
	put(t, filepath.Join(stray, "Stray.template.json"), m{"Resources": m{}})
	if _, err := Read(stray); err == nil || !strings.Contains(err.Error(), "Stray.template.json") {
		t.Errorf("a template that no manifest leads to: %v", err)
	}
}
