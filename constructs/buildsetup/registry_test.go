package buildsetup

import (
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/fault"
)

const keyArn = "arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012"

// everyRegistry is one of each kind, with each kind of credentials, and a proxy that wants to know who is there.
func everyRegistry() *Props {
	const host = "https://packages.example.com:8443"
	user := &SecretCredentials{SecretId: jsii.String("registry"), UsernameKey: jsii.String("user"), PasswordKey: jsii.String("password"), KeyArn: jsii.String(keyArn)}
	return &Props{
		Registries: []*Registry{
			CodeArtifact(&CodeArtifactProps{
				Domain: jsii.String("bank"), DomainOwner: jsii.String("555555555555"), Region: jsii.String("eu-central-1"), Repository: jsii.String("shared"),
				Formats: []PackageFormat{Npm, Maven},
			}),
			NpmRegistry(&NpmRegistryProps{Url: jsii.String(host + "/npm"), Scopes: jsii.Strings("@team"), Credentials: &SecretCredentials{SecretId: jsii.String("npm-token")}}),
			PipIndex(&PipIndexProps{Url: jsii.String(host + "/pypi/simple"), Credentials: user}),
			GoProxy(&GoProxyProps{Url: jsii.String(host + "/go"), Credentials: user, PrivateModules: jsii.Strings("example.com/team/*")}),
		},
		Proxy: &ProxyProps{
			UrlSecretId: jsii.String("proxy"), Port: jsii.Number(3128), NoProxy: jsii.Strings(".amazonaws.com"),
		},
	}
}

func TestBuildSpecOfEveryRegistry(t *testing.T) {
	b := render(everyRegistry(), "111111111111", "eu-west-1", "aws")
	caHost := "//bank-555555555555.d.codeartifact.eu-central-1.amazonaws.com"
	want := map[string]any{
		"version": "0.2",
		"proxy":   map[string]any{"logs": "yes", "upload-artifacts": "yes"},
		"env": map[string]any{
			"variables": map[string]any{
				"GONOSUMDB": "example.com/team/*", "GOPROXY": "https://packages.example.com:8443/go", "PIP_INDEX_URL": "https://packages.example.com:8443/pypi/simple",
			},
			"secrets-manager": map[string]any{
				"REGISTRY_PASSWORD": "npm-token", "REGISTRY_PASSWORD_2": "registry:password", "REGISTRY_USERNAME": "registry:user",
			},
		},
		"phases": map[string]any{"install": map[string]any{"commands": []string{
			`CODEARTIFACT_AUTH_TOKEN="$(aws codeartifact get-authorization-token --domain bank --domain-owner 555555555555 --region eu-central-1 --duration-seconds 3600 --query authorizationToken --output text)" && export CODEARTIFACT_AUTH_TOKEN`,
			`(umask 077 && printf 'machine %s login %s password %s\n' packages.example.com "$REGISTRY_USERNAME" "$REGISTRY_PASSWORD_2" >> "$HOME/.netrc")`,
			`(umask 077 && printf 'machine %s login %s password %s\n' packages.example.com:8443 "$REGISTRY_USERNAME" "$REGISTRY_PASSWORD_2" >> "$HOME/.netrc")`,
			`printf '%s\n' 'registry=https:` + caHost + `/npm/shared/' '` + caHost + `/npm/shared/:_authToken=${CODEARTIFACT_AUTH_TOKEN}' >> "$HOME/.npmrc"`,
			`printf '%s\n' '@team:registry=https://packages.example.com:8443/npm/' '//packages.example.com:8443/npm/:_authToken=${REGISTRY_PASSWORD}' >> "$HOME/.npmrc"`,
			`mkdir -p "$HOME/.m2" && printf '%s\n' '<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">' '<servers><server><id>internal</id><username>aws</username><password>${env.CODEARTIFACT_AUTH_TOKEN}</password></server></servers>' '<mirrors><mirror><id>internal</id><mirrorOf>*</mirrorOf><url>https:` + caHost + `/maven/shared/</url></mirror></mirrors>' '</settings>' > "$HOME/.m2/settings.xml"`,
		}}},
	}
	if diff := cmp.Diff(want, b.BuildSpec()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{3128, 8443}, b.Ports()); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
}

func TestPermissionsOfEveryRegistryAreThoseOfItsResources(t *testing.T) {
	got := map[string]string{}
	for _, p := range render(everyRegistry(), "111111111111", "eu-west-1", "aws").permissions {
		got[p.sid] = strings.Join(p.actions, " ") + " on " + strings.Join(p.resources, " ")
		if p.resources[0] == "*" && p.conditions == nil {
			t.Errorf("%s is on everything", p.sid)
		}
	}
	want := map[string]string{
		"ReadRegistrySecret":    "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:111111111111:secret:proxy-??????",
		"ReadRegistrySecret2":   "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:111111111111:secret:npm-token-??????",
		"ReadRegistrySecret3":   "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:111111111111:secret:registry-??????",
		"DecryptRegistrySecret": "kms:Decrypt on " + keyArn,
		"GetRegistryToken":      "codeartifact:GetAuthorizationToken on arn:aws:codeartifact:eu-central-1:555555555555:domain/bank",
		"GetBearerToken":        "sts:GetServiceBearerToken on *",
		"ReadInternalPackages":  "codeartifact:ReadFromRepository on arn:aws:codeartifact:eu-central-1:555555555555:repository/bank/shared",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGoModulesComeFromAGenericPackage(t *testing.T) {
	b := render(&Props{Registries: []*Registry{CodeArtifact(&CodeArtifactProps{
		Domain: jsii.String("bank"), Repository: jsii.String("shared"),
		GoModules: &GoModulesProps{Namespace: jsii.String("go"), Package: jsii.String("modules"), Version: jsii.String("1.4.0")},
	})}}, "111111111111", "eu-west-1", "aws")
	want := []string{`mkdir -p /tmp/go-modules && aws codeartifact get-package-version-asset --domain bank --domain-owner 111111111111 --region eu-west-1 --repository shared --format generic --namespace go --package modules --package-version 1.4.0 --asset modules.tar.gz /tmp/go-modules.tar.gz > /dev/null && tar -xzf /tmp/go-modules.tar.gz -C /tmp/go-modules`}
	if diff := cmp.Diff(want, b.commands()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.variables["GOPROXY"] != "file:///tmp/go-modules" {
		t.Errorf("GOPROXY %v", b.variables["GOPROXY"])
	}
	if len(b.permissions) != 1 || b.permissions[0].resources[0] != "arn:aws:codeartifact:eu-west-1:111111111111:package/bank/shared/generic/go/modules" {
		t.Errorf("%+v", b.permissions)
	}
}

func TestNothingConfiguredNeedsNoBuildSpec(t *testing.T) {
	b := render(&Props{}, "111111111111", "eu-west-1", "aws")
	if b.BuildSpec() != nil || len(b.permissions) > 0 || len(b.Environment()) > 0 {
		t.Errorf("%+v", b)
	}
}

// refused checks how the first fault of the props begins.
func refused(t *testing.T, props *Props, want string) {
	t.Helper()
	faults := fault.Split(props.Validate())
	if len(faults) == 0 {
		t.Fatal("accepted")
	}
	if got := faults[0].Error(); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s…", got, want)
	}
}

func TestRegistriesAreRefused(t *testing.T) {
	npm := func(url string) *Registry { return NpmRegistry(&NpmRegistryProps{Url: &url}) }
	secret := func(c SecretCredentials) []*Registry {
		return []*Registry{PipIndex(&PipIndexProps{Url: jsii.String("https://pypi.example.com/simple"), Credentials: &c})}
	}
	artifact := func(change func(*CodeArtifactProps)) []*Registry {
		p := &CodeArtifactProps{Domain: jsii.String("bank"), Repository: jsii.String("shared"), Formats: []PackageFormat{Npm}}
		change(p)
		return []*Registry{CodeArtifact(p)}
	}
	cases := map[string]struct {
		registries []*Registry
		want       string
	}{
		"nil":                   {[]*Registry{nil}, "Registries[0]: missing"},
		"a registry of no kind": {[]*Registry{{}}, "Registries[0]: missing"},
		"no URL":                {[]*Registry{NpmRegistry(nil)}, "Registries[0].Url: missing"},
		"no TLS":                {[]*Registry{npm("http://npm.example.com")}, `Registries[0].Url: got "http://npm.example.com", expected an https URL`},
		"a password in the URL": {[]*Registry{npm("https://me:secret@npm.example.com")}, "Registries[0].Url: got"},
		"a command in the URL":  {[]*Registry{npm("https://npm.example.com/';curl evil;'")}, "Registries[0].Url: got"},
		"two npm registries":    {[]*Registry{npm("https://a.example.com"), npm("https://b.example.com")}, `Registries[1]: got "npm", expected one registry for it, and Registries[0] is one`},
		"npm twice over":        {append(artifact(func(*CodeArtifactProps) {}), npm("https://b.example.com")), `Registries[1]: got "npm"`},
		"a scope that is none":  {[]*Registry{NpmRegistry(&NpmRegistryProps{Url: jsii.String("https://a.example.com"), Scopes: jsii.Strings("team")})}, `Registries[0].Scopes[0]: got "team"`},
		"no scope":              {[]*Registry{NpmRegistry(&NpmRegistryProps{Url: jsii.String("https://a.example.com"), Scopes: &[]*string{}})}, "Registries[0].Scopes: got"},
		"pip without a user":    {secret(SecretCredentials{SecretId: jsii.String("pip")}), "Registries[0].Credentials.Username: missing"},
		"two users":             {secret(SecretCredentials{SecretId: jsii.String("pip"), Username: jsii.String("a"), UsernameKey: jsii.String("b")}), "Registries[0].Credentials.UsernameKey: got"},
		"no secret":             {secret(SecretCredentials{Username: jsii.String("a")}), "Registries[0].Credentials.SecretId: missing"},
		"a partial ARN":         {secret(SecretCredentials{SecretId: jsii.String("arn:aws:secretsmanager:eu-west-1:111111111111:secret:pip"), Username: jsii.String("a")}), "Registries[0].Credentials.SecretId: got"},
		"a command for a user":  {secret(SecretCredentials{SecretId: jsii.String("pip"), Username: jsii.String("$(id)")}), "Registries[0].Credentials.Username: got"},
		"an alias for a key":    {secret(SecretCredentials{SecretId: jsii.String("pip"), Username: jsii.String("a"), KeyArn: jsii.String("alias/x")}), "Registries[0].Credentials.KeyArn: got"},
		"a domain that is none": {artifact(func(p *CodeArtifactProps) { p.Domain = jsii.String("a b") }), `Registries[0].Domain: got "a b"`},
		"no repository":         {artifact(func(p *CodeArtifactProps) { p.Repository = nil }), "Registries[0].Repository: missing"},
		"no format":             {artifact(func(p *CodeArtifactProps) { p.Formats = nil }), "Registries[0].Formats: missing"},
		"a format that is none": {artifact(func(p *CodeArtifactProps) { p.Formats = []PackageFormat{"go"} }), `Registries[0].Formats[0]: got "go"`},
		"npm scopes without npm": {artifact(func(p *CodeArtifactProps) {
			p.Formats, p.NpmScopes = []PackageFormat{Pypi}, jsii.Strings("@a")
		}), "Registries[0].NpmScopes: got"},
		"Go modules without a version": {artifact(func(p *CodeArtifactProps) {
			p.GoModules = &GoModulesProps{Namespace: jsii.String("a"), Package: jsii.String("b")}
		}), "Registries[0].GoModules.Version: missing"},
		"no checksums, and no reason":   {[]*Registry{GoProxy(&GoProxyProps{Url: jsii.String("https://go.example.com"), SumDb: jsii.String("off")})}, `Registries[0].SumDb: got "off"`},
		"no checksums for a bad reason": {[]*Registry{GoProxy(&GoProxyProps{Url: jsii.String("https://go.example.com"), NoSumDbReason: jsii.String("x")})}, "Registries[0].NoSumDbReason: got"},
		"two users of one .netrc": {[]*Registry{
			PipIndex(&PipIndexProps{Url: jsii.String("https://a.example.com/simple"), Credentials: &SecretCredentials{SecretId: jsii.String("a"), Username: jsii.String("a")}}),
			GoProxy(&GoProxyProps{Url: jsii.String("https://a.example.com/go"), Credentials: &SecretCredentials{SecretId: jsii.String("b"), Username: jsii.String("a")}}),
		}, `Registries[1].Credentials: got "a.example.com"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			refused(t, &Props{Registries: c.registries}, c.want)
		})
	}
}

func TestProxiesAreRefused(t *testing.T) {
	cases := map[string]struct {
		proxy ProxyProps
		want  string
	}{
		"nothing":                 {ProxyProps{}, "Proxy.Url: missing"},
		"both":                    {ProxyProps{Url: jsii.String("http://proxy:3128"), UrlSecretId: jsii.String("proxy")}, "Proxy.Url: got"},
		"no port":                 {ProxyProps{Url: jsii.String("http://proxy.example.com")}, "Proxy.Url: got"},
		"a password in the URL":   {ProxyProps{Url: jsii.String("http://me:secret@proxy:3128")}, "Proxy.Url: got"},
		"a port twice":            {ProxyProps{Url: jsii.String("http://proxy:3128"), Port: jsii.Number(3128)}, "Proxy.Port: got"},
		"a secret without port":   {ProxyProps{UrlSecretId: jsii.String("proxy")}, "Proxy.Port: missing"},
		"half a port":             {ProxyProps{UrlSecretId: jsii.String("proxy"), Port: jsii.Number(31.5)}, "Proxy.Port: got 31.5"},
		"a secret that is none":   {ProxyProps{UrlSecretId: jsii.String("a b"), Port: jsii.Number(1)}, `Proxy.UrlSecretId: got "a b"`},
		"a key without a secret":  {ProxyProps{Url: jsii.String("http://proxy:3128"), UrlSecretKeyArn: jsii.String(keyArn)}, "Proxy.UrlSecretKeyArn: got"},
		"a list in one exception": {ProxyProps{Url: jsii.String("http://proxy:3128"), NoProxy: jsii.Strings("a,b")}, `Proxy.NoProxy[0]: got "a,b"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			refused(t, &Props{Proxy: &c.proxy}, c.want)
		})
	}
}

// Two users of one password are two logins.
func TestLoginsOfTwoUsersStayApart(t *testing.T) {
	registry := func(user, scope string) *Registry {
		return NpmRegistry(&NpmRegistryProps{
			Url: jsii.String("https://npm.example.com/" + user), Scopes: jsii.Strings(scope),
			Credentials: &SecretCredentials{SecretId: jsii.String("npm"), Username: jsii.String(user)},
		})
	}
	props := &Props{Registries: []*Registry{registry("one", "@one"), registry("two", "@two")}}
	commands := strings.Join(render(props, "1", "r", "aws").commands(), "\n")
	for _, want := range []string{"/one/:_auth=${REGISTRY_PASSWORD_BASIC}'", "/two/:_auth=${REGISTRY_PASSWORD_BASIC_2}'", "export REGISTRY_PASSWORD_BASIC_2"} {
		if !strings.Contains(commands, want) {
			t.Errorf("want %s in\n%s", want, commands)
		}
	}
}
