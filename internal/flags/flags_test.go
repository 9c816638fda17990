package flags

import "testing"

func TestPipelineFlagsAreSafeFlags(t *testing.T) {
	for _, f := range Pipeline() {
		if Safe()[f] != true {
			t.Errorf("%s is demanded and not set", f)
		}
	}
}

func TestSafeIsACopy(t *testing.T) {
	Safe()["x"] = true
	if Safe()["x"] != nil {
		t.Error("a caller changed the list for everyone")
	}
}
