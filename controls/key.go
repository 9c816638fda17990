package controls

import (
	"regexp"
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

// keyID is the form of a key's id; multi-Region keys have the prefix mrk- (AWS KMS developer guide, "Key identifiers").
var keyID = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// judgeKey tells whether a value names a customer managed KMS key; if not so, why.
func judgeKey(w *template.World, key template.Value) (Verdict, string) {
	parts := key.Parts()
	if len(parts) == 0 || key.Absent() {
		return NonCompliant, "found " + key.String()
	}
	return judgeKeyName(w, afterARN(parts), key)
}

// afterARN takes the prefix arn:partition:kms:region:account: off.
func afterARN(parts []template.Part) []template.Part {
	if !strings.HasPrefix(parts[0].Text, "arn:") {
		return parts
	}
	colons := 0
	for i, part := range parts {
		for at := 0; at < len(part.Text); at++ {
			if part.Text[at] != ':' {
				continue
			}
			if colons++; colons < 5 {
				continue
			}
			if rest := part.Text[at+1:]; rest != "" {
				return append([]template.Part{{Text: rest}}, parts[i+1:]...)
			}
			return parts[i+1:]
		}
	}
	return parts
}

func judgeKeyName(w *template.World, parts []template.Part, whole template.Value) (Verdict, string) {
	if len(parts) == 0 {
		return NonCompliant, "found " + whole.String()
	}
	if name, ok := strings.CutPrefix(parts[0].Text, "alias/"); ok {
		return judgeAlias(name, parts[1:], whole)
	}
	if id, ok := strings.CutPrefix(parts[0].Text, "key/"); ok {
		if id == "" {
			return judgeKeyName(w, parts[1:], whole)
		}
		parts = append([]template.Part{{Text: id}}, parts[1:]...)
	}
	switch {
	case len(parts) == 1 && parts[0].Resource != nil:
		return judgeKeyResource(w, &parts[0])
	case len(parts) == 1 && parts[0].Resource == nil && parts[0].Pseudo == "" && parts[0].Unknown == "":
		if keyID.MatchString(parts[0].Text) {
			return Compliant, ""
		}
		return NonCompliant, "found " + whole.String() + ", which is no key"
	}
	if whole.Unknown() {
		return Unknown, whole.Reason()
	}
	return Unknown, "what " + whole.String() + " comes to is known at deployment only"
}

// judgeAlias judges by the alias's name: AWS managed keys have aliases that begin with aws/, and nobody else may make
// such (AWS KMS developer guide, "Aliases in AWS KMS"). The partition is taken for the one that nearly all accounts are
// in, aws.
func judgeAlias(name string, rest []template.Part, whole template.Value) (Verdict, string) {
	for len(rest) > 0 && (rest[0].Pseudo == "AWS::Partition" || rest[0].Text != "") {
		if name += rest[0].Text; rest[0].Text == "" {
			name += "aws"
		}
		rest = rest[1:]
	}
	switch {
	case strings.HasPrefix(name, managedAlias):
		return NonCompliant, "found " + whole.String() + ", an AWS managed key"
	case name == "" && len(rest) == 0:
		return NonCompliant, "found " + whole.String() + ", which is no key"
	case !mayBegin(name, rest, managedAlias):
		return Compliant, ""
	case whole.Unknown():
		return Unknown, whole.Reason()
	}
	return Unknown, "what " + whole.String() + " comes to is known at deployment only"
}

const managedAlias = "aws/"

// mayBegin tells whether a text, and what the parts after it come to, may begin with the prefix.
func mayBegin(s string, rest []template.Part, prefix string) bool {
	if len(s) >= len(prefix) || !strings.HasPrefix(prefix, s) {
		return strings.HasPrefix(s, prefix)
	}
	if len(rest) == 0 {
		return false
	}
	prefix = prefix[len(s):]
	switch part := rest[0]; {
	case part.Text != "":
		return mayBegin(part.Text, rest[1:], prefix)
	case part.Pseudo == "AWS::Region", part.Pseudo == "AWS::AccountId":
		return false
	case part.Pseudo != "AWS::StackName":
		return true
	}
	// The name of a stack has no slash.
	for n := 1; n <= len(prefix) && prefix[n-1] != '/'; n++ {
		if mayBegin("", rest[1:], prefix[n:]) {
			return true
		}
	}
	return false
}

func judgeKeyResource(w *template.World, part *template.Part) (Verdict, string) {
	r := part.Resource
	switch r.Type {
	case "AWS::KMS::Key", "AWS::KMS::ReplicaKey":
		return Compliant, ""
	case "AWS::KMS::Alias":
		name := w.Get(r, "AliasName")
		parts := name.Parts()
		if len(parts) == 0 || !strings.HasPrefix(parts[0].Text, "alias/") {
			if name.Unknown() {
				return Unknown, name.Reason()
			}
			return NonCompliant, "found " + r.ID() + ", an alias named " + name.String()
		}
		return judgeAlias(strings.TrimPrefix(parts[0].Text, "alias/"), parts[1:], name)
	}
	return Unknown, "what " + r.ID() + ", a resource of type " + r.Type + ", returns is known at deployment only"
}
