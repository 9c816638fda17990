package handler

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/securecdk/securecdk/internal/fault"
)

// program is the import path of the one binary of all functions.
const program = "github.com/securecdk/securecdk/lambda"

// executable is the name that Lambda starts. "Building Lambda functions with Go" (AWS Lambda Developer Guide).
const executable = "bootstrap"

// arguments pin what would change the binary from one machine to the next; they win over GOFLAGS.
var arguments = []string{"build", "-trimpath", "-buildvcs=false", "-buildmode=exe", "-race=false", "-tags=lambda.norpc", "-ldflags=-s -w -buildid="}

// target is what the function runs on. The rest of the environment stays the user's: where modules come from, which toolchain,
// which workspace.
var target = []string{"GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0", "CGO_ENABLED=0", "GOEXPERIMENT="}

// built builds once a process, in its working directory: stacks and apps share the result. It is held in memory (some
// megabytes), so that nothing is left behind on the disk.
var built = sync.OnceValues(func() ([]byte, *fault.Error) { return build("go", "") })

// build builds the program by a go command, in a folder of the module that uses this library, and returns it as a deployment
// package: an archive, which keeps the file mode that Lambda needs on systems that know none, and whatever the umask.
func build(goCommand, dir string) ([]byte, *fault.Error) {
	command, err := exec.LookPath(goCommand)
	if err != nil {
		return nil, fault.New("", "the go command", nil, "Go on the PATH: it builds the Lambda functions of this construct", "install Go, or add its bin folder to PATH")
	}
	out, err := os.MkdirTemp("", "securecdk-")
	if err != nil {
		return nil, unwritable(err)
	}
	defer func() { _ = os.RemoveAll(out) }()
	file := filepath.Join(out, executable)
	cmd := exec.Command(command, append(arguments[:len(arguments):len(arguments)], "-o", file, program)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), target...)
	if output, err := cmd.CombinedOutput(); err != nil {
		return nil, explain(string(output), err)
	}
	binary, err := os.ReadFile(file)
	if err != nil {
		return nil, unwritable(err)
	}
	return pack(binary), nil
}

// pack makes the archive. The same binary gives the same archive.
func pack(binary []byte) []byte {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	header := &zip.FileHeader{Name: executable, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(binary)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	return archive.Bytes()
}

func unwritable(err error) *fault.Error {
	what := err.Error()
	var path *fs.PathError
	if errors.As(err, &path) {
		what = path.Path + ": " + path.Err.Error()
	}
	return fault.New("", "the folder for temporary files", what, "room for a Lambda function of 20 MB", "free some, or name another folder by TMPDIR")
}

// remedies say what to type, by what the go command says. The first that fits counts.
var remedies = []struct {
	says     *regexp.Regexp
	expected string
	do       string
}{
	{regexp.MustCompile(`go\.mod file not found|cannot find main module|(?:no required module provides package|cannot find package|package) "?github\.com/securecdk/securecdk/lambda"?(?:;|:| is not in| in any of)`),
		"a working directory in the Go module that uses this library, since its go command builds the Lambda functions", "start the app in the folder of that go.mod"},
	{regexp.MustCompile(`inconsistent vendoring|-mod=vendor|vendor/modules\.txt|cannot find package "\." in`),
		"the modules of the Lambda functions in the vendor folder", "type: go mod tidy && go mod vendor"},
	{regexp.MustCompile(`missing go\.sum entry|updates to go\.(mod|sum) needed|no required module provides package`),
		"the modules of the Lambda functions in go.mod and go.sum", "type: go mod tidy"},
	{regexp.MustCompile(`GOPROXY=off|GOPROXY list is not the empty string|dial tcp|no such host|connection refused|i/o timeout`),
		"the modules of the Lambda functions in the module cache, or a GOPROXY that has them", "type, where that is reachable: go mod download"},
}

// explain makes a fault of what the go command says.
func explain(output string, err error) *fault.Error {
	said := firstLines(output)
	if said == "" {
		said = err.Error()
	}
	const what = "go build " + program
	for _, r := range remedies {
		if r.says.MatchString(output) {
			return fault.New("", what, said, r.expected, r.do)
		}
	}
	return fault.New("", what, said, "the Lambda functions to compile", "to see all of it, type: GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -o "+os.DevNull+" "+program)
}

// lines of a fault: enough for the first errors of the compiler, few enough to be read.
const lines = 3

var noise = regexp.MustCompile(`^(go: (downloading|warning:)|#) `)

// firstLines are the first of what the go command says that tell what is wrong.
func firstLines(output string) string {
	var first []string
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !noise.MatchString(line) && len(first) < lines {
			first = append(first, line)
		}
	}
	return strings.ReplaceAll(strings.Join(first, "; "), ":; ", ": ")
}
