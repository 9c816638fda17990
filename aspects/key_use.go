package aspects

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/internal/bulk"
	"github.com/securecdk/securecdk/internal/nag"
)

const (
	buildKeyID   = "GuardrailBuildKey"
	foreignKeyID = "GuardrailKeyUse"
)

// keyUse is what one stack's key must allow for the resources that it comes to encrypt.
type keyUse struct {
	stack      awscdk.Stack
	provider   KeyProvider
	key        awskms.IKey
	arn        string
	account    string
	region     string
	partition  string
	served     map[string]bool           // services whose own statements are there
	statements map[string]map[string]any // by Sid
	first      *bulk.Resource            // where a warning about the key is put
	foreigners map[string]*bulk.Resource // principals of other accounts that this app can't give the key, and whither they go
}

// useActions are what a principal needs to read and write data under a key; without wildcards, so that what is allowed
// is what is written.
var useActions = []any{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"}

// dataKeyActions are what a service needs that publishes to an encrypted topic or queue, or delivers to a bucket.
var dataKeyActions = []any{"kms:Decrypt", "kms:GenerateDataKey"}

// grantingServices use the key later by a grant that they make on behalf of whoever creates or uses the resource.
var grantingServices = []string{"dynamodb", "ecr", "lambda", "secretsmanager"}

// publishers are the services that may publish to a topic or queue, or deliver to a bucket, without a policy of the app
// that says so: the default policy of a topic lets them in, or the service writes the policy when it is set up ("Key
// management", Amazon SNS Developer Guide; "Publish flow logs to Amazon S3", Amazon VPC User Guide; "Standard logging",
// Amazon CloudFront Developer Guide). They can be set up outside the app, so the key knows them always.
var publishers = map[string][]string{
	"s3":  {"delivery.logs.amazonaws.com"},
	"sns": {"cloudwatch.amazonaws.com", "codestar-notifications.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"},
	"sqs": {"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"},
}

// eventSources are further services that publish to topics by their default policy, by the types with which an app has
// them do so. A key that named them all would let in more than most apps need, and KMS takes no policy that names a
// service which the Region doesn't know.
var eventSources = map[string]string{
	"AWS::CodeCommit::Repository":                "codecommit.amazonaws.com",
	"AWS::DMS::EventSubscription":                "dms.amazonaws.com",
	"AWS::RDS::EventSubscription":                "events.rds.amazonaws.com",
	"AWS::Redshift::EventSubscription":           "redshift.amazonaws.com",
	"AWS::SES::ConfigurationSetEventDestination": "ses.amazonaws.com",
	"AWS::SES::ReceiptRule":                      "ses.amazonaws.com",
	"AWS::SSMIncidents::ResponsePlan":            "ssm-incidents.amazonaws.com",
}

// noteUnencrypted remembers which buckets an aspect is about to encrypt.
func (r *run) noteUnencrypted(a *Aspect, findings []controls.Finding) {
	for _, f := range findings {
		if f.Control.ID != bucketControl {
			continue
		}
		if res := r.toFix(a, f); res != nil {
			r.unencrypted[res] = true
		}
	}
}

func (r *run) keyOf(provider KeyProvider, stackPath string) *keyUse {
	if use, ok := r.keys[stackPath]; ok {
		return use
	}
	stack := r.TopLevelStack(stackPath)
	key := provider(stack)
	use := &keyUse{
		stack: stack, provider: provider, key: key, arn: *key.KeyArn(), account: *stack.Account(), region: *stack.Region(), partition: *stack.Partition(),
		served: map[string]bool{}, statements: map[string]map[string]any{}, foreigners: map[string]*bulk.Resource{},
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
		if service == "sns" {
			k.serveEventSources(r)
		}
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

// serveEventSources gives each a statement of its own, so that one that comes later adds to what is there.
func (k *keyUse) serveEventSources(r *run) {
	for _, cfnType := range sortedKeys(eventSources) {
		if len(r.byType[cfnType]) > 0 {
			k.addMirror("sns", map[string]any{
				"Principal": map[string]any{"Service": eventSources[cfnType]},
				"Action":    dataKeyActions,
				"Condition": map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": k.account}},
			})
		}
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
	for _, s := range r.statementsOn(res) {
		if s.allows() {
			k.mirrorServices(r, service, s)
			k.mirrorPrincipals(r, service, res, s)
		}
	}
}

// mirrorServices: a service of the account by the account's id; one that calls for another account by the conditions that
// the statement puts on that.
func (k *keyUse) mirrorServices(r *run, service string, s statement) {
	condition, foreign := r.sourceConditions(s)
	known := publishers[service]
	if foreign {
		known = nil
	} else {
		condition = map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": k.account}}
	}
	if services := serviceNames(s.body["Principal"], known); len(services) > 0 {
		k.addMirror(service, map[string]any{"Principal": map[string]any{"Service": services}, "Action": dataKeyActions, "Condition": condition})
	}
}

func (k *keyUse) mirrorPrincipals(r *run, service string, res *bulk.Resource, s statement) {
	condition := r.callerConditions(s)
	bare := len(condition) == 0
	equals, _ := condition["StringEquals"].(map[string]any)
	condition["StringEquals"] = with(equals, "kms:ViaService", k.via(service))
	var literal []any
	for _, p := range r.strangers(s.stack, s.body["Principal"]) {
		switch {
		case p.text == "*" && bare: // anyone, unconditionally: KMS serves no anonymous caller anyway
		case p.text == "": // a parameter may be a list, which stands in no list
			k.addMirror(service, map[string]any{"Principal": map[string]any{"AWS": p.value}, "Action": useActions, "Condition": condition})
		default:
			literal = append(literal, p.value)
			k.allowIdentity(r, service, res, p.text)
		}
	}
	if len(literal) > 0 {
		k.addMirror(service, map[string]any{"Principal": map[string]any{"AWS": literal}, "Action": useActions, "Condition": condition})
	}
}

// unknownTo says why the key's policy can't let in whom the policies on the resource do, or "".
func (k *keyUse) unknownTo(r *run, res *bulk.Resource) string {
	for _, s := range r.statementsOn(res) {
		principal, _ := s.body["Principal"].(map[string]any)
		conditions, _ := r.sourceConditions(s)
		callers := r.callerConditions(s)
		values := []any{conditions, callers}
		for _, p := range r.strangers(s.stack, principal) {
			values = append(values, p.value)
			if s.allows() && p.text == "" && isAnyone(p.value) && len(callers) == 0 {
				return "its policy lets in anyone by a condition of the template, which the policy of a key must not"
			}
		}
		if s.allows() && r.refersToTemplate(s.stack, values) && s.stack != *awscdk.Stack_Of(k.key).Node().Path() {
			return "its policy refers to parameters of its stack, which the policy of a key in another stack can't"
		}
	}
	return ""
}

// allowIdentity gives a principal of another account its half of the permission: that account must let it use the key,
// too ("Allowing users in other accounts to use a KMS key", AWS KMS Developer Guide). A role of this app gets a policy; of
// the others it is said.
func (k *keyUse) allowIdentity(r *run, service string, res *bulk.Resource, principal string) {
	account := accountIn(principal)
	role := r.roles[[2]string{account, roleName(principal)}]
	known := !*awscdk.Token_IsUnresolved(k.account) && !*awscdk.Token_IsUnresolved(k.region)
	if role == nil || !known || r.refusal(role, r.StackOf(role).Top) != "" {
		k.foreigners[strings.Replace(principal, "*", "callers of other accounts", 1)] = res
		return
	}
	home := r.StackOf(role).Top
	id := foreignKeyID + strings.ToUpper(service[:1]) + service[1:] + k.account + strings.ReplaceAll(k.region, "-", "")
	r.attach(grant{role, nil, id, home, func(id string) awsiam.IManagedPolicy {
		stack := r.TopLevelStack(home)
		return once(stack, id, func(id *string) awsiam.ManagedPolicy { return k.newForeignPolicy(stack, id, service) })
	}})
}

// newForeignPolicy names all keys of the account and region: what id the key will have is not known in another account.
func (k *keyUse) newForeignPolicy(stack awscdk.Stack, id *string, service string) awsiam.ManagedPolicy {
	resource := fmt.Sprintf("arn:%s:kms:%s:%s:key/*", k.partition, k.region, k.account)
	policy := awsiam.NewManagedPolicy(stack, id, &awsiam.ManagedPolicyProps{
		Description: jsii.Sprintf("Keys of account %s, through %s", k.account, k.via(service)),
		Statements: &[]awsiam.PolicyStatement{
			allow("UseKeys", texts(useActions), resource, &map[string]any{"StringEquals": map[string]any{"kms:ViaService": k.via(service)}}),
		},
	})
	nag.Suppress(policy, nag.Rule{ID: "AwsSolutions-IAM5", Finding: "Resource::" + strings.Replace(resource, k.partition, "<AWS::Partition>", 1),
		Reason: "The id of a key in another account is not known here; the key's own policy says who may use it, and the condition through which service."})
	return policy
}

// allowBuild lets a CodeBuild role use the key by a managed policy, since the key's policy must not refer to roles: a
// role's own policies can refer to what the key encrypts, and that would be a cycle.
func (k *keyUse) allowBuild(r *run, project, role *bulk.Resource) {
	home := r.StackOf(project).Top
	r.attach(grant{role, project, buildKeyID, home, func(id string) awsiam.IManagedPolicy {
		return once(k.stack, id, func(id *string) awsiam.ManagedPolicy {
			return awsiam.NewManagedPolicy(k.stack, id, &awsiam.ManagedPolicyProps{
				Statements: &[]awsiam.PolicyStatement{allow("EncryptBuildOutput", texts(useActions), k.arn, nil)},
			})
		})
	}})
}

func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.(string)
	}
	return out
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
		for _, principal := range sortedKeys(use.foreigners) {
			r.batch.Warn(use.foreigners[principal], "securecdk:ForeignKeyUse", fmt.Sprintf(
				"its policy lets in %s, who now needs the key as well: in the account of that principal, allow it %s on the key of stack %s. Acknowledge this once that is done.",
				principal, strings.Join(texts(useActions), ", "), path))
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

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func with(m map[string]any, key string, value any) map[string]any {
	out := map[string]any{key: value}
	for k, v := range m {
		out[k] = v
	}
	return out
}
