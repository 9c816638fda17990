package fault

import (
	"errors"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListHoldsWhatIsWrongAndNothingElse(t *testing.T) {
	text := func(s string) *string { return &s }
	word := regexp.MustCompile(`^[a-z]+$`)
	var l List
	l.Match("Missing", nil, word, "a word", true)
	l.Match("Optional", nil, word, "a word", false)
	l.Match("Wrong", text("A1"), word, "a word", false)
	l.Match("Right", text("abc"), word, "a word", true)
	l.Reason("NoReason", nil)
	l.Reason("EmptyReason", text("          "))
	l.Reason("GoodReason", text("the vendor can't"))
	var got []string
	for _, f := range l {
		got = append(got, f.Error())
	}
	want := []string{
		"Missing: missing, expected a word; set Missing",
		`Wrong: got "A1", expected a word`,
		`EmptyReason: got "          ", expected a reason of 10 characters or more; say why the default is not wanted`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSplitIsTheOppositeOfJoin(t *testing.T) {
	for _, want := range [][]*Error{nil, {New("", "A", nil, "a", "")}, {New("", "A", nil, "a", ""), New("", "B", nil, "b", "")}} {
		if diff := cmp.Diff(want, Split(Join(want))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestSplitLosesNoError(t *testing.T) {
	for name, err := range map[string]error{"alone": errors.New("x"), "joined": errors.Join(errors.New("x"))} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("lost")
				}
			}()
			Split(err)
		})
	}
}
