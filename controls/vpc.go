package controls

import "github.com/securecdk/securecdk/controls/template"

// requireVpc judges VpcConfig: each text must be there, and each list must have a member. What matters is that they
// are there: a subnet's id that only the deployment knows is a subnet all the same.
func requireVpc(p *Pass, texts, lists []string) {
	config := p.Get("VpcConfig")
	why := unsure(config)
	switch {
	case why != "":
		p.Unknown("VpcConfig", "%s", why)
		return
	case !config.IsMap():
		p.NonCompliant("VpcConfig", "found %s, expected a VPC's subnets and security groups", config)
		return
	}
	for _, name := range texts {
		if v := p.Get("VpcConfig", name); !hasText(v) {
			p.NonCompliant("VpcConfig."+name, "found %s, expected an id", v)
		}
	}
	for _, name := range lists {
		requireMember(p, p.Get("VpcConfig", name), "VpcConfig."+name)
	}
	p.Compliant("VpcConfig", "runs in a VPC")
}

func requireMember(p *Pass, v template.Value, property string) {
	items, isList := v.Items()
	if why := unsure(v); why != "" {
		p.Unknown(property, "%s; expected at least one id", why)
		return
	}
	for _, item := range items {
		if !hasText(item) {
			p.NonCompliant(property, "found %s among the ids", item)
			return
		}
	}
	if len(items) == 0 {
		p.NonCompliant(property, "found %s, expected at least one id", describeList(v, isList))
	}
}

func describeList(v template.Value, isList bool) string {
	if isList {
		return "an empty list"
	}
	return v.String()
}

// hasText tells whether the value is a text that isn't empty, known or not.
func hasText(v template.Value) bool {
	if s, ok := v.Literal(); ok {
		return s != ""
	}
	return len(v.Parts()) > 0
}
