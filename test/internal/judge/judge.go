package judge

import (
	"fmt"
	"sort"
)

// Finding is one requirement that one resource breaks.
type Finding struct {
	// Requirement is "vpc", "cmk", "versioning", "access-logging", "tls", "public" or "rotation".
	Requirement string
	File        string
	LogicalID   string
	Type        string
	Path        string
	Message     string
}

// String is one line for people.
func (f Finding) String() string {
	at := f.LogicalID
	if f.Path != "" {
		at += " (" + f.Path + ")"
	}
	return fmt.Sprintf("%s: %s %s: %s: %s", f.File, f.Type, at, f.Requirement, f.Message)
}

// check returns what is wrong with a resource, or "".
type check func(*Resource) string

type rule struct {
	requirement string
	check       check
}

// rules is the whole of what is judged, by resource type.
var rules = map[string][]rule{
	"AWS::CodeBuild::Project": {
		{"vpc", inVpc("VpcId", "Subnets", "SecurityGroupIds")},
		{"cmk", cmkAt("EncryptionKey")},
	},
	"AWS::Lambda::Function": {
		{"vpc", inVpc("SubnetIds", "SecurityGroupIds")},
		{"cmk", lambdaEnvironmentKey},
	},
	"AWS::S3::Bucket": {
		{"cmk", bucketKey},
		{"versioning", bucketVersioning},
		{"access-logging", bucketLogging},
		{"tls", bucketTLS},
		{"public", bucketPublic},
	},
	"AWS::KMS::Key":               {{"rotation", keyRotation}},
	"AWS::SNS::Topic":             {{"cmk", cmkAt("KmsMasterKeyId")}},
	"AWS::SQS::Queue":             {{"cmk", cmkAt("KmsMasterKeyId")}},
	"AWS::Logs::LogGroup":         {{"cmk", cmkAt("KmsKeyId")}},
	"AWS::SecretsManager::Secret": {{"cmk", cmkAt("KmsKeyId")}},
	"AWS::ECR::Repository":        {{"cmk", repositoryKey}},
	"AWS::DynamoDB::Table":        {{"cmk", tableKey}},
	"AWS::DynamoDB::GlobalTable":  {{"cmk", globalTableKey}},
	"AWS::CodePipeline::Pipeline": {{"cmk", pipelineKey}},
}

// Judge returns every finding, in the order of files and logical ids.
func (a *Assembly) Judge() []Finding {
	var findings []Finding
	for _, t := range a.Templates {
		ids := make([]string, 0, len(t.Resources))
		for id := range t.Resources {
			ids = append(ids, id)
		}
		sort.Strings(ids)
		for _, id := range ids {
			findings = append(findings, t.Resources[id].judge()...)
		}
	}
	return findings
}

func (r *Resource) judge() []Finding {
	var findings []Finding
	for _, rule := range rules[r.Type] {
		if message := rule.check(r); message != "" {
			findings = append(findings, Finding{rule.requirement, r.template.File, r.LogicalID, r.Type, r.Path, message})
		}
	}
	return findings
}

// Judged says how many resources of the judged types the assembly has. A green answer about none is no answer.
func (a *Assembly) Judged() int {
	n := 0
	for cfnType := range rules {
		n += a.Count(cfnType)
	}
	return n
}

func inVpc(keys ...string) check {
	return func(r *Resource) string {
		for _, key := range keys {
			if !some(dig(r.Properties, "VpcConfig", key)) {
				return "not in a VPC: VpcConfig." + key + " is missing"
			}
		}
		return ""
	}
}

func keyRotation(r *Resource) string {
	symmetric := is(r, "KeySpec", "SYMMETRIC_DEFAULT") && is(r, "KeyUsage", "ENCRYPT_DECRYPT") && is(r, "Origin", "AWS_KMS")
	if symmetric && !isTrue(r.Properties["EnableKeyRotation"]) {
		return "a key that can rotate does not"
	}
	return ""
}

// is says whether a property has the value that it also has when it is left out.
func is(r *Resource, property, byDefault string) bool {
	v, ok := r.Properties[property]
	return !ok || v == byDefault
}
