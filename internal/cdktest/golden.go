package cdktest

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Update is the flag -update of the tests that compare with files: it rewrites them.
var Update = flag.Bool("update", false, "rewrite the golden files")

// Golden compares lines, whatever their order, with a file that -update rewrites. What it is for is said to whoever changes
// it: logical ids are a public contract, since a changed one replaces a key or a bucket of whoever upgrades.
func Golden(t testing.TB, file string, lines []string) {
	t.Helper()
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	if *Update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("logical ids and names are a public contract (-want +got):\n%s", diff)
	}
}
