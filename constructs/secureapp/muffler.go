package secureapp

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"regexp"
)

// muffler stands in for os.Stderr while the app runs and takes out of what passes what jsii prints when it is ended,
// which users take for the error: that it waited twice for its child process, and, after a panic in the middle of a
// callback, that the child could not write any more.
type muffler struct {
	io.Writer
	pipe *os.File
	done chan struct{}
}

// muffle redirects os.Stderr. When that can't be done, standard error stays what it is.
func muffle() *muffler {
	r, w, err := os.Pipe()
	if err != nil {
		return &muffler{Writer: os.Stderr}
	}
	m := &muffler{Writer: os.Stderr, pipe: w, done: make(chan struct{})}
	os.Stderr = w
	go func() {
		defer close(m.done)
		pass(r, m.Writer)
	}()
	return m
}

// close waits until everything has passed. os.Stderr stays the closed pipe: the process ends, and what jsii's own
// goroutines still print is of no use.
func (m *muffler) close() {
	if m.pipe == nil {
		return
	}
	_ = m.pipe.Close()
	<-m.done
}

var (
	waitedTwice = []byte("Runtime process exited abnormally: waitid: no child processes")
	crashStart  = regexp.MustCompile(`^node:\S+:\d+\n`)
	crashEnd    = regexp.MustCompile(`^Node\.js v\d`)
)

// pass copies line by line. What looks like a crash of Node is held back until its last line tells which one it is.
func pass(from io.Reader, to io.Writer) {
	var held []byte
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		line = bytes.Replace(line, waitedTwice, nil, 1)
		switch {
		case held == nil && !crashStart.Match(line):
			_, _ = to.Write(line)
		case crashEnd.Match(line):
			if held = append(held, line...); !bytes.Contains(held, []byte("write EPIPE")) {
				_, _ = to.Write(held)
			}
			held = nil
		default:
			held = append(held, line...)
		}
		if err != nil {
			_, _ = to.Write(held)
			return
		}
	}
}
