package controls

import "github.com/securecdk/securecdk/controls/template"

// edgeDistribution returns a CloudFront distribution that runs the function at the edge, or nil.
func (x *index) edgeDistribution(w *template.World, function *template.Resource) *template.Resource {
	for _, d := range x.set.OfType("AWS::CloudFront::Distribution") {
		if w.Exists(d) && runsAtEdge(w, d, function) {
			return d
		}
	}
	return nil
}

func runsAtEdge(w *template.World, distribution, function *template.Resource) bool {
	config := w.Get(distribution, "DistributionConfig")
	behaviors := append(config.Get("CacheBehaviors").OneOrMore(), config.Get("DefaultCacheBehavior"))
	for _, b := range behaviors {
		for _, a := range b.Get("LambdaFunctionAssociations").OneOrMore() {
			version, _, ok := a.Get("LambdaFunctionARN").Reference()
			if !ok || version.Type != "AWS::Lambda::Version" {
				continue
			}
			if f, _, ok := w.Get(version, "FunctionName").Reference(); ok && f == function {
				return true
			}
		}
	}
	return false
}
