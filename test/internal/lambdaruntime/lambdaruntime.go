// Package lambdaruntime runs the binary of a function as AWS Lambda does: it serves the Runtime API on loopback, and the
// process fetches its events there ("Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide).
package lambdaruntime

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// bound is far above what a process here needs to start or to answer.
const bound = 30 * time.Second

// Function is a running process.
type Function struct {
	cmd    *exec.Cmd
	log    string // file
	ready  chan struct{}
	events chan event
	closed chan struct{} // when the test has no more events
	ended  chan struct{}
	arn    string
	n      int
}

type event struct {
	id      string
	payload []byte
	answer  chan<- Answer
}

// Answer is how an invocation ended.
type Answer struct {
	Response []byte
	Err      *Error // nil for a success
}

// Error is what Lambda tells whoever asked for the invocation.
type Error struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Start starts the binary. Its environment is env and what Lambda itself sets, nothing of this process.
func Start(t testing.TB, binary, arn string, env map[string]string) *Function {
	t.Helper()
	f := &Function{
		log: filepath.Join(t.TempDir(), "log"), ready: make(chan struct{}, 1), events: make(chan event), closed: make(chan struct{}), ended: make(chan struct{}), arn: arn,
	}
	api := httptest.NewServer(f.api(t))
	t.Cleanup(api.Close)
	log, err := os.Create(f.log)
	if err != nil {
		t.Fatal(err)
	}
	f.cmd = exec.Command(binary)
	f.cmd.Dir, f.cmd.Stderr = t.TempDir(), log
	all := map[string]string{
		"AWS_LAMBDA_RUNTIME_API": strings.TrimPrefix(api.URL, "http://"), "AWS_LAMBDA_FUNCTION_NAME": arn[strings.LastIndex(arn, ":")+1:],
		"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "_HANDLER": "bootstrap", "TZ": ":UTC",
	}
	maps.Copy(all, env)
	for name, value := range all {
		f.cmd.Env = append(f.cmd.Env, name+"="+value)
	}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = f.cmd.Wait() // how it ended is in ProcessState
		_ = log.Close()
		close(f.ended)
	}()
	t.Cleanup(func() {
		close(f.closed)
		_ = f.cmd.Process.Kill() // there is no other end to it
		<-f.ended
	})
	return f
}

// api is the Runtime API. One event is out at a time.
func (f *Function) api(t testing.TB) http.Handler {
	const path = "/2018-06-01/runtime/invocation/"
	var out atomic.Pointer[event]
	out.Store(&event{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path+"next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case f.ready <- struct{}{}:
		default:
		}
		var current event
		select {
		case current = <-f.events:
		case <-f.closed:
			return
		case <-r.Context().Done():
			return
		}
		out.Store(&current)
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", current.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", f.arn)
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1")
		_, _ = w.Write(current.payload)
	})
	mux.HandleFunc("POST "+path+"{id}/{how}", func(w http.ResponseWriter, r *http.Request) {
		current := out.Load()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.PathValue("id") != current.id {
			t.Errorf("%s of %q, while %q is out: %v", r.PathValue("how"), r.PathValue("id"), current.id, err)
			return
		}
		answer := Answer{Response: body}
		if r.PathValue("how") == "error" {
			answer.Err = &Error{}
			if err := json.Unmarshal(body, answer.Err); err != nil {
				t.Errorf("an error that is none: %s", body)
			}
		}
		w.WriteHeader(http.StatusAccepted)
		current.answer <- answer
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the Runtime API has no %s %s here", r.Method, r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	})
	return mux
}

// Ready waits until the process asks for its first event. One that ends instead fails the test.
func (f *Function) Ready(t testing.TB) {
	t.Helper()
	select {
	case <-f.ready:
	case <-f.ended:
		t.Fatalf("the process ended with %d before its first event: %s", f.cmd.ProcessState.ExitCode(), f.Log(t))
	case <-time.After(bound):
		t.Fatalf("the process asks for no event: %s", f.Log(t))
	}
}

// Invoke hands the process an event and returns its answer. A process that ends fails the test.
func (f *Function) Invoke(t testing.TB, payload []byte) Answer {
	t.Helper()
	f.n++
	answer := make(chan Answer, 1)
	out := time.After(bound)
	select {
	case f.events <- event{id: fmt.Sprintf("8476a536-e9f4-11e8-9739-%012d", f.n), payload: payload, answer: answer}:
	case <-f.ended:
		t.Fatalf("the process has ended with %d: %s", f.cmd.ProcessState.ExitCode(), f.Log(t))
	case <-out:
		t.Fatalf("the process takes no event: %s", f.Log(t))
	}
	select {
	case a := <-answer:
		return a
	case <-f.ended:
		t.Fatalf("the event ended the process with %d: %s", f.cmd.ProcessState.ExitCode(), f.Log(t))
	case <-out:
		t.Fatalf("the event got no answer: %s", f.Log(t))
	}
	return Answer{}
}

// Wait waits for the process to end by itself, without an event, and returns its exit code. One that asks for an event fails
// the test.
func (f *Function) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-f.ended:
	case <-f.ready:
		t.Fatalf("the process asks for an event: %s", f.Log(t))
	case <-time.After(bound):
		t.Fatalf("the process neither ends nor asks for an event: %s", f.Log(t))
	}
	return f.cmd.ProcessState.ExitCode()
}

// Log returns what the process wrote to standard error so far.
func (f *Function) Log(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile(f.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
