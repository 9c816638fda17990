package controls

var lambdaCMK = &Control{
	ID:    "LAMBDA.CMK",
	Title: "Lambda functions encrypt their environment variables with a customer managed KMS key",
	Story: "As a data owner I want environment variables encrypted with a key that my organization manages so" +
		" that who may read is decided by the key's policy too, and can be withdrawn by disabling the key.",
	Scenarios: []Scenario{
		judged("a function with variables and a key", Compliant, "LAMBDA.CMK/key.compliant.yaml"),
		judged("a serverless function with variables and a key", Compliant, "LAMBDA.CMK/sam.compliant.yaml"),
		judged("a function with variables and no key", NonCompliant, "LAMBDA.CMK/missing.non-compliant.json"),
		judged("a function with the AWS managed key", NonCompliant, "LAMBDA.CMK/aws-managed.non-compliant.yaml"),
		judged("a function without variables", NotApplicable, "LAMBDA.CMK/no-variables.not-applicable.yaml"),
		judged("a function whose variables are an attribute of another resource", Unknown, "LAMBDA.CMK/variables-attribute.unknown.yaml"),
		judged("a function whose key is a parameter without default", Unknown, "LAMBDA.CMK/parameter.unknown.yaml"),
		accepted("a function whose variables are public", "LAMBDA.CMK/public-variables.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::Lambda::Function", "AWS::Serverless::Function"},
	Rationale: "Everyone who may read a function's configuration reads its environment variables, unless a key" +
		" withholds them. A function without variables has nothing to encrypt, so the control is not" +
		" applicable to it. An AWS managed key (alias/aws/…) doesn't meet this: its policy can't be" +
		" changed, and any principal of the account may use it through the service.",
	Remedy: "CDK: FunctionProps.EnvironmentEncryption: key. CloudFormation: KmsKeyArn: !GetAtt Key.Arn.",
	Mappings: []Mapping{
		{NIST80053, []string{"AU-9(3)", "SC-13", "SC-28(1)"}},
	},
	Check: checkLambdaCMK,
}

var environmentKey = requireKeys(keyPlace{key: "KmsKeyArn"})

func checkLambdaCMK(p *Pass) {
	variables := p.Get("Environment", "Variables")
	if variables.Absent() || variables.IsMap() && len(mapMembers(variables)) == 0 {
		p.NotApplicable("it has no environment variables")
		return
	}
	why := unsure(variables)
	if verdict, _ := judgeKey(p.world, p.Get("KmsKeyArn")); why != "" && verdict == NonCompliant {
		p.Unknown("Environment.Variables", "%s, so whether there is anything to encrypt isn't known", why)
		return
	}
	environmentKey(p)
}
