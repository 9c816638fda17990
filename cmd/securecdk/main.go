package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
)

func main() {
	os.Exit(run(os.Args[1:], environment{
		stdin:       os.Stdin,
		stdout:      os.Stdout,
		stderr:      os.Stderr,
		now:         time.Now,
		interactive: isatty.IsTerminal(os.Stderr.Fd()) && os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb",
	}))
}

// environment is what the command has of the process.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	interactive    bool // stderr is a terminal that somebody looks at
}

// run carries out one command line and returns the exit code.
func run(args []string, env environment) (code int) {
	defer func() {
		if problem := recover(); problem != nil {
			complain(env.stderr, internalError(problem))
			code = exitUnjudged
		}
	}()
	root := newRoot(env)
	root.SetArgs(args)
	return exitCode(env.stderr, root.Execute())
}

func internalError(problem any) error {
	return fmt.Errorf("internal error: %v; this is a mistake in securecdk: please report it, with the template", problem)
}
