package securepipeline

import (
	"encoding/xml"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// buildSetup is what every build does and may do before its own commands: the partial buildspec, the permissions that it
// takes, and the environment of the projects.
type buildSetup struct {
	account, region, partition string

	variables   map[string]any  // of the buildspec
	secrets     map[string]any  // of the buildspec, under secrets-manager
	names       map[string]bool // of variables that the set-up makes up
	permissions []permission
	project     map[string]*awscodebuild.BuildEnvironmentVariable // environment of the project itself
	proxied     bool
	ports       []int // that builds must reach beside 443

	domains []*domain
	// Commands, in the order in which they run.
	tokens, netrc, npmrc, settings, archives []string
}

// permission is a statement for the role of every build.
type permission struct {
	sid                string
	actions, resources []string
	conditions         map[string]any
}

// login says who a tool is to a registry.
type login struct {
	user         string // a literal, or
	userVariable string // the name of the variable that has it
	password     string // the name of the variable that has the password or token
	bearer       bool   // the password is a bearer token, for tools that know such
}

// shellUser is the user's name for a shell command.
func (l *login) shellUser() string {
	if l.userVariable != "" {
		return `"$` + l.userVariable + `"`
	}
	return quoted([]string{l.user})
}

// newBuildSetup takes registries and a proxy that were checked. The zero values of both need nothing.
func newBuildSetup(s *settings, stack awscdk.Stack) *buildSetup {
	return renderBuildSetup(s, *stack.Account(), *stack.Region(), *stack.Partition())
}

// renderBuildSetup is pure, for tests.
func renderBuildSetup(s *settings, account, region, partition string) *buildSetup {
	b := &buildSetup{
		account: account, region: region, partition: partition,
		variables: map[string]any{}, secrets: map[string]any{}, names: map[string]bool{}, project: map[string]*awscodebuild.BuildEnvironmentVariable{},
	}
	if s.Proxy != nil {
		s.Proxy.setUp(b)
	}
	for _, r := range s.Registries {
		r.setUp(b)
	}
	return b
}

var portForm = regexp.MustCompile(`^https?://[^/:]+:(\d+)`)

// reach has the security group let builds out to a port, besides TLS's own.
func (b *buildSetup) reach(port string) {
	n, err := strconv.Atoi(port)
	if err != nil {
		panic(err) // digits, by portForm
	}
	if n != 443 && !slices.Contains(b.ports, n) {
		b.ports = append(b.ports, n)
	}
}

func (b *buildSetup) allow(permissions ...permission) {
	for _, p := range permissions {
		same := func(q permission) bool {
			q.sid = p.sid
			return reflect.DeepEqual(p, q)
		}
		if slices.ContainsFunc(b.permissions, same) {
			continue
		}
		// A Sid is unique within a policy.
		sid := p.sid
		for n := 2; slices.ContainsFunc(b.permissions, func(q permission) bool { return q.sid == p.sid }); n++ {
			p.sid = fmt.Sprintf("%s%d", sid, n)
		}
		b.permissions = append(b.permissions, p)
	}
}

// variable returns a name that no other variable of the build has.
func (b *buildSetup) variable(name string) string {
	unique := name
	for n := 2; b.names[unique]; n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	b.names[unique] = true
	return unique
}

// login has CodeBuild read the secret; nil for a registry that asks nobody who he is. It is where every URL of a user's own
// passes, so that the security group knows its port.
func (b *buildSetup) login(registry string, c *SecretCredentials) *login {
	if m := portForm.FindStringSubmatch(registry); m != nil {
		b.reach(m[1])
	}
	if c == nil {
		return nil
	}
	l := &login{
		user: value(c.Username), bearer: c.Username == nil && c.UsernameKey == nil,
		password: b.secret("REGISTRY_PASSWORD", *c.SecretId, value(c.PasswordKey)),
	}
	if c.UsernameKey != nil {
		l.userVariable = b.secret("REGISTRY_USERNAME", *c.SecretId, *c.UsernameKey)
	}
	b.allowSecret(*c.SecretId, c.KeyArn)
	return l
}

// secret returns the variable that holds a secret, or a JSON key of one ("env/secrets-manager", CodeBuild User Guide).
func (b *buildSetup) secret(name, id, key string) string {
	reference := id
	if key != "" {
		reference += ":" + key
	}
	for _, known := range slices.Sorted(maps.Keys(b.secrets)) {
		if b.secrets[known] == reference && strings.HasPrefix(known, name) {
			return known
		}
	}
	variable := b.variable(name)
	b.secrets[variable] = reference
	return variable
}

func (b *buildSetup) allowSecret(id string, keyArn *string) {
	arn := id
	if !strings.HasPrefix(id, "arn:") {
		// Secrets Manager appends a hyphen and six characters to the name.
		arn = fmt.Sprintf("arn:%s:secretsmanager:%s:%s:secret:%s-??????", b.partition, b.region, b.account, id)
	}
	b.allow(permission{sid: "ReadRegistrySecret", actions: []string{"secretsmanager:GetSecretValue"}, resources: []string{arn}})
	if keyArn == nil {
		return
	}
	region := strings.Split(*keyArn, ":")[3]
	b.allow(permission{
		sid: "DecryptRegistrySecret", actions: []string{"kms:Decrypt"}, resources: []string{*keyArn},
		conditions: map[string]any{
			"StringEquals": map[string]any{"kms:ViaService": fmt.Sprintf("secretsmanager.%s.amazonaws.com", region)},
			"StringLike":   map[string]any{"kms:EncryptionContext:SecretARN": arn},
		},
	})
}

// npm writes .npmrc, in which npm itself fills the variables in: no secret is written to the disk.
func (b *buildSetup) npm(registry string, scopes []string, l *login) {
	registry = strings.TrimSuffix(registry, "/") + "/"
	var lines []string
	for _, scope := range scopes {
		lines = append(lines, fmt.Sprintf("%s:registry=%s", scope, registry))
	}
	if len(scopes) == 0 {
		lines = append(lines, "registry="+registry)
	}
	host := strings.TrimPrefix(registry, "https:")
	switch {
	case l == nil:
	case l.bearer:
		lines = append(lines, fmt.Sprintf("%s:_authToken=${%s}", host, l.password))
	default:
		basic := b.variable(l.password + "_BASIC")
		b.npmrc = append(b.npmrc, fmt.Sprintf(`%[1]s="$(printf '%%s:%%s' %[2]s "$%[3]s" | base64 | tr -d '\n')" && export %[1]s`, basic, l.shellUser(), l.password))
		lines = append(lines, fmt.Sprintf("%s:_auth=${%s}", host, basic))
	}
	b.npmrc = append(b.npmrc, fmt.Sprintf(`printf '%%s\n' %s >> "$HOME/.npmrc"`, quoted(lines)))
}

func (b *buildSetup) pip(index string, l *login) {
	b.variables["PIP_INDEX_URL"] = index
	b.toNetrc(index, l)
}

func (b *buildSetup) goProxy(proxy string, l *login) {
	b.variables["GOPROXY"] = proxy
	b.toNetrc(proxy, l)
}

func (b *buildSetup) goSumDB(private []string, sumDB, offReason *string) {
	if len(private) > 0 {
		b.variables["GONOSUMDB"] = strings.Join(private, ",")
	}
	if sumDB != nil {
		b.variables["GOSUMDB"] = *sumDB
	}
	if offReason != nil {
		b.variables["GOSUMDB"] = "off"
	}
}

// toNetrc: pip and go read .netrc. pip, and go before 1.24, look a host up without its port, newer ones with it. It is the one
// file that holds a secret; it can be read by the build's user alone, and its folder is in no artifact.
func (b *buildSetup) toNetrc(registry string, l *login) {
	if l == nil {
		return
	}
	hosts := []string{hostOf(&registry)}
	if m := portForm.FindStringSubmatch(registry); m != nil {
		hosts = append(hosts, hosts[0]+":"+m[1])
	}
	for _, host := range hosts {
		command := fmt.Sprintf(`(umask 077 && printf 'machine %%s login %%s password %%s\n' %s %s "$%s" >> "$HOME/.netrc")`, host, l.shellUser(), l.password)
		if !slices.Contains(b.netrc, command) {
			b.netrc = append(b.netrc, command)
		}
	}
}

// maven writes settings.xml, in which Maven itself fills the variables in.
func (b *buildSetup) maven(repository string, l *login) {
	lines := []string{`<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">`}
	if l != nil {
		user := l.user
		if l.userVariable != "" {
			user = "${env." + l.userVariable + "}"
		}
		lines = append(lines, fmt.Sprintf("<servers><server><id>internal</id><username>%s</username><password>${env.%s}</password></server></servers>", user, l.password))
	}
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(repository)) // a strings.Builder takes everything
	lines = append(lines, fmt.Sprintf("<mirrors><mirror><id>internal</id><mirrorOf>*</mirrorOf><url>%s</url></mirror></mirrors>", escaped.String()), "</settings>")
	b.settings = []string{fmt.Sprintf(`mkdir -p "$HOME/.m2" && printf '%%s\n' %s > "$HOME/.m2/settings.xml"`, quoted(lines))}
}

// quoted writes words for a shell. None has a single quote in it: the forms of names and URLs see to that.
func quoted(words []string) string { return "'" + strings.Join(words, "' '") + "'" }

// commands run before those of the build itself.
func (b *buildSetup) commands() []string {
	return slices.Concat(b.tokens, b.netrc, b.npmrc, b.settings, b.archives)
}

// buildSpec is the partial buildspec, or nil when there is nothing in it.
func (b *buildSetup) buildSpec() map[string]any {
	spec := map[string]any{}
	env := map[string]any{}
	if len(b.variables) > 0 {
		env["variables"] = b.variables
	}
	if len(b.secrets) > 0 {
		env["secrets-manager"] = b.secrets
	}
	if len(env) > 0 {
		spec["env"] = env
	}
	if commands := b.commands(); len(commands) > 0 {
		spec["phases"] = map[string]any{"install": map[string]any{"commands": commands}}
	}
	if b.proxied {
		// What CodeBuild itself sends takes the proxy only when the buildspec says so ("proxy", CodeBuild User Guide).
		spec["proxy"] = map[string]any{"upload-artifacts": "yes", "logs": "yes"}
	}
	if len(spec) == 0 {
		return nil
	}
	spec["version"] = "0.2"
	return spec
}

// environment is that of the projects, as CloudFormation takes it.
func (b *buildSetup) environment() []any {
	var all []any
	for _, name := range slices.Sorted(maps.Keys(b.project)) {
		variable := b.project[name]
		kind := variable.Type
		if kind == "" {
			kind = awscodebuild.BuildEnvironmentVariableType_PLAINTEXT
		}
		all = append(all, map[string]any{"Name": name, "Type": string(kind), "Value": variable.Value})
	}
	return all
}

// mergeInto puts the partial buildspec into a whole one, in the way in which the CDK does for the other projects: what is
// here comes first.
func (b *buildSetup) mergeInto(spec map[string]any) map[string]any {
	return merged(b.buildSpec(), spec)
}

func merged(first, then map[string]any) map[string]any {
	out := maps.Clone(then)
	if out == nil {
		out = map[string]any{}
	}
	for key, value := range first {
		present, has := out[key]
		if !has {
			out[key] = value
			continue
		}
		switch v := value.(type) {
		case map[string]any:
			if inner, ok := present.(map[string]any); ok {
				out[key] = merged(v, inner)
			}
		case []string:
			list := make([]any, 0, len(v))
			for _, command := range v {
				list = append(list, command)
			}
			out[key] = append(list, items(present)...)
		}
	}
	return out
}

// statements makes the permissions.
func (b *buildSetup) statements() []awsiam.PolicyStatement {
	all := []awsiam.PolicyStatement{}
	for _, p := range b.permissions {
		props := &awsiam.PolicyStatementProps{Sid: jsii.String(p.sid), Actions: jsii.Strings(p.actions...), Resources: jsii.Strings(p.resources...)}
		if len(p.conditions) > 0 {
			props.Conditions = &p.conditions
		}
		all = append(all, awsiam.NewPolicyStatement(props))
	}
	return all
}
