package bench

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/securecdk/securecdk/test/internal/tool"
)

// handlersLimit is what functions may add to a synthesis when the build cache is warm.
const handlersLimit = time.Second

// withoutBundling is how the CDK CLI tells an app that no stack needs its assets: the functions are then not compiled.
const withoutBundling = `CDK_CONTEXT_JSON={"aws:cdk:bundling-stacks":[]}`

// BenchmarkHandlersAtSynth runs the example with the most functions, with them and without, one after the other.
func BenchmarkHandlersAtSynth(b *testing.B) {
	app := tool.Build(b, "./examples/pull-request-check")
	synth := func(env ...string) time.Duration {
		out := filepath.Join(b.TempDir(), "cdk.out")
		begin := time.Now()
		r := tool.Run(b, tool.Root(b), append(env, "CDK_OUTDIR="+out, "CDK_CLI_VERSION=2.1148.1"), app)
		took := time.Since(begin)
		if r.Code != 0 {
			b.Fatalf("%s", r.Output())
		}
		zips, err := filepath.Glob(filepath.Join(out, "asset.*"))
		if err != nil || (len(zips) > 0) == slices.Contains(env, withoutBundling) {
			b.Fatalf("%d assets with %v: %v", len(zips), env, err)
		}
		if err := os.RemoveAll(out); err != nil {
			b.Fatal(err)
		}
		return took
	}
	for range b.N {
		synth() // fills the build cache
		var with, without []time.Duration
		for range rounds {
			with, without = append(with, synth()), append(without, synth(withoutBundling))
		}
		added := slices.Min(with) - slices.Min(without)
		b.Logf("with %v, without %v", with, without)
		b.ReportMetric(added.Seconds(), "added-s")
		if added > handlersLimit {
			b.Errorf("functions add %v to a synthesis, want at most %v", added, handlersLimit)
		}
	}
}
