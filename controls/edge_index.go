package controls

import (
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

const (
	samFunction      = "AWS::Serverless::Function"
	distributionType = "AWS::CloudFront::Distribution"
	parameterType    = "AWS::SSM::Parameter"
)

// edgeUse returns what has CloudFront run the function at the edge, or nil: a distribution, or the parameter by which
// the CDK hands a function's version to a distribution in another region.
func (x *index) edgeUse(w *template.World, function *template.Resource) *template.Resource {
	if x.edge == nil {
		x.edge = relate(x.set, edgeFunctions, distributionType, parameterType)
	}
	return x.edge.first(w, function)
}

// edgeFunctions returns the functions of which a distribution, or a parameter, names a version.
func edgeFunctions(w *template.World, r *template.Resource) []*template.Resource {
	if r.Type == parameterType {
		return parameterFunction(w, r)
	}
	var functions []*template.Resource
	config := w.Get(r, "DistributionConfig")
	behaviors := append(config.Get("CacheBehaviors").OneOrMore(), config.Get("DefaultCacheBehavior"))
	for _, b := range behaviors {
		for _, a := range b.Get("LambdaFunctionAssociations").OneOrMore() {
			functions = append(functions, versionOf(w, a.Get("LambdaFunctionARN"))...)
		}
	}
	return functions
}

// parameterFunction returns the function that the CDK's experimental.EdgeFunction puts into the edge's region: it leaves
// the ARN of the version in a parameter of this name.
func parameterFunction(w *template.World, parameter *template.Resource) []*template.Resource {
	name := w.Get(parameter, "Name").Parts()
	if len(name) == 0 || !strings.HasPrefix(name[0].Text, "/cdk/EdgeFunctionArn/") {
		return nil
	}
	return versionOf(w, w.Get(parameter, "Value"))
}

// versionOf returns the function whose version a value is, or none.
func versionOf(w *template.World, v template.Value) []*template.Resource {
	version, attribute, ok := v.Reference()
	if !ok {
		return nil
	}
	if version.Type == samFunction && attribute == "Version" {
		return some(version)
	}
	if version.Type != "AWS::Lambda::Version" {
		return nil
	}
	function, _, _ := w.Get(version, "FunctionName").Reference()
	return some(function)
}
