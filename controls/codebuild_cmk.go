package controls

import (
	"fmt"

	"github.com/securecdk/securecdk/controls/template"
)

var codebuildCMK = &Control{
	ID:    "CODEBUILD.CMK",
	Title: "CodeBuild projects encrypt their output with a customer managed KMS key",
	Story: "As a data owner I want build output encrypted with a key that my organization manages so that who" +
		" may read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a project with a key of the same stack", Compliant, "CODEBUILD.CMK/key.compliant.yaml"),
		judged("a project without key", NonCompliant, "CODEBUILD.CMK/missing.non-compliant.yaml"),
		judged("a project with the AWS managed key", NonCompliant, "CODEBUILD.CMK/aws-managed.non-compliant.yaml"),
		judged("a project whose key is a parameter without default", Unknown, "CODEBUILD.CMK/parameter.unknown.yaml"),
		judged("a project that switches encryption off for an artifact or for its logs", NonCompliant, "CODEBUILD.CMK/disabled.non-compliant.yaml"),
		judged("a project with the ARN of the AWS managed key", NonCompliant, "CODEBUILD.CMK/aws-managed-arn.non-compliant.json"),
		accepted("a project whose output is public anyway", "CODEBUILD.CMK/public-output.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::CodeBuild::Project"},
	Rationale: "Artifacts, caches and reports hold what will run in production. Without a key, CodeBuild uses" +
		" alias/aws/s3, and EncryptionDisabled does without any. An AWS managed key (alias/aws/…) doesn't meet this: its policy can't be changed," +
		" and any principal of the account may use it through the service.",
	Remedy: "CDK: ProjectProps.EncryptionKey: key. CloudFormation: EncryptionKey: !GetAtt Key.Arn.",
	Mappings: []Mapping{
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
		{CDKNag, []string{"AwsSolutions-CB4"}},
	},
	Check: checkCodeBuildCMK,
}

var projectKey = requireKeys(keyPlace{key: "EncryptionKey"})

func checkCodeBuildCMK(p *Pass) {
	projectKey(p)
	requireEncrypted(p, p.Get("Artifacts"), "Artifacts")
	for i, a := range p.Get("SecondaryArtifacts").OneOrMore() {
		requireEncrypted(p, a, fmt.Sprintf("SecondaryArtifacts[%d]", i))
	}
	requireEncrypted(p, p.Get("LogsConfig", "S3Logs"), "LogsConfig.S3Logs")
}

// requireEncrypted judges the switch by which one place that the project writes to does without the key.
func requireEncrypted(p *Pass, place template.Value, at string) {
	v := place.Get("EncryptionDisabled")
	if why := unsure(v); why != "" {
		p.Unknown(at+".EncryptionDisabled", "%s; expected false", why)
		return
	}
	if off, isBool := v.Bool(); !v.Absent() && (off || !isBool) {
		p.NonCompliant(at+".EncryptionDisabled", "found %s, expected false", v)
	}
}
