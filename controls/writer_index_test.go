package controls

import "testing"

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"orders", "orders", true}, {"orders", "orders-eu", false}, {"orders*", "orders-eu", true}, {"*", "", true},
		{"*-eu", "orders-eu", true}, {"*-eu", "orders-eu-1", false}, {"o*r?", "orders", true}, {"o?", "o", false},
		{"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false}, {"**", "x", true}, {"", "", true}, {"", "x", false},
	} {
		if got := glob(tt.pattern, tt.s); got != tt.want {
			t.Errorf("glob(%q, %q) = %v", tt.pattern, tt.s, got)
		}
	}
}
