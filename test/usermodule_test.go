package test

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"go/format"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/test/internal/tool"
)

// userApp is a module of a user's, whose app has one construct with a function.
type userApp struct {
	construct string // the folder of the construct
	imports   []string
	snippet   string // makes the construct in stack
}

var withFunction = userApp{
	construct: "constructs/pullrequestcheck",
	imports: []string{
		"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit", "github.com/aws/aws-cdk-go/awscdk/v2/awsec2",
		"github.com/securecdk/securecdk/aspects",
	},
	snippet: `pullrequestcheck.NewPullRequestCheck(stack, jsii.String("Check"), &pullrequestcheck.PullRequestCheckProps{
		Repository: awscodecommit.Repository_FromRepositoryName(stack, jsii.String("Repository"), jsii.String("orders")),
		Vpc: aspects.VpcFromAttributes(&awsec2.VpcAttributes{
			VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a"), PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef0"),
		}),
	})`,
}

const library = "github.com/securecdk/securecdk"

// write puts the module into a folder. What it requires, go mod tidy finds out; go.sum starts with what this module knows, so
// that no checksum has to be asked for.
func (u userApp) write(t *testing.T, dir string) {
	t.Helper()
	root := tool.Root(t)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	var imports strings.Builder
	for _, path := range append([]string{"github.com/aws/aws-cdk-go/awscdk/v2", "github.com/aws/jsii-runtime-go", library + "/" + u.construct}, u.imports...) {
		fmt.Fprintf(&imports, "%q\n", path)
	}
	program, err := format.Source(fmt.Appendf(nil, `package main

import (
%s)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
	stack := awscdk.NewStack(app, jsii.String("User"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}})
	%s
	app.Synth(nil)
}
`, &imports, u.snippet))
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, dir, map[string]string{
		"go.mod":  fmt.Sprintf("module example.com/user\n\ngo 1.25.0\n\nrequire %[1]s v0.0.0\n\nreplace %[1]s => %[2]s\n", library, root),
		"go.sum":  string(sums),
		"main.go": string(program),
	})
}

func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAUserOfAnotherModuleGetsTheFunction: the functions of a construct are compiled in whatever way the user's module gets
// its modules, and are the same.
func TestAUserOfAnotherModuleGetsTheFunction(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles an app four times")
	}
	u := withFunction
	workspace := t.TempDir()
	dir := filepath.Join(workspace, "user")
	u.write(t, dir)
	goRun(t, dir, nil, "mod", "tidy")

	hashes := map[string]string{
		"tidy":     u.synthesize(t, dir, []string{"GOWORK=off"}),
		"readonly": u.synthesize(t, dir, []string{"GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=readonly"}),
	}
	writeAll(t, workspace, map[string]string{
		"go.work":         "go 1.25.0\n\nuse (\n\t./user\n\t./service\n)\n",
		"service/go.mod":  "module example.com/service\n\ngo 1.25.0\n",
		"service/main.go": "package main\n\nfunc main() {}\n",
	})
	hashes["workspace"] = u.synthesize(t, dir, []string{"GOPROXY=off"})
	if distinct := slices.Compact(slices.Sorted(maps.Values(hashes))); len(distinct) != 1 {
		t.Errorf("not one asset: %v", hashes)
	}
	goRun(t, dir, []string{"GOWORK=off"}, "mod", "vendor")
	// Without the folder in the object files, the next run of this test finds them in the go command's cache.
	u.synthesize(t, dir, []string{"GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=vendor -trimpath"})
}

func goRun(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	if r := tool.Run(t, dir, env, "go", args...); r.Code != 0 {
		t.Fatalf("go %s, %v: code %d\n%s", strings.Join(args, " "), env, r.Code, r.Output())
	}
}

// synthesize runs the app and returns the hash of the one asset that has a function for Lambda.
func (u userApp) synthesize(t *testing.T, dir string, env []string) (hash string) {
	t.Helper()
	context, err := json.Marshal(flags.Safe())
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	env = append(env, "CDK_CONTEXT_JSON="+string(context), "CDK_OUTDIR="+out, "CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20")
	goRun(t, dir, env, "run", ".")
	archives, err := filepath.Glob(filepath.Join(out, "asset.*.zip"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("%v: archives %v %v", env[0], archives, err)
	}
	runsOnLambda(t, archives[0])
	template, err := os.ReadFile(filepath.Join(out, "User.template.json"))
	hash = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(archives[0]), "asset."), ".zip")
	if err != nil || !bytes.Contains(template, []byte(`"S3Key": "`+hash+`.zip"`)) {
		t.Errorf("no function has %s: %v", archives[0], err)
	}
	return hash
}

// runsOnLambda: the archive has an executable bootstrap for arm64 that needs no library of its system.
func runsOnLambda(t *testing.T, archive string) {
	t.Helper()
	r, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	file, err := r.Open("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("bootstrap: mode %v %v", info.Mode(), err)
	}
	binary, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	e, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	if libraries, err := e.ImportedLibraries(); e.Machine != elf.EM_AARCH64 || err != nil || len(libraries) > 0 {
		t.Errorf("bootstrap: %v, libraries %v %v", e.Machine, libraries, err)
	}
}
