package iam

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"
)

const (
	account   = "111111111111"
	region    = "eu-west-1"
	partition = "aws"
)

// world is a template as it would stand in the account: every Ref and Fn::GetAtt has become a name or an ARN.
type world struct {
	resources map[string]resource
	// unresolved are the intrinsics that became a placeholder, for messages.
	unresolved map[string]bool
}

type resource struct {
	id, cfnType string
	properties  map[string]any
	dependsOn   []string
}

// newWorld resolves a template.
func newWorld(t testing.TB, template map[string]any) *world {
	t.Helper()
	w := &world{resources: map[string]resource{}, unresolved: map[string]bool{}}
	resolved := map[string]resource{}
	raw, _ := template["Resources"].(map[string]any)
	for id, r := range raw {
		m, _ := r.(map[string]any)
		properties, _ := m["Properties"].(map[string]any)
		cfnType, _ := m["Type"].(string)
		w.resources[id] = resource{id: id, cfnType: cfnType, properties: properties, dependsOn: texts(m["DependsOn"])}
	}
	for id, r := range w.resources {
		r.properties, _ = w.resolve(r.properties).(map[string]any)
		resolved[id] = r
	}
	// Only now: while references are followed, a name is what stands in the template.
	w.resources = resolved
	return w
}

func (w *world) ofType(cfnType string) []resource {
	var found []resource
	for _, r := range w.resources {
		if r.cfnType == cfnType {
			found = append(found, r)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].id < found[j].id })
	return found
}

// resolve replaces intrinsic functions in a value.
func (w *world) resolve(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, 0, len(v))
		for _, e := range v {
			if r := w.resolve(e); r != nil {
				list = append(list, r)
			}
		}
		return list
	case map[string]any:
		if r, ok := w.intrinsic(v); ok {
			return r
		}
		m := make(map[string]any, len(v))
		for k, e := range v {
			if r := w.resolve(e); r != nil {
				m[k] = r
			}
		}
		return m
	}
	return v
}

func (w *world) intrinsic(v map[string]any) (any, bool) {
	if len(v) != 1 {
		return nil, false
	}
	for fn, arg := range v {
		switch fn {
		case "Ref":
			return w.ref(text(arg)), true
		case "Fn::GetAtt":
			id, attribute, _ := strings.Cut(strings.Join(texts(arg), "."), ".")
			return w.getAtt(id, attribute), true
		case "Fn::Join":
			args, _ := arg.([]any)
			var parts []string
			for _, p := range args[1].([]any) {
				parts = append(parts, fmt.Sprint(w.resolve(p)))
			}
			return strings.Join(parts, text(args[0])), true
		case "Fn::Sub":
			if s, ok := arg.(string); ok {
				return w.sub(s), true
			}
			fallthrough
		case "Fn::Select", "Fn::Split", "Fn::ImportValue", "Fn::FindInMap", "Fn::GetAZs", "Fn::If":
			data, _ := json.Marshal(v)
			w.unresolved[string(data)] = true
			return "unresolved-" + strings.TrimPrefix(fn, "Fn::"), true
		}
	}
	return nil, false
}

var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9:]+)(?:\.([A-Za-z0-9.]+))?\}`)

// sub fills in a text that brings no variables of its own.
func (w *world) sub(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(found string) string {
		part := placeholder.FindStringSubmatch(found)
		if part[2] != "" {
			return fmt.Sprint(w.getAtt(part[1], part[2]))
		}
		return fmt.Sprint(w.ref(part[1]))
	})
}

func (w *world) ref(name string) any {
	switch name {
	case "AWS::StackId":
		return StackID
	case "AWS::Partition":
		return partition
	case "AWS::Region":
		return region
	case "AWS::AccountId":
		return account
	case "AWS::URLSuffix":
		return "amazonaws.com"
	case "AWS::NoValue":
		return nil
	}
	r, ok := w.resources[name]
	if !ok {
		return "parameter-" + name
	}
	switch r.cfnType {
	case "AWS::SNS::Topic", "AWS::SecretsManager::Secret", "AWS::IAM::ManagedPolicy":
		return w.arn(name)
	case "AWS::SQS::Queue":
		return "queue-url/" + w.name(r)
	}
	return w.name(r)
}

func (w *world) getAtt(id, attribute string) any {
	if attribute == "Arn" || strings.HasSuffix(attribute, "Arn") {
		return w.arn(id)
	}
	r, ok := w.resources[id]
	if ok && attribute == "QueueName" {
		return w.name(r)
	}
	return id + "-" + attribute
}

// nameProperty is where a type keeps the name that its ARN is made of.
var nameProperty = map[string]string{
	"AWS::S3::Bucket": "BucketName", "AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName", "AWS::DynamoDB::Table": "TableName",
	"AWS::IAM::Role": "RoleName", "AWS::Logs::LogGroup": "LogGroupName", "AWS::SecretsManager::Secret": "Name", "AWS::Lambda::Function": "FunctionName",
	"AWS::KMS::Alias": "AliasName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::CodeCommit::Repository": "RepositoryName", "AWS::CodePipeline::Pipeline": "Name",
}

func (w *world) name(r resource) string {
	if s, ok := r.properties[nameProperty[r.cfnType]].(string); ok {
		return s
	}
	return strings.ToLower(r.id)
}

// arnFormat is the ARN of a type, with %s for its name.
var arnFormat = map[string]string{
	"AWS::S3::Bucket":             "arn:aws:s3:::%s",
	"AWS::SNS::Topic":             "arn:aws:sns:" + region + ":" + account + ":%s",
	"AWS::SQS::Queue":             "arn:aws:sqs:" + region + ":" + account + ":%s",
	"AWS::DynamoDB::Table":        "arn:aws:dynamodb:" + region + ":" + account + ":table/%s",
	"AWS::SecretsManager::Secret": "arn:aws:secretsmanager:" + region + ":" + account + ":secret:%s-AbCdEf",
	"AWS::Logs::LogGroup":         "arn:aws:logs:" + region + ":" + account + ":log-group:%s:*",
	"AWS::KMS::Key":               "arn:aws:kms:" + region + ":" + account + ":key/%s",
	"AWS::IAM::Role":              "arn:aws:iam::" + account + ":role/%s",
	"AWS::IAM::ManagedPolicy":     "arn:aws:iam::" + account + ":policy/%s",
	"AWS::Lambda::Function":       "arn:aws:lambda:" + region + ":" + account + ":function:%s",
	"AWS::CodeBuild::Project":     "arn:aws:codebuild:" + region + ":" + account + ":project/%s",
	"AWS::CodeBuild::ReportGroup": "arn:aws:codebuild:" + region + ":" + account + ":report-group/%s",
	"AWS::Events::Rule":           "arn:aws:events:" + region + ":" + account + ":rule/%s",
	"AWS::CloudWatch::Alarm":      "arn:aws:cloudwatch:" + region + ":" + account + ":alarm:%s",
	"AWS::ECR::Repository":        "arn:aws:ecr:" + region + ":" + account + ":repository/%s",
	"AWS::CodeCommit::Repository": "arn:aws:codecommit:" + region + ":" + account + ":%s",
	"AWS::CodePipeline::Pipeline": "arn:aws:codepipeline:" + region + ":" + account + ":%s",
}

func (w *world) arn(id string) string {
	r := w.resources[id]
	format, ok := arnFormat[r.cfnType]
	if !ok {
		format = "arn:aws:unknown:" + region + ":" + account + ":%s"
	}
	// Of the types here, those of IAM have a path: it stands before the name.
	return fmt.Sprintf(format, strings.TrimPrefix(text(r.properties["Path"]), "/")+w.name(r))
}

// identity returns the policies of a role that stand in the template.
func (w *world) identity(role resource) []any {
	var policies []any
	for _, inline := range list(role.properties["Policies"]) {
		policies = append(policies, dig(inline, "PolicyDocument"))
	}
	for _, policy := range w.policiesOf(role) {
		policies = append(policies, policy.properties["PolicyDocument"])
	}
	for _, arn := range texts(role.properties["ManagedPolicyArns"]) {
		if strings.HasSuffix(arn, "/AWSLambdaVPCAccessExecutionRole") {
			policies = append(policies, lambdaVPCAccess)
		}
	}
	return policies
}

// policiesOf returns the policy resources that are attached to a role, from either side.
func (w *world) policiesOf(role resource) []resource {
	var policies []resource
	for _, policy := range w.ofType("AWS::IAM::Policy") {
		if has(policy.properties["Roles"], w.name(role)) {
			policies = append(policies, policy)
		}
	}
	for _, policy := range w.ofType("AWS::IAM::ManagedPolicy") {
		if has(policy.properties["Roles"], w.name(role)) || has(role.properties["ManagedPolicyArns"], w.arn(policy.id)) {
			policies = append(policies, policy)
		}
	}
	return policies
}

// lambdaVPCAccess is what AWS's managed policy AWSLambdaVPCAccessExecutionRole says about networks.
var lambdaVPCAccess = map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
	"Effect": "Allow", "Resource": "*",
	"Action": []any{
		"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
	},
}}}

// policyOf returns the resource policy of a resource, or nil.
func (w *world) policyOf(r resource) any {
	var statements []any
	add := func(document any) { statements = append(statements, list(dig(document, "Statement"))...) }
	switch r.cfnType {
	case "AWS::KMS::Key":
		add(r.properties["KeyPolicy"])
	case "AWS::S3::Bucket":
		for _, p := range w.ofType("AWS::S3::BucketPolicy") {
			if p.properties["Bucket"] == w.name(r) {
				add(p.properties["PolicyDocument"])
			}
		}
	case "AWS::SQS::Queue":
		for _, p := range w.ofType("AWS::SQS::QueuePolicy") {
			if has(p.properties["Queues"], w.ref(r.id)) {
				add(p.properties["PolicyDocument"])
			}
		}
	case "AWS::SNS::Topic":
		return w.topicPolicy(r)
	case "AWS::Lambda::Function":
		statements = w.invocations(r)
	case "AWS::SecretsManager::Secret":
		for _, p := range w.ofType("AWS::SecretsManager::ResourcePolicy") {
			if p.properties["SecretId"] == w.arn(r.id) {
				add(p.properties["ResourcePolicy"])
			}
		}
	}
	if len(statements) == 0 {
		return nil
	}
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// invocations are the statements that permissions add to the policy of a function.
func (w *world) invocations(function resource) []any {
	var statements []any
	for _, p := range w.ofType("AWS::Lambda::Permission") {
		if p.properties["FunctionName"] != w.arn(function.id) && p.properties["FunctionName"] != w.name(function) {
			continue
		}
		condition := map[string]any{}
		if source := p.properties["SourceArn"]; source != nil {
			condition["ArnLike"] = map[string]any{"aws:SourceArn": source}
		}
		if source := p.properties["SourceAccount"]; source != nil {
			condition["StringEquals"] = map[string]any{"aws:SourceAccount": source}
		}
		who := "AWS"
		if strings.HasSuffix(text(p.properties["Principal"]), ".amazonaws.com") {
			who = "Service"
		}
		statements = append(statements, map[string]any{
			"Effect": "Allow", "Action": p.properties["Action"], "Resource": w.arn(function.id), "Condition": condition,
			"Principal": map[string]any{who: p.properties["Principal"]},
		})
	}
	return statements
}

// topicPolicy: a topic without a policy of its own has SNS's default one, which lets the account publish. A policy of
// its own takes the place of the default.
func (w *world) topicPolicy(r resource) any {
	for _, p := range w.ofType("AWS::SNS::TopicPolicy") {
		if has(p.properties["Topics"], w.arn(r.id)) {
			return p.properties["PolicyDocument"]
		}
	}
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "sns:Publish", "Resource": w.arn(r.id),
		// The key that SNS really uses here, AWS:SourceOwner, says the same and is unknown to the simulator.
		"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}},
	}}}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func texts(v any) []string {
	var all []string
	for _, e := range list(v) {
		if s, ok := e.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

func has(v any, want any) bool {
	for _, e := range list(v) {
		if e == want {
			return true
		}
	}
	return false
}

func dig(v any, keys ...string) any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

func indent(v any) string {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(data)
}
