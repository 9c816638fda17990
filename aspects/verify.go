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
	"github.com/securecdk/securecdk/internal/fault"
)

// Verification judges the synthesized templates by the controls. It is an awscdk.IPolicyValidationPlugin: the CDK calls
// it at the end of every synthesis, and a failed finding fails the synthesis.
type Verification struct {
	mutex         sync.Mutex
	registers     []*exceptions.Register
	further       []*controls.Control
	nonExemptible []string
	result        *controls.Result
}

// NewVerification makes the plugin for awscdk.Validations_Of(app).AddPlugins(…). Baseline does that by itself, with the
// controls of BaselineProps.Controls as further ones. The controls that are judged beside those of the catalogue must be
// as there; it panics if one is not.
func NewVerification(register *exceptions.Register, further ...*controls.Control) *Verification {
	if err := fault.Join(furtherFaults(further)); err != nil {
		panic(err)
	}
	v := &Verification{}
	v.add(&Baseline{exceptions: register, controls: further})
	return v
}

// UnreadableTemplate is the rule under which the verification reports a template that it can't read, and so can't judge.
const UnreadableTemplate = "TEMPLATE"

// unsuppressible is the one severity that Validations.Acknowledge can't silence. An acknowledgement anywhere in the app
// counts for the whole app, and has no owner and no end; exceptions belong into the register.
const unsuppressible = "fatal"

var verifications sync.Map // identity of a root construct → *Verification

// verify registers one verification a root. Baselines with registers and controls of their own share it: what one of them
// accepts is accepted, what one of them judges is judged everywhere.
func verify(root constructs.IConstruct, b *Baseline) *Verification {
	registered, again := verifications.LoadOrStore(bulk.Identity(root), &Verification{})
	v := registered.(*Verification)
	v.add(b)
	if !again {
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

// add takes over what a baseline has that the verification does not have yet.
func (v *Verification) add(b *Baseline) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if b.exceptions != nil && !slices.Contains(v.registers, b.exceptions) {
		v.registers = append(v.registers, b.exceptions)
	}
	for _, c := range b.controls {
		i := slices.IndexFunc(v.further, func(of *controls.Control) bool { return of.ID == c.ID })
		if i >= 0 && v.further[i] != c {
			panic(fault.New("", "Controls", c.ID, "one control of this id in the app", "another Baseline has a different one: give both the same value"))
		}
		if i < 0 {
			v.further = append(v.further, c)
		}
	}
	v.nonExemptible = append(v.nonExemptible, b.nonExemptible...)
}

// controls are those that are judged.
func (v *Verification) controls() []*controls.Control {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return judgedBy(v.further, v.nonExemptible)
}

// Name implements awscdk.IPolicyValidationPlugin.
func (v *Verification) Name() *string { return jsii.String("securecdk") }

// Version implements awscdk.IPolicyValidationPlugin.
func (v *Verification) Version() *string { return nil }

// RuleIds implements awscdk.IPolicyValidationPlugin: the ids of all controls that are judged.
func (v *Verification) RuleIds() *[]*string {
	var ids []*string
	for _, c := range v.controls() {
		ids = append(ids, jsii.String(c.ID))
	}
	return &ids
}

// Validate implements awscdk.IPolicyValidationPlugin. A template that can't be read or parsed is a violation too: what
// was not judged has not passed. Nested stacks are judged beside the stacks that deploy them.
func (v *Verification) Validate(context awscdk.IPolicyValidationContext) *awscdk.PolicyValidationPluginReport {
	s := synthesized{app: context.AppConstruct()}
	var files []stackFile
	for _, stack := range *context.StackTemplates() {
		files = append(files, stackFile{*stack.StackConstructPath, *stack.TemplatePath})
	}
	s.read(files)
	s.readNested()
	register := v.register()
	if register != nil {
		s.namePaths()
	}
	result := controls.Evaluate(s.templates, v.controls(), register, time.Now())
	if register == nil && len(result.Failures()) > 0 {
		s.namePaths()
	}
	v.mutex.Lock()
	v.result = result
	v.mutex.Unlock()
	violations := append(s.unreadable, violationsOf(result)...)
	return &awscdk.PolicyValidationPluginReport{Success: jsii.Bool(len(violations) == 0), Violations: &violations}
}

// stackFile is where the template of a stack is.
type stackFile struct{ stack, file string }

// synthesized are the templates of an app, nested stacks included.
type synthesized struct {
	app        constructs.IConstruct
	templates  []*template.Template
	stacks     []string // construct path of each template's stack
	unreadable []*awscdk.PolicyViolation
}

func (s *synthesized) read(files []stackFile) {
	parsed, errs := make([]*template.Template, len(files)), make([]error, len(files))
	var wait sync.WaitGroup
	for i, f := range files {
		wait.Go(func() { parsed[i], errs[i] = parseFile(f.file) })
	}
	wait.Wait()
	for i, f := range files {
		if errs[i] == nil {
			s.templates, s.stacks = append(s.templates, parsed[i]), append(s.stacks, f.stack)
			continue
		}
		s.unreadable = append(s.unreadable, &awscdk.PolicyViolation{
			RuleName:           jsii.String(UnreadableTemplate),
			Severity:           jsii.String(unsuppressible),
			Description:        jsii.String("Every template can be judged"),
			Fix:                jsii.String(errs[i].Error()),
			ViolatingResources: &[]*awscdk.PolicyViolatingResource{{ConstructPath: jsii.String(f.stack), Locations: &[]*string{}}},
		})
	}
}

const (
	nestedStackType = "AWS::CloudFormation::Stack"
	assetPath       = "aws:asset:path"
)

// readNested reads the templates of nested stacks, which the CDK does not count among the stacks. Which resource deploys
// which of them stands in the resource's metadata only where the CDK CLI asks for it, so it is written there.
func (s *synthesized) readNested() {
	if !slices.ContainsFunc(s.templates, hasNestedStack) {
		return
	}
	for _, nested := range bulk.NestedStacks(s.app) {
		at := slices.Index(s.stacks, nested.Parent)
		if at < 0 {
			continue // the parent is unreadable, and said to be
		}
		parent := s.templates[at]
		if r, ok := parent.Resource(nested.LogicalID); ok {
			r.Metadata = with(r.Metadata, assetPath, nested.File)
		}
		s.read([]stackFile{{nested.Stack, filepath.Join(filepath.Dir(parent.Name), nested.File)}})
	}
}

func hasNestedStack(t *template.Template) bool {
	return slices.ContainsFunc(t.Resources, func(r *template.Resource) bool { return r.Type == nestedStackType })
}

// namePaths gives resources their construct paths, which exceptions name: templates carry them only where the CDK CLI asks
// for them.
func (s *synthesized) namePaths() {
	paths := bulk.Paths(s.app)
	for i, t := range s.templates {
		for _, r := range t.Resources {
			if r.Path == "" {
				r.Path = paths[s.stacks[i]][r.LogicalID]
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
func violationsOf(result *controls.Result) []*awscdk.PolicyViolation {
	byRule := map[string]*awscdk.PolicyViolation{}
	for _, f := range result.Failures() {
		file := f.Resource.Template.Name
		description := fmt.Sprintf("%s %s: %s", f.Control.ID, f.Control.Title, f.Message)
		key := description
		if hidden(file) {
			key += "\x00hidden"
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
// was asked for, and by default it is asked for none in Stages and for no nested ones: a violation there would be lost,
// and the exit code with it. So such a resource is named in the text, in a violation that belongs to no stack.
func addResource(violation *awscdk.PolicyViolation, f controls.Finding, file string) {
	locations := []*string{}
	if f.Property != "" {
		locations = append(locations, jsii.String(f.Property))
	}
	resources := *violation.ViolatingResources
	if !hidden(file) {
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

// hidden: the CDK synthesizes a Stage into a folder of its own, assembly-<path of the Stage>, and a nested stack into a file
// beside that of its parent.
func hidden(file string) bool {
	return strings.HasPrefix(filepath.Base(filepath.Dir(file)), "assembly-") || strings.HasSuffix(file, ".nested.template.json")
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
