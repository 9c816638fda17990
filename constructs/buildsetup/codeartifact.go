package buildsetup

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/securecdk/securecdk/internal/fault"
)

// PackageFormat is a kind of packages that AWS CodeArtifact serves to a build tool.
type PackageFormat string

// The formats that CodeArtifact can be the registry for.
const (
	Npm   PackageFormat = "npm"
	Pypi  PackageFormat = "pypi"
	Maven PackageFormat = "maven"
)

// CodeArtifactProps configures CodeArtifact. Domain, Repository, and Formats or GoModules are required.
type CodeArtifactProps struct {
	// Domain is the name of the domain.
	Domain *string
	// DomainOwner is the account that owns the domain. Default the stack's.
	DomainOwner *string
	// Region of the domain. Default the stack's.
	Region *string
	// Repository is the name of the repository.
	Repository *string
	// Formats are the tools that take their packages from it.
	Formats []PackageFormat
	// NpmScopes limits npm to packages of these scopes: "@team". Default none: every npm package comes from it.
	NpmScopes *[]*string
	// GoModules is where the repository keeps Go modules. Default none.
	GoModules *GoModulesProps
}

// GoModulesProps names a package version that holds Go modules. CodeArtifact has no format for Go and so no GOPROXY; what
// it has is the format "generic", for files of any kind. So the modules are one archive, which go itself makes:
//
//	go mod download
//	tar -C "$(go env GOMODCACHE)/cache/download" -czf modules.tar.gz --exclude='*.lock' .
//	aws codeartifact publish-package-version --format generic --namespace go --package modules \
//		--package-version 1.4.0 --asset-name modules.tar.gz --asset-content modules.tar.gz \
//		--asset-sha256 "$(sha256sum modules.tar.gz | cut -d ' ' -f 1)" --domain … --repository …
//
// A build unpacks it and uses it as its GOPROXY and as nothing else: a module that it does not have ends the build, and
// what it has is compared with go.sum.
type GoModulesProps struct {
	// Namespace, Package and Version of the package version. Required.
	Namespace, Package, Version *string
	// Asset is the name of the archive in it, a tar file compressed by gzip. Default modules.tar.gz.
	Asset *string
}

var (
	domainForm     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,48}[a-z0-9]$`)
	caRepoForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,99}$`)
	genericForm    = regexp.MustCompile(`^[A-Za-z0-9][\w.+~-]{0,254}$`)
	packageFormats = []PackageFormat{Npm, Pypi, Maven}
)

// CodeArtifact is a repository of AWS CodeArtifact. Each build fetches a token of its own, which lives for an hour; its role
// may read this repository and nothing else of CodeArtifact.
//
// The domain's and the repository's policies must let the account of the builds in when the domain is another account's. A VPC
// without a way out needs the endpoints codeartifact.api and codeartifact.repositories, sts and s3.
func CodeArtifact(props *CodeArtifactProps) *Registry {
	p := copyOf(props)
	p.Formats = slices.Clone(p.Formats)
	scopes := texts(p.NpmScopes)
	return &Registry{check: p.faults, setUp: p.setUp, claims: p.claims(scopes)}
}

func (p *CodeArtifactProps) faults(field string) []*fault.Error {
	var l fault.List
	l.Match(field+".Domain", p.Domain, domainForm, "the name of a CodeArtifact domain", true)
	l.Match(field+".DomainOwner", p.DomainOwner, fault.AccountForm, "a 12-digit account id", false)
	l.Match(field+".Region", p.Region, fault.RegionForm, "a region such as eu-west-1", false)
	l.Match(field+".Repository", p.Repository, caRepoForm, "the name of a CodeArtifact repository", true)
	if len(p.Formats) == 0 && p.GoModules == nil {
		l.Add(field+".Formats", nil, "at least one format", "say what comes from it: buildsetup.Npm, Pypi or Maven, or set GoModules")
	}
	for i, format := range p.Formats {
		if !slices.Contains(packageFormats, format) {
			l.Add(fmt.Sprintf("%s.Formats[%d]", field, i), string(format), fmt.Sprintf("one of %v", packageFormats), "Go modules have a field of their own, GoModules")
		}
	}
	if p.NpmScopes != nil && !slices.Contains(p.Formats, Npm) {
		l.Add(field+".NpmScopes", "scopes", "nothing, since npm is not among the formats", "add buildsetup.Npm to Formats")
	}
	for i, scope := range pointers(p.NpmScopes) {
		l.Match(fmt.Sprintf("%s.NpmScopes[%d]", field, i), scope, scopeForm, "a scope of npm, such as @team", true)
	}
	if g := p.GoModules; g != nil {
		l.Match(field+".GoModules.Namespace", g.Namespace, genericForm, "the namespace of a generic package", true)
		l.Match(field+".GoModules.Package", g.Package, genericForm, "the name of a generic package", true)
		l.Match(field+".GoModules.Version", g.Version, genericForm, "the version of a generic package", true)
		l.Match(field+".GoModules.Asset", g.Asset, genericForm, "the name of an asset", false)
	}
	return l
}

func (p *CodeArtifactProps) claims(scopes []string) []string {
	var claims []string
	for _, format := range p.Formats {
		switch format {
		case Npm:
			claims = append(claims, npmClaims(scopes)...)
		case Pypi:
			claims = append(claims, "pip")
		case Maven:
			claims = append(claims, "Maven")
		}
	}
	if p.GoModules != nil {
		claims = append(claims, "Go")
	}
	return claims
}

func (p *CodeArtifactProps) setUp(b *Setup) {
	d := b.domain(p)
	for _, format := range p.Formats {
		switch endpoint := fmt.Sprintf("https://%s/%s/%s/", d.host, format, *p.Repository); format {
		case Npm:
			b.npm(endpoint, texts(p.NpmScopes), d.login(b))
		case Pypi:
			b.pip(endpoint+"simple/", d.login(b))
		case Maven:
			b.maven(endpoint, d.login(b))
		}
	}
	if len(p.Formats) > 0 {
		b.allow(permission{
			sid: "ReadInternalPackages", actions: []string{"codeartifact:ReadFromRepository"},
			resources: []string{d.arn("repository/%s/%s", *p.Domain, *p.Repository)},
		})
	}
	if p.GoModules != nil {
		b.goArchive(d, p)
	}
}

// domain is a CodeArtifact domain that a build uses.
type domain struct {
	name, owner, region string
	host                string
	partition           string
	variable            string // that holds the token, once it was fetched
}

func (b *Setup) domain(p *CodeArtifactProps) *domain {
	d := &domain{name: *p.Domain, owner: b.account, region: b.region, partition: b.partition}
	if p.DomainOwner != nil {
		d.owner = *p.DomainOwner
	}
	if p.Region != nil {
		d.region = *p.Region
	}
	d.host = fmt.Sprintf("%s-%s.d.codeartifact.%s.amazonaws.com", d.name, d.owner, d.region)
	for _, known := range b.domains {
		if known.host == d.host {
			return known
		}
	}
	b.domains = append(b.domains, d)
	return d
}

func (d *domain) arn(format string, args ...any) string {
	return fmt.Sprintf("arn:%s:codeartifact:%s:%s:", d.partition, d.region, d.owner) + fmt.Sprintf(format, args...)
}

// login fetches the domain's token, once a build ("AWS CodeArtifact authentication and tokens", CodeArtifact User Guide).
func (d *domain) login(b *Setup) *login {
	if d.variable == "" {
		d.variable = b.variable("CODEARTIFACT_AUTH_TOKEN")
		b.tokens = append(b.tokens, fmt.Sprintf(`%[1]s="$(aws codeartifact get-authorization-token --domain %[2]s --domain-owner %[3]s --region %[4]s --duration-seconds 3600 --query authorizationToken --output text)" && export %[1]s`,
			d.variable, d.name, d.owner, d.region))
		b.allow(
			permission{sid: "GetRegistryToken", actions: []string{"codeartifact:GetAuthorizationToken"}, resources: []string{d.arn("domain/%s", d.name)}},
			// The action knows no resource.
			permission{sid: "GetBearerToken", actions: []string{"sts:GetServiceBearerToken"}, resources: []string{"*"},
				conditions: map[string]any{"StringEquals": map[string]any{"sts:AWSServiceName": "codeartifact.amazonaws.com"}}},
		)
	}
	return &login{user: "aws", password: d.variable, bearer: true}
}

// goArchive fetches the archive by the AWS CLI, as the build's role: that takes no token.
func (b *Setup) goArchive(d *domain, p *CodeArtifactProps) {
	g := *p.GoModules
	asset := "modules.tar.gz"
	if g.Asset != nil {
		asset = *g.Asset
	}
	b.archives = append(b.archives,
		fmt.Sprintf(`mkdir -p %[1]s && aws codeartifact get-package-version-asset --domain %[2]s --domain-owner %[3]s --region %[4]s --repository %[5]s --format generic --namespace %[6]s --package %[7]s --package-version %[8]s --asset %[9]s %[1]s.tar.gz > /dev/null && tar -xzf %[1]s.tar.gz -C %[1]s`,
			goArchiveDir, d.name, d.owner, d.region, *p.Repository, *g.Namespace, *g.Package, *g.Version, asset))
	b.variables["GOPROXY"] = "file://" + goArchiveDir
	b.allow(permission{
		sid: "ReadGoModules", actions: []string{"codeartifact:GetPackageVersionAsset"},
		resources: []string{d.arn("package/%s/%s/generic/%s/%s", d.name, *p.Repository, *g.Namespace, *g.Package)},
	})
}

// goArchiveDir lies outside the source's folder, so that it ends up in no artifact.
const goArchiveDir = "/tmp/go-modules"
