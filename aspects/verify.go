package aspects

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/template"
	"github.com/securecdk/securecdk/internal/bulk"
)

// Verification judges the synthesized templates by the controls. It is an awscdk.IPolicyValidationPlugin: the CDK calls
// it at the end of every synthesis, and a failed finding fails the synthesis.
type Verification struct {
	mutex     sync.Mutex
	registers []*exceptions.Register
	result    *controls.Result
}

// NewVerification makes the plugin for awscdk.Validations_Of(app).AddPlugins(…). Baseline does that by itself.
func NewVerification(register *exceptions.Register) *Verification {
	v := &Verification{}
	v.except(register)
	return v
}

// UnreadableTemplate is the rule under which the verification reports a template that it can't read, and so can't judge.
const UnreadableTemplate = "TEMPLATE"

// unsuppressible is the one severity that Validations.Acknowledge can't silence. An acknowledgement anywhere in the app
// counts for the whole app, and has no owner and no end; exceptions belong into the register.
const unsuppressible = "fatal"

var verifications sync.Map // identity of a root construct → *Verification

// verify registers one verification a root. Baselines with registers of their own share it: what one of them accepts
// is accepted.
func verify(root constructs.IConstruct, register *exceptions.Register) *Verification {
	registered, again := verifications.LoadOrStore(bulk.Identity(root), NewVerification(register))
	v := registered.(*Verification)
	if again {
		v.except(register)
	} else {
		awscdk.Validations_Of(root).AddPlugins(v)
	}
	return v
}

// Result is what the last synthesis found, exceptions beside their findings included; nil before the first. It is what
// package controls/report makes reports of.
func (v *Verification) Result() *controls.Result {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return v.result
}

func (v *Verification) except(register *exceptions.Register) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if register != nil && !slices.Contains(v.registers, register) {
		v.registers = append(v.registers, register)
	}
}

// Name implements awscdk.IPolicyValidationPlugin.
func (v *Verification) Name() *string { return jsii.String("securecdk") }

// Version implements awscdk.IPolicyValidationPlugin.
func (v *Verification) Version() *string { return nil }

// RuleIds implements awscdk.IPolicyValidationPlugin: the ids of all controls.
func (v *Verification) RuleIds() *[]*string {
	var ids []*string
	for _, c := range controls.All() {
		ids = append(ids, jsii.String(c.ID))
	}
	return &ids
}

// Validate implements awscdk.IPolicyValidationPlugin. A template that can't be read or parsed is a violation too: what
// was not judged has not passed.
func (v *Verification) Validate(context awscdk.IPolicyValidationContext) *awscdk.PolicyValidationPluginReport {
	var violations []*awscdk.PolicyViolation
	var templates []*template.Template
	files, stacks := map[*template.Template]string{}, map[*template.Template]string{}
	all := *context.StackTemplates()
	parsed, errs := make([]*template.Template, len(all)), make([]error, len(all))
	var wait sync.WaitGroup
	for i, stack := range all {
		wait.Go(func() { parsed[i], errs[i] = parseFile(*stack.TemplatePath) })
	}
	wait.Wait()
	for i, stack := range all {
		t, err := parsed[i], errs[i]
		if err != nil {
			violations = append(violations, &awscdk.PolicyViolation{
				RuleName:           jsii.String(UnreadableTemplate),
				Severity:           jsii.String(unsuppressible),
				Description:        jsii.String("Every template can be judged"),
				Fix:                jsii.String(err.Error()),
				ViolatingResources: &[]*awscdk.PolicyViolatingResource{{ConstructPath: stack.StackConstructPath, Locations: &[]*string{}}},
			})
			continue
		}
		files[t] = *stack.TemplatePath
		stacks[t] = *stack.StackConstructPath
		templates = append(templates, t)
	}
	register := v.register()
	if register != nil {
		namePaths(context.AppConstruct(), stacks)
	}
	result := controls.Evaluate(templates, controls.All(), register, time.Now())
	if register == nil && len(result.Failures()) > 0 {
		namePaths(context.AppConstruct(), stacks)
	}
	v.mutex.Lock()
	v.result = result
	v.mutex.Unlock()
	violations = append(violations, violationsOf(result, files)...)
	return &awscdk.PolicyValidationPluginReport{Success: jsii.Bool(len(violations) == 0), Violations: &violations}
}

// namePaths gives resources their construct paths, which exceptions name: templates carry them only where the CDK CLI asks
// for them.
func namePaths(app constructs.IConstruct, stacks map[*template.Template]string) {
	paths := bulk.Paths(app)
	for t, stack := range stacks {
		for _, r := range t.Resources {
			if r.Path == "" {
				r.Path = paths[stack][r.LogicalID]
			}
		}
	}
}

func parseFile(path string) (*template.Template, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	t, err := template.Parse(path, data)
	if errors.Is(err, template.ErrNoResources) {
		// A stack that nothing was put into: the CDK CLI passes over it when it deploys.
		return template.New(path, map[string]any{"Resources": map[string]any{}})
	}
	return t, err
}

func (v *Verification) register() *exceptions.Register {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if len(v.registers) <= 1 {
		return append(v.registers, nil)[0]
	}
	merged := &exceptions.Register{}
	for _, r := range v.registers {
		merged.Entries = append(merged.Entries, r.Entries...)
		merged.Problems = append(merged.Problems, r.Problems...)
	}
	return merged
}

// violationsOf groups the failures by control and message, so that the listing reads: requirement, fix, and each
// resource with what was found.
func violationsOf(result *controls.Result, files map[*template.Template]string) []*awscdk.PolicyViolation {
	byRule := map[string]*awscdk.PolicyViolation{}
	for _, f := range result.Failures() {
		file := files[f.Resource.Template]
		description := fmt.Sprintf("%s %s: %s", f.Control.ID, f.Control.Title, f.Message)
		key := description
		if inStage(file) {
			key += "\x00stage"
		}
		violation := byRule[key]
		if violation == nil {
			violation = violationOf(f.Control, description)
			byRule[key] = violation
		}
		addResource(violation, f, file)
	}
	violations := make([]*awscdk.PolicyViolation, 0, len(byRule))
	for _, key := range sortedKeys(byRule) {
		violations = append(violations, byRule[key])
	}
	return append(violations, problemsOf(result)...)
}

func violationOf(c *controls.Control, description string) *awscdk.PolicyViolation {
	return &awscdk.PolicyViolation{
		RuleName:           jsii.String(c.ID),
		Description:        &description,
		Fix:                jsii.String(c.Remedy),
		Severity:           jsii.String(unsuppressible),
		RuleMetadata:       &map[string]*string{"severity": jsii.String(c.Severity.String())},
		ViolatingResources: &[]*awscdk.PolicyViolatingResource{},
	}
}

// addResource adds a resource to a violation. The CDK CLI drops from the report what belongs to none of the stacks that it
// was asked for, and by default it is asked for none in Stages: a violation there would be lost, and the exit code with it.
// So a resource in a Stage is named in the text, in a violation that belongs to no stack.
func addResource(violation *awscdk.PolicyViolation, f controls.Finding, file string) {
	locations := []*string{}
	if f.Property != "" {
		locations = append(locations, jsii.String(f.Property))
	}
	resources := *violation.ViolatingResources
	if !inStage(file) {
		resources = append(resources, &awscdk.PolicyViolatingResource{
			ResourceLogicalId: jsii.String(f.Resource.LogicalID), TemplatePath: &file, Locations: &locations,
		})
		violation.ViolatingResources = &resources
		return
	}
	violation.Description = jsii.Sprintf("%s\n   %s (%s)", *violation.Description, f.Resource.ID(), f.Resource.LogicalID)
	if len(resources) == 0 {
		violation.ViolatingResources = &[]*awscdk.PolicyViolatingResource{{Locations: &locations}}
	}
}

// inStage: the CDK synthesizes a Stage into a folder of its own, assembly-<path of the Stage>.
func inStage(file string) bool {
	return strings.HasPrefix(filepath.Base(filepath.Dir(file)), "assembly-")
}

// problemsOf makes violations of what is wrong with the exception register itself.
func problemsOf(result *controls.Result) []*awscdk.PolicyViolation {
	var violations []*awscdk.PolicyViolation
	for _, p := range result.Problems {
		scope := p.Name
		if p.Entry != nil && p.Entry.Scope != "" {
			scope = strings.TrimSuffix(p.Entry.Scope, "/**")
		}
		violations = append(violations, &awscdk.PolicyViolation{
			RuleName:           jsii.String("EXCEPTIONS"),
			Severity:           jsii.String(unsuppressible),
			Description:        jsii.String(fmt.Sprintf("%s:%d: %s", p.Name, p.Line, p.Message)),
			ViolatingResources: &[]*awscdk.PolicyViolatingResource{{ConstructPath: jsii.String(scope), Locations: &[]*string{}}},
		})
	}
	return violations
}
