package flags

import "testing"

func TestLockedFlagsAreSafeFlags(t *testing.T) {
	for flag := range Locked() {
		if Safe()[flag] != true {
			t.Errorf("%s is demanded and not set", flag)
		}
	}
	if len(Pipeline()) != 5 {
		t.Errorf("a pipeline needs %v", Pipeline())
	}
}

func TestSafeIsACopy(t *testing.T) {
	Safe()["x"] = true
	if Safe()["x"] != nil {
		t.Error("a caller changed the list for everyone")
	}
}
