package controls

var codepipelineCMK = &Control{
	ID:    "CODEPIPELINE.CMK",
	Title: "CodePipeline pipelines encrypt their artifacts with a customer managed KMS key",
	Story: "As a data owner I want artifacts encrypted with a key that my organization manages so that who may" +
		" read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a pipeline whose artifact store has a key", Compliant, "CODEPIPELINE.CMK/key.compliant.yaml"),
		judged("a pipeline with a key in the artifact store of each region", Compliant, "CODEPIPELINE.CMK/regions.compliant.json"),
		judged("a pipeline whose artifact store has no key", NonCompliant, "CODEPIPELINE.CMK/missing.non-compliant.yaml"),
		judged("a pipeline with no key in the artifact store of one region", NonCompliant, "CODEPIPELINE.CMK/one-region.non-compliant.yaml"),
		judged("a pipeline with the AWS managed key", NonCompliant, "CODEPIPELINE.CMK/aws-managed.non-compliant.yaml"),
		judged("a pipeline whose key is a parameter without default", Unknown, "CODEPIPELINE.CMK/parameter.unknown.yaml"),
		accepted("a pipeline whose artifacts are public anyway", "CODEPIPELINE.CMK/public-artifacts.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::CodePipeline::Pipeline"},
	Rationale: "Whoever can change an artifact between two stages changes what is deployed. Without a key," +
		" CodePipeline uses alias/aws/s3, which other accounts can't be let use. An AWS managed key" +
		" (alias/aws/…) doesn't meet this: its policy can't be changed, and any principal of the account" +
		" may use it through the service.",
	Remedy: "CDK: PipelineProps.ArtifactBucket: a bucket with EncryptionKey; CrossRegionReplicationBuckets" +
		" likewise. CloudFormation: ArtifactStore.EncryptionKey: {Id: !GetAtt Key.Arn, Type: KMS}, and the" +
		" same in each entry of ArtifactStores.",
	Mappings: []Mapping{
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
	},
	Check: checkCodePipelineCMK,
}

var (
	artifactStoreKey  = requireKeys(keyPlace{key: "ArtifactStore.EncryptionKey.Id"})
	artifactStoreKeys = requireKeys(keyPlace{list: "ArtifactStores", key: "ArtifactStore.EncryptionKey.Id"})
)

func checkCodePipelineCMK(p *Pass) {
	several := !p.Get("ArtifactStores").Absent()
	if several {
		artifactStoreKeys(p)
	}
	if !several || !p.Get("ArtifactStore").Absent() {
		artifactStoreKey(p)
	}
}
