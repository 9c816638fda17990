package test

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	pipe "github.com/securecdk/securecdk/constructs/securepipeline"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/test/internal/tool"
)

const (
	user     = "builder"
	password = "p4ss/w0rd=+$x" // with what a shell and a URL would stumble over
)

// registryServer is an npm registry, a package index and a module proxy in one, that wants to know who is there.
type registryServer struct {
	*httptest.Server
	authority []byte // certificate of whoever certified it, in PEM
	mutex     sync.Mutex
	served    map[string]bool // path
	refused   map[string]bool
}

func newRegistryServer(t *testing.T) *registryServer {
	t.Helper()
	s := &registryServer{served: map[string]bool{}, refused: map[string]bool{}}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	content := s.content(t)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		if r.Header.Get("Authorization") != basic {
			s.refused[r.URL.Path] = true
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, ok := content[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		s.served[r.URL.Path] = true
		_, _ = w.Write(body)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that go away
	s.TLS = &tls.Config{Certificates: []tls.Certificate{s.certify(t)}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// certify makes an authority and a certificate of it: OpenSSL trusts no certificate that stands for itself.
func (s *registryServer) certify(t *testing.T) tls.Certificate {
	t.Helper()
	sign := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		template.BasicConstraintsValid = true
		if parent == nil {
			parent, signer = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return certificate, key
	}
	ca, caKey := sign(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	leaf, key := sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test registry"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, ca, caKey)
	s.authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
}

// content is one package of each kind.
func (s *registryServer) content(t *testing.T) map[string][]byte {
	t.Helper()
	const module, version = "example.com/team/greeting", "v1.2.3"
	mod := "module " + module + "\n\ngo 1.25\n"
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for name, text := range map[string]string{"go.mod": mod, "greeting.go": "package greeting\n"} {
		f, err := z.Create(module + "@" + version + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	manifest, err := json.Marshal(map[string]any{
		"name": "@team/greeting", "dist-tags": map[string]string{"latest": "1.2.3"},
		"versions": map[string]any{"1.2.3": map[string]any{"name": "@team/greeting", "version": "1.2.3", "description": "from inside"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := "/go/" + module + "/@v/"
	return map[string][]byte{
		at + "list": []byte(version + "\n"), at + version + ".info": []byte(`{"Version":"` + version + `"}`),
		at + version + ".mod": []byte(mod), at + version + ".zip": zipped.Bytes(),
		"/npm/@team/greeting":    manifest,
		"/pypi/simple/greeting/": []byte(`<!DOCTYPE html><a href="greeting-1.2.3.tar.gz">greeting-1.2.3.tar.gz</a>`),
	}
}

// setUpCommands returns the commands and variables that the synthesized synth project has before its own commands.
func setUpCommands(t *testing.T, registries ...*buildsetup.Registry) (commands []string, variables, secrets map[string]string) {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	stack := awscdk.NewStack(app, jsii.String("Delivery"), &awscdk.StackProps{Env: cdktest.Env("111111111111", "eu-west-1")})
	pipe.NewPipeline(stack, jsii.String("Pipeline"), &pipe.PipelineProps{
		Source:     pipe.CodeCommit(&pipe.CodeCommitSourceProps{RepositoryName: jsii.String("orders"), Branch: jsii.String("main")}),
		Vpc:        aspects.VpcFromSsm(&aspects.VpcFromSsmProps{VpcId: jsii.String("/vpc"), PrivateSubnetIds: jsii.Strings("/subnet")}),
		Registries: registries,
		Baseline:   baseline(),
		Stages: []*pipe.StageProps{{Name: jsii.String("Dev"), Env: cdktest.Env("222222222222", "eu-west-1"), Build: func(stage awscdk.Stage) {
			awss3.NewBucket(awscdk.NewStack(stage, jsii.String("Data"), nil), jsii.String("Bucket"), nil)
		}}},
	})
	for id, project := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::CodeBuild::Project") {
		if !strings.Contains(id, "BuildSynth") {
			continue
		}
		var spec struct {
			Env struct {
				Variables map[string]string
				Secrets   map[string]string `json:"secrets-manager"`
			}
			Phases struct {
				Install struct{ Commands []string }
			}
		}
		text, _ := project["Source"].(map[string]any)["BuildSpec"].(string)
		if err := json.Unmarshal([]byte(text), &spec); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		return spec.Phases.Install.Commands, spec.Env.Variables, spec.Env.Secrets
	}
	t.Fatal("no synth project")
	return nil, nil, nil
}

// build runs commands as CodeBuild would, in one shell, on a machine with an empty home; Secrets Manager holds secrets.
func build(t *testing.T, s *registryServer, registries []*buildsetup.Registry, secrets map[string]string, commands ...string) tool.Result {
	t.Helper()
	setUp, variables, references := setUpCommands(t, registries...)
	home := t.TempDir()
	ca := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(ca, s.authority, 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{
		"HOME=" + home, "SSL_CERT_FILE=" + ca, "NODE_EXTRA_CA_CERTS=" + ca, "npm_config_cafile=" + ca,
		"PIP_CERT=" + ca, "REQUESTS_CA_BUNDLE=" + ca, "CURL_CA_BUNDLE=" + ca,
		"GOMODCACHE=" + filepath.Join(home, "modules"), "GOFLAGS=-modcacherw", "GOWORK=off", "GONOSUMDB=", "GOSUMDB=off", "GOPRIVATE=",
		"npm_config_registry=", "npm_config_userconfig=" + filepath.Join(home, ".npmrc"), "npm_config_cache=" + filepath.Join(home, "npm"),
		"npm_config_fetch_retries=0", "npm_config_update_notifier=false", "PIP_RETRIES=0",
	}
	for name, v := range variables {
		env = append(env, name+"="+v)
	}
	for name, reference := range references {
		env = append(env, name+"="+secrets[reference])
	}
	script := "set -e\ncd \"$HOME\"\n" + strings.Join(append(setUp, commands...), "\n")
	return tool.Run(t, home, env, "sh", "-c", script)
}

// TestBuildsTakeTheirPackagesFromTheRegistries: real tools, told by the commands of the synthesized buildspec, get their
// packages from registries that let nobody in without the credentials.
func TestBuildsTakeTheirPackagesFromTheRegistries(t *testing.T) {
	s := newRegistryServer(t)
	login := &buildsetup.SecretCredentials{SecretId: jsii.String("registry"), UsernameKey: jsii.String("user"), PasswordKey: jsii.String("password")}
	secrets := map[string]string{"registry:user": user, "registry:password": password}
	url := func(path string) *string { return jsii.String(s.URL + path) }
	cases := []struct {
		name, program string
		registry      *buildsetup.Registry
		command       string
		served, says  string
	}{
		{"Go", "go", buildsetup.GoProxy(&buildsetup.GoProxyProps{Url: url("/go"), Credentials: login, NoSumDbReason: jsii.String("the test has no database")}),
			"go mod init example.com/x 2>/dev/null && go get example.com/team/greeting@latest && cat go.mod",
			"/go/example.com/team/greeting/@v/v1.2.3.zip", "example.com/team/greeting v1.2.3"},
		{"npm", "npm", buildsetup.NpmRegistry(&buildsetup.NpmRegistryProps{Url: url("/npm"), Credentials: login}),
			"npm view @team/greeting description", "/npm/@team/greeting", "from inside"},
		{"npm by scope", "npm", buildsetup.NpmRegistry(&buildsetup.NpmRegistryProps{Url: url("/npm"), Scopes: jsii.Strings("@team"), Credentials: login}),
			"npm view @team/greeting version", "/npm/@team/greeting", "1.2.3"},
		{"pip", "pip", buildsetup.PipIndex(&buildsetup.PipIndexProps{Url: url("/pypi/simple"), Credentials: login}),
			"pip index versions greeting --disable-pip-version-check", "/pypi/simple/greeting/", "1.2.3"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tool.Need(t, c.program)
			r := build(t, s, []*buildsetup.Registry{c.registry}, secrets, c.command)
			if r.Code != 0 || !strings.Contains(r.Output(), c.says) || !s.served[c.served] {
				t.Errorf("code %d, served %v, refused %v\n%s", r.Code, s.served, s.refused, r.Output())
			}
			// The registry does keep others out, or all of this would prove nothing.
			wrong := map[string]string{"registry:user": user, "registry:password": "wrong"}
			if r := build(t, s, []*buildsetup.Registry{c.registry}, wrong, c.command); strings.Contains(r.Output(), c.says) && r.Code == 0 {
				t.Errorf("the wrong password will do:\n%s", r.Output())
			}
		})
	}
}

// TestSecretsLeaveNoTrace: the one file that holds a secret is the user's alone; those of npm and Maven name variables.
func TestSecretsLeaveNoTrace(t *testing.T) {
	s := newRegistryServer(t)
	login := &buildsetup.SecretCredentials{SecretId: jsii.String("registry"), Username: jsii.String(user), PasswordKey: jsii.String("password")}
	registries := []*buildsetup.Registry{
		buildsetup.NpmRegistry(&buildsetup.NpmRegistryProps{Url: &s.URL, Credentials: &buildsetup.SecretCredentials{SecretId: jsii.String("token")}}),
		buildsetup.MavenRepository(&buildsetup.MavenRepositoryProps{Url: &s.URL, Credentials: login}),
		buildsetup.PipIndex(&buildsetup.PipIndexProps{Url: &s.URL, Credentials: login}),
	}
	secrets := map[string]string{"registry:password": password, "token": "t0ken"}
	r := build(t, s, registries, secrets, `ls -l .netrc`, `cat .npmrc .m2/settings.xml`)
	if r.Code != 0 || !strings.HasPrefix(r.Stdout, "-rw------- ") {
		t.Errorf("code %d\n%s", r.Code, r.Output())
	}
	for _, secret := range secrets {
		if strings.Contains(r.Output(), secret) {
			t.Errorf("%s is written out:\n%s", secret, r.Output())
		}
	}
	for _, want := range []string{":_authToken=${REGISTRY_PASSWORD}", "<password>${env.REGISTRY_PASSWORD_2}</password>", "<username>" + user + "</username>"} {
		if !strings.Contains(r.Stdout, want) {
			t.Errorf("want %s in\n%s", want, r.Stdout)
		}
	}
}

// TestGoModulesComeFromTheArchive: an archive that is made as the documentation says is a GOPROXY for a real go command.
func TestGoModulesComeFromTheArchive(t *testing.T) {
	s := newRegistryServer(t)
	bin := t.TempDir()
	archive := filepath.Join(t.TempDir(), "modules.tar.gz")
	cache := t.TempDir()
	makeArchive := fmt.Sprintf(`cd %[1]s && mkdir -p cache/download/example.com/team/greeting/@v && cd cache/download/example.com/team/greeting/@v &&
printf v1.2.3 > list && printf '{"Version":"v1.2.3"}' > v1.2.3.info && printf 'module example.com/team/greeting\n' > v1.2.3.mod &&
tar -C %[1]s/cache/download -czf %[2]s --exclude='*.lock' .`, cache, archive)
	if r := tool.Run(t, cache, nil, "sh", "-c", makeArchive); r.Code != 0 {
		t.Fatal(r.Output())
	}
	// The AWS CLI, as far as it is needed: it notes how it was called and hands the archive over.
	aws := "#!/bin/sh\necho \"$@\" > " + bin + "/called\nfor last; do :; done\ncp " + archive + " \"$last\"\n"
	if err := os.WriteFile(filepath.Join(bin, "aws"), []byte(aws), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	registry := buildsetup.CodeArtifact(&buildsetup.CodeArtifactProps{
		Domain: jsii.String("bank"), Repository: jsii.String("shared"),
		GoModules: &buildsetup.GoModulesProps{Namespace: jsii.String("go"), Package: jsii.String("modules"), Version: jsii.String("1.4.0")},
	})
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	r := build(t, s, []*buildsetup.Registry{registry}, nil, "go list -m -versions example.com/team/greeting")
	if r.Code != 0 || !strings.Contains(r.Stdout, "example.com/team/greeting v1.2.3") {
		t.Errorf("code %d\n%s", r.Code, r.Output())
	}
	called, err := os.ReadFile(filepath.Join(bin, "called"))
	if err != nil || !strings.HasPrefix(string(called), "codeartifact get-package-version-asset --domain bank --domain-owner 111111111111 ") {
		t.Errorf("%s %v", called, err)
	}
}
