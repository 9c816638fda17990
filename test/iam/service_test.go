package iam

import (
	"strings"
	"testing"

	"github.com/securecdk/securecdk/test/internal/workload"
)

// mustAllow runs requests that have to be allowed, and wants at least as many as it says.
func mustAllow(t *testing.T, atLeast int, requests []Request) {
	t.Helper()
	if len(requests) < atLeast {
		t.Fatalf("%d requests, want at least %d: the workload lacks what this test is about", len(requests), atLeast)
	}
	for i, ok := range Simulate(t, requests) {
		if !ok {
			t.Errorf("denied: %s", explain(requests[i]))
		}
	}
}

// TestLogsCanEncryptEveryLogGroup: without it the log group is not even created. "Encrypt log data in CloudWatch Logs
// using AWS Key Management Service" (CloudWatch Logs User Guide).
func TestLogsCanEncryptEveryLogGroup(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	var requests []Request
	for _, group := range w.ofType("AWS::Logs::LogGroup") {
		key := w.keyNamed(t, group.properties["KmsKeyId"])
		if key == nil {
			t.Errorf("%s has no key", group.id)
			continue
		}
		for _, action := range []string{"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey"} {
			requests = append(requests, Request{
				Principal: "logs." + region + ".amazonaws.com", Action: action, Resource: w.arn(key.id), Account: account, ResourcePolicy: w.policyOf(*key),
				Context: map[string]string{"kms:EncryptionContext:aws:logs:arn": strings.TrimSuffix(w.arn(group.id), ":*")},
			})
		}
	}
	mustAllow(t, 6, requests)
}

// TestFunctionsCanReadTheirEnvironment: the execution role decrypts the variables, through Lambda, with the function's
// ARN as the context. "Securing Lambda environment variables" (AWS Lambda Developer Guide).
func TestFunctionsCanReadTheirEnvironment(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	var requests []Request
	for _, function := range w.ofType("AWS::Lambda::Function") {
		key := w.keyNamed(t, function.properties["KmsKeyArn"])
		if key == nil {
			continue // no variables; the judge says when there are some
		}
		role := w.roleOf(t, function.properties["Role"])
		for _, action := range []string{"kms:Decrypt", "kms:CreateGrant"} {
			requests = append(requests, Request{
				Principal: w.arn(role.id), Action: action, Resource: w.arn(key.id), Account: account,
				Identity: w.identity(role), ResourcePolicy: w.policyOf(*key),
				Context: map[string]string{
					"kms:ViaService": "lambda." + region + ".amazonaws.com", "kms:CallerAccount": account,
					"kms:EncryptionContext:aws:lambda:FunctionArn": w.arn(function.id),
				},
			})
		}
	}
	mustAllow(t, 2, requests)
}

// TestProjectsCanEncryptTheirOutput: CodeBuild calls KMS with the project's role and not through another service.
func TestProjectsCanEncryptTheirOutput(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	var requests []Request
	for _, project := range w.ofType("AWS::CodeBuild::Project") {
		key := w.keyNamed(t, project.properties["EncryptionKey"])
		if key == nil {
			t.Errorf("%s has no key", project.id)
			continue
		}
		role := w.roleOf(t, project.properties["ServiceRole"])
		for _, action := range []string{"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"} {
			requests = append(requests, Request{
				Principal: w.arn(role.id), Action: action, Resource: w.arn(key.id), Account: account,
				Identity: w.identity(role), ResourcePolicy: w.policyOf(*key), Context: map[string]string{"kms:CallerAccount": account},
			})
		}
	}
	mustAllow(t, 5, requests)
}

// TestAccessLogsAreDelivered: the log service may write what each bucket sends, under the prefix that it sends it to.
func TestAccessLogsAreDelivered(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	var requests []Request
	for _, bucket := range w.ofType("AWS::S3::Bucket") {
		destination := dig(bucket.properties, "LoggingConfiguration", "DestinationBucketName")
		for _, target := range w.ofType("AWS::S3::Bucket") {
			if w.name(target) != destination {
				continue
			}
			requests = append(requests, Request{
				Principal: "logging.s3.amazonaws.com", Action: "s3:PutObject", Account: account, ResourcePolicy: w.policyOf(target),
				Resource: w.arn(target.id) + "/" + text(dig(bucket.properties, "LoggingConfiguration", "LogFilePrefix")) + "2026-01-01-00-00-00",
				Context:  map[string]string{"aws:SecureTransport": "true", "aws:SourceAccount": account, "aws:SourceArn": w.arn(bucket.id)},
			})
		}
	}
	mustAllow(t, 5, requests)
	foreign := append([]Request(nil), requests...)
	for i := range foreign {
		foreign[i].Context = map[string]string{"aws:SecureTransport": "true", "aws:SourceAccount": stranger, "aws:SourceArn": "arn:aws:s3:::theirs"}
	}
	for i, ok := range Simulate(t, foreign) {
		if ok {
			t.Errorf("logs of another account are taken: %s", explain(foreign[i]))
		}
	}
}

// TestReplicationGoesOn: S3 replicates an object with a key only where the rule says so, and as a role that may decrypt it
// and encrypt the replica. "Replicating encrypted objects" (Amazon S3 User Guide).
func TestReplicationGoesOn(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	var requests []Request
	use := func(role resource, action string, key any) {
		k := w.keyNamed(t, key)
		if k == nil {
			t.Errorf("no key to %s with", action)
			return
		}
		requests = append(requests, Request{
			Principal: w.arn(role.id), Action: action, Resource: w.arn(k.id), Account: account, Identity: w.identity(role), ResourcePolicy: w.policyOf(*k),
			Context: map[string]string{"kms:ViaService": "s3." + region + ".amazonaws.com", "kms:CallerAccount": account},
		})
	}
	for _, source := range w.ofType("AWS::S3::Bucket") {
		for _, rule := range list(dig(source.properties, "ReplicationConfiguration", "Rules")) {
			if dig(rule, "SourceSelectionCriteria", "SseKmsEncryptedObjects", "Status") != "Enabled" {
				t.Errorf("%s replicates nothing that has a key: %s", source.id, indent(rule))
			}
			role := w.roleOf(t, dig(source.properties, "ReplicationConfiguration", "Role"))
			use(role, "kms:Decrypt", services[source.cfnType].key(source))
			use(role, "kms:Encrypt", dig(rule, "Destination", "EncryptionConfiguration", "ReplicaKmsKeyID"))
		}
	}
	mustAllow(t, 2, requests)
}

// TestLogsAreDeliveredWithoutAPolicyOfTheTemplate: the delivery of flow logs writes the bucket's policy itself, and finds
// the key's as it is. "Publish flow logs to Amazon S3" (Amazon VPC User Guide).
func TestLogsAreDeliveredWithoutAPolicyOfTheTemplate(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	deliver := func(bucket resource, from string) Request {
		key := w.keyNamed(t, services[bucket.cfnType].key(bucket))
		return Request{
			Principal: "delivery.logs.amazonaws.com", Action: "kms:GenerateDataKey", Resource: w.arn(key.id), Account: account,
			ResourcePolicy: w.policyOf(*key), Context: map[string]string{"aws:SourceAccount": from},
		}
	}
	var requests []Request
	for _, bucket := range w.ofType("AWS::S3::Bucket") {
		if strings.HasPrefix(bucket.id, "Plain") {
			requests = append(requests, deliver(bucket, account), deliver(bucket, workload.LogSource))
			for _, ok := range Simulate(t, []Request{deliver(bucket, stranger)}) {
				if ok {
					t.Errorf("the logs of a stranger are encrypted under %s", bucket.id)
				}
			}
		}
	}
	mustAllow(t, 2, requests)
}

// TestNoDataWithoutTLS: what is allowed over TLS is denied without it, on every bucket.
func TestNoDataWithoutTLS(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	var requests []Request
	for _, bucket := range w.ofType("AWS::S3::Bucket") {
		for _, u := range services[bucket.cfnType].uses {
			requests = append(requests, Request{
				Principal: "arn:aws:iam::" + account + ":role/admin", Action: u.action, Resource: w.arn(bucket.id) + u.object, Account: account,
				Identity: []any{anything}, ResourcePolicy: w.policyOf(bucket), Context: map[string]string{"aws:SecureTransport": "true"},
			})
		}
	}
	mustAllow(t, 20, requests)
	for i := range requests {
		requests[i].Context = map[string]string{"aws:SecureTransport": "false"}
	}
	for i, ok := range Simulate(t, requests) {
		if ok {
			t.Errorf("allowed without TLS: %s", explain(requests[i]))
		}
	}
}

// TestNetworkInterfacesCanBeMade: what runs in the VPC may make its network interfaces, and holds that permission
// before it is created: otherwise the deployment fails. "Allow CodeBuild access to AWS services required to create a
// VPC network interface" (CodeBuild User Guide), "Giving Lambda functions access to resources in an Amazon VPC".
func TestNetworkInterfacesCanBeMade(t *testing.T) {
	template := synthesized(t, true)
	w := newWorld(t, template)
	graph := dependencies(template)
	tests := []struct {
		cfnType, role string
		actions       []string
	}{
		{"AWS::CodeBuild::Project", "ServiceRole", []string{
			"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface", "ec2:DescribeSubnets",
			"ec2:DescribeSecurityGroups", "ec2:DescribeDhcpOptions", "ec2:DescribeVpcs", "ec2:CreateNetworkInterfacePermission",
		}},
		{"AWS::Lambda::Function", "Role", []string{
			"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface", "ec2:DescribeSubnets",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.cfnType, func(t *testing.T) {
			var requests []Request
			for _, r := range w.ofType(tt.cfnType) {
				role := w.roleOf(t, r.properties[tt.role])
				for _, action := range tt.actions {
					requests = append(requests, networkRequest(w, role, action))
				}
				if !strings.Contains(indent(role.properties["ManagedPolicyArns"]), "/AWSLambdaVPCAccessExecutionRole") {
					mustComeFirst(t, w, graph, r, role)
				}
			}
			mustAllow(t, len(tt.actions), requests)
		})
	}
}

func networkRequest(w *world, role resource, action string) Request {
	request := Request{Principal: w.arn(role.id), Action: action, Resource: "*", Account: account, Identity: w.identity(role)}
	interfaces := "arn:aws:ec2:" + region + ":" + account + ":network-interface/eni-0123456789abcdef0"
	switch action {
	case "ec2:CreateNetworkInterface":
		request.Resource = "arn:aws:ec2:" + region + ":" + account + ":subnet/" + subnet
	case "ec2:DeleteNetworkInterface":
		request.Resource = interfaces
	case "ec2:CreateNetworkInterfacePermission":
		request.Resource = interfaces
		request.Context = map[string]string{
			"ec2:Subnet":            "arn:aws:ec2:" + region + ":" + account + ":subnet/" + subnet,
			"ec2:AuthorizedService": "codebuild.amazonaws.com",
		}
	}
	return request
}

// mustComeFirst wants the policy that carries the permission among what CloudFormation creates before the resource.
func mustComeFirst(t *testing.T, w *world, graph graph, r, role resource) {
	t.Helper()
	for _, inline := range list(role.properties["Policies"]) {
		if strings.Contains(indent(inline), "ec2:CreateNetworkInterface") {
			return // part of the role, which every user of the role waits for
		}
	}
	before := graph.closure(r.id)
	for _, policy := range w.policiesOf(role) {
		if strings.Contains(indent(policy.properties["PolicyDocument"]), "ec2:CreateNetworkInterface") && before[policy.id] {
			return
		}
	}
	t.Errorf("%s can be created before its role may make network interfaces; it waits for %v", r.id, keys(before))
}

func (w *world) roleOf(t testing.TB, arn any) resource {
	t.Helper()
	for _, role := range w.ofType("AWS::IAM::Role") {
		if w.arn(role.id) == arn {
			return role
		}
	}
	t.Fatalf("no role of the template has the ARN %v", arn)
	return resource{}
}
