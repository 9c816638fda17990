package approvalrule

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, " a": false, "a ": false, "a/b": false, "a#b": false, "a.git": false, strings.Repeat("n", MaxName+1): false, "ä": false,
		"a": true, "a b": true, "Orders-Rules-machine": true, ".git-people": true, strings.Repeat("n", MaxName): true,
	} {
		if got := Name(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestContentIsWhatTheUserGuideShows(t *testing.T) {
	want := `{"Version":"2018-11-08","DestinationReferences":["refs/heads/a&b"],"Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":2,` +
		`"ApprovalPoolMembers":["arn:aws:iam::111122223333:user/ann"]}]}`
	if got := Content([]string{"refs/heads/a&b"}, 2, []string{"arn:aws:iam::111122223333:user/ann"}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
