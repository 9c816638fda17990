package approvalruletemplate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/securecdk/securecdk/internal/approvalrule"
	"github.com/securecdk/securecdk/internal/fault"
)

// fields are what a template can say. The last two are CloudFormation's own, which it hands on.
var fields = []string{"ApprovalPoolMembers", "ApprovalsNeeded", "Branches", "Description", "Name", "Repositories", "ServiceTimeout", "ServiceToken"}

// owner is whose a template is.
type owner struct{ stack, logicalID string }

func ownerOf(event cfn.Event) owner { return owner{event.StackID, event.LogicalResourceID} }

const ownerPrefix = "Owner: "

func (o owner) line() string { return ownerPrefix + o.stack + " " + o.logicalID }

// ownerIn reads what line wrote; nobody's is the zero owner.
func ownerIn(description string) owner {
	last := description[strings.LastIndex(description, "\n")+1:]
	rest, ok := strings.CutPrefix(last, ownerPrefix)
	stack, logicalID, two := strings.Cut(rest, " ")
	if !ok || !two {
		return owner{}
	}
	return owner{stack, logicalID}
}

// settings are properties that were found to be good.
type settings struct {
	owner                      owner
	name, description, content string
	repositories               []string
}

// parse makes settings of properties, or reports all that is wrong with them.
func parse(in map[string]any, o owner) (*settings, error) {
	r := &reader{in: in}
	for _, field := range slices.Sorted(maps.Keys(in)) {
		if !slices.Contains(fields, field) {
			r.bad(field, in[field], "one of "+strings.Join(fields, ", "), "take it out or correct its name")
		}
	}
	s := &settings{
		owner:       o,
		name:        r.name(),
		description: r.description(o),
		repositories: r.list("Repositories", "names of CodeCommit repositories", 0, func(name string) (string, bool) {
			return name, approvalrule.Repository.MatchString(name)
		}),
	}
	s.content = r.content()
	return s, fault.Join(r.faults)
}

// namesIn reads what it can of properties that another event judged: those from before an update, or of what failed.
func namesIn(in map[string]any) (name string, repositories []string) {
	name, _ = in["Name"].(string)
	list, _ := in["Repositories"].([]any)
	for _, one := range list {
		if repository, ok := one.(string); ok {
			repositories = append(repositories, repository)
		}
	}
	return name, repositories
}

// reader gathers the faults of properties.
type reader struct {
	in     map[string]any
	faults []*fault.Error
}

func (r *reader) bad(field string, value any, expected, do string) {
	r.faults = append(r.faults, fault.New("", field, value, expected, do))
}

func (r *reader) name() string {
	name, ok := r.in["Name"].(string)
	if !ok || !approvalrule.Name(name) {
		r.bad("Name", r.in["Name"], approvalrule.NameForm, "")
	}
	return name
}

func (r *reader) description(o owner) string {
	text, ok := r.in["Description"].(string)
	if given := r.in["Description"]; given != nil && !ok {
		r.bad("Description", given, "a text", "")
	}
	line := o.line()
	room := approvalrule.MaxDescription - len(line) - 1
	if utf8.RuneCountInString(text) > room {
		r.bad("Description", text, fmt.Sprintf("at most %d characters, since the line that names the owner stands below it", room), "shorten it")
	}
	if text == "" {
		return line
	}
	return text + "\n" + line
}

// list reads a list of texts, each made good by fix, sorted and without repetition. No limit is a limit of 0.
func (r *reader) list(field, expected string, limit int, fix func(string) (string, bool)) []string {
	list, ok := r.in[field].([]any)
	if !ok || len(list) == 0 {
		r.bad(field, r.in[field], "a list of "+expected+", one at least", "")
		return nil
	}
	if limit > 0 && len(list) > limit {
		r.bad(field, fmt.Sprintf("%d of them", len(list)), fmt.Sprintf("at most %d", limit), "")
	}
	texts := make([]string, 0, len(list))
	for i, one := range list {
		text, ok := one.(string)
		if ok {
			text, ok = fix(text)
		}
		if !ok {
			r.bad(fmt.Sprintf("%s[%d]", field, i), one, "one of the "+expected, "")
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// content is the rule: the same properties, in whatever order, make the same bytes.
func (r *reader) content() string {
	text, ok := r.in["ApprovalsNeeded"].(string)
	needed, err := strconv.Atoi(text)
	if !ok || err != nil || needed < 1 || needed > approvalrule.MaxApprovals || strconv.Itoa(needed) != text {
		r.bad("ApprovalsNeeded", r.in["ApprovalsNeeded"], fmt.Sprintf(`a number from 1 to %d, as a text such as "2"`, approvalrule.MaxApprovals), "")
	}
	branches := r.list("Branches", "names of branches, main or refs/heads/main", approvalrule.MaxBranches, func(name string) (string, bool) {
		name = strings.TrimPrefix(name, "refs/heads/")
		return "refs/heads/" + name, approvalrule.Branch.MatchString(name) && !strings.HasPrefix(name, "refs/")
	})
	members := r.list("ApprovalPoolMembers", "ARNs of IAM users, roles or sessions of roles", approvalrule.MaxMembers, func(arn string) (string, bool) {
		return arn, approvalrule.Member.MatchString(arn)
	})
	out := approvalrule.Content(branches, needed, members)
	if size := utf8.RuneCountInString(out); size > approvalrule.MaxContent {
		r.bad("ApprovalPoolMembers", fmt.Sprintf("%d of them, which with the branches make a rule of %d characters", len(members), size),
			fmt.Sprintf("at most %d characters", approvalrule.MaxContent), "name fewer, such as assumed-role/ROLE/* for all sessions of a role")
	}
	return out
}
