package approvalruletemplate

import (
	"fmt"
	"strings"
	"testing"
)

func TestBadPropertiesAreNamed(t *testing.T) {
	many := func(n int, form string) []any {
		var all []any
		for i := range n {
			all = append(all, fmt.Sprintf(form, i))
		}
		return all
	}
	arn := "arn:aws:iam::111122223333:user/"
	for name, c := range map[string]struct {
		change props
		want   string
	}{
		"an unknown field":              {props{"Flavor": "red"}, `Flavor: got "red", expected one of ApprovalPoolMembers,`},
		"no name":                       {props{"Name": nil}, "Name: missing"},
		"an empty name":                 {props{"Name": ""}, `Name: got ""`},
		"a name that is no text":        {props{"Name": texts("two")}, "Name: got [two]"},
		"a name with a slash":           {props{"Name": "team/two"}, `Name: got "team/two"`},
		"a name of 101 characters":      {props{"Name": strings.Repeat("n", 101)}, "1 to 100 letters"},
		"a name that ends in .git":      {props{"Name": "two.git"}, `Name: got "two.git"`},
		"a name that ends in a space":   {props{"Name": "two "}, `Name: got "two "`},
		"a description that is no text": {props{"Description": texts("a")}, "Description: got [a], expected a text"},
		"a description without room":    {props{"Description": strings.Repeat("d", 1000-len(line))}, fmt.Sprintf("at most %d characters", 999-len(line))},
		"no branches":                   {props{"Branches": nil}, "Branches: missing, expected a list"},
		"a list of no branch":           {props{"Branches": []any{}}, "Branches: got []"},
		"branches that are no list":     {props{"Branches": "main"}, `Branches: got "main"`},
		"a branch that is no text":      {props{"Branches": []any{"main", 1.0}}, "Branches[1]: got 1"},
		"an empty branch":               {props{"Branches": texts("refs/heads/")}, `Branches[0]: got "refs/heads/"`},
		"a tag":                         {props{"Branches": texts("refs/tags/v1")}, `Branches[0]: got "refs/tags/v1"`},
		"a pattern of branches":         {props{"Branches": texts("release/*")}, `Branches[0]: got "release/*"`},
		"101 branches":                  {props{"Branches": many(101, "b%d")}, `Branches: got "101 of them", expected at most 100`},
		"no approvals":                  {props{"ApprovalsNeeded": nil}, "ApprovalsNeeded: missing"},
		"zero approvals":                {props{"ApprovalsNeeded": "0"}, `ApprovalsNeeded: got "0", expected a number from 1 to 200`},
		"fewer than zero approvals":     {props{"ApprovalsNeeded": "-1"}, `ApprovalsNeeded: got "-1"`},
		"201 approvals":                 {props{"ApprovalsNeeded": "201"}, `ApprovalsNeeded: got "201"`},
		"approvals that are no number":  {props{"ApprovalsNeeded": "two"}, `ApprovalsNeeded: got "two"`},
		"approvals with a sign":         {props{"ApprovalsNeeded": "+2"}, `ApprovalsNeeded: got "+2"`},
		"approvals that are no text":    {props{"ApprovalsNeeded": 2.0}, "ApprovalsNeeded: got 2"},
		"no pool":                       {props{"ApprovalPoolMembers": nil}, "ApprovalPoolMembers: missing"},
		"a pool of nobody":              {props{"ApprovalPoolMembers": []any{}}, "ApprovalPoolMembers: got []"},
		"a pool that is no list":        {props{"ApprovalPoolMembers": member}, "ApprovalPoolMembers: got"},
		"a pool of everybody":           {props{"ApprovalPoolMembers": texts("*")}, `ApprovalPoolMembers[0]: got "*"`},
		"a pool of an account":          {props{"ApprovalPoolMembers": texts("arn:aws:iam::111122223333:root")}, "ApprovalPoolMembers[0]: got"},
		"a member that is no text":      {props{"ApprovalPoolMembers": []any{nil}}, "ApprovalPoolMembers[0]: missing"},
		"51 members":                    {props{"ApprovalPoolMembers": many(51, arn+"u%d")}, "at most 50"},
		"a rule that is too long":       {props{"ApprovalPoolMembers": many(50, arn+strings.Repeat("u", 40)+"%d")}, "at most 3000 characters"},
		"no repositories":               {props{"Repositories": nil}, "Repositories: missing"},
		"a list of no repository":       {props{"Repositories": []any{}}, "Repositories: got []"},
		"repositories that are no list": {props{"Repositories": "shop"}, `Repositories: got "shop"`},
		"a repository that is no name":  {props{"Repositories": texts("shop", "arn:aws:codecommit:x")}, `Repositories[1]: got "arn:aws:codecommit:x"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(with(c.change), owner{stack, "Rule"})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s, alone", err, c.want)
			}
		})
	}
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	_, err := parse(props{}, owner{stack, "Rule"})
	for _, field := range []string{"Name", "Branches", "ApprovalsNeeded", "ApprovalPoolMembers", "Repositories"} {
		if err == nil || !strings.Contains(err.Error(), field+": missing") {
			t.Errorf("%s is not in %v", field, err)
		}
	}
}

func TestTheSamePropertiesMakeTheSameRule(t *testing.T) {
	other := "arn:aws:iam::111122223333:user/ann"
	want := `{"Version":"2018-11-08","DestinationReferences":["refs/heads/a&b","refs/heads/main"],"Statements":[{"Type":"Approvers",` +
		`"NumberOfApprovalsNeeded":2,"ApprovalPoolMembers":["` + other + `","` + member + `"]}]}`
	for name, change := range map[string]props{
		"in order":        {"Branches": texts("a&b", "main"), "ApprovalPoolMembers": texts(other, member)},
		"in another":      {"Branches": texts("main", "a&b"), "ApprovalPoolMembers": texts(member, other)},
		"with repetition": {"Branches": texts("refs/heads/main", "main", "a&b"), "ApprovalPoolMembers": texts(member, other, member)},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parse(with(change), owner{stack, "Rule"})
			if err != nil || s.content != want {
				t.Errorf("%v\ngot  %s\nwant %s", err, s.content, want)
			}
		})
	}
}

func TestOwnersAreReadBack(t *testing.T) {
	o := owner{stack, "Rule"}
	for name, c := range map[string]struct {
		description string
		want        owner
	}{
		"alone":                {o.line(), o},
		"below a text":         {"Owner: a b\ntext\n" + o.line(), o},
		"not in the last line": {o.line() + "\n", owner{}},
		"nothing":              {"", owner{}},
		"a person's own":       {"Owner: ann", owner{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ownerIn(c.description); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
