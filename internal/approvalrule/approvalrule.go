// Package approvalrule has what AWS CodeCommit demands of approval rule templates, for the construct that declares them and
// for the function that makes them. It knows no CDK, so that the function stays small.
//
// Sources: AWS CodeCommit User Guide, "Quotas in AWS CodeCommit" and "Create an approval rule template"; AWS CodeCommit API
// Reference, "CreateApprovalRuleTemplate".
package approvalrule

import (
	"encoding/json"
	"regexp"
	"strings"
)

// Limits, of texts in characters.
const (
	MaxName        = 100
	MaxDescription = 1000
	MaxContent     = 3000
	MaxBranches    = 100
	MaxMembers     = 50
	MaxApprovals   = 200
)

// NameForm says what Name takes.
const NameForm = "1 to 100 letters, digits, dots, dashes, underscores and inner spaces, and no .git at the end"

var (
	name = regexp.MustCompile(`^[\w.-]([\w .-]{0,98}[\w.-])?$`)
	// Repository is the form of a repository's name.
	Repository = regexp.MustCompile(`^[\w.-]{1,100}$`)
	// Branch is the form of a branch's name, without refs/heads/.
	Branch = regexp.MustCompile(`^[^\s*?\[\]\\^~:]+$`)
	// Member is the form of a member of an approval pool: a user, a role, or sessions of a role.
	Member = regexp.MustCompile(`^arn:[a-z-]+:(iam::\d{12}:(user|role)|sts::\d{12}:(assumed-role|federated-user))/\S+$`)
)

// Name tells whether a template can be called so.
func Name(text string) bool { return name.MatchString(text) && !strings.HasSuffix(text, ".git") }

type content struct {
	Version               string
	DestinationReferences []string
	Statements            []statement
}

type statement struct {
	Type                    string
	NumberOfApprovalsNeeded int
	ApprovalPoolMembers     []string
}

// Content is the rule of a template: so many approvals of members for what goes to one of the references. The same values make
// the same bytes.
func Content(references []string, approvals int, members []string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)                                                                          // a branch may be called a&b
	_ = encoder.Encode(content{"2018-11-08", references, []statement{{"Approvers", approvals, members}}}) // texts and a number: it can't fail
	return strings.TrimSuffix(b.String(), "\n")
}
