package controls

var codebuildVpc = &Control{
	ID:    "CODEBUILD.VPC",
	Title: "CodeBuild projects run in a VPC",
	Story: "As a network security officer I want builds to run in our VPC so that what they reach is decided" +
		" and logged by our network controls.",
	Scenarios: []Scenario{
		judged("a project in a VPC", Compliant, "CODEBUILD.VPC/in-vpc.compliant.yaml"),
		judged("a project whose subnets are single parameters", Compliant, "CODEBUILD.VPC/parameters.compliant.yaml"),
		judged("a project whose VPC is imported from another stack", Compliant, "CODEBUILD.VPC/imports.compliant.json"),
		judged("a project without VPC", NonCompliant, "CODEBUILD.VPC/missing.non-compliant.yaml"),
		judged("a project with an empty list of subnets", NonCompliant, "CODEBUILD.VPC/empty-subnets.non-compliant.yaml"),
		judged("a project with a VPC configuration that AWS::NoValue removes", NonCompliant, "CODEBUILD.VPC/no-value.non-compliant.yaml"),
		judged("a project whose list of subnets is one parameter without default", Unknown, "CODEBUILD.VPC/list-parameter.unknown.yaml"),
		accepted("a project that must reach the whole internet", "CODEBUILD.VPC/link-check.excepted"),
	},
	Severity: High,
	Needed:   Profile{Confidentiality: RatedMedium, Integrity: RatedMedium},
	Types:    []string{"AWS::CodeBuild::Project"},
	Rationale: "A build runs code from others: dependencies, tools, pull requests. Outside a VPC it reaches the" +
		" whole internet with the project's credentials in hand, past every network control.",
	Remedy: "CDK: ProjectProps.Vpc, SubnetSelection and SecurityGroups. CloudFormation: VpcConfig: {VpcId: …," +
		" Subnets: […], SecurityGroupIds: […]}. The project's role needs the EC2 network interface" +
		" permissions first.",
	Mappings: []Mapping{
		{NIST80053, []string{"AC-4(21)", "SC-7(3)"}},
	},
	Check: checkCodeBuildVpc,
}

func checkCodeBuildVpc(p *Pass) {
	requireVpc(p, []string{"VpcId"}, []string{"Subnets", "SecurityGroupIds"})
}
