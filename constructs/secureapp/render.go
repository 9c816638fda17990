package secureapp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/securecdk/securecdk/internal/fault"
)

// debugVariable makes an error show the stack trace behind it.
const debugVariable = "SECURECDK_DEBUG"

// exception is what the app panicked with, exceptions of the CDK included.
type exception struct {
	cause error  // when it was an error of Go
	text  string // as it was thrown
	where string // file and line in the caller's code, "" when the text says where or it is unknown
	stack string
}

func (e *exception) Unwrap() error { return e.cause }

// Error is one line, or one for each fault: those are written for the reader, so they stay as they are.
func (e *exception) Error() string {
	text := e.text
	var f *fault.Error
	if !errors.As(e.cause, &f) {
		text = oneLine(text)
	}
	if e.where == "" {
		return text
	}
	return text + " (" + e.where + ")"
}

// recovered runs f and returns what it panicked with.
func recovered(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = caught(r)
		}
	}()
	f()
	return nil
}

// caught makes an error of what a deferred function recovered. Call it there: the stack still is that of the panic.
func caught(r any) error {
	e := &exception{text: fmt.Sprint(r), stack: string(debug.Stack())}
	e.cause, _ = r.(error)
	var f *fault.Error
	if !errors.As(e.cause, &f) || f.Path == "" {
		e.where = callerLine()
	}
	return e
}

// render is what the user reads: a line for each error, after the listing or before the trace if there is one.
func render(err error) string {
	var b strings.Builder
	var reject *rejection
	if errors.As(err, &reject) && reject.listing != "" {
		b.WriteString(reject.listing + "\n\n")
	}
	for i, line := range strings.Split(err.Error(), "\n") {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString("error: " + line)
	}
	var thrown *exception
	if errors.As(err, &thrown) && os.Getenv(debugVariable) != "" {
		b.WriteString("\n\n" + thrown.text + "\n\n" + thrown.stack)
	}
	return b.String()
}

var (
	scriptFrame = regexp.MustCompile(`^\s*at .*(:\d+|<anonymous>|native)\)?$`) // of a JavaScript stack
	repeated    = regexp.MustCompile(`(Resolution error: ){2,}`)
)

const longest = 600 // characters of one error line

// oneLine makes one line of a message of the CDK: its lines without those of the stack trace.
func oneLine(text string) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimRight(line, " \t\r"); line == "" || scriptFrame.MatchString(line) {
			continue
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	line := strings.Join(lines, "; ")
	line = strings.ReplaceAll(line, ":; ", ": ")
	line = repeated.ReplaceAllString(line, "Resolution error: ")
	if runes := []rune(line); len(runes) > longest {
		line = string(runes[:longest]) + "…"
	}
	return line
}

// callerLine finds the innermost line of code that belongs neither to Go, nor to the CDK, nor to this library, and is
// called by Run: the call of Run itself tells the reader nothing.
func callerLine() string {
	pcs := make([]uintptr, 200)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		frame, more := frames.Next()
		if isCaller(frame.Function) {
			return fmt.Sprintf("%s:%d", relative(frame.File), frame.Line)
		}
		if !more || frame.Function == this+"constructs/secureapp.Run" {
			return ""
		}
	}
}

const this = "github.com/securecdk/securecdk/"

func isCaller(function string) bool {
	if strings.HasPrefix(function, "main.") {
		return true
	}
	for _, notTheirs := range []string{"github.com/aws/", "github.com/cdklabs/"} {
		if strings.HasPrefix(function, notTheirs) {
			return false
		}
	}
	if strings.HasPrefix(function, this) {
		return strings.HasPrefix(function, this+"examples/")
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" && strings.HasPrefix(function, info.Main.Path+"/") {
		return true
	}
	first, _, found := strings.Cut(function, "/")
	return found && strings.Contains(first, ".") // packages of Go itself have no host in their path
}

// relative shortens a path below the working directory, so that it reads as the user would write it.
func relative(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}
