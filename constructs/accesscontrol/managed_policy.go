package accesscontrol

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/nag"
)

// policyLimit is that of "IAM and AWS STS quotas", IAM User Guide. White space doesn't count.
const policyLimit = 6144

// newManagedPolicy makes a policy of the statements, and accepts the wildcards that have a reason.
func newManagedPolicy(scope constructs.Construct, id string, name *string, description string, statements []statement) awsiam.ManagedPolicy {
	stack := awscdk.Stack_Of(scope)
	if size := sizeOf(stack.Resolve(policy(statements))); size > policyLimit {
		panic(fault.New(*scope.Node().Path(), "the policy document of "+id, size, "at most 6144 characters, the limit of a managed policy",
			"name fewer repositories, pipelines or projects in one construct, or a pattern that covers them"))
	}
	all := make([]awsiam.PolicyStatement, len(statements))
	for i, s := range statements {
		all[i] = s.policyStatement()
	}
	made := awsiam.NewManagedPolicy(scope, &id, &awsiam.ManagedPolicyProps{
		ManagedPolicyName: name, Path: jsii.String(Path), Description: &description, Statements: &all,
	})
	if rules := wildcards(stack, statements); len(rules) > 0 {
		nag.Suppress(made, rules...)
	}
	return made
}

// wildcards are the exact findings of AwsSolutions-IAM5 that have a reason.
func wildcards(stack awscdk.Stack, statements []statement) []nag.Rule {
	reasons := map[string][]string{}
	for _, s := range statements {
		for _, resource := range slices.Sorted(maps.Keys(s.reasons)) {
			finding := "Resource::" + nag.Flat(stack.Resolve(resource))
			if !slices.Contains(reasons[finding], s.reasons[resource]) {
				reasons[finding] = append(reasons[finding], s.reasons[resource])
			}
		}
	}
	var rules []nag.Rule
	for _, finding := range slices.Sorted(maps.Keys(reasons)) {
		rules = append(rules, nag.Rule{ID: "AwsSolutions-IAM5", Finding: finding, Reason: strings.Join(reasons[finding], " ")})
	}
	return rules
}

const (
	mfaKey = "aws:MultiFactorAuthPresent"

	listReason     = "These actions know no resource: they list what there is, and change nothing."
	patternReason  = "Those that the app names by a pattern: what begins alike is of one team, and the duty is for all of it."
	approvalReason = "Approvals of the one pipeline, whose stages the duty of releasing is about."
	stageReason    = "The stages of the one pipeline: releasing is a duty for all of them."
)

// withMfa lets the statement hold in sessions that a second factor began.
func withMfa(s statement, wanted bool) statement {
	if !wanted {
		return s
	}
	return s.when("Bool", mfaKey, "true")
}

// withoutMfa denies what needs a second factor to sessions without one, whatever else they are allowed. Sessions that
// don't carry the key are none with a second factor.
func withoutMfa(s statement) statement {
	return s.when("BoolIfExists", mfaKey, "false")
}
