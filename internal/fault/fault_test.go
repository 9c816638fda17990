package fault

import (
	"errors"
	"testing"
)

func TestErrorReadsAsOneInstruction(t *testing.T) {
	account := "12"
	var missing *string
	cases := map[string]struct {
		err  error
		want string
	}{
		"pointer value": {New("App/Pipe", "Stages[0].Env.Account", &account, "a 12-digit account id", "set Env.Account"),
			`App/Pipe: Stages[0].Env.Account: got "12", expected a 12-digit account id; set Env.Account`},
		"missing value":  {New("", "Source", missing, "a source", ""), "Source: missing, expected a source"},
		"untyped nil":    {New("P", "Source", nil, "a source", ""), "P: Source: missing, expected a source"},
		"plain number":   {New("P", "Days", 3, "at least 30", ""), "P: Days: got 3, expected at least 30"},
		"credentials":    {New("P", "Url", "http://me:s3cret@proxy:3128", "a URL", ""), `P: Url: got "http://***@proxy:3128", expected a URL`},
		"empty is shown": {New("P", "Name", "", "a name", ""), `P: Name: got "", expected a name`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.err.Error(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestJoinKeepsEveryFault(t *testing.T) {
	if Join(nil) != nil {
		t.Error("no fault must be no error")
	}
	a, b := New("P", "A", nil, "a", ""), New("P", "B", nil, "b", "")
	err := Join([]*Error{a, b})
	if !errors.Is(err, a) || !errors.Is(err, b) {
		t.Errorf("lost a fault: %v", err)
	}
}
