package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/securecdk/securecdk/controls/report"
)

// The exit codes.
const (
	exitHolds    = 0
	exitFindings = 1
	exitUnjudged = 2
)

const exitCodes = `Exit codes:
  0  it holds
  1  there are findings, or entries of the exception register that don't hold
  2  it could not be judged: a wrong flag, or a file that can't be read or parsed`

// errFindings ends a command whose output has already said what is wrong.
var errFindings = errors.New("findings")

func exitCode(stderr io.Writer, err error) int {
	switch {
	case err == nil:
		return exitHolds
	case errors.Is(err, errFindings):
		return exitFindings
	}
	complain(stderr, err)
	return exitUnjudged
}

// complain writes each of joined errors on a line of its own.
func complain(stderr io.Writer, err error) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			complain(stderr, e)
		}
		return
	}
	fmt.Fprintln(stderr, "securecdk: "+report.Printable(err.Error()))
}
