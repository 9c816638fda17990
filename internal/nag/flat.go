package nag

import (
	"encoding/json"
	"fmt"
	"strings"
)

var brackets = strings.NewReplacer("${", "<", "}", ">")

// Flat writes a resolved value as cdk-nag does in its findings: references in angle brackets.
func Flat(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return brackets.Replace(v)
	case map[string]any:
		if text, ok := flatReference(v); ok {
			return text
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // decoded JSON
	}
	return string(text)
}

func flatReference(v map[string]any) (string, bool) {
	if join, ok := v["Fn::Join"].([]any); ok && len(join) == 2 {
		list, _ := join[1].([]any)
		parts := make([]string, len(list))
		for i, part := range list {
			parts[i] = Flat(part)
		}
		return strings.Join(parts, Flat(join[0])), true
	}
	if sub, ok := v["Fn::Sub"]; ok {
		return Flat(sub), true
	}
	if attribute, ok := v["Fn::GetAtt"].([]any); ok && len(attribute) == 2 {
		return fmt.Sprintf("<%s.%s>", Flat(attribute[0]), Flat(attribute[1])), true
	}
	if reference, ok := v["Ref"]; ok {
		return "<" + Flat(reference) + ">", true
	}
	return "", false
}
