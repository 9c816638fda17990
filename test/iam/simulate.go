package iam

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/securecdk/securecdk/test/internal/tool"
)

//go:embed simulate.mjs
var simulator []byte

// Request is one call to AWS: who does what on what, in which context, under which policies.
type Request struct {
	// Principal is a role's ARN or the name of a service.
	Principal string `json:"principal"`
	Action    string `json:"action"`
	Resource  string `json:"resource"`
	// Account is the account that owns the resource.
	Account string            `json:"account"`
	Context map[string]string `json:"context"`
	// Identity are the policies of the principal.
	Identity []any `json:"identity"`
	// ResourcePolicy is the policy of the resource: of a bucket, a topic, a key.
	ResourcePolicy any `json:"resourcePolicy"`
	// Boundary is the permissions boundary of the principal, or nil.
	Boundary any `json:"boundary"`
	// ServiceControl is a service control policy above the account, beside the one that allows everything; or nil.
	ServiceControl any `json:"serviceControl"`
}

// Simulate says of each request whether it is allowed. A request that the simulator can't evaluate fails the test.
func Simulate(t testing.TB, requests []Request) []bool {
	t.Helper()
	tool.Need(t, "node")
	script := filepath.Join(t.TempDir(), "simulate.mjs")
	if err := os.WriteFile(script, simulator, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range requests {
		if requests[i].Identity == nil {
			requests[i].Identity = []any{}
		}
		if requests[i].Context == nil {
			requests[i].Context = map[string]string{}
		}
	}
	input, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	node := exec.Command("node", script, tool.NodeModules(t))
	node.Stdin, node.Stdout, node.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := node.Run(); err != nil {
		t.Fatalf("the simulator: %v\n%s", err, &stderr)
	}
	var answers []struct {
		Allowed bool
		Error   string
	}
	if err := json.Unmarshal(stdout.Bytes(), &answers); err != nil {
		t.Fatalf("the simulator said %q: %v", &stdout, err)
	}
	if len(answers) != len(requests) {
		t.Fatalf("%d answers to %d requests", len(answers), len(requests))
	}
	allowed := make([]bool, len(answers))
	for i, a := range answers {
		if a.Error != "" {
			t.Errorf("%s on %s by %s: %s", requests[i].Action, requests[i].Resource, requests[i].Principal, a.Error)
		}
		allowed[i] = a.Allowed
	}
	return allowed
}
