package controls

var lambdaVpc = &Control{
	ID:    "LAMBDA.VPC",
	Title: "Lambda functions run in a VPC",
	Story: "As a network security officer I want functions to run in our VPC so that what they reach is" +
		" decided and logged by our network controls.",
	Scenarios: []Scenario{
		judged("a function in a VPC", Compliant, "LAMBDA.VPC/in-vpc.compliant.yaml"),
		judged("a serverless function that takes its VPC from the template's Globals", Compliant, "LAMBDA.VPC/sam-globals.compliant.yaml"),
		judged("a function without VPC", NonCompliant, "LAMBDA.VPC/missing.non-compliant.json"),
		judged("a function without security group", NonCompliant, "LAMBDA.VPC/no-security-group.non-compliant.yaml"),
		judged("a serverless function that removes the VPC of the Globals by AWS::NoValue", NonCompliant, "LAMBDA.VPC/sam-no-value.non-compliant.yaml"),
		judged("a serverless function without VPC", NonCompliant, "LAMBDA.VPC/sam.non-compliant.yaml"),
		judged("a function that a distribution runs at the edge", NotApplicable, "LAMBDA.VPC/edge.not-applicable.yaml"),
		judged("a function that the CDK hands to a distribution in another region", NotApplicable, "LAMBDA.VPC/edge-another-region.not-applicable.yaml"),
		judged("a function whose list of subnets is one parameter without default", Unknown, "LAMBDA.VPC/list-parameter.unknown.yaml"),
		accepted("a function that calls partners all over the internet", "LAMBDA.VPC/webhook.excepted"),
	},
	Severity: Low,
	Needed:   Profile{Confidentiality: RatedHigh},
	Types:    []string{"AWS::Lambda::Function", "AWS::Serverless::Function"},
	Rationale: "Outside a VPC a function reaches the whole internet, and a leak through it passes no network" +
		" control. A function that a CloudFront distribution runs (Lambda@Edge) can't be in a VPC, so the" +
		" control is not applicable to it; nor to one whose version the CDK hands to a distribution in another" +
		" region, by a parameter under /cdk/EdgeFunctionArn/ (Amazon CloudFront developer guide, \"Restrictions on" +
		" Lambda@Edge\").",
	Remedy: "CDK: FunctionProps.Vpc, VpcSubnets and SecurityGroups. CloudFormation: VpcConfig: {SubnetIds: […]," +
		" SecurityGroupIds: […]}. The function's role needs AWSLambdaVPCAccessExecutionRole.",
	Mappings: []Mapping{
		{SecurityHub, []string{"Lambda.3"}},
		{NIST80053, []string{"AC-4(21)", "SC-7(3)"}},
		{CDKNag, []string{"NIST.800.53.R5-LambdaInsideVPC"}},
		{AWSConfig, []string{"LAMBDA_INSIDE_VPC"}},
	},
	Check: checkLambdaVpc,
}

func checkLambdaVpc(p *Pass) {
	if use := p.index.edgeUse(p.world, p.Resource); use != nil {
		p.NotApplicable(use.ID() + " has CloudFront run it at the edge, where there is no VPC")
		return
	}
	requireVpc(p, nil, []string{"SubnetIds", "SecurityGroupIds"})
}
