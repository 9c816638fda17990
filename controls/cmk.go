package controls

import (
	"fmt"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

// keyPlace says where a resource type names the key that encrypts it.
type keyPlace struct {
	list     string   // the list each of whose members names a key, as dotted path; "" for the resource itself
	optional bool     // the list may be missing or empty
	enabled  string   // the boolean that must be true; "" if there is none
	method   string   // the encryption method; "" if there is none
	methods  []string // the methods that use a key; "" among them means that the method may be missing
	key      string   // the key
}

const expectedKey = ", expected a customer managed KMS key"

// requireKeys is the check that all the places name a customer managed key.
func requireKeys(places ...keyPlace) func(*Pass) {
	return func(p *Pass) {
		for i := range places {
			places[i].check(p)
		}
	}
}

func (k *keyPlace) check(p *Pass) {
	if k.list == "" {
		k.judge(p, p.Get(), "")
		return
	}
	list := at(p.Get(), k.list)
	items, isList := list.Items()
	why := unsure(list)
	switch {
	case why != "":
		p.Unknown(k.list, "%s", why)
	case len(items) > 0:
		for i, item := range items {
			k.judge(p, item, fmt.Sprintf("%s[%d].", k.list, i))
		}
	case k.optional && (isList || list.Absent()):
	default:
		p.NonCompliant(k.list, "found %s"+expectedKey, list)
	}
}

// judge looks at one map that names a key. The prefix is where it stands.
func (k *keyPlace) judge(p *Pass, in template.Value, prefix string) {
	if why := unsure(in); why != "" {
		p.Unknown(strings.TrimSuffix(prefix, "."), "%s", why)
		return
	}
	if k.enabled != "" {
		v := at(in, k.enabled)
		on, ok := v.Bool()
		if why := unsure(v); why != "" {
			p.Unknown(prefix+k.enabled, "%s; expected true", why)
			return
		}
		if !ok || !on {
			p.NonCompliant(prefix+k.enabled, "found %s, expected true and a customer managed KMS key", v)
			return
		}
	}
	if k.method != "" && !k.usesKey(p, in, prefix) {
		return
	}
	if k.key == "" {
		return
	}
	v := at(in, k.key)
	verdict, message := judgeKey(p.world, v)
	switch verdict {
	case Compliant:
		p.Compliant(prefix+k.key, "encrypted with a customer managed KMS key")
	case Unknown:
		p.Unknown(prefix+k.key, "%s"+expectedKey, message)
	default:
		p.NonCompliant(prefix+k.key, "%s"+expectedKey, message)
	}
}

func (k *keyPlace) usesKey(p *Pass, in template.Value, prefix string) bool {
	v := at(in, k.method)
	if why := unsure(v); why != "" {
		p.Unknown(prefix+k.method, "%s; expected %s", why, k.methods[0])
		return false
	}
	s, _ := v.Literal()
	if !slices.Contains(k.methods, s) {
		p.NonCompliant(prefix+k.method, "found %s, expected %s with a customer managed KMS key", v, k.methods[0])
		return false
	}
	return true
}

// at follows a dotted path.
func at(v template.Value, dotted string) template.Value {
	for dotted != "" {
		var key string
		key, dotted, _ = strings.Cut(dotted, ".")
		v = v.Get(key)
	}
	return v
}
