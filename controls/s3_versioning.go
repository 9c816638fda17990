package controls

var s3Versioning = &Control{
	ID:    "S3.VERSIONING",
	Title: "S3 buckets keep every version of an object",
	Story: "As a data owner I want overwritten and deleted objects to be recoverable so that a mistake or an" +
		" attack doesn't destroy data.",
	Scenarios: []Scenario{
		judged("a bucket whose versioning is enabled", Compliant, "S3.VERSIONING/enabled.compliant.yaml"),
		judged("a bucket without versioning", NonCompliant, "S3.VERSIONING/missing.non-compliant.json"),
		judged("a bucket whose versioning is suspended", NonCompliant, "S3.VERSIONING/suspended.non-compliant.yaml"),
		judged("a bucket whose versioning is enabled only when a condition on the region holds", Unknown, "S3.VERSIONING/condition.unknown.yaml"),
		judged("a bucket whose versioning status is an attribute of another resource", Unknown, "S3.VERSIONING/attribute.unknown.yaml"),
		judged("a bucket that a macro may rewrite before it is deployed", Unknown, "S3.VERSIONING/macro.unknown.yaml"),
		judged("a bucket with a macro beside its properties", Unknown, "S3.VERSIONING/macro-beside.unknown.yaml"),
		judged("a bucket whose versioning status is a parameter without default", Unknown, "S3.VERSIONING/parameter.unknown.yaml"),
		accepted("a bucket of intermediate results", "S3.VERSIONING/scratch.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Integrity: RatedMedium, Availability: RatedMedium},
	Types:    []string{"AWS::S3::Bucket"},
	Rationale: "Without versions, an overwrite or a delete is final. Versions are also what replication and object" +
		" lock rest on.",
	Remedy: "CDK: BucketProps.Versioned: jsii.Bool(true). CloudFormation: VersioningConfiguration: {Status:" +
		" Enabled}.",
	Mappings: []Mapping{
		{SecurityHub, []string{"S3.14"}},
		{NIST80053, []string{"AU-9(2)", "CP-10", "SC-5(2)", "SI-13(5)"}},
		{CDKNag, []string{"NIST.800.53.R5-S3BucketVersioningEnabled"}},
		{AWSConfig, []string{"S3_BUCKET_VERSIONING_ENABLED"}},
	},
	Check: checkS3Versioning,
}

func checkS3Versioning(p *Pass) {
	const property = "VersioningConfiguration.Status"
	status := p.Get("VersioningConfiguration", "Status")
	if why := unsure(status); why != "" {
		p.Unknown(property, "%s; expected Enabled", why)
		return
	}
	if s, _ := status.Literal(); s != "Enabled" {
		p.NonCompliant(property, "found %s, expected Enabled", status)
		return
	}
	p.Compliant(property, "versioning is enabled")
}
