package bench

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/cdktest"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

func applyTo(app awscdk.App) {
	aspects.NewBaseline(&aspects.BaselineProps{Vpc: aspects.VpcFromAttributes(vpcAttributes())}).ApplyTo(app)
}

// rounds: each runs all variants one after the other. Of each variant the fastest run counts, the one that the rest of
// the machine disturbed least.
const rounds = 3

// What this project allows itself.
const (
	byHandLimit    = 1.3
	compliantLimit = 1.2
	aspectsLimit   = 8.0
)

func BenchmarkGuardrails(b *testing.B) {
	variants := []struct {
		name  string
		build build
		guard func(awscdk.App)
	}{
		{"unsecured", unsecured, none},
		{"unsecured-applyto", unsecured, applyTo},
		{"byhand", byHand, none},
		{"byhand-applyto", byHand, applyTo},
		{"unsecured-aspects", unsecured, addPlainAspects},
	}
	for range b.N {
		times := map[string][]time.Duration{}
		for range rounds {
			for _, v := range variants {
				times[v.name] = append(times[v.name], measure(b, v.build, v.guard))
			}
		}
		seconds := map[string]float64{}
		for _, v := range variants {
			slices.Sort(times[v.name])
			seconds[v.name] = times[v.name][0].Seconds()
			b.ReportMetric(seconds[v.name], v.name+"-s")
			b.Logf("%-18s %v", v.name, times[v.name])
		}
		atMost(b, "by-hand-ratio", seconds["unsecured-applyto"]/seconds["byhand"], byHandLimit)
		atMost(b, "compliant-ratio", seconds["byhand-applyto"]/seconds["byhand"], compliantLimit)
		gain := (seconds["unsecured-aspects"] - seconds["unsecured"]) / (seconds["unsecured-applyto"] - seconds["unsecured"])
		b.ReportMetric(gain, "aspects-ratio")
		if gain < aspectsLimit {
			b.Errorf("plain aspects add %.1f times what ApplyTo adds, want at least %.0f", gain, aspectsLimit)
		}
	}
}

func atMost(b *testing.B, unit string, ratio, limit float64) {
	b.Helper()
	b.ReportMetric(ratio, unit)
	if ratio > limit {
		b.Errorf("%s is %.2f, want at most %.1f", unit, ratio, limit)
	}
}

// TestTheBenchmarkVerifies: a benchmark that left out the verification would measure too little. What breaks a control
// after ApplyTo must stop the synthesis in the way in which the benchmark runs it.
func TestTheBenchmarkVerifies(t *testing.T) {
	dir := t.TempDir()
	cdktest.Panic(t, func() {
		synthesize(dir, 1, 1, unsecured, func(app awscdk.App) {
			applyTo(app)
			stack := (*app.Node().Children())[0].(awscdk.Stack)
			awss3.NewBucket(stack, jsii.String("Late"), nil)
		})
	})
	report, err := os.ReadFile(filepath.Join(dir, "validation-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"S3.VERSIONING", "Stack0/Late/Resource"} {
		if !strings.Contains(string(report), want) {
			t.Errorf("%s is not in the report: %s", want, report)
		}
	}
}
