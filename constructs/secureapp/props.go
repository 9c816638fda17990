package secureapp

import (
	"fmt"
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/flags"
)

// Props configures Run.
type Props struct {
	// Baseline is the guardrail set that fixes and verifies the whole app. Default none: nothing is fixed, but what
	// securepipeline does by itself, and the verification fails the synthesis with a list of what is not compliant. A team's own
	// controls are judged when it has them, as aspects.BaselineProps.Controls; package controls/controlstest tests them.
	Baseline *aspects.Baseline
	// NagPacks are the rule packs of cdk-nag that judge the app and each of its Stages. Their reports are written as
	// JSON beside the templates. Default none.
	NagPacks []NagPack
	// Reports are written into the folder of the assembly, beside those that the environment variable SECURECDK_REPORTS
	// names, by commas: "junit,sarif". They tell what the controls found, also and above all when that fails the synthesis;
	// what cdk-nag and other validations found is in their own reports. A report that an earlier run left there is removed
	// at the start, whether asked for or not. Default none.
	Reports []Report
	// Context are context values beneath those of cdk.json and the command line. Default none.
	Context map[string]any
	// Outdir is the folder of the synthesized assembly. Default what the CDK CLI asks for. When the app runs by itself it
	// is cdk.out if reports are asked for, and a temporary folder that is gone at the end if not.
	Outdir *string
	// DefaultStackSynthesizer serves every stack that has none of its own. Default the CDK's, with the qualifier of the
	// modern bootstrap stack.
	DefaultStackSynthesizer awscdk.IReusableStackSynthesizer
}

// settings are checked props.
type settings struct {
	Props
	packs   []NagPack
	reports []Report
	context map[string]any
}

// settle checks props and fills the defaults in. asked is what the environment says of reports. The context holds the safe feature flags unless props say otherwise.
func settle(props *Props, asked string) (*settings, error) {
	s := &settings{context: flags.Safe()}
	if props != nil {
		s.Props = *props
	}
	packs, faults := checkNagPacks(s.NagPacks)
	s.packs = packs
	formats, wrong := checkReports(s.Reports, asked)
	s.reports, faults = formats, append(faults, wrong...)
	if s.Outdir != nil && *s.Outdir == "" {
		faults = append(faults, fault.New("", "Outdir", "", "a folder", "leave it out, or name one"))
	}
	maps.Copy(s.context, s.Context)
	return s, fault.Join(faults)
}

// LockedFlags returns the feature flags that an app started here always has, and what would happen without them: the
// guardrails rest on them.
func LockedFlags() map[string]string { return flags.Locked() }

// checkFlags tells which locked flag the context of the app switches off.
func checkFlags(value func(flag string) any) error {
	var faults []*fault.Error
	locked := flags.Locked()
	for _, flag := range sortedKeys(locked) {
		if v := value(flag); v != true && v != "true" {
			faults = append(faults, fault.New("", fmt.Sprintf("Context[%q]", flag), v, "true, because otherwise "+locked[flag],
				"remove it from cdk.json, the command line and Props.Context"))
		}
	}
	return fault.Join(faults)
}
