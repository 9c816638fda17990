package accesscontrol

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
)

// statement is one statement of a policy. It is a plain value, so that a managed policy, a permissions boundary and a
// service control policy say the same.
type statement struct {
	sid          string
	allow        bool
	actions      []string
	resources    []string
	notResources []string
	conditions   conditions
	// reasons say why a resource with a wildcard is allowed, by resource: for an auditor, and for cdk-nag.
	reasons map[string]string
}

// conditions are operators, with the values of context keys.
type conditions map[string]map[string]any

func allow(sid string, actions, resources []string) statement {
	return statement{sid: sid, allow: true, actions: actions, resources: resources}
}

func deny(sid string, actions, resources []string) statement {
	return statement{sid: sid, actions: actions, resources: resources}
}

// when returns the statement with one more condition.
func (s statement) when(operator, key string, value any) statement {
	all := conditions{}
	for o, keys := range s.conditions {
		all[o] = map[string]any{}
		for k, v := range keys {
			all[o][k] = v
		}
	}
	if all[operator] == nil {
		all[operator] = map[string]any{}
	}
	all[operator][key] = value
	s.conditions = all
	return s
}

// because returns the statement with a reason for a wildcard among its resources.
func (s statement) because(reason string, resources ...string) statement {
	all := map[string]string{}
	for r, why := range s.reasons {
		all[r] = why
	}
	for _, r := range resources {
		all[r] = reason
	}
	s.reasons = all
	return s
}

// exempting returns the statement as it holds for everyone but the principals whose ARNs match.
func (s statement) exempting(principals []string) statement {
	if len(principals) == 0 {
		return s
	}
	return s.when("ArnNotLike", "aws:PrincipalArn", anys(principals))
}

// document is the statement as JSON has it.
func (s statement) document() map[string]any {
	document := map[string]any{"Sid": s.sid, "Effect": "Deny", "Action": anys(s.actions)}
	if s.allow {
		document["Effect"] = "Allow"
	}
	if len(s.notResources) > 0 {
		document["NotResource"] = anys(s.notResources)
	} else {
		document["Resource"] = anys(s.resources)
	}
	if len(s.conditions) > 0 {
		all := map[string]any{}
		for operator, keys := range s.conditions {
			all[operator] = keys
		}
		document["Condition"] = all
	}
	return document
}

func (s statement) policyStatement() awsiam.PolicyStatement {
	return awsiam.PolicyStatement_FromJson(s.document())
}

// policy is a policy document of the statements.
func policy(statements []statement) map[string]any {
	all := make([]any, len(statements))
	for i, s := range statements {
		all[i] = s.document()
	}
	return map[string]any{"Version": "2012-10-17", "Statement": all}
}

// characters of what CloudFormation fills in, at their most: the longest partition and region, and what names of IAM,
// CodeCommit and CodePipeline may have.
var characters = map[string]int{"AWS::Partition": len("aws-us-gov"), "AWS::Region": len("ap-southeast-1"), "AWS::AccountId": 12, "AWS::URLSuffix": len("amazonaws.com.cn")}

const unknownCharacters = 128

// sizeOf counts the characters of a resolved document as IAM does, without white space.
func sizeOf(document any) int {
	n := 0
	for _, r := range string(compact(filled(document))) {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// filled puts text of the greatest length into the place of intrinsic functions.
func filled(value any) any {
	switch v := value.(type) {
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = filled(e)
		}
		return list
	case map[string]any:
		if len(v) == 1 {
			for function, argument := range v {
				if n, ok := lengthOf(function, argument); ok {
					return strings.Repeat("x", n)
				}
			}
		}
		m := map[string]any{}
		for k, e := range v {
			m[k] = filled(e)
		}
		return m
	}
	return value
}

func lengthOf(function string, argument any) (int, bool) {
	switch {
	case function == "Ref":
		if name, _ := argument.(string); characters[name] > 0 {
			return characters[name], true
		}
		return unknownCharacters, true
	case function == "Fn::Join":
		args, _ := argument.([]any)
		n := 0
		if len(args) == 2 {
			parts, _ := args[1].([]any)
			separator, _ := args[0].(string)
			for _, p := range parts {
				text, _ := filled(p).(string)
				n += len(text) + len(separator)
			}
		}
		return n, true
	case strings.HasPrefix(function, "Fn::"):
		return unknownCharacters, true
	}
	return 0, false
}

// compact is JSON as short as it can be: <, > and & stay what they are.
func compact(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(err) // maps, lists and texts
	}
	return bytes.TrimSpace(b.Bytes())
}

func anys(texts []string) []any {
	list := make([]any, len(texts))
	for i, t := range texts {
		list[i] = t
	}
	return list
}

// starred are the resources with a wildcard.
func starred(resources []string) []string {
	var open []string
	for _, r := range resources {
		if strings.Contains(r, "*") {
			open = append(open, r)
		}
	}
	return open
}
