package controls

var s3Public = &Control{
	ID:    "S3.PUBLIC",
	Title: "S3 buckets block public access",
	Story: "As a data owner I want public access to a bucket to be impossible so that no single policy or ACL," +
		" written by mistake, publishes data.",
	Scenarios: []Scenario{
		judged("a bucket with all four settings", Compliant, "S3.PUBLIC/all-four.compliant.yaml"),
		judged("a bucket without public access block", NonCompliant, "S3.PUBLIC/missing.non-compliant.yaml"),
		judged("a bucket with one setting false", NonCompliant, "S3.PUBLIC/one-false.non-compliant.json"),
		judged("a bucket with one setting missing", NonCompliant, "S3.PUBLIC/three.non-compliant.yaml"),
		judged("a bucket with one setting from a parameter without default", Unknown, "S3.PUBLIC/parameter.unknown.yaml"),
		accepted("a bucket of open data", "S3.PUBLIC/open-data.excepted"),
	},
	Severity: Critical,
	Needed:   Profile{Confidentiality: RatedLow},
	Types:    []string{"AWS::S3::Bucket"},
	Rationale: "A public bucket is the commonest way in which data leaks. The four settings stop public ACLs and" +
		" policies from being set and from having an effect.",
	Remedy: "CDK: BucketProps.BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(). CloudFormation:" +
		" PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true," +
		" IgnorePublicAcls: true, RestrictPublicBuckets: true}.",
	Mappings: []Mapping{
		{SecurityHub, []string{"S3.8"}},
		{NIST80053, []string{"AC-3", "AC-6", "SC-7(3)"}},
		{CIS, []string{"v3.0.0/2.1.4", "v5.0.0/2.1.4"}},
		{PCI, []string{"v4.0.1/1.4.4"}},
		{CDKNag, []string{"AwsSolutions-S2", "NIST.800.53.R5-S3BucketLevelPublicAccessProhibited"}},
		{AWSConfig, []string{"S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"}},
	},
	Check: checkS3Public,
}

func checkS3Public(p *Pass) {
	block := p.Get("PublicAccessBlockConfiguration")
	for _, setting := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		v := block.Get(setting)
		if why := unsure(v); why != "" {
			p.Unknown("PublicAccessBlockConfiguration."+setting, "%s; expected true", why)
			continue
		}
		if on, _ := v.Bool(); !on {
			p.NonCompliant("PublicAccessBlockConfiguration."+setting, "found %s, expected true", v)
		}
	}
	p.Compliant("PublicAccessBlockConfiguration", "public access is blocked")
}
