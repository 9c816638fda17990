package aspects

import "strings"

// property is a setting in the form that a typed L1 takes. The CloudFormation form, for a raw CfnResource, follows from it.
type property struct {
	name        string // of the typed L1: "versioningConfiguration"
	cfnName     string // "VersioningConfiguration"
	value       any    // with the keys of the typed L1: {"status": "Enabled"}
	cfn         any    // with CloudFormation's keys, where they are more than the L1's capitalized
	description string // for Change: "Status Enabled"
}

// newProperty makes a property whose CloudFormation name differs from the L1's in the first letter only.
func newProperty(cfnName string, value any, description string) property {
	return property{name: lowerFirst(cfnName), cfnName: cfnName, value: value, description: description}
}

// cfnValue is the value with CloudFormation's keys.
func (p property) cfnValue() any {
	if p.cfn != nil {
		return p.cfn
	}
	return capitalized(p.value)
}

func capitalized(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			out[strings.ToUpper(key[:1])+key[1:]] = capitalized(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = capitalized(inner)
		}
		return out
	}
	return value
}

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }
