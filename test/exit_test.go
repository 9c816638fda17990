package test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/test/internal/judge"
	"github.com/securecdk/securecdk/test/internal/tool"
)

// TestExitCodes runs one app in ways that must end well or must not, by itself and under the CDK CLI.
func TestExitCodes(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the CDK CLI")
	}
	binary := tool.Build(t, "./test/internal/apps/orders")
	tests := []struct {
		mode string
		// fails: both ways must end with something else than 0.
		fails bool
		// says is what the user must be able to read, both ways.
		says []string
		// oneLine: the whole of what is said is one line about the mistake.
		oneLine bool
		// judge looks at what the independent judge finds in the assembly.
		judge func(*testing.T, []judge.Finding)
	}{
		{mode: "guarded", judge: findsNothing},
		{mode: "unguarded", fails: true, says: listing, judge: findsEveryBreach},
		{mode: "verified", fails: true, says: listing, judge: findsEveryBreach},
		{mode: "canary", fails: true, says: []string{"S3.VERSIONING", "Stage/Orders/Canary/Resource", "BucketProps.Versioned"}, judge: findsTheCanary},
		{mode: "no-stage", fails: true, oneLine: true, says: []string{"Stages"}},
		{mode: "panic", fails: true, says: []string{"assignment to entry in nil map"}},
	}
	for _, tt := range tests {
		t.Run(tt.mode, func(t *testing.T) {
			// The CDK's own template validation takes seconds a run; one run with it is enough.
			var env []string
			if tt.mode != "guarded" {
				env = []string{"CDK_VALIDATION=false"}
			}
			direct := tool.Run(t, t.TempDir(), env, binary, tt.mode)
			out := filepath.Join(t.TempDir(), "cdk.out")
			cli := tool.CDK(t, t.TempDir(), env, "synth", "--quiet", "--no-notices", "--output", out, "--app", binary+" "+tt.mode)
			for way, r := range map[string]tool.Result{"by itself": direct, "under the CLI": cli} {
				if (r.Code != 0) != tt.fails {
					t.Errorf("%s: exit code %d\n%s", way, r.Code, r.Output())
				}
				for _, want := range tt.says {
					if !strings.Contains(r.Output(), want) {
						t.Errorf("%s: %q is not said:\n%s", way, want, r.Output())
					}
				}
			}
			if tt.oneLine {
				oneLine(t, direct)
			}
			if tt.judge != nil {
				assembly, err := judge.Read(out)
				if err != nil {
					t.Fatal(err)
				}
				tt.judge(t, assembly.Judge())
			}
			// The canary and the app without fixes are bare CDK apps, which secureapp does not speak for.
			if tt.mode != "canary" && tt.mode != "verified" && strings.Contains(direct.Output()+cli.Output(), "goroutine ") {
				t.Errorf("a Go trace in the user's face:\n%s%s", direct.Output(), cli.Output())
			}
		})
	}
}

// listing is by control, resource and fix: the function and its VPC, in the app and in the Stage.
var listing = []string{
	"LAMBDA.VPC", "S3.VERSIONING", "SQS.CMK", "DYNAMODB.CMK",
	"Orders/Process/Resource", "Orders/Incoming/Resource",
	"FunctionProps.Vpc", "BucketProps.Versioned: jsii.Bool(true)", "QueueProps.EncryptionMasterKey",
}

func oneLine(t *testing.T, r tool.Result) {
	t.Helper()
	if r.Code != 1 {
		t.Errorf("exit code %d, want 1", r.Code)
	}
	if said := strings.TrimSpace(r.Output()); strings.Count(said, "\n") > 0 || !regexp.MustCompile(`^error: \S`).MatchString(said) {
		t.Errorf("want one line that starts with error:, got:\n%s", said)
	}
}

func findsNothing(t *testing.T, findings []judge.Finding) {
	t.Helper()
	for _, f := range findings {
		t.Errorf("judge: %s", f)
	}
}

// findsEveryBreach: with the baseline taken away, the judge that found nothing before finds every kind of breach that the
// app can have, in the app and in the Stage.
func findsEveryBreach(t *testing.T, findings []judge.Finding) {
	t.Helper()
	kinds := map[string]int{}
	for _, f := range findings {
		kinds[f.Requirement+" "+filepath.Dir(f.File)]++
	}
	for _, kind := range []string{"vpc", "cmk", "versioning", "access-logging", "tls", "public"} {
		for _, dir := range []string{".", "assembly-Stage"} {
			if kinds[kind+" "+dir] == 0 {
				t.Errorf("no finding of %s in %s; found %v", kind, dir, slices.Sorted(maps.Keys(kinds)))
			}
		}
	}
}

func findsTheCanary(t *testing.T, findings []judge.Finding) {
	t.Helper()
	if len(findings) != 5 {
		t.Errorf("%d findings, want 5", len(findings))
	}
	for _, f := range findings {
		if !strings.HasPrefix(f.LogicalID, "Canary") {
			t.Errorf("judge: %s", f)
		}
	}
}
