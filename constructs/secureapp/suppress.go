package secureapp

import (
	"fmt"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/nag"
)

// Suppression accepts one finding of cdk-nag on one resource.
type Suppression struct {
	Rule    string // id of the rule with its pack: "AwsSolutions-IAM5". Required
	Finding string // the exact finding, for a rule that reports several: "Action::s3:GetObject*". Empty for the others
	Reason  string // why the finding is accepted, written for an auditor. Required, 20 characters or more
}

// Suppress records on the CloudFormation resource of c (c itself, or its default child) that findings of cdk-nag are
// accepted, and why. There is no way to write a pattern, to suppress a pack, or to suppress for a whole stack: what is
// accepted must be countable.
//
// It panics, with an error that names the construct and the field, on a missing rule or reason, on a pattern, and on a
// construct that has no CloudFormation resource.
func Suppress(c constructs.IConstruct, suppressions ...Suppression) {
	if c == nil {
		panic(fault.New("", "Suppress", nil, "the construct whose finding is accepted", "give the resource that cdk-nag names"))
	}
	rules := make([]nag.Rule, 0, len(suppressions))
	for i, s := range suppressions {
		if err := s.check(*c.Node().Path(), i); err != nil {
			panic(err)
		}
		rules = append(rules, nag.Rule{ID: s.Rule, Finding: s.Finding, Reason: strings.TrimSpace(s.Reason)})
	}
	nag.Suppress(c, rules...)
}

// hasFindings are the rules, without their packs, that report each of their findings by itself.
var hasFindings = map[string]bool{
	"DOC5": true, "EKS2": true, "IAM4": true, "IAM5": true, "OS9": true, "RDS16": true, "RDSLoggingEnabled": true,
}

// shortestReason keeps out "n/a", "accepted" and "false positive"; it can't tell a good reason from a long one.
const shortestReason = 20

func (s Suppression) check(path string, i int) error {
	field := func(name string) string { return fmt.Sprintf("Suppress[%d].%s", i, name) }
	pack, rule, found := strings.Cut(s.Rule, "-")
	if !found || pack == "" || rule == "" || strings.ContainsAny(s.Rule, "*/ ") {
		return fault.New(path, field("Rule"), s.Rule, "the id of one rule, with its pack", `name it as cdk-nag prints it: "AwsSolutions-IAM5"`)
	}
	if s.Finding == "" && hasFindings[rule] {
		return fault.New(path, field("Finding"), nil, "the finding, since "+s.Rule+" reports several and all of them would be accepted", `copy what stands in brackets after the rule: "Resource::*"`)
	}
	if strings.HasPrefix(s.Finding, "/") {
		return fault.New(path, field("Finding"), s.Finding, "one finding, not a pattern", `copy what stands in brackets after the rule: "Resource::*"`)
	}
	if reason := strings.TrimSpace(s.Reason); len(reason) < shortestReason {
		return fault.New(path, field("Reason"), reason, fmt.Sprintf("a reason of %d characters or more", shortestReason), "say what makes the finding acceptable here")
	}
	return nil
}
