package controls

import (
	"iter"
	"slices"

	"github.com/securecdk/securecdk/controls/template"
)

// relation says which resources point at something: at another resource, or at a name. One whose aim hangs on open
// conditions stands under all that it may point at, and is asked again in each world. So only what may concern a
// resource makes worlds for it.
type relation[K comparable] struct {
	aim  func(*template.World, *template.Resource) []K
	at   map[K][]*template.Resource
	open map[*template.Resource]bool
	wild []*template.Resource // those with more conditions than can be tried: they may point at anything
}

// relate asks each resource of the types what it points at.
func relate[K comparable](set *template.Set, aim func(*template.World, *template.Resource) []K, types ...string) *relation[K] {
	rel := &relation[K]{aim: aim, at: map[K][]*template.Resource{}, open: map[*template.Resource]bool{}}
	for _, t := range types {
		for _, r := range set.OfType(t) {
			rel.add(set, r)
		}
	}
	return rel
}

func (rel *relation[K]) add(set *template.Set, r *template.Resource) {
	w := set.Probe()
	targets := rel.aim(w, r)
	if !w.Open() {
		rel.insert(targets, r)
		return
	}
	rel.open[r] = true
	if !set.Worlds(maxWorlds, func(w *template.World) { rel.insert(rel.aim(w, r), r) }) {
		rel.wild = append(rel.wild, r)
	}
}

// insert puts the resource under each target once: all that is put in for one resource follows without a break.
func (rel *relation[K]) insert(targets []K, r *template.Resource) {
	for _, to := range targets {
		if all := rel.at[to]; len(all) == 0 || all[len(all)-1] != r {
			rel.at[to] = append(all, r)
		}
	}
}

// may returns what points at the target in some world.
func (rel *relation[K]) may(to K) []*template.Resource {
	if len(rel.wild) == 0 {
		return rel.at[to]
	}
	return slices.Concat(rel.at[to], rel.wild)
}

// does tells whether one that may point at the target exists and does so in this world.
func (rel *relation[K]) does(w *template.World, r *template.Resource, to K) bool {
	return w.Exists(r) && (!rel.open[r] || slices.Contains(rel.aim(w, r), to))
}

// of yields what exists and points at the target in this world. Who stops early makes no worlds for the rest.
func (rel *relation[K]) of(w *template.World, to K) iter.Seq[*template.Resource] {
	return func(yield func(*template.Resource) bool) {
		for _, r := range rel.may(to) {
			if rel.does(w, r, to) && !yield(r) {
				return
			}
		}
	}
}

// first is the first of what exists and points at the target in this world, or nil.
func (rel *relation[K]) first(w *template.World, to K) *template.Resource {
	for r := range rel.of(w, to) {
		return r
	}
	return nil
}

// some is a list of the one resource, or an empty one for nil.
func some(r *template.Resource) []*template.Resource {
	if r == nil {
		return nil
	}
	return []*template.Resource{r}
}
