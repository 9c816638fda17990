package aspects

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/securecdk/securecdk/internal/bulk"
)

const buildKeyID = "GuardrailBuildKey"

// keyUse is what one stack's key must allow for the resources that it comes to encrypt.
type keyUse struct {
	stack       awscdk.Stack
	key         awskms.IKey
	arn         string
	account     string
	region      string
	partition   string
	served      map[string]bool           // services whose own statements are there
	statements  map[string]map[string]any // by Sid
	first       *bulk.Resource            // where a warning about the key is put
	buildPolicy awsiam.IManagedPolicy
}

// useActions are what a principal needs to read and write data under a key; without wildcards, so that what is allowed
// is what is written.
var useActions = []any{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"}

// dataKeyActions are what a service needs that publishes to an encrypted topic or queue, or delivers to a bucket.
var dataKeyActions = []any{"kms:Decrypt", "kms:GenerateDataKey"}

// grantingServices use the key later by a grant that they make on behalf of whoever creates or uses the resource.
var grantingServices = []string{"dynamodb", "ecr", "lambda", "secretsmanager"}

// publishers are the services that may publish to a topic or queue without a policy of the app that says so: CloudWatch
// alarms and budget-like notifications are let in by the default policy of a topic.
var publishers = map[string][]string{
	"sns": {"cloudwatch.amazonaws.com", "codestar-notifications.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"},
	"sqs": {"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"},
}

func (r *run) keyOf(provider KeyProvider, stackPath string) *keyUse {
	if use, ok := r.keys[stackPath]; ok {
		return use
	}
	stack := r.TopLevelStack(stackPath)
	key := provider(stack)
	use := &keyUse{
		stack: stack, key: key, arn: *key.KeyArn(), account: *stack.Account(), region: *stack.Region(), partition: *stack.Partition(),
		served: map[string]bool{}, statements: map[string]map[string]any{},
	}
	r.keys[stackPath] = use
	return use
}

// serve makes the key usable for whoever could use the resource before it had this key.
func (k *keyUse) serve(r *run, service string, res *bulk.Resource) {
	if k.first == nil {
		k.first = res
	}
	if service == "codebuild" || service == "codepipeline" {
		service = "s3" // artifacts lie in buckets
	}
	if !k.served[service] {
		k.served[service] = true
		k.serveService(service)
	}
	k.mirror(r, service, res)
}

func (k *keyUse) serveService(service string) {
	if service == "logs" {
		k.serveLogs()
		return
	}
	k.serveAccount(service)
	if services := publishers[service]; services != nil {
		k.allowServices(service, services)
	}
}

// serveAccount lets every principal of the account use the key through the service, as the policy of an AWS managed key
// does. What they may do with the resource, their own policies go on saying.
func (k *keyUse) serveAccount(service string) {
	actions := useActions
	if slices.Contains(grantingServices, service) {
		actions = append([]any{"kms:CreateGrant"}, useActions...)
	}
	k.add("Account", service, map[string]any{
		"Principal": map[string]any{"AWS": "*"},
		"Action":    actions,
		"Condition": map[string]any{"StringEquals": map[string]any{
			"kms:CallerAccount": k.account,
			"kms:ViaService":    k.via(service),
		}},
	})
}

// serveLogs: "Encrypt log data in CloudWatch Logs using AWS KMS" (CloudWatch Logs User Guide).
func (k *keyUse) serveLogs() {
	k.add("Service", "logs", map[string]any{
		"Principal": map[string]any{"Service": fmt.Sprintf("logs.%s.%s", k.region, k.suffix())},
		"Action":    useActions,
		"Condition": map[string]any{"ArnLike": map[string]any{
			"kms:EncryptionContext:aws:logs:arn": fmt.Sprintf("arn:%s:logs:%s:%s:log-group:*", k.partition, k.region, k.account),
		}},
	})
}

// allowServices lets services publish under the key. The account is checked where the service tells it: EventBridge sends
// no aws:SourceAccount when it publishes to an encrypted topic ("Key management", Amazon SNS Developer Guide), hence
// IfExists. Without the permission on the topic or queue itself, the key alone opens nothing.
func (k *keyUse) allowServices(service string, principals []string) {
	names := make([]any, len(principals))
	for i, p := range principals {
		names[i] = p
	}
	k.add("Publishers", service, map[string]any{
		"Principal": map[string]any{"Service": names},
		"Action":    dataKeyActions,
		"Condition": map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": k.account}},
	})
}

// mirror gives the key to whom the policies on the resource let in from outside the account's own principals: other
// accounts, and services. Principals of the account are served already.
func (k *keyUse) mirror(r *run, service string, res *bulk.Resource) {
	account := r.StackOf(res).Account
	for _, statement := range r.statementsOn(res) {
		if statement["Effect"] != "Allow" {
			continue
		}
		if services := serviceNames(statement["Principal"], publishers[service]); len(services) > 0 {
			k.addMirror(service, map[string]any{
				"Principal": map[string]any{"Service": services},
				"Action":    dataKeyActions,
				"Condition": map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": k.account}},
			})
		}
		principals := strangers(statement["Principal"], account)
		condition := globalConditions(statement["Condition"])
		if len(principals) == 0 || slices.Contains(principals, "*") && len(condition) == 0 {
			continue // anyone, unconditionally: KMS serves no anonymous caller anyway
		}
		equals, _ := condition["StringEquals"].(map[string]any)
		condition["StringEquals"] = with(equals, "kms:ViaService", k.via(service))
		k.addMirror(service, map[string]any{
			"Principal": map[string]any{"AWS": principals},
			"Action":    useActions,
			"Condition": condition,
		})
	}
}

// allowBuild lets a CodeBuild role use the key by a managed policy, since the key's policy must not refer to roles: a
// role's own policies can refer to what the key encrypts, and that would be a cycle.
func (k *keyUse) allowBuild(r *run, role *bulk.Resource) {
	if k.buildPolicy == nil {
		k.buildPolicy = once(k.stack, buildKeyID, func(id *string) awsiam.ManagedPolicy {
			actions := make([]string, len(useActions))
			for i, a := range useActions {
				actions[i] = a.(string)
			}
			return awsiam.NewManagedPolicy(k.stack, id, &awsiam.ManagedPolicyProps{
				Statements: &[]awsiam.PolicyStatement{allow("EncryptBuildOutput", actions, k.arn, nil)},
			})
		})
	}
	r.attachOnce(role, buildKeyID, k.buildPolicy)
}

func (k *keyUse) add(kind, service string, statement map[string]any) {
	sid := "Guardrail" + kind + strings.ToUpper(service[:1]) + service[1:]
	statement["Sid"], statement["Effect"], statement["Resource"] = sid, "Allow", "*"
	k.statements[sid] = statement
}

// addMirror names the statement after its content: the same policy on two buckets needs it once.
func (k *keyUse) addMirror(service string, statement map[string]any) {
	text, err := json.Marshal(statement)
	if err != nil {
		panic(err) // decoded JSON
	}
	sum := sha256.Sum256(text)
	k.add("Policy"+strings.ToUpper(hex.EncodeToString(sum[:4])), service, statement)
}

func (k *keyUse) via(service string) string {
	return fmt.Sprintf("%s.%s.%s", service, k.region, k.suffix())
}

func (k *keyUse) suffix() string {
	if strings.HasPrefix(k.region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// writeKeyStatements writes in a fixed order, so that the same app always has the same key policy.
func (r *run) writeKeyStatements() {
	for _, path := range sortedKeys(r.keys) {
		use := r.keys[path]
		for _, sid := range sortedKeys(use.statements) {
			r.batch.AddKeyStatement(use.key, use.statements[sid])
		}
		if use.first != nil && use.isImported() {
			r.batch.Warn(use.first, "securecdk:KeyPolicy", fmt.Sprintf(
				"the policy of key %s can't be changed from here. It must hold the statements that KeyFromArn documents; for stack %s: %s. Acknowledge this once it does.",
				use.arn, path, strings.Join(sortedKeys(use.statements), ", ")))
		}
	}
}

// isImported: a key of this app has its CloudFormation resource as default child.
func (k *keyUse) isImported() bool { return k.key.Node().DefaultChild() == nil }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func with(m map[string]any, key string, value any) map[string]any {
	out := map[string]any{key: value}
	for k, v := range m {
		out[k] = v
	}
	return out
}
