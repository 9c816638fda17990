package aspects

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/template"
	"github.com/securecdk/securecdk/internal/bulk"
)

// run is one enforcement: what was read, what is to be written, what the stacks were given.
type run struct {
	*bulk.Snapshot
	batch       bulk.Batch
	changes     []Change
	finding     controls.Finding // the one that is being fixed
	byType      map[string][]*bulk.Resource
	resources   map[resourceID]*bulk.Resource
	paths       map[string]*bulk.Resource
	roles       map[[2]string]*bulk.Resource        // by account and name, where both are known
	policies    map[*bulk.Resource][]*bulk.Resource // resource → its resource policies
	networks    map[string]*network
	keys        map[string]*keyUse
	unencrypted map[*bulk.Resource]bool // buckets that are to get a key in this run
	logs        map[string]*logTarget
	targets     map[*bulk.Resource]bool // buckets that a provider named as target of access logs
	attached    map[string]bool         // role and policy
	made        map[string]awsiam.IManagedPolicy
}

type resourceID struct{ stack, logicalID string }

func enforce(scope constructs.IConstruct, enterStages bool, all []*Aspect) []Change {
	all = unique(all)
	snapshot, err := bulk.Read(scope, typesOf(all), enterStages)
	if err != nil {
		panic(err)
	}
	r := newRun(snapshot)
	findings := r.judge(all)
	for _, a := range all {
		if a.prepare != nil {
			a.prepare(r, findings)
		}
	}
	for _, a := range all {
		for _, f := range findings {
			if slices.Contains(a.controls, f.Control) {
				r.fix(a, f)
			}
		}
	}
	r.writeKeyStatements()
	if _, err := r.Write(&r.batch); err != nil {
		panic(err)
	}
	return r.changes
}

func newRun(s *bulk.Snapshot) *run {
	r := &run{
		Snapshot:    s,
		resources:   make(map[resourceID]*bulk.Resource, len(s.Resources)),
		byType:      map[string][]*bulk.Resource{},
		paths:       make(map[string]*bulk.Resource, len(s.Resources)),
		roles:       map[[2]string]*bulk.Resource{},
		networks:    map[string]*network{},
		keys:        map[string]*keyUse{},
		unencrypted: map[*bulk.Resource]bool{},
		logs:        map[string]*logTarget{},
		targets:     map[*bulk.Resource]bool{},
		attached:    map[string]bool{},
		made:        map[string]awsiam.IManagedPolicy{},
	}
	for _, res := range s.Resources {
		r.resources[resourceID{res.Stack, res.LogicalID}] = res
		r.paths[res.Path] = res
		r.byType[res.Type] = append(r.byType[res.Type], res)
		if name, ok := res.Properties["RoleName"].(string); ok {
			r.roles[[2]string{s.StackOf(res).Account, name}] = res
		}
	}
	r.indexPolicies()
	return r
}

// judge asks the catalogue about the resources as they are now.
func (r *run) judge(all []*Aspect) []controls.Finding {
	var catalogue []*controls.Control
	for _, a := range all {
		for _, c := range slices.Concat(a.controls, a.beside) {
			if !slices.Contains(catalogue, c) {
				catalogue = append(catalogue, c)
			}
		}
	}
	templates := make([]*template.Template, 0, len(r.Stacks))
	docs := r.templates()
	for _, stack := range r.Stacks {
		t, err := template.New(stack.Path, docs[stack.Path])
		if err != nil {
			panic(fmt.Errorf("stack %s: %w", stack.Path, err))
		}
		templates = append(templates, t)
	}
	return controls.Evaluate(templates, catalogue, nil, time.Now()).Findings
}

// templates makes a document a stack of what was read. A value of another stack is an export here, as it will be once
// the CDK has synthesized.
func (r *run) templates() map[string]map[string]any {
	docs := make(map[string]map[string]any, len(r.Stacks))
	for _, stack := range r.Stacks {
		outputs := map[string]any{}
		for name, value := range stack.Exports {
			outputs[fmt.Sprintf("Export%d", len(outputs))] = map[string]any{"Value": value, "Export": map[string]any{"Name": name}}
		}
		doc := map[string]any{"Resources": map[string]any{}, "Outputs": outputs}
		for section, entries := range stack.Doc {
			doc[section] = entries
		}
		docs[stack.Path] = doc
	}
	for _, res := range r.Resources {
		if res.Unreadable != "" {
			continue
		}
		docs[res.Stack]["Resources"].(map[string]any)[res.LogicalID] = map[string]any{
			"Type": res.Type, "Properties": res.Properties, "Metadata": map[string]any{"aws:cdk:path": res.Path},
		}
	}
	return docs
}

func (r *run) fix(a *Aspect, f controls.Finding) {
	if res := r.toFix(a, f); res != nil {
		r.finding = f
		a.fix(r, res)
	}
}

// toFix returns the resource of a finding, or nil when the aspect does not touch it.
func (r *run) toFix(a *Aspect, f controls.Finding) *bulk.Resource {
	if f.Verdict != controls.NonCompliant {
		return nil
	}
	res := r.resources[resourceID{f.Resource.Template.Name, f.Resource.LogicalID}]
	if res == nil || res.Outside || a.exceptions.Find(f.Control.ID, res.Path, time.Now()) != nil {
		return nil
	}
	return res
}

// set writes one property and records the change.
func (r *run) set(res *bulk.Resource, p property, impact Impact) {
	r.batch.Set(res, p.name, p.value, p.cfnName, p.cfnValue())
	r.changed(res, p.cfnName, p.description, impact)
}

// override sets a value deep inside a property whose other parts stay as they are, computed ones included. path is that
// of CloudFormation, list indices included: "ArtifactStores.0.ArtifactStore.EncryptionKey".
func (r *run) override(res *bulk.Resource, path string, value any, impact Impact) {
	r.batch.Override(res, path, value)
	r.changed(res, path, keyNote, impact)
}

func (r *run) changed(res *bulk.Resource, property, description string, impact Impact) {
	r.changes = append(r.changes, Change{
		Control: r.finding.Control.ID, Path: res.Path, LogicalID: res.LogicalID, ResourceType: res.Type,
		Property: property, Description: description, Impact: impact,
	})
}

// leave says beside the resource why it was not fixed and what to do; the verification reports the finding itself.
func (r *run) leave(res *bulk.Resource, format string, args ...any) {
	id := r.finding.Control.ID
	r.batch.Warn(res, "securecdk:"+id, fmt.Sprintf("%s is not fixed here: ", id)+fmt.Sprintf(format, args...))
}

// resourceOf finds the resource that a Ref, a Fn::GetAtt or a reference to another stack points at; nil when it is none
// of this app.
func (r *run) resourceOf(from *bulk.Resource, value any) *bulk.Resource {
	return r.resourceIn(from.Stack, value)
}

func typesOf(all []*Aspect) []string {
	var types []string
	for _, a := range all {
		types = append(types, a.context...)
		for _, c := range slices.Concat(a.controls, a.beside) {
			types = append(types, c.Types...)
			types = append(types, judgedBeside[c.ID]...)
			if strings.HasSuffix(c.ID, ".CMK") {
				types = append(types, keyTypes...)
			}
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// keyTypes decide whether a reference is one to a customer managed key.
var keyTypes = []string{"AWS::KMS::Alias", "AWS::KMS::Key", "AWS::KMS::ReplicaKey"}

// judgedBeside are the types that a control reads beside those that it judges.
var judgedBeside = map[string][]string{
	"S3.CMK":     {"AWS::S3::BucketPolicy"},
	"S3.LOGGING": {"AWS::S3::BucketPolicy"},
	"S3.TLS":     {"AWS::S3::BucketPolicy"},
	"LAMBDA.VPC": {"AWS::CloudFront::Distribution", "AWS::Lambda::Version", "AWS::SSM::Parameter"},
}

func unique(all []*Aspect) []*Aspect {
	var kept []*Aspect
	for _, a := range all {
		if a != nil && !slices.Contains(kept, a) {
			kept = append(kept, a)
		}
	}
	return kept
}
