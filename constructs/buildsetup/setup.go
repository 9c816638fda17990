package buildsetup

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

	"github.com/securecdk/securecdk/internal/fault"
)

// Setup is what a build does and may do before its own commands: the partial buildspec, the permissions that it takes, the
// environment of its project, and the ports that it must reach.
type Setup struct {
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

// New renders the set-up of the builds of a stack, whose environment may be a literal or left to the deployment. It makes no
// construct. Nil props need nothing.
//
// It panics with the error of Props.Validate, with the stack's path in front of each line.
func New(stack awscdk.Stack, props *Props) *Setup {
	faults := props.check()
	if len(faults) > 0 {
		for _, f := range faults {
			f.Path = *stack.Node().Path()
		}
		panic(fault.Join(faults))
	}
	return render(props, *stack.Account(), *stack.Region(), *stack.Partition())
}

// render takes props that were checked. It is pure, for tests.
func render(props *Props, account, region, partition string) *Setup {
	b := &Setup{
		account: account, region: region, partition: partition,
		variables: map[string]any{}, secrets: map[string]any{}, names: map[string]bool{}, project: map[string]*awscodebuild.BuildEnvironmentVariable{},
	}
	if props == nil {
		return b
	}
	if props.Proxy != nil {
		props.Proxy.setUp(b)
	}
	for _, r := range props.Registries {
		r.setUp(b)
	}
	return b
}

var portForm = regexp.MustCompile(`^https?://[^/:]+:(\d+)`)

// reach has the security group let builds out to a port, besides TLS's own.
func (b *Setup) reach(port string) {
	n, err := strconv.Atoi(port)
	if err != nil {
		panic(err) // digits, by portForm
	}
	if n != 443 && !slices.Contains(b.ports, n) {
		b.ports = append(b.ports, n)
	}
}

func (b *Setup) allow(permissions ...permission) {
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
func (b *Setup) variable(name string) string {
	unique := name
	for n := 2; b.names[unique]; n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	b.names[unique] = true
	return unique
}

// login has CodeBuild read the secret; nil for a registry that asks nobody who he is. It is where every URL of a user's own
// passes, so that the security group knows its port.
func (b *Setup) login(registry string, c *SecretCredentials) *login {
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
func (b *Setup) secret(name, id, key string) string {
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

func (b *Setup) allowSecret(id string, keyArn *string) {
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
func (b *Setup) npm(registry string, scopes []string, l *login) {
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

func (b *Setup) pip(index string, l *login) {
	b.variables["PIP_INDEX_URL"] = index
	b.toNetrc(index, l)
}

func (b *Setup) goProxy(proxy string, l *login) {
	b.variables["GOPROXY"] = proxy
	b.toNetrc(proxy, l)
}

func (b *Setup) goSumDB(private []string, sumDB, offReason *string) {
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
func (b *Setup) toNetrc(registry string, l *login) {
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
func (b *Setup) maven(repository string, l *login) {
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
func (b *Setup) commands() []string {
	return slices.Concat(b.tokens, b.netrc, b.npmrc, b.settings, b.archives)
}

// BuildSpec returns the partial buildspec, for what merges it into the one of a project, as pipelines.CodeBuildOptions does;
// nil when builds need nothing. It names secrets and has none. Merge puts it into a buildspec that is at hand.
func (b *Setup) BuildSpec() map[string]any {
	spec := map[string]any{}
	env := map[string]any{}
	if len(b.variables) > 0 {
		env["variables"] = maps.Clone(b.variables)
	}
	if len(b.secrets) > 0 {
		env["secrets-manager"] = maps.Clone(b.secrets)
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

// Environment returns the variables that the project itself must have: CodeBuild's own agent reads the proxy there. It is
// empty without a proxy.
func (b *Setup) Environment() map[string]*awscodebuild.BuildEnvironmentVariable {
	return maps.Clone(b.project)
}

// Ports returns the ports, beside that of TLS (443), that the security group of the builds must let out to.
func (b *Setup) Ports() []int { return slices.Clone(b.ports) }

// Statements returns what the role of a project must allow: to read these secrets, packages and tokens, and nothing else.
// Each call makes new ones.
func (b *Setup) Statements() []awsiam.PolicyStatement {
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
