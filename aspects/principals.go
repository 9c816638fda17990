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

// strangers returns the AWS principals of a statement that are not known to be of the account: literal ARNs and ids of
// other accounts, and "*". A reference to a resource is one of this app, in this account, and is left out: the key's
// policy must not refer to roles.
func strangers(principal any, account string) []any {
	if principal == "*" {
		return []any{"*"}
	}
	m, _ := principal.(map[string]any)
	var found []any
	for _, p := range list(m["AWS"]) {
		switch text := principalText(p); {
		case text == "":
		case text == "*":
			found = append(found, "*")
		case accountOf(text) != account:
			found = append(found, p)
		}
	}
	return found
}

// principalText renders a principal with the partition filled in; empty when it refers to the app's own resources or to
// the account that is deployed to.
func principalText(p any) string {
	switch v := p.(type) {
	case string:
		return v
	case map[string]any:
		join, _ := v["Fn::Join"].([]any)
		if len(join) != 2 || join[0] != "" {
			return ""
		}
		var b strings.Builder
		for _, part := range list(join[1]) {
			switch piece := part.(type) {
			case string:
				b.WriteString(piece)
			case map[string]any:
				if piece["Ref"] != "AWS::Partition" {
					return ""
				}
				b.WriteString("aws")
			}
		}
		return b.String()
	}
	return ""
}

func accountOf(principal string) string {
	if m := accountInArn.FindStringSubmatch(principal); m != nil {
		return m[1]
	}
	return principal // an account id stands for its root; anything else is a stranger
}

// globalConditions keeps the conditions that mean the same in a key's policy: those on who calls and from where. Those
// of the service (s3:prefix, sns:Protocol) and those that refer to resources of the app are left out; they go on holding
// in the resource's own policy.
func globalConditions(condition any) map[string]any {
	kept := map[string]any{}
	m, _ := condition.(map[string]any)
	for operator, block := range m {
		entries, _ := block.(map[string]any)
		for key, value := range entries {
			if !isCallerCondition(key) || !isLiteral(value) {
				continue
			}
			inner, _ := kept[operator].(map[string]any)
			kept[operator] = with(inner, key, value)
		}
	}
	return kept
}

func isCallerCondition(key string) bool {
	key = strings.ToLower(key)
	return strings.HasPrefix(key, "aws:principal") || strings.HasPrefix(key, "aws:source") || key == "aws:userid" || key == "aws:federatedprovider"
}

func isLiteral(value any) bool {
	for _, v := range list(value) {
		if _, nested := v.(map[string]any); nested {
			return false
		}
	}
	return true
}
