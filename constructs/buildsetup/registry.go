package buildsetup

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/internal/fault"
)

// Registry is an internal package registry that builds use instead of the public one. CodeArtifact, NpmRegistry, PipIndex,
// MavenRepository and GoProxy make one.
//
// A tool is pointed at one registry and at nothing else: where a second one is asked as well, whoever publishes a package of
// the same name there decides what is built ("dependency confusion"). So a build takes one pip index, one GOPROXY, one
// Maven repository and one npm registry, beside npm registries for scopes.
type Registry struct {
	check func(field string) []*fault.Error
	setUp func(*Setup)
	// claims are what may be claimed once in a build: "npm", "npm scope @team".
	claims []string
	// netrc is the host of a registry whose tool reads .netrc, which knows one user for a host. Empty for the others.
	netrc       string
	credentials *SecretCredentials
}

// SecretCredentials names a secret of AWS Secrets Manager that holds what a registry wants to see. CodeBuild reads it when a
// build starts and masks it in the logs; no value of it is ever in a template.
type SecretCredentials struct {
	// SecretId is the secret's name, in the stack's account and region, or its complete ARN.
	SecretId *string
	// PasswordKey is the JSON key of the password or token in the secret. Default none: the secret's whole text is the token.
	PasswordKey *string
	// Username is the user's name. Default none: the secret is a bearer token, which npm registries take and others do not.
	Username *string
	// UsernameKey is the JSON key of the user's name in the secret, instead of Username.
	UsernameKey *string
	// KeyArn is the customer managed key that encrypts the secret. Default none: the AWS managed key, whose policy lets
	// every reader of the secret use it. The policy of a key of another account must let the account of the builds use it.
	KeyArn *string
}

var (
	secretIDForm = regexp.MustCompile(`^(arn:[\w-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[\w/+=.@-]{1,512}$`)
	secretArn    = regexp.MustCompile(`^arn:[\w-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$`)
	jsonKeyForm  = regexp.MustCompile(`^[\w.-]+$`)
	userForm     = regexp.MustCompile(`^[\w.@+~-]+$`)
	urlForm      = regexp.MustCompile(`^https://[A-Za-z0-9.-]+(:\d{2,5})?(/[\w.~@+-]+)*/?$`)
	scopeForm    = regexp.MustCompile(`^@[a-z0-9][a-z0-9._-]*$`)
	modulesForm  = regexp.MustCompile(`^[\w.~*/-]+$`)
	sumDBForm    = regexp.MustCompile(`^[\w.+/=-]+( https://[A-Za-z0-9.-]+(:\d{2,5})?(/[\w.~@+-]+)*)?$`)
)

func (c *SecretCredentials) faults(field string, needsUser bool) []*fault.Error {
	if c == nil {
		return nil
	}
	var l fault.List
	l.Match(field+".SecretId", c.SecretId, secretIDForm, "the name or the complete ARN of a secret", true)
	if id := value(c.SecretId); len(id) > 4 && id[:4] == "arn:" && !secretArn.MatchString(id) {
		l.Add(field+".SecretId", id, "the complete ARN, with the six characters that Secrets Manager appends", "copy it from the secret's page, or give the name alone")
	}
	l.Match(field+".PasswordKey", c.PasswordKey, jsonKeyForm, "a key of the secret's JSON", false)
	l.Match(field+".UsernameKey", c.UsernameKey, jsonKeyForm, "a key of the secret's JSON", false)
	l.Match(field+".Username", c.Username, userForm, "a user's name", false)
	l.Match(field+".KeyArn", c.KeyArn, fault.KeyArnForm, "the ARN of the secret's customer managed key", false)
	switch hasUser := c.Username != nil || c.UsernameKey != nil; {
	case c.Username != nil && c.UsernameKey != nil:
		l.Add(field+".UsernameKey", c.UsernameKey, "either Username or UsernameKey", "remove one of them")
	case needsUser && !hasUser:
		l.Add(field+".Username", nil, "a user's name: the tool knows no bearer tokens", "set Username or UsernameKey")
	}
	return l
}

// NpmRegistryProps configures NpmRegistry.
type NpmRegistryProps struct {
	// Url of the registry, https, without credentials. Required.
	Url *string
	// Scopes limits the registry to packages of these scopes: "@team". Default none: every package comes from it.
	Scopes *[]*string
	// Credentials for it. Default none: it lets everyone of the network read.
	Credentials *SecretCredentials
}

// NpmRegistry is an npm registry of your own: Artifactory, Nexus, Verdaccio.
func NpmRegistry(props *NpmRegistryProps) *Registry {
	p := copyOf(props)
	scopes := texts(p.Scopes)
	return &Registry{
		check: func(field string) []*fault.Error {
			faults := append(urlFaults(field, p.Url), p.Credentials.faults(field+".Credentials", false)...)
			return append(faults, scopeFaults(field, p.Scopes)...)
		},
		setUp:  func(b *Setup) { b.npm(*p.Url, scopes, b.login(*p.Url, p.Credentials)) },
		claims: npmClaims(scopes),
	}
}

// PipIndexProps configures PipIndex.
type PipIndexProps struct {
	// Url of the index, https, without credentials: with "/simple" at its end, as pip wants it. Required.
	Url *string
	// Credentials for it, with a user's name. Default none: it lets everyone of the network read.
	Credentials *SecretCredentials
}

// PipIndex is a Python package index of your own.
func PipIndex(props *PipIndexProps) *Registry {
	p := copyOf(props)
	r := newRegistry(p.Url, p.Credentials, "pip", (*Setup).pip)
	r.netrc = hostOf(p.Url)
	return r
}

// MavenRepositoryProps configures MavenRepository.
type MavenRepositoryProps struct {
	// Url of the repository, https, without credentials. Required.
	Url *string
	// Credentials for it, with a user's name. Default none: it lets everyone of the network read.
	Credentials *SecretCredentials
}

// MavenRepository is a Maven repository of your own, which becomes the mirror of every other.
func MavenRepository(props *MavenRepositoryProps) *Registry {
	p := copyOf(props)
	return newRegistry(p.Url, p.Credentials, "Maven", (*Setup).maven)
}

// GoProxyProps configures GoProxy.
type GoProxyProps struct {
	// Url of the module proxy, https, without credentials. Required. Nothing is asked behind it: a module that it does not
	// have ends the build.
	Url *string
	// Credentials for it, with a user's name. Default none: it lets everyone of the network read.
	Credentials *SecretCredentials
	// PrivateModules are patterns of module paths that no checksum database knows (GONOSUMDB): "example.com/team/*".
	// Default none.
	PrivateModules *[]*string
	// SumDb is the checksum database (GOSUMDB), "name" or "name https://url". Default Go's own, through the proxy when it
	// serves it.
	SumDb *string
	// NoSumDbReason switches the checksum database off, and says why. Modules in go.sum are compared with go.sum all the
	// same; those that are not are taken as they come. Default empty: it is asked.
	NoSumDbReason *string
}

// GoProxy is a module proxy of your own (GOPROXY): Athens, Artifactory, Nexus.
func GoProxy(props *GoProxyProps) *Registry {
	p := copyOf(props)
	r := newRegistry(p.Url, p.Credentials, "Go", func(b *Setup, url string, l *login) {
		b.goProxy(url, l)
		b.goSumDB(texts(p.PrivateModules), p.SumDb, p.NoSumDbReason)
	})
	r.netrc = hostOf(p.Url)
	checkURL := r.check
	r.check = func(field string) []*fault.Error { return append(checkURL(field), p.faults(field)...) }
	return r
}

func (p *GoProxyProps) faults(field string) []*fault.Error {
	var l fault.List
	for i, pattern := range pointers(p.PrivateModules) {
		l.Match(fmt.Sprintf("%s.PrivateModules[%d]", field, i), pattern, modulesForm, "a pattern of module paths", true)
	}
	l.Match(field+".SumDb", p.SumDb, sumDBForm, "the name of a checksum database, or its name and URL", false)
	l.Reason(field+".NoSumDbReason", p.NoSumDbReason)
	if p.SumDb != nil && (*p.SumDb == "off" || p.NoSumDbReason != nil) {
		l.Add(field+".SumDb", p.SumDb, "a checksum database", "remove it; NoSumDbReason alone switches the database off")
	}
	return l
}

// newRegistry is a registry whose tool knows users and no bearer tokens. use points the tool at it.
func newRegistry(url *string, credentials *SecretCredentials, claim string, use func(b *Setup, url string, l *login)) *Registry {
	return &Registry{
		check: func(field string) []*fault.Error {
			return append(urlFaults(field, url), credentials.faults(field+".Credentials", true)...)
		},
		setUp:       func(b *Setup) { use(b, *url, b.login(*url, credentials)) },
		claims:      []string{claim},
		credentials: credentials,
	}
}

func copyOf[T any](props *T) T {
	var p T
	if props != nil {
		p = *props
	}
	return p
}

func urlFaults(field string, u *string) []*fault.Error {
	var l fault.List
	l.Match(field+".Url", u, urlForm, "an https URL without credentials, query or port 80", true)
	return l
}

func scopeFaults(field string, scopes *[]*string) []*fault.Error {
	var l fault.List
	for i, scope := range pointers(scopes) {
		l.Match(fmt.Sprintf("%s.Scopes[%d]", field, i), scope, scopeForm, "a scope of npm, such as @team", true)
	}
	if scopes != nil && len(*scopes) == 0 {
		l.Add(field+".Scopes", "an empty list", "at least one scope", "leave it out, so that every package comes from this registry")
	}
	return l
}

func npmClaims(scopes []string) []string {
	if len(scopes) == 0 {
		return []string{"npm"}
	}
	var claims []string
	for _, scope := range scopes {
		claims = append(claims, "npm scope "+scope)
	}
	return claims
}

// conflicts tells what two registries claim both.
func conflicts(registries []*Registry) []*fault.Error {
	var l fault.List
	taken := map[string]int{}
	users := map[string]*SecretCredentials{}
	for i, r := range registries {
		if r == nil {
			continue
		}
		for _, claim := range r.claims {
			if first, twice := taken[claim]; twice {
				l.Add(fmt.Sprintf("Registries[%d]", i), claim, fmt.Sprintf("one registry for it, and Registries[%d] is one", first), "let one of them proxy the other")
				continue
			}
			taken[claim] = i
		}
		if r.credentials == nil || r.netrc == "" {
			continue
		}
		if other := users[r.netrc]; other != nil && !reflect.DeepEqual(other, r.credentials) {
			l.Add(fmt.Sprintf("Registries[%d].Credentials", i), r.netrc, "the same credentials for pip and Go on one host", "give both the same secret: pip and go read one .netrc")
		}
		users[r.netrc] = r.credentials
	}
	return l
}

// hostOf is the host of a URL, which may have tokens in it that url.Parse refuses; "" of a text that is no URL.
func hostOf(u *string) string {
	_, rest, _ := strings.Cut(value(u), "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return host
}

func pointers(list *[]*string) []*string {
	if list == nil {
		return nil
	}
	return *list
}

func texts(list *[]*string) []string {
	var all []string
	for _, s := range pointers(list) {
		all = append(all, value(s))
	}
	return slices.Clip(all)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
