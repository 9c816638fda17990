package aspects

import (
	"regexp"
	"slices"
	"strings"
)

// serviceNames returns the service principals of a statement, without those in known.
func serviceNames(principal any, known []string) []any {
	m, _ := principal.(map[string]any)
	var services []any
	for _, s := range list(m["Service"]) {
		if name, ok := s.(string); !ok || !slices.Contains(known, name) && !ownKeyless[name] {
			services = append(services, s)
		}
	}
	return services
}

// ownKeyless are services whose deliveries never involve the key of the target.
var ownKeyless = map[string]bool{"logging.s3.amazonaws.com": true}

var accountInArn = regexp.MustCompile(`^arn:[^:]*:(?:iam|sts)::(\d{12}):`)

// stranger is a principal that is not known to be of the account.
type stranger struct {
	value any    // as it stands in the policy
	text  string // with the partition and the account filled in; "" when only the deployment knows it
}

// strangers returns the AWS principals of a statement that are not known to be of the account: ARNs and ids of other
// accounts, what only the deployment knows, and "*". A reference to a resource is one of this app, in this account, and
// is left out: the key's policy must not refer to roles.
func (r *run) strangers(stack string, principal any) []stranger {
	if principal == "*" {
		return []stranger{{"*", "*"}}
	}
	m, _ := principal.(map[string]any)
	account := r.accountOf(stack)
	var found []stranger
	for _, p := range list(m["AWS"]) {
		text := rendered(p, account)
		if text == "" && r.refersToResource(stack, p) || text != "" && accountIn(text) == account {
			continue
		}
		found = append(found, stranger{p, text})
	}
	return found
}

// unknownAccount stands for the account of a stack that only the deployment knows.
const unknownAccount = "000000000000"

func (r *run) accountOf(stack string) string {
	if account := r.Stack(stack).Account; account != "" {
		return account
	}
	return unknownAccount
}

// rendered is a value with the pseudo parameters filled in; "" when it refers to anything else. The partition and the
// region are those that tell accounts apart no worse than the real ones.
func rendered(value any, account string) string {
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		if name, ok := v["Ref"].(string); ok {
			return pseudo(name, account)
		}
		if text, ok := v["Fn::Sub"].(string); ok {
			return substituted(text, account)
		}
		if join, _ := v["Fn::Join"].([]any); len(join) == 2 && join[0] == "" {
			return joined(list(join[1]), account)
		}
	}
	return ""
}

func pseudo(name, account string) string {
	return map[string]string{"AWS::Partition": "aws", "AWS::AccountId": account, "AWS::Region": "region", "AWS::URLSuffix": "amazonaws.com"}[name]
}

func substituted(text, account string) string {
	for _, m := range inSub.FindAllStringSubmatch(text, -1) {
		value := pseudo(m[1], account)
		if value == "" {
			return ""
		}
		text = strings.Replace(text, m[0], value, 1)
	}
	return text
}

func joined(parts []any, account string) string {
	var b strings.Builder
	for _, part := range parts {
		piece := rendered(part, account)
		if piece == "" && part != "" {
			return ""
		}
		b.WriteString(piece)
	}
	return b.String()
}

func accountIn(principal string) string {
	if m := accountInArn.FindStringSubmatch(principal); m != nil {
		return m[1]
	}
	return principal // an account id stands for its root; anything else is a stranger
}

// roleName is the name at the end of a role's ARN, or "".
func roleName(arn string) string {
	_, path, isRole := strings.Cut(arn, ":role/")
	if !isRole {
		return ""
	}
	return path[strings.LastIndex(path, "/")+1:]
}

// callerConditions keeps the conditions that mean the same in a key's policy when a service calls KMS for the caller: those
// on who calls. Those on the network (aws:SourceIp, aws:SourceVpce) would refuse the service's calls ("AWS global
// condition context keys", IAM User Guide), and those of the service (s3:prefix) KMS doesn't know; both go on holding in
// the resource's own policy, as do those that refer to resources of the app.
func (r *run) callerConditions(s statement) map[string]any {
	return keepConditions(s.body["Condition"], func(operator, key string, value any) (string, bool) {
		return operator, (strings.HasPrefix(key, "aws:principal") || isSourceKey(key)) && !r.refersToResource(s.stack, value)
	})
}

// sourceConditions keeps the conditions on the resource for which a service calls, in a form that also holds where the
// service tells KMS nothing of it, and says whether they may name another account.
func (r *run) sourceConditions(s statement) (kept map[string]any, foreign bool) {
	account := r.accountOf(s.stack)
	kept = keepConditions(s.body["Condition"], func(operator, key string, value any) (string, bool) {
		if !isSourceKey(key) || strings.Contains(operator, "Not") || operator == "Null" || r.refersToResource(s.stack, value) {
			return "", false
		}
		for _, v := range list(value) {
			foreign = foreign || sourceAccount(rendered(v, account)) != account
		}
		return strings.TrimSuffix(operator, "IfExists") + "IfExists", true
	})
	return kept, foreign
}

// sourceAccount is the account of an aws:SourceAccount or aws:SourceArn.
func sourceAccount(text string) string {
	if fields := strings.SplitN(text, ":", 6); len(fields) == 6 {
		return fields[4]
	}
	return text
}

func isSourceKey(key string) bool {
	return key == "aws:sourceaccount" || key == "aws:sourcearn" || strings.HasPrefix(key, "aws:sourceorg")
}

// keepConditions filters a Condition element; keep is asked with the key in lower case and says under which operator.
func keepConditions(condition any, keep func(operator, key string, value any) (string, bool)) map[string]any {
	kept := map[string]any{}
	m, _ := condition.(map[string]any)
	for operator, block := range m {
		entries, _ := block.(map[string]any)
		for key, value := range entries {
			if under, ok := keep(operator, strings.ToLower(key), value); ok {
				inner, _ := kept[under].(map[string]any)
				kept[under] = with(inner, key, value)
			}
		}
	}
	return kept
}
