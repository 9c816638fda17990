package controls

import (
	"path"
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

// statement is one statement of a policy document.
type statement struct{ template.Value }

// statementsOf returns the statements of a resource's PolicyDocument, and why they aren't known if so.
func statementsOf(w *template.World, policy *template.Resource) (all []statement, unknown string) {
	if macro := policy.Macro(); macro != "" {
		return nil, "the macro " + macro + " may rewrite the policy"
	}
	doc := w.Get(policy, "PolicyDocument")
	if _, isText := doc.Literal(); isText {
		return nil, "the policy document is a text, not a map"
	}
	if doc.Unknown() {
		return nil, doc.Reason()
	}
	for _, s := range doc.Get("Statement").OneOrMore() {
		if s.Unknown() {
			unknown = s.Reason()
			continue
		}
		all = append(all, statement{s})
	}
	return all, unknown
}

func (s statement) effect(want string) certainty {
	return is(s.Get("Effect"), func(e string) bool { return e == want })
}

// everyone tells whether the statement is about all principals: "*" or {"AWS": "*"}.
func (s statement) everyone() certainty {
	principal := s.Get("Principal")
	if principal.IsMap() {
		principal = principal.Get("AWS")
	}
	return anyOf(principal.OneOrMore(), func(v template.Value) certainty {
		return is(v, func(p string) bool { return p == "*" })
	})
}

// actions asks something of the statement's actions, in lower case.
func (s statement) actions(ask func(string) bool) certainty {
	return anyOf(s.Get("Action").OneOrMore(), func(v template.Value) certainty {
		return is(v, func(a string) bool { return ask(strings.ToLower(a)) })
	})
}

// everyAction tells whether the statement is about all that can be done with S3.
func (s statement) everyAction() certainty {
	return s.actions(func(a string) bool { return a == "*" || a == "s3:*" })
}

// writes tells whether the statement's actions let objects be written.
func (s statement) writes() certainty {
	if !s.Get("NotAction").Absent() {
		return surely
	}
	return s.actions(func(a string) bool {
		puts, err := path.Match(a, "s3:putobject")
		replicates, _ := path.Match(a, "s3:replicateobject")
		return puts || replicates || err != nil
	})
}

// plainTransport tells whether the statement's condition is met by every request without TLS: that
// aws:SecureTransport is false, and nothing else.
func (s statement) plainTransport() certainty {
	condition := s.Get("Condition")
	if condition.Absent() {
		return surely
	}
	if unsure(condition) != "" {
		return perhaps
	}
	operators := mapMembers(condition)
	if !condition.IsMap() || len(operators) != 1 {
		return never
	}
	for operator, keys := range operators {
		if operator != "Bool" && operator != "BoolIfExists" {
			return never
		}
		return secureTransportFalse(keys)
	}
	return never
}

func secureTransportFalse(keys template.Value) certainty {
	if unsure(keys) != "" {
		return perhaps
	}
	members := mapMembers(keys)
	if len(members) != 1 {
		return never
	}
	for key, values := range members {
		if !strings.EqualFold(key, "aws:SecureTransport") {
			return never
		}
		return anyOf(values.OneOrMore(), func(v template.Value) certainty {
			return is(v, func(s string) bool { return strings.EqualFold(s, "false") })
		})
	}
	return never
}

// services returns the service principals, and whether there are principals of another kind, or ones that aren't known.
func (s statement) services() (services []string, others bool) {
	principal := s.Get("Principal")
	members := mapMembers(principal)
	others = !principal.IsMap()
	for kind, values := range members {
		for _, v := range values.OneOrMore() {
			name, literal := v.Literal()
			if kind != "Service" || !literal {
				others = true
				continue
			}
			services = append(services, name)
		}
	}
	return services, others
}
