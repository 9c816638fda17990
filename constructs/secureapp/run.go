package secureapp

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	reports "github.com/securecdk/securecdk/controls/report"
	"github.com/securecdk/securecdk/internal/bulk"
	"github.com/securecdk/securecdk/internal/fault"
	_ "github.com/securecdk/securecdk/internal/nodebanner" // for its effect on what jsii prints
	"github.com/securecdk/securecdk/internal/stagehook"
)

// Run makes an app, lets build fill it, applies the guardrails, synthesizes, and ends the process: with 0 when the app
// may be deployed, with 1 and the reasons on standard error when it must not be. It does not return.
//
// build must be done with the app when it returns. What it defers runs; what main defers does not.
func Run(props *Props, build func(app awscdk.App)) {
	out := muffle()
	code := run(props, build, out)
	out.close()
	os.Exit(code)
}

// run is Run without the end of the process. jsii is closed before the outcome is printed: that flushes what the CDK
// has to say, so that the outcome is the last line.
func run(props *Props, build func(app awscdk.App), stderr io.Writer) int {
	err := synthesize(props, build, stderr)
	jsii.Close()
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintln(stderr, render(err))
	return 1
}

func synthesize(props *Props, build func(app awscdk.App), stderr io.Writer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = caught(r)
		}
	}()
	asked := os.Getenv(reportsVariable)
	outdir := folderOf(props, asked)
	if err := forgetReports(outdir); err != nil {
		return err
	}
	if build == nil {
		return errors.New("secureapp.Run: build is nil; give the function that fills the app")
	}
	s, err := settle(props, asked)
	if err != nil {
		return err
	}
	if outdir != "" {
		s.Outdir = &outdir
	}
	a, forget := newApp(s)
	defer forget()
	if err := checkFlags(a.contextValue); err != nil {
		return err
	}
	build(a.App)
	if len(*a.Node().Children()) == 0 {
		return errors.New("secureapp.Run: the app has no stack; make one in the function that fills it")
	}
	bulk.BuildPipelines(a.App) // a pipeline that securepipeline did not make has no resources before that
	baseline := s.Baseline
	if baseline == nil {
		baseline = aspects.NewBaseline(nil) // what nobody fixes is reported all the same
	} else {
		a.fixed += len(baseline.Enforce(a.App))
	}
	a.verification = baseline.Verify(a.App)
	attachEverywhere(a.packs, a.App)
	return a.synth(stderr)
}

// app is the CDK's, and what Run knows of it.
type app struct {
	awscdk.App
	packs        []nagAspect
	verification *aspects.Verification
	reports      []Report
	fixed        int // settings that the baseline made
}

func newApp(s *settings) (a *app, forget func()) {
	a = &app{reports: s.reports}
	key, value, forget := stagehook.Register(func(stage awscdk.Stage) {
		if s.Baseline != nil {
			a.fixed += len(s.Baseline.Enforce(stage))
		}
		attach(a.packs, stage)
	})
	context := maps.Clone(s.context)
	context[key] = value
	a.App = awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting:      jsii.Bool(false),
		AutoSynth:               jsii.Bool(false),
		Context:                 &context,
		DefaultStackSynthesizer: s.DefaultStackSynthesizer,
		Outdir:                  s.Outdir,
		PostCliContext:          &map[string]any{"@aws-cdk/core:failSynthOnValidationErrors": false}, // see synth
	})
	for _, pack := range s.packs {
		a.packs = append(a.packs, newNagAspect(pack))
	}
	return a, forget
}

func (a *app) contextValue(key string) any { return a.Node().TryGetContext(jsii.String(key)) }

// synth synthesizes and tells by an error when the assembly must not be deployed.
//
// What the validations found is read from their report. Left alone, the CDK prints it, throws it, or leaves it to the
// CLI, by its mode; and the CLI drops what lies in Stages.
func (a *app) synth(stderr io.Writer) error {
	path := filepath.Join(*a.Outdir(), validationReport)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // one of an earlier run would be taken for that of this run
	}
	if err := recovered(func() { a.Synth(nil) }); err != nil {
		return explained(err)
	}
	result := a.verification.Result()
	if result == nil {
		return errors.New("the templates were not verified: the CDK did not call the verification")
	}
	unwritten := a.writeReports(result)
	report, err := readReport(path)
	if err != nil {
		return err
	}
	violations, n := report.failures()
	findings, m := judged(result, *a.Outdir())
	if n+m > 0 {
		return errors.Join(&rejection{join(findings, violations, report.left()), n + m, path}, unwritten)
	}
	if unwritten != nil {
		return unwritten
	}
	if err := unseen(*a.Outdir(), a.packs); err != nil {
		return err
	}
	if warnings := report.warnings(); warnings != "" && !underCLI() {
		_, _ = fmt.Fprintln(stderr, warnings)
	}
	if findings != "" {
		_, _ = fmt.Fprintln(stderr, findings)
	}
	_, _ = fmt.Fprintf(stderr, "securecdk: %s; settings fixed: %d\n", reports.Summary(result), a.fixed)
	return nil
}

// underCLI tells whether the CDK CLI runs the app, and so prints the warnings.
func underCLI() bool { return os.Getenv("CDK_CLI_VERSION") != "" }

// explained says what to do where the CDK only says what happened.
func explained(failure error) error {
	var thrown *exception
	if !errors.As(failure, &thrown) || !strings.HasPrefix(thrown.text, "ConstructTreeModifiedAfterSynth") {
		return failure
	}
	_, changes, _ := strings.Cut(thrown.text, "(")
	changes, _, _ = strings.Cut(changes, ")")
	thrown.text = fmt.Sprintf("a Stage was synthesized before the guardrails could change it (%s); with a pipeline of your own, %s", changes, callGuard)
	return thrown
}

// Guard puts what the app demands of all that it deploys onto one Stage: the fixes of the Baseline and the packs of
// cdk-nag. Call it on each Stage of a pipeline that securepipeline did not make, when the Stage is complete and before
// it is added to the pipeline, which synthesizes it at once. Calling it twice is harmless. The pipeline itself Run takes care
// of.
//
// It panics when the stage's app was not started by Run.
func Guard(stage awscdk.Stage) {
	if stage == nil {
		panic(fault.New("", "secureapp.Guard", nil, "a Stage", "give the Stage that is about to be added to the pipeline"))
	}
	if !stagehook.Run(stage) {
		panic(fmt.Errorf("%s: secureapp.Guard: the app of this Stage was not started by secureapp.Run; start it so, or apply a Baseline yourself", *stage.Node().Path()))
	}
}

// join sets texts apart by an empty line.
func join(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), "\n\n")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
