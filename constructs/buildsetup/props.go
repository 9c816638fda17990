package buildsetup

import (
	"fmt"

	"github.com/securecdk/securecdk/internal/fault"
)

// Props says where builds take their packages from, and how they get there. Nothing is required.
type Props struct {
	// Registries are the internal package registries that builds use: CodeArtifact, NpmRegistry, PipIndex, MavenRepository,
	// GoProxy. Default none: the public ones.
	Registries []*Registry
	// Proxy is the HTTP proxy that builds use. Default none.
	Proxy *ProxyProps
}

// Validate returns every fault of the props, a line each: field, value, what was expected, what to do. It is nil when there
// is none. New panics with the same.
func (p *Props) Validate() error { return fault.Join(p.check()) }

func (p *Props) check() []*fault.Error {
	if p == nil {
		return nil
	}
	var l fault.List
	for i, r := range p.Registries {
		field := fmt.Sprintf("Registries[%d]", i)
		if r == nil || r.check == nil {
			l.Add(field, nil, "a registry", "remove the entry, or make it by CodeArtifact, NpmRegistry, PipIndex, MavenRepository or GoProxy")
			continue
		}
		l = append(l, r.check(field)...)
	}
	l = append(l, conflicts(p.Registries)...)
	if p.Proxy != nil {
		l = append(l, p.Proxy.check("Proxy")...)
	}
	return l
}
