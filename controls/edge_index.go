package controls

import "github.com/securecdk/securecdk/controls/template"

// edge says which distribution runs a function at the edge. Distributions that hang on an open condition are loose, and
// have to be asked in each world.
type edge struct {
	at    map[*template.Resource]*template.Resource
	loose []*template.Resource
}

// edgeDistribution returns a CloudFront distribution that runs the function at the edge, or nil.
func (x *index) edgeDistribution(w *template.World, function *template.Resource) *template.Resource {
	if x.edge == nil {
		x.edge = x.indexEdge()
	}
	if d := x.edge.at[function]; d != nil && w.Exists(d) {
		return d
	}
	for _, d := range x.edge.loose {
		if w.Exists(d) && edgeFunctions(w, d)[function] {
			return d
		}
	}
	return nil
}

func (x *index) indexEdge() *edge {
	e := &edge{at: map[*template.Resource]*template.Resource{}}
	for _, d := range x.set.OfType("AWS::CloudFront::Distribution") {
		w := x.set.Probe()
		functions := edgeFunctions(w, d)
		if w.Open() || d.Condition != "" {
			e.loose = append(e.loose, d)
			continue
		}
		for f := range functions {
			e.at[f] = d
		}
	}
	return e
}

// edgeFunctions returns the functions of which the distribution runs a version.
func edgeFunctions(w *template.World, distribution *template.Resource) map[*template.Resource]bool {
	functions := map[*template.Resource]bool{}
	config := w.Get(distribution, "DistributionConfig")
	behaviors := append(config.Get("CacheBehaviors").OneOrMore(), config.Get("DefaultCacheBehavior"))
	for _, b := range behaviors {
		for _, a := range b.Get("LambdaFunctionAssociations").OneOrMore() {
			version, _, ok := a.Get("LambdaFunctionARN").Reference()
			if !ok || version.Type != "AWS::Lambda::Version" {
				continue
			}
			if f, _, ok := w.Get(version, "FunctionName").Reference(); ok {
				functions[f] = true
			}
		}
	}
	return functions
}
