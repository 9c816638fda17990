package iam

import (
	"regexp"
	"sort"
	"testing"
)

// graph is who waits for whom when CloudFormation creates a stack; it deletes in the reverse order.
type graph map[string]map[string]bool

var inSub = regexp.MustCompile(`\$\{([A-Za-z0-9]+)[.}]`)

// dependencies reads DependsOn, Ref, Fn::GetAtt and Fn::Sub.
func dependencies(template map[string]any) graph {
	g := graph{}
	resources, _ := template["Resources"].(map[string]any)
	for id := range resources {
		g[id] = map[string]bool{}
	}
	for id, r := range resources {
		add := func(to string) {
			if g[to] != nil && to != id {
				g[id][to] = true
			}
		}
		for _, to := range texts(dig(r, "DependsOn")) {
			add(to)
		}
		walk(dig(r, "Properties"), add)
	}
	return g
}

func walk(v any, add func(string)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(e, add)
		}
	case map[string]any:
		for k, e := range v {
			switch k {
			case "Ref":
				add(text(e))
			case "Fn::GetAtt":
				if parts := texts(e); len(parts) > 0 {
					add(parts[0])
				}
			case "Fn::Sub":
				for _, s := range texts(e) {
					for _, m := range inSub.FindAllStringSubmatch(s, -1) {
						add(m[1])
					}
				}
			}
			walk(e, add)
		}
	}
}

// closure is all that is created before a resource.
func (g graph) closure(id string) map[string]bool {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(id string) {
		for to := range g[id] {
			if !seen[to] {
				seen[to] = true
				visit(to)
			}
		}
	}
	visit(id)
	return seen
}

// cycle returns a resource that waits for itself, or "".
func (g graph) cycle() string {
	for _, id := range keys(g) {
		if g.closure(id)[id] {
			return id
		}
	}
	return ""
}

func keys[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	sort.Strings(all)
	return all
}

// TestTheOrderThatTheCDKSetUpIsKept: whoever waited for a resource before the baseline still does, nothing is renamed,
// and nothing waits for itself.
func TestTheOrderThatTheCDKSetUpIsKept(t *testing.T) {
	before, after := dependencies(synthesized(t, false)), dependencies(synthesized(t, true))
	edges := 0
	for _, id := range keys(before) {
		if after[id] == nil {
			t.Errorf("%s is gone or renamed", id)
			continue
		}
		kept := after.closure(id)
		for _, to := range keys(before[id]) {
			edges++
			if !kept[to] {
				t.Errorf("%s waited for %s and no longer does", id, to)
			}
		}
	}
	if edges < 50 {
		t.Errorf("%d dependencies in the workload: too few to prove anything", edges)
	}
	if id := after.cycle(); id != "" {
		t.Errorf("%s waits for itself: CloudFormation refuses the template", id)
	}
}

// TestTheBucketIsEmptiedBeforeItsPolicyGoes is one such order, by name: the custom resource that empties a bucket waits
// for the bucket's policy, which lets it in. Deleted the other way round, the bucket stays.
func TestTheBucketIsEmptiedBeforeItsPolicyGoes(t *testing.T) {
	template := synthesized(t, true)
	w := newWorld(t, template)
	g := dependencies(template)
	emptiers := w.ofType("Custom::S3AutoDeleteObjects")
	if len(emptiers) != 1 {
		t.Fatalf("%d custom resources that empty a bucket, want 1", len(emptiers))
	}
	emptier := emptiers[0]
	for _, policy := range w.ofType("AWS::S3::BucketPolicy") {
		if policy.properties["Bucket"] == emptier.properties["BucketName"] {
			if !g.closure(emptier.id)[policy.id] {
				t.Errorf("%s does not wait for %s", emptier.id, policy.id)
			}
			return
		}
	}
	t.Errorf("no policy on the bucket %v", emptier.properties["BucketName"])
}
