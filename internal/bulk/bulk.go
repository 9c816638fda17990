// Package bulk reads and changes many CloudFormation resources of a construct tree in a handful of jsii requests.
//
// jsii answers one property at a time, in a third of a millisecond or more; an app of some thousand resources has tens
// of thousands of properties that a guardrail must look at. So this package brings a jsii module of its own: bulk.js,
// which runs beside the CDK, reads resources as CloudFormation will see them and carries out lists
// of writes with the CDK's own setters. What is to be written, Go decides.
package bulk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/aws/jsii-runtime-go/runtime"
)

// Resource is one CloudFormation resource as it would be synthesized now.
type Resource struct {
	Index      int            `json:"index"`
	Path       string         `json:"path"`
	Type       string         `json:"type"`
	Stack      string         `json:"stack"` // construct path of its stack
	LogicalID  string         `json:"logicalId"`
	L2         bool           `json:"l2"`         // it is the default child of a higher-level construct
	Outside    bool           `json:"outside"`    // not under the scope that was read, but referred to from there
	Properties map[string]any `json:"properties"` // names and shapes as in CloudFormation; property overrides included
	Unreadable string         `json:"unreadable"` // why the properties could not be rendered, else empty

	// Of a role, whose properties are not read but for its name:
	Sealed      bool `json:"sealed"`      // its list of managed policies can't be added to
	Conditional bool `json:"conditional"` // it may not be created
}

// Stack is what the resources need to know of their stack.
type Stack struct {
	Path    string                    `json:"path"`
	Name    string                    `json:"name"`
	Top     string                    `json:"top"`     // path of the stack that this one is nested in, or its own
	Account string                    `json:"account"` // "" when only the deployment knows
	Region  string                    `json:"region"`  // "" when only the deployment knows
	Doc     map[string]map[string]any `json:"doc"`     // Parameters, Conditions and Mappings of the template
	Exports map[string]any            `json:"exports"` // values that resources of other stacks refer to, by import name
}

// Snapshot is the state of the resources of some types under a scope.
type Snapshot struct {
	Stacks    []*Stack
	Resources []*Resource

	session *jsiiProxy_session
	byPath  map[string]*Stack
}

// The prefix tells jsii that this is a proxy of a JavaScript object, not a Go class that overrides one.
type jsiiProxy_session struct{ _ byte } //nolint:revive // the name is jsii's rule

// Read takes a snapshot of the resources of the given CloudFormation types. Stages below the scope are entered only
// when asked for: what is changed in a Stage that is already synthesized is lost.
func Read(scope constructs.IConstruct, types []string, enterStages bool) (*Snapshot, error) {
	load()
	s := &Snapshot{session: &jsiiProxy_session{}, byPath: map[string]*Stack{}}
	runtime.Create(module+".Session", []any{scope, enterStages}, s.session)
	var read struct {
		Stacks    []*Stack    `json:"stacks"`
		Resources []*Resource `json:"resources"`
	}
	if err := s.readInto(&read, types); err != nil {
		return nil, fmt.Errorf("reading the resources under %q: %w", *scope.Node().Path(), err)
	}
	s.Stacks, s.Resources = read.Stacks, read.Resources
	for _, stack := range s.Stacks {
		s.byPath[stack.Path] = stack
	}
	return s, nil
}

// readInto has bulk.js leave what it reads in a file, and decodes that.
func (s *Snapshot) readInto(v any, types []string) (err error) {
	file, err := os.CreateTemp("", "securecdk-*.json")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	var nothing any
	runtime.Invoke(s.session, "read", []any{types, jsii.String(file.Name())}, &nothing)
	data, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// StackOf returns the stack of a resource.
func (s *Snapshot) StackOf(r *Resource) *Stack { return s.byPath[r.Stack] }

// Stack returns the stack of a path.
func (s *Snapshot) Stack(path string) *Stack { return s.byPath[path] }

// Construct returns the L1 of a resource.
func (s *Snapshot) Construct(r *Resource) constructs.IConstruct {
	var c constructs.IConstruct
	runtime.Invoke(s.session, "construct", []any{r.Index}, &c)
	return c
}

// Place is where a construct stands.
type Place struct {
	Stack string   `json:"stack"` // construct path of its stack
	Top   string   `json:"top"`   // path of the stack that this one is nested in, or its own
	Needs []string `json:"needs"` // paths of the top-level stacks that must be deployed before Top
}

// PlaceOf tells where a construct stands as seen from a top-level stack. What is needed before that one is not told.
func (s *Snapshot) PlaceOf(c constructs.IConstruct, from string) Place {
	var text string
	runtime.Invoke(s.session, "place", []any{c, from}, &text)
	var p Place
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		panic(err) // what bulk.js has just written
	}
	return p
}

// TopLevelStack returns the construct of the stack that a stack is nested in, or of the stack itself.
func (s *Snapshot) TopLevelStack(path string) awscdk.Stack {
	var stack awscdk.Stack
	runtime.Invoke(s.session, "topLevelStack", []any{path}, &stack)
	return stack
}

// Write carries out the operations that batch holds, in one request, and tells of each whether what it asks for holds now.
func (s *Snapshot) Write(batch *Batch) ([]bool, error) {
	if len(batch.ops) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(batch.ops)
	if err != nil {
		return nil, err
	}
	objects := batch.objects
	if objects == nil {
		objects = []any{}
	}
	var result string
	runtime.Invoke(s.session, "write", []any{string(text), objects}, &result)
	var done []bool
	return done, json.Unmarshal([]byte(result), &done)
}

// Enter tells whether the construct is new to the name, and marks it and everything below it, up to the next Stage: what
// is there at the first call is entered once, what is added later once more.
func Enter(c constructs.IConstruct, name string) bool {
	load()
	var first bool
	runtime.StaticInvoke(module+".Tree", "enter", []any{c, jsii.String(name)}, &first)
	return first
}

// Identity returns a text that belongs to this one construct: unlike its path, no construct of another app of the same
// process has it.
func Identity(c constructs.IConstruct) string {
	load()
	var id string
	runtime.StaticInvoke(module+".Tree", "identity", []any{c}, &id)
	return id
}

// Paths returns the construct path of every resource under root, by the path of its stack and its logical id.
func Paths(root constructs.IConstruct) map[string]map[string]string {
	var paths map[string]map[string]string
	ask("paths", root, &paths)
	return paths
}

// Nested is a nested stack and where its template is.
type Nested struct {
	Stack     string `json:"stack"`     // construct path
	Parent    string `json:"parent"`    // construct path of the stack that deploys it
	LogicalID string `json:"logicalId"` // of its AWS::CloudFormation::Stack in the parent
	File      string `json:"file"`      // its template, beside that of the parent
}

// NestedStacks returns the nested stacks under root, each after the stack that deploys it.
func NestedStacks(root constructs.IConstruct) []Nested {
	var nested []Nested
	ask("nested", root, &nested)
	return nested
}

// BuildPipelines has every pipeline of the CDK's pipelines package under root make its resources now. Left alone it does so
// when the app is synthesized, which is too late for whoever wants to change them.
func BuildPipelines(root constructs.IConstruct) {
	var nothing []any
	ask("buildPipelines", root, &nothing)
}

// ask calls a static method of bulk.js that answers in JSON.
func ask(method string, root constructs.IConstruct, answer any) {
	load()
	var text string
	runtime.StaticInvoke(module+".Tree", method, []any{root}, &text)
	if err := json.Unmarshal([]byte(text), answer); err != nil {
		panic(err) // what bulk.js has just written
	}
}
