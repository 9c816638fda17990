// Package nag writes exact cdk-nag suppressions into the metadata of a resource, without loading cdk-nag itself.
//
// A suppression here always names one rule, one finding where the rule has findings, one resource and a reason. There
// is no way to write a pattern or to suppress for a whole stack: what is excepted must be countable by an auditor.
package nag

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Rule is one suppressed finding.
type Rule struct {
	ID      string // rule with its pack: "AwsSolutions-IAM5"
	Finding string // the exact finding of a rule that has several: "Resource::*"; empty for a rule without findings
	Reason  string // why the finding is accepted, for an auditor; cdk-nag wants 10 characters or more
}

// InPacks returns one suppression of a rule that has no findings for each pack that has the rule. The packs are named as
// their rules are: "NIST.800.53.R5".
func InPacks(rule, reason string, packs ...string) []Rule {
	rules := make([]Rule, len(packs))
	for i, pack := range packs {
		rules[i] = Rule{ID: pack + "-" + rule, Reason: reason}
	}
	return rules
}

const metadataKey = "cdk_nag"

// Suppress adds the rules to the CloudFormation resource of c: c itself when it is an L1, its default child otherwise.
// What is already suppressed stays; a rule that is already there is not added again. It panics when c has no
// CloudFormation resource, since a suppression that lands nowhere would be a silent failure.
func Suppress(c constructs.IConstruct, rules ...Rule) {
	resource := resourceOf(c)
	if resource == nil {
		panic(fmt.Errorf("%s: no CloudFormation resource to attach a cdk-nag suppression to", *c.Node().Path()))
	}
	resource.AddMetadata(jsii.String(metadataKey), Merge(resource.GetMetadata(jsii.String(metadataKey)), rules...))
}

// Merge returns the cdk-nag metadata that holds what existing holds, and the rules.
func Merge(existing any, rules ...Rule) map[string]any {
	var entries []any
	if m, ok := existing.(map[string]any); ok {
		entries, _ = m["rules_to_suppress"].([]any)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		seen[fmt.Sprint(e)] = true
	}
	for _, r := range rules {
		entry := r.metadata()
		if !seen[fmt.Sprint(entry)] {
			seen[fmt.Sprint(entry)] = true
			entries = append(entries, entry)
		}
	}
	return map[string]any{"rules_to_suppress": entries}
}

func (r Rule) metadata() map[string]any {
	entry := map[string]any{"id": r.ID, "reason": r.Reason}
	if r.Finding != "" {
		entry["applies_to"] = []any{r.Finding}
	}
	return entry
}

func resourceOf(c constructs.IConstruct) awscdk.CfnResource {
	if !*awscdk.CfnResource_IsCfnResource(c) {
		c = c.Node().DefaultChild()
		if c == nil || !*awscdk.CfnResource_IsCfnResource(c) {
			return nil
		}
	}
	if r, ok := c.(awscdk.CfnResource); ok {
		return r
	}
	var r awscdk.CfnResource
	jsii.UnsafeCast(c, &r)
	return r
}
