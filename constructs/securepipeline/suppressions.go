package securepipeline

import (
	"slices"
	"strings"

	"github.com/securecdk/securecdk/internal/bulk"
	"github.com/securecdk/securecdk/internal/nag"
)

// suppress accepts, one by one, what cdk-nag finds in what the CDK generates for the pipeline: the exact rule, the exact
// finding as it stands in the finished policy, on the exact resource, with the reason. A finding that no reason is known
// for stays a finding.
func (p *Pipeline) suppress() {
	snapshot, err := bulk.Read(p, []string{"AWS::CodeBuild::Project", "AWS::Events::Rule", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Function"}, false)
	if err != nil {
		panic(err)
	}
	for _, r := range snapshot.Resources {
		if rules := suppressionsOf(r); len(rules) > 0 {
			nag.Suppress(snapshot.Construct(r), rules...)
		}
	}
}

func suppressionsOf(r *bulk.Resource) []nag.Rule {
	autoApprove := strings.Contains(r.Path, "/"+securityCheck+"/CDKPipelinesAutoApprove/")
	switch {
	case r.Type == "AWS::IAM::Policy":
		return append(inlinePolicy(), wildcards(r.Properties)...)
	case r.Type == "AWS::CodeBuild::Project":
		return nag.InPacks("CodeBuildProjectSourceRepoUrl", "The project's source is CODEPIPELINE: it gets an artifact from the pipeline, and knows neither a repository nor its credentials.", "HIPAA.Security", "PCI.DSS.321")
	case r.Type == "AWS::Events::Rule":
		return startRuleFindings()
	case r.Type == "AWS::Lambda::Function" && autoApprove:
		return autoApproveFindings()
	case r.Type == "AWS::Lambda::EventInvokeConfig" && autoApprove:
		return nag.InPacks("LambdaAsyncFailureDestination", "An event that is lost must not be made up for later, when another run may wait for its confirmation; the confirmation then waits for a person.", "Serverless")
	case r.Type == "AWS::IAM::Role" && autoApprove:
		return []nag.Rule{{
			ID: "AwsSolutions-IAM4", Finding: "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
			Reason: "The CDK's own function, whose role it makes; the policy allows to write logs and nothing else.",
		}}
	}
	return nil
}

func startRuleFindings() []nag.Rule {
	return nag.InPacks("EventBusDLQ", "The event only starts the pipeline: one that is lost is made up for by the next push or by hand, and reading an old one later would release nothing else.", "Serverless")
}

func inlinePolicy() []nag.Rule {
	return nag.InPacks("IAMNoInlinePolicy", "The CDK makes one policy for the one role that it belongs to, with what that role's job needs; a managed policy could be attached to others.",
		"NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")
}

// autoApproveFindings: what is lost, late or failed leaves the confirmation to a person. What would be wrong is to try again
// later, when another run may wait there: the function is tried once.
func autoApproveFindings() []nag.Rule {
	const failsSafe = " When the function fails, the confirmation waits for a person, so nothing is released unseen."
	rules := nag.InPacks("LambdaDLQ", "An event that is lost must not be made up for later, when another run may wait for its confirmation."+failsSafe, "NIST.800.53.R5", "HIPAA.Security", "Serverless")
	rules = append(rules, nag.InPacks("LambdaConcurrency", "It is called once a deployment by one project of the pipeline, which runs one build at a time."+failsSafe, "NIST.800.53.R5", "HIPAA.Security")...)
	rules = append(rules, nag.InPacks("LambdaTracing", "It makes two calls to CodePipeline, which CloudTrail records with their results."+failsSafe, "Serverless")...)
	return append(rules, nag.InPacks("LambdaDefaultMemorySize", "It makes two calls to CodePipeline and holds no data; the default suffices."+failsSafe, "Serverless")...)
}

// wildcards accepts the findings of a policy that have a reason. One finding can come from several statements; it is
// accepted when each of them has one.
func wildcards(properties map[string]any) []nag.Rule {
	document, _ := properties["PolicyDocument"].(map[string]any)
	reasons := map[string][]string{}
	for _, s := range items(document["Statement"]) {
		statement, _ := s.(map[string]any)
		for _, finding := range findingsOf(statement) {
			if reason := reasonFor(finding, statement); !slices.Contains(reasons[finding], reason) {
				reasons[finding] = append(reasons[finding], reason)
			}
		}
	}
	var rules []nag.Rule
	for _, finding := range sortedKeys(reasons) {
		if !slices.Contains(reasons[finding], "") {
			rules = append(rules, nag.Rule{ID: "AwsSolutions-IAM5", Finding: finding, Reason: strings.Join(reasons[finding], " ")})
		}
	}
	return rules
}
