package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The command must build and start without the CDK: what it is linked from is controls, and little else.
func TestTheCommandNeedsNeitherCDKNorAWS(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 50 {
		t.Fatalf("%d packages only", len(packages))
	}
	for _, p := range packages {
		for _, heavy := range []string{"github.com/aws/", "github.com/cdklabs/", "/securecdk/aspects", "/securecdk/constructs"} {
			if strings.Contains(p, heavy) {
				t.Errorf("linked in: %s", p)
			}
		}
	}
}
