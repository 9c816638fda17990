package buildsetup

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
)

// ProxyProps names the HTTP proxy that every build uses, CodeBuild's own traffic included ("Run CodeBuild in an explicit
// proxy server", CodeBuild User Guide). Give Url, or UrlSecretId and Port for a proxy that wants to know who is there.
type ProxyProps struct {
	// Url of the proxy, without credentials: "http://proxy.example.com:3128".
	Url *string
	// UrlSecretId is the name, in the stack's account and region, or the complete ARN of a secret of AWS Secrets Manager
	// whose text is the proxy's URL with credentials: "http://user:password@proxy.example.com:3128".
	UrlSecretId *string
	// UrlSecretKeyArn is the customer managed key of that secret. Default none: the AWS managed key.
	UrlSecretKeyArn *string
	// Port of the proxy in UrlSecretId, which the security group of the builds must let out to.
	Port *float64
	// NoProxy are further hosts, or domains with a leading dot, that are reached without the proxy: those of VPC endpoints,
	// ".amazonaws.com". Default none beside the build's own machine and the addresses of its credentials and metadata.
	NoProxy *[]*string
}

var (
	proxyForm   = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+:(\d{2,5})/?$`)
	noProxyForm = regexp.MustCompile(`^\.?[A-Za-z0-9*][A-Za-z0-9.-]*(:\d{2,5})?$`)
)

// alwaysDirect are what never leaves the build's machine, the addresses of its credentials and metadata among them.
var alwaysDirect = []string{"localhost", "127.0.0.1", "169.254.169.254", "169.254.170.2"}

func (p *ProxyProps) check(field string) []*fault.Error {
	var l fault.List
	switch {
	case (p.Url == nil) == (p.UrlSecretId == nil):
		l.Add(field+".Url", p.Url, "either Url or UrlSecretId", "name the proxy")
	case p.Url != nil:
		l.Match(field+".Url", p.Url, proxyForm, "http://host:port, without credentials", true)
		if p.Port != nil {
			l.Add(field+".Port", *p.Port, "nothing, since Url has the port", "remove it")
		}
		if p.UrlSecretKeyArn != nil {
			l.Add(field+".UrlSecretKeyArn", p.UrlSecretKeyArn, "nothing, since there is no secret", "remove it")
		}
	default:
		id := &SecretCredentials{SecretId: p.UrlSecretId, KeyArn: p.UrlSecretKeyArn}
		for _, f := range id.faults(field, false) {
			f.Field = strings.NewReplacer(".SecretId", ".UrlSecretId", ".KeyArn", ".UrlSecretKeyArn").Replace(f.Field)
			l = append(l, f)
		}
		if p.Port == nil || *p.Port < 1 || *p.Port > 65535 || *p.Port != float64(int(*p.Port)) {
			l.Add(field+".Port", p.Port, "the proxy's port, 1 to 65535", "set it: the port in the secret can't be read at synth")
		}
	}
	for i, host := range pointers(p.NoProxy) {
		l.Match(fmt.Sprintf("%s.NoProxy[%d]", field, i), host, noProxyForm, "a host, or a domain with a leading dot", true)
	}
	return l
}

// setUp puts the proxy into the environment of the projects, where CodeBuild's own agent reads it; a buildspec would be too
// late. Some tools read the names in capitals, some those in small letters.
func (p *ProxyProps) setUp(b *Setup) {
	b.proxied = true
	if p.Port != nil {
		b.reach(strconv.Itoa(int(*p.Port)))
	} else {
		b.reach(proxyForm.FindStringSubmatch(*p.Url)[1])
	}
	through := awscodebuild.BuildEnvironmentVariable{Value: p.Url}
	if p.UrlSecretId != nil {
		through = awscodebuild.BuildEnvironmentVariable{Value: p.UrlSecretId, Type: awscodebuild.BuildEnvironmentVariableType_SECRETS_MANAGER}
		b.allowSecret(*p.UrlSecretId, p.UrlSecretKeyArn)
	}
	direct := awscodebuild.BuildEnvironmentVariable{Value: jsii.String(strings.Join(append(append([]string{}, alwaysDirect...), texts(p.NoProxy)...), ","))}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		b.project[name] = &through
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		b.project[name] = &direct
	}
}
