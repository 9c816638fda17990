// Package awsfake serves the wire formats of AWS services on loopback, JSON 1.1 and what Amazon SNS and AWS CloudFormation have
// (a form, answered by XML), for tests that run the real SDK clients.
//
// A test says what each operation answers. What it did not say is answered by an error that names the operation, so that
// a handler can't call what its role does not allow without a test noticing.
package awsfake

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Input is what a client sent, decoded.
type Input map[string]any

// Text returns a field that is a string, or "".
func (in Input) Text(field string) string {
	s, _ := in[field].(string)
	return s
}

// Error is an answer of the service that is an error, as the SDK knows it by its code.
type Error struct {
	Code, Message string
	Status        int // 0 is 400
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Throttled is what services answer to too many calls.
func Throttled() error {
	return &Error{Code: "ThrottlingException", Message: "Rate exceeded"}
}

// Denied is what services answer to whom IAM does not allow a call.
func Denied(action string) error {
	return &Error{Code: "AccessDeniedException", Message: "User is not authorized to perform: " + action}
}

// Operation answers one call: with what is encoded as JSON (as XML to a form: text, or a map[string]any), or an *Error.
type Operation func(in Input) (any, error)

// Call is one that was made.
type Call struct {
	Operation string // without the service's prefix: "GetPullRequest"
	Input     Input
	Service   string // as requests are signed for it, which is how IAM calls it: "codecommit"
	Caller    string // the id of the access key
}

// Server is the fake.
type Server struct {
	URL        string
	mutex      sync.Mutex
	operations map[string]Operation
	calls      []Call
	running    sync.Mutex
}

// New starts a server that ends with the test, and has the SDK's default configuration in this process use it.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{operations: map[string]Operation{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	for name, value := range s.Environment() {
		t.Setenv(name, value)
	}
	return s
}

// Environment is what makes an SDK's default configuration use the server.
func (s *Server) Environment() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	}
}

// On says what an operation answers, from now on.
func (s *Server) On(operation string, answer Operation) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.operations[operation] = answer
}

// Answer returns what an operation answers now.
func (s *Server) Answer(operation string) Operation {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.operations[operation]
}

// FailTimes has the next n calls of an operation answer with err, and those after it as before.
func (s *Server) FailTimes(operation string, n int, err error) {
	before := s.Answer(operation)
	s.On(operation, func(in Input) (any, error) {
		if n > 0 {
			n--
			return nil, err
		}
		return before(in)
	})
}

// Calls returns the calls of the operations named, in the order in which they came; all calls when none is named.
func (s *Server) Calls(operations ...string) []Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var calls []Call
	for _, c := range s.calls {
		if len(operations) == 0 || slices.Contains(operations, c.Operation) {
			calls = append(calls, c)
		}
	}
	return calls
}

// ServeHTTP answers one call. Operations run one at a time, so they may share state.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	name, in, err := read(r)
	caller, service := signer(r)
	s.calls = append(s.calls, Call{Operation: name, Input: in, Service: service, Caller: caller})
	answer := s.operations[name]
	s.mutex.Unlock()
	var out any
	switch {
	case err != nil:
		err = &Error{Code: "SerializationException", Message: err.Error()}
	case answer == nil:
		err = Denied(fmt.Sprintf("%s %s (the test does not expect %q)", r.Method, r.URL.Path, name))
	default:
		s.running.Lock()
		out, err = answer(in)
		s.running.Unlock()
	}
	if target(r) == "" {
		writeXML(w, name, out, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err != nil {
		writeError(w, err)
		return
	}
	if out == nil {
		out = map[string]any{}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func target(r *http.Request) string { return r.Header.Get("X-Amz-Target") }

var credential = regexp.MustCompile(` Credential=([^/]+)/\d+/[^/]+/([^/]+)/aws4_request,`)

// signer reads who signed a request, and for which service ("Signature Version 4", AWS General Reference).
func signer(r *http.Request) (accessKey, service string) {
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		return m[1], m[2]
	}
	return "", ""
}

// read returns the operation's name and input.
func read(r *http.Request) (string, Input, error) {
	in := Input{}
	if target(r) == "" {
		err := r.ParseForm()
		for field := range r.Form {
			in[field] = r.Form.Get(field)
		}
		return r.Form.Get("Action"), in, err
	}
	_, name, _ := strings.Cut(target(r), ".")
	body, err := io.ReadAll(r.Body)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &in)
	}
	return name, in, err
}

func writeXML(w http.ResponseWriter, name string, out any, err error) {
	w.Header().Set("Content-Type", "text/xml")
	if err != nil {
		e, status := errorOf(err)
		w.WriteHeader(status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", element(e.Code), element(e.Message))
		return
	}
	if out == nil {
		out = map[string]any{"MessageId": "1"}
	}
	fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", name, element(out))
}

// element is the content of an element: others, or text.
func element(value any) string {
	var b strings.Builder
	fields, ok := value.(map[string]any)
	if !ok {
		_ = xml.EscapeText(&b, []byte(fmt.Sprint(value))) // a Builder takes everything
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&b, "<%[1]s>%[2]s</%[1]s>", name, element(fields[name]))
	}
	return b.String()
}

// errorOf is what the client gets of an error, and the status of the answer.
func errorOf(err error) (*Error, int) {
	e := &Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
	errors.As(err, &e)
	if e.Status == 0 {
		return e, http.StatusBadRequest
	}
	return e, e.Status
}

func writeError(w http.ResponseWriter, err error) {
	e, status := errorOf(err)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": e.Code, "message": e.Message})
}
