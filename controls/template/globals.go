package template

import (
	"maps"
	"slices"
)

// globalsOf names the part of the Globals section that completes the properties of a type (AWS SAM developer guide,
// "Globals section of the AWS SAM template").
var globalsOf = map[string]string{
	"AWS::Serverless::Function":    "Function",
	"AWS::Serverless::SimpleTable": "SimpleTable",
}

// complete gives each resource the properties that it is deployed with. What this may come to is bounded, since each
// resource gets its own copy of the Globals that it adds to.
func (b *builder) complete() {
	m := merger{left: maxNodes}
	for _, r := range b.t.Resources {
		r.whole = r.Properties
		if global, ok := b.t.globals[globalsOf[r.Type]].(map[string]any); ok {
			r.whole = m.maps(global, r.Properties)
		}
		r.rewriter = rewriter(r.whole)
		if m.left < 0 {
			b.fail("Globals", "globals that come to no more than a million values", b.t.globals)
			return
		}
	}
}

type merger struct{ left int }

// maps joins key by key, as SAM does: maps and lists are joined, all else that the resource has of its own stands,
// AWS::NoValue and every other intrinsic function included.
func (m *merger) maps(global, own map[string]any) map[string]any {
	if m.left -= len(global) + len(own); m.left < 0 {
		return nil
	}
	joined := make(map[string]any, len(global)+len(own))
	maps.Copy(joined, global)
	for k, v := range own {
		joined[k] = v
		if g, has := global[k]; has {
			joined[k] = m.values(g, v)
		}
	}
	return joined
}

func (m *merger) values(global, own any) any {
	switch o := own.(type) {
	case map[string]any:
		g, ok := global.(map[string]any)
		if _, _, calls := call(o); !ok || calls {
			break
		}
		if _, _, calls := call(g); !calls {
			return m.maps(g, o)
		}
	case []any:
		if g, ok := global.([]any); ok {
			m.left -= len(g) + len(o)
			return slices.Concat(g, o)
		}
	}
	return own
}
