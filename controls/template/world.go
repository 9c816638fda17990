package template

// World is one way in which the conditions that only the deployment can decide may turn out. Values are read in it.
// Read as the author wrote them, most templates have just one world.
type World struct {
	set     *Set
	assumed map[conditionKey]bool
	trail   []assumption

	probing   bool // don't assume anything; note in open that something would have to be
	noImports bool // don't resolve Fn::ImportValue, since the exports are being indexed
	open      bool
	depth     int
	steps     int
}

// conditionKey is a condition, by its name or by what it compares.
type conditionKey struct {
	template *Template
	name     string
}

// assumption is an Assumption, and what it means for the condition that is kept under the key.
type assumption struct {
	Assumption
	key conditionKey
}

// Assumption is an open condition and how it turns out in a World.
type Assumption struct {
	Template  *Template
	Condition string
	Holds     bool
}

// Bounds on the work for one value, which only a template made to be hard to read can reach.
const (
	maxResolveDepth = 64
	maxResolveSteps = 20_000
	maxTextSize     = 1 << 20
	bytesPerStep    = 64
)

// Worlds calls visit once for each way that the open conditions met on the visit can turn out; at most limit times.
// It reports whether all were visited. A visit that meets no open condition is the only one.
func (s *Set) Worlds(limit int, visit func(*World)) bool {
	w := &World{set: s}
	for range limit {
		visit(w)
		if !w.next() {
			return true
		}
	}
	return false
}

// Probe returns a world that assumes nothing: an open condition makes the value unknown, and Open true.
func (s *Set) Probe() *World { return &World{set: s, probing: true} }

// next turns to the next world, and reports whether there is one: the last condition assumed to hold is assumed not to,
// and what was assumed after it is forgotten.
func (w *World) next() bool {
	for i := len(w.trail) - 1; i >= 0; i-- {
		a := &w.trail[i]
		if a.Holds {
			a.Holds, w.assumed[a.key] = false, !w.assumed[a.key]
			w.trail = w.trail[:i+1]
			return true
		}
		delete(w.assumed, a.key)
	}
	return false
}

func (w *World) assume(key conditionKey, value bool, a Assumption) {
	if w.assumed == nil {
		w.assumed = map[conditionKey]bool{}
	}
	w.assumed[key] = value
	w.trail = append(w.trail, assumption{a, key})
}

// Open reports whether a value read so far hangs on an open condition.
func (w *World) Open() bool { return w.open }

// Assumptions returns the open conditions that have been met, and how they turn out in this world.
func (w *World) Assumptions() []Assumption {
	all := make([]Assumption, len(w.trail))
	for i, a := range w.trail {
		all[i] = a.Assumption
	}
	return all
}

// Exists reports whether the resource is created in this world. When its condition is open, there is a world in which
// it is and one in which it isn't.
func (w *World) Exists(r *Resource) bool {
	if r.Condition == "" {
		return true
	}
	w.steps = 0
	return w.holds(r.Template, r.Condition) != no
}

// Get reads a property of the resource; each further key goes a map deeper. Without keys it is all properties. Those of
// a SAM resource are completed by the template's Globals.
func (w *World) Get(r *Resource, keys ...string) Value {
	w.steps = 0
	return w.object(r.Template, r.whole, r.rewriter).Get(keys...)
}

// Ref is the value of {"Ref": …} to the resource.
func (w *World) Ref(r *Resource) Value { return w.textOf(r.Template, []Part{{Resource: r}}) }
