package approvalruletemplate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/google/go-cmp/cmp"
)

const (
	stack  = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Checks/6f1c9d20"
	member = "arn:aws:sts::111122223333:assumed-role/Reviewer/*"
	line   = "Owner: " + stack + " Rule"
	rule   = `{"Version":"2018-11-08","DestinationReferences":["refs/heads/main"],"Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":2,` +
		`"ApprovalPoolMembers":["arn:aws:sts::111122223333:assumed-role/Reviewer/*"]}]}`
)

var ruleOfOne = strings.Replace(rule, `Needed":2`, `Needed":1`, 1)

type props = map[string]any

func texts(all ...string) []any {
	var list []any
	for _, one := range all {
		list = append(list, one)
	}
	return list
}

// with is good properties and what differs from them; nil takes a field away.
func with(changes props) props {
	p := props{"ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:f", "ServiceTimeout": "900", "Name": "two", "Branches": texts("main"),
		"ApprovalsNeeded": "2", "ApprovalPoolMembers": texts(member), "Repositories": texts("shop")}
	maps.Copy(p, changes)
	maps.DeleteFunc(p, func(_ string, value any) bool { return value == nil })
	return p
}

func create(p props) cfn.Event { return event(cfn.RequestCreate, "", p, nil) }
func update(p, old props) cfn.Event {
	return event(cfn.RequestUpdate, "id-1", p, old)
}
func remove(p props) cfn.Event { return event(cfn.RequestDelete, "id-1", p, nil) }

func event(kind cfn.RequestType, id string, p, old props) cfn.Event {
	return cfn.Event{RequestType: kind, RequestID: "request-1", StackID: stack, LogicalResourceID: "Rule", PhysicalResourceID: id,
		ResourceProperties: p, OldResourceProperties: old}
}

// ours is the template of the resource, as good properties make it.
func ours(id, name string, repositories ...string) stored {
	return stored{id, name, line, rule, repositories}
}

func theirs(id, name string, repositories ...string) stored {
	return stored{id, name, "made by hand", ruleOfOne, repositories}
}

func (s stored) described(text string) stored { s.Description = text; return s }
func (s stored) saying(content string) stored { s.Content = content; return s }

type story struct {
	given   []stored
	refuse  map[string]string
	event   cfn.Event
	want    []stored
	id      string   // of the response; what the event has when ""
	changes []string // operations called that change something
	reason  []string // what the failure says; a success when empty
}

func (c story) tell(t *testing.T) {
	s := newService(t, c.given...)
	maps.Copy(s.Refuse, c.refuse)
	got := s.send(t, newHandler(t), c.event)
	if id := got.PhysicalResourceID; id != c.id && (c.id != "" || id != c.event.PhysicalResourceID) {
		t.Errorf("physical id %q, want %q", id, c.id)
	}
	if (got.Status == cfn.StatusSuccess) != (len(c.reason) == 0) {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	for _, part := range c.reason {
		if !strings.Contains(got.Reason, part) {
			t.Errorf("reason %q\nlacks %q", got.Reason, part)
		}
	}
	if diff := cmp.Diff(c.want, s.state()); diff != "" {
		t.Errorf("templates (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(c.changes, s.changes()); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

const (
	associate    = "BatchAssociateWithRepositories"
	disassociate = "BatchDisassociateFromRepositories"
)

func TestCreate(t *testing.T) {
	full := []stored{ours("id-1", "two", "shop")}
	for name, c := range map[string]story{
		"makes and associates": {event: create(with(nil)), id: "made-1", want: []stored{ours("made-1", "two", "shop")},
			changes: []string{"Create", associate}},
		"keeps a person's description above the owner": {event: create(with(props{"Description": "Four eyes.\nOwner: me"})), id: "made-1",
			want: []stored{ours("made-1", "two", "shop").described("Four eyes.\nOwner: me\n" + line)}, changes: []string{"Create", associate}},
		"changes nothing when it comes again": {given: full, event: create(with(nil)), id: "id-1", want: full, changes: []string{"Create"}},
		"ends what an earlier delivery began": {given: []stored{ours("id-1", "two", "shop")}, event: create(with(props{"Repositories": texts("shop", "bank")})),
			id: "id-1", want: []stored{ours("id-1", "two", "bank", "shop")}, changes: []string{"Create", associate}},
		"brings its own up to date": {given: []stored{ours("id-1", "two").saying(ruleOfOne).described("old\n" + line)}, event: create(with(nil)),
			id: "id-1", want: full, changes: []string{"Create", "UpdateDescription", "UpdateContent", associate}},
		"leaves a template made by hand": {given: []stored{theirs("id-9", "two")}, event: create(with(nil)), id: "no-template:request-1",
			want: []stored{theirs("id-9", "two")}, changes: []string{"Create"},
			reason: []string{`creating template "two"`, "names no owner", "another name or delete that template by hand", line}},
		"leaves another resource's template": {given: []stored{theirs("id-9", "two").described("Owner: " + stack + " Other")}, event: create(with(nil)),
			id: "no-template:request-1", want: []stored{theirs("id-9", "two").described("Owner: " + stack + " Other")}, changes: []string{"Create"},
			reason: []string{"belongs to resource Other of stack " + stack}},
		"calls nothing for bad properties": {event: create(with(props{"Name": nil})), id: "no-template:request-1", reason: []string{"Name: missing"}},
		"keeps its id when an association fails": {event: create(with(props{"Repositories": texts("shop", "gone")})),
			refuse: map[string]string{"gone": "RepositoryDoesNotExistException"}, id: "made-1", want: []stored{ours("made-1", "two", "shop")},
			changes: []string{"Create", associate}, reason: []string{`"two" with repository "gone"`, "RepositoryDoesNotExistException", "told by the test"}},
	} {
		t.Run(name, c.tell)
	}
}

func TestUpdate(t *testing.T) {
	renamed := with(props{"Name": "pair"})
	full := []stored{ours("id-1", "two", "shop")}
	other := theirs("id-0", "two").described("Owner: " + stack + " Other")
	for name, c := range map[string]story{
		"of nothing changes nothing":       {given: full, event: update(with(nil), with(nil)), want: full},
		"renames":                          {given: full, event: update(renamed, with(nil)), want: []stored{ours("id-1", "pair", "shop")}, changes: []string{"UpdateName"}},
		"changes nothing after a renaming": {given: []stored{ours("id-1", "pair", "shop")}, event: update(renamed, with(nil)), want: []stored{ours("id-1", "pair", "shop")}},
		"rolls a renaming back":            {given: []stored{ours("id-1", "pair", "shop")}, event: update(with(nil), renamed), want: full, changes: []string{"UpdateName"}},
		"rolls back what never began":      {given: full, event: update(with(nil), renamed), want: full},
		"rolls bad properties back":        {given: full, event: update(with(nil), props{"Name": "a/b", "Repositories": "shop", "Flavor": "red"}), want: full},
		"finds what was renamed by hand": {given: []stored{theirs("a", "x"), theirs("b", "y"), theirs("c", "z"), ours("id-1", "hand", "shop")}, event: update(with(nil), with(nil)),
			want: []stored{theirs("a", "x"), theirs("b", "y"), theirs("c", "z"), ours("id-1", "two", "shop")}, changes: []string{"UpdateName"}},
		"finds what stopped aside": {given: []stored{ours("id-1", "renaming-id-1", "shop")}, event: update(renamed, with(nil)), want: []stored{ours("id-1", "pair", "shop")}, changes: []string{"UpdateName"}},
		"keeps off the template that has its old name": {given: []stored{other, ours("id-1", "free", "shop")}, event: update(renamed, with(nil)),
			want: []stored{other, ours("id-1", "pair", "shop")}, changes: []string{"UpdateName"}},
		"takes no name of a stranger": {given: []stored{theirs("id-0", "pair"), full[0]}, event: update(renamed, with(nil)), want: []stored{theirs("id-0", "pair"), full[0]},
			changes: []string{"UpdateName"}, reason: []string{`renaming to template "pair"`, "names no owner", "another name"}},
		"does all in the order that keeps repositories protected": {
			given: []stored{ours("id-1", "two", "bank", "shop")},
			event: update(with(props{"Name": "pair", "Description": "new", "ApprovalsNeeded": "1", "Repositories": texts("mail", "shop")}), with(props{"Repositories": texts("bank", "shop")})),
			want:  []stored{ours("id-1", "pair", "mail", "shop").saying(ruleOfOne).described("new\n" + line)}, changes: []string{"UpdateName", "UpdateDescription", "UpdateContent", associate, disassociate}},
		"takes nothing away when associating failed": {given: []stored{ours("id-1", "two", "bank")}, refuse: map[string]string{"shop": "InvalidRepositoryNameException"},
			event: update(with(nil), with(props{"Repositories": texts("bank")})), want: []stored{ours("id-1", "two", "bank")}, changes: []string{associate}, reason: []string{`repository "shop"`}},
		"leaves associations of others": {given: []stored{ours("id-1", "two", "bank", "shop", "theirs")}, event: update(with(nil), with(props{"Repositories": texts("bank", "shop")})),
			want: []stored{ours("id-1", "two", "shop", "theirs")}, changes: []string{disassociate}},
		"changes nothing when associations are as they should be": {given: full, event: update(with(nil), with(props{"Repositories": texts("bank", "shop")})), want: full},
		"has no trouble with a repository that is gone": {given: []stored{ours("id-1", "two", "gone", "shop")}, refuse: map[string]string{"gone": "RepositoryDoesNotExistException"},
			event: update(with(nil), with(props{"Repositories": texts("gone", "shop")})), want: []stored{ours("id-1", "two", "gone", "shop")}, changes: []string{disassociate}},
		"reports a repository that it can't leave": {given: []stored{ours("id-1", "two", "bank", "shop")}, refuse: map[string]string{"bank": "AccessDeniedException"},
			event: update(with(nil), with(props{"Repositories": texts("bank", "shop")})), want: []stored{ours("id-1", "two", "bank", "shop")}, changes: []string{disassociate},
			reason: []string{`disassociating template "two" from repository "bank"`, "lacks codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories"}},
		"takes the same rule in other words for the same": {given: []stored{ours("id-1", "two", "shop").saying(strings.ReplaceAll(rule, ",", ", "))},
			event: update(with(nil), with(nil)), want: []stored{ours("id-1", "two", "shop").saying(strings.ReplaceAll(rule, ",", ", "))}},
		"makes anew what was deleted by hand": {event: update(with(nil), with(nil)), id: "made-1", want: []stored{ours("made-1", "two", "shop")}, changes: []string{"Create", associate}},
		"goes on with what it made anew":      {given: []stored{ours("made-1", "two", "shop")}, event: update(with(nil), with(nil)), id: "made-1", want: []stored{ours("made-1", "two", "shop")}, changes: []string{"Create"}},
		"mends the owner's line":              {given: []stored{ours("id-1", "two", "shop").described("mine now")}, event: update(with(nil), with(nil)), want: full, changes: []string{"UpdateDescription"}},
		"leaves what got another owner": {given: []stored{ours("id-1", "two").described("Owner: other Rule")}, event: update(with(nil), with(nil)), want: []stored{ours("id-1", "two").described("Owner: other Rule")},
			reason: []string{"updating", "belongs to resource Rule of stack other"}},
		"calls nothing for bad properties": {given: full, event: update(with(props{"Branches": nil}), with(nil)), want: full, reason: []string{"Branches: missing"}},
	} {
		t.Run(name, c.tell)
	}
}

func TestDelete(t *testing.T) {
	twice := with(props{"Repositories": texts("shop", "bank", "mail")})
	unknown := remove(with(props{"Name": "a/b"}))
	unknown.PhysicalResourceID = "Checks-Rule-1ABCDEF/" + strings.Repeat("x", 200)
	for name, c := range map[string]story{
		"takes it away":                           {given: []stored{theirs("id-0", "x", "shop"), ours("id-1", "two", "shop", "bank", "mail")}, event: remove(twice), want: []stored{theirs("id-0", "x", "shop")}, changes: []string{disassociate, "Delete"}},
		"goes on where it stopped":                {given: []stored{ours("id-1", "two")}, event: remove(twice), changes: []string{"Delete"}},
		"finds what a failed update renamed":      {given: []stored{ours("id-1", "renaming-id-1", "shop")}, event: remove(twice), changes: []string{disassociate, "Delete"}},
		"has no trouble when it is gone":          {given: []stored{theirs("id-0", "x")}, event: remove(twice), want: []stored{theirs("id-0", "x")}},
		"leaves its successor of the same name":   {given: []stored{ours("id-2", "two", "shop")}, event: remove(twice), want: []stored{ours("id-2", "two", "shop")}},
		"takes bad properties of a failed create": {event: event(cfn.RequestDelete, "no-template:request-0", props{"Name": 1.0, "Repositories": "x"}, nil)},
		"takes an id that is none":                {given: []stored{theirs("id-0", "x")}, event: unknown, want: []stored{theirs("id-0", "x")}},
		"refuses while others need it": {given: []stored{ours("id-1", "two", "shop", "bank", "theirs")}, event: remove(twice), want: []stored{ours("id-1", "two", "bank", "shop", "theirs")},
			reason: []string{`deleting template "two"`, "lose their protection: theirs;", "disassociate it from them"}},
		"refuses what names no owner": {given: []stored{ours("id-1", "two", "shop").described("")}, event: remove(twice), want: []stored{ours("id-1", "two", "shop").described("")},
			reason: []string{"names no owner", "delete it by hand"}},
		"refuses what has another owner": {given: []stored{ours("id-1", "two").described("x\nOwner: s R")}, event: remove(twice), want: []stored{ours("id-1", "two").described("x\nOwner: s R")},
			reason: []string{"belongs to resource R of stack s"}},
		"refuses an unknown request": {event: event("Patch", "id-1", with(nil), nil), reason: []string{`got "Patch"`}},
	} {
		t.Run(name, c.tell)
	}
}

func TestMoreRepositoriesThanACallTakes(t *testing.T) {
	s, h := newService(t), newHandler(t)
	var names []string
	for i := range 250 {
		names = append(names, fmt.Sprintf("r%03d", i))
	}
	p := with(props{"Repositories": texts(names...)})
	got := s.send(t, h, create(p))
	if state := s.state(); got.Status != cfn.StatusSuccess || !slices.Equal(state[0].Repositories, names) {
		t.Fatalf("%s %s: %d repositories", got.Status, got.Reason, len(state[0].Repositories))
	}
	got = s.send(t, h, event(cfn.RequestDelete, "made-1", p, nil))
	if got.Status != cfn.StatusSuccess || len(s.state()) != 0 {
		t.Errorf("%s %s", got.Status, got.Reason)
	}
	if n := len(s.Calls("BatchAssociateApprovalRuleTemplateWithRepositories", "BatchDisassociateApprovalRuleTemplateFromRepositories")); n != 6 {
		t.Errorf("%d batches, want 6", n)
	}
}
