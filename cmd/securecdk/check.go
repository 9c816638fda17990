package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
)

func newCheck(env environment) *cobra.Command {
	var flags checkFlags
	c := &cobra.Command{
		Use:   "check TEMPLATE|CDK.OUT|-...",
		Short: "Judge templates and cloud assemblies",
		Long: `Judges CloudFormation templates (YAML or JSON), CDK cloud assemblies (the folder that cdk synth writes, with its
Stages and nested stacks) and standard input (-).

The templates of an assembly are judged together. A file that an assembly names is judged in the context of the
assembly, and only what is found in the file is reported. Every other file is judged by itself: an import from
another file is unknown.

` + exitCodes + `

Standard error says what could not be judged and what to do. Report files are written only when everything could
be judged; those of an earlier run are removed.`,
		Example: `  securecdk check cdk.out
  securecdk check --format junit=report.xml --exceptions exceptions.yaml cdk.out
  securecdk check --profile C=high,I=medium,A=low --fail-on high network.yaml data.yaml
  sed 's/@ENV@/prod/' network.yaml | securecdk check -`,
		Args: arguments(1, -1, "the files of templates, the folders of cloud assemblies, or - for standard input"),
		RunE: func(_ *cobra.Command, args []string) error { return check(args, &flags, env) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&flags.profile, "profile", "", "what the data needs, as `RATINGS`: C, I and A rated low, medium or high, as in C=high,I=medium,A=low (default all controls)")
	f.StringSliceVar(&flags.controls, "control", nil, "judge by this control `ID` only (repeatable)")
	f.StringVar(&flags.exceptions, "exceptions", "", "`FILE` with the register of accepted risks")
	f.StringVar(&flags.at, "at", "", "`DATE` on which exceptions must hold, such as 2027-03-31 (default today)")
	f.StringArrayVar(&flags.formats, "format", nil, "write `NAME[=FILE]`, of "+formatNames()+" (repeatable); console goes to standard output unless another does")
	f.StringVar(&flags.failOn, "fail-on", "low", "least `SEVERITY` that fails the check: low, medium, high or critical")
	f.StringVar(&flags.unknown, "unknown", "fail", "what an unknown verdict does, which only the deployment can know: `fail|pass`")
	f.BoolVar(&flags.partial, "partial", false, "these are some of the app's templates: exceptions for the others are not unused")
	f.IntVarP(&flags.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge `N` sets of templates at a time, and so have that many in memory")
	return c
}

func check(args []string, flags *checkFlags, env environment) error {
	s, err := flags.settings(args, env.now())
	if err != nil {
		return err
	}
	if err := s.forget(); err != nil {
		return err
	}
	register, err := loadRegister(flags.exceptions)
	if err != nil {
		return err
	}
	inputs, errs := plan(args)
	j := judge{controls: s.controls, stdin: env.stdin, progress: newProgress(env, inputs)}
	findings, unjudged := j.all(inputs, s.jobs)
	j.progress.stop()
	errs = append(errs, unjudged...)
	result := &controls.Result{Findings: findings}
	if err := errors.Join(errs...); err != nil {
		result.Except(register, s.controls, s.at, controls.Part)
		return errors.Join(err, s.abandon(env.stdout, result))
	}
	result.Except(register, s.controls, s.at, s.extent)
	for _, o := range s.outputs {
		errs = append(errs, o.write(env.stdout, result))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return s.verdict(env.stderr, result)
}

// loadRegister reads the register; "" is none.
func loadRegister(name string) (*exceptions.Register, error) {
	if name == "" {
		return nil, nil
	}
	register, err := exceptions.Load(name)
	if err != nil {
		return nil, fmt.Errorf("%w; correct the register or its name", err)
	}
	return register, nil
}

// forget removes the reports of an earlier run, before anything can go wrong in this one.
func (s *settings) forget() error {
	var errs []error
	for _, o := range s.outputs {
		errs = append(errs, o.forget())
	}
	return errors.Join(errs...)
}

// abandon shows people what could be judged, and makes no report: one that lacks a template would read as if that had
// passed.
func (s *settings) abandon(stdout io.Writer, result *controls.Result) error {
	for _, o := range s.outputs {
		if o.file == "" && o.Name == console && len(result.Findings) > 0 {
			return o.write(stdout, result)
		}
	}
	return nil
}

// verdict is errFindings when something fails the check. What is listed and does not fail it is said, so that nobody
// wonders about the exit code.
func (s *settings) verdict(stderr io.Writer, result *controls.Result) error {
	failing, tolerated := len(result.Problems), 0
	for i := range result.Findings {
		switch f := &result.Findings[i]; {
		case !f.Failed():
		case f.Control.Severity < s.failOn || f.Verdict == controls.Unknown && !s.failUnknown:
			tolerated++
		default:
			failing++
		}
	}
	if tolerated > 0 {
		fmt.Fprintf(stderr, "securecdk: of the findings, %d do not fail the check, by --fail-on or --unknown\n", tolerated)
	}
	if failing > 0 {
		return errFindings
	}
	return nil
}
