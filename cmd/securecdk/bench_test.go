package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

const (
	benchTemplates = 100
	benchResources = 200
	// timesCfnLint is how much faster than cfn-lint the check must be. They do not look for the same; it is what users know.
	timesCfnLint = 50
)

// BenchmarkCheck judges 100 templates of 200 resources, each by itself. Where cfn-lint is installed it reads the same files
// once, and how many times longer it took is reported.
func BenchmarkCheck(b *testing.B) {
	b.Chdir(b.TempDir())
	args := []string{"check"}
	for i := range benchTemplates {
		name := fmt.Sprintf("Stack%03d.template.json", i)
		data, err := json.MarshalIndent(benchTemplate(i), "", " ")
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			b.Fatal(err)
		}
		args = append(args, name)
	}
	for b.Loop() {
		if c := command(b, "", args...); c.code != exitFindings {
			b.Fatalf("exit code %d: %s", c.code, c.stderr)
		}
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(seconds, "s/check")
	if _, err := exec.LookPath("cfn-lint"); err != nil {
		return
	}
	start := time.Now()
	// Its findings are none of this benchmark's business, so the exit code isn't either.
	out, err := exec.Command("cfn-lint", append([]string{"--format", "quiet", "--"}, args[1:]...)...).CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		b.Logf("cfn-lint does not run: %v\n%s", err, out)
		return
	}
	ratio := time.Since(start).Seconds() / seconds
	b.ReportMetric(ratio, "x-cfn-lint")
	if ratio < timesCfnLint {
		b.Errorf("%.0f times faster than cfn-lint, want %d\n%s", ratio, timesCfnLint, out)
	}
}

type object = map[string]any

// benchTemplate has for each bucket, topic or function the roles and policies that the CDK puts beside it.
func benchTemplate(i int) object {
	resources := object{"Key": resource("AWS::KMS::Key", object{"EnableKeyRotation": true, "KeyPolicy": document("Allow", "kms:*", "*")})}
	key := arn("Key")
	for n := 0; len(resources) < benchResources; n++ {
		id := func(kind string) string { return fmt.Sprintf("%s%03d", kind, n) }
		add := func(kind, resourceType string, properties object) {
			if len(resources) < benchResources {
				resources[id(kind)] = resource(resourceType, properties)
			}
		}
		add("Bucket", "AWS::S3::Bucket", object{
			"BucketEncryption": object{"ServerSideEncryptionConfiguration": []any{object{
				"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
			}}},
			"VersioningConfiguration": object{"Status": []string{"Enabled", "Suspended"}[i%2]},
		})
		add("BucketPolicy", "AWS::S3::BucketPolicy", object{
			"Bucket": ref(id("Bucket")), "PolicyDocument": document("Deny", "s3:*", arn(id("Bucket"))),
		})
		add("Role", "AWS::IAM::Role", object{"AssumeRolePolicyDocument": object{"Version": "2012-10-17", "Statement": []any{object{
			"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": object{"Service": "lambda.amazonaws.com"},
		}}}})
		add("Function", "AWS::Lambda::Function", object{
			"Handler": "bootstrap", "Runtime": "provided.al2023", "Role": arn(id("Role")), "KmsKeyArn": key,
			"Code":        object{"S3Bucket": object{"Fn::Sub": "assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "0a1b2c.zip"},
			"Environment": object{"Variables": object{"QUEUE": ref(id("Queue"))}},
		})
		add("Queue", "AWS::SQS::Queue", object{"KmsMasterKeyId": key})
		add("Topic", "AWS::SNS::Topic", object{"KmsMasterKeyId": key})
		add("LogGroup", "AWS::Logs::LogGroup", object{"RetentionInDays": 365})
	}
	return object{"Resources": resources}
}

func resource(resourceType string, properties object) object {
	return object{"Type": resourceType, "Properties": properties}
}

func document(effect, action string, on any) object {
	return object{"Version": "2012-10-17", "Statement": []any{object{
		"Effect": effect, "Action": action, "Principal": object{"AWS": "*"}, "Resource": on,
		"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
	}}}
}

func ref(id string) object { return object{"Ref": id} }
func arn(id string) object { return object{"Fn::GetAtt": []any{id, "Arn"}} }
