package main

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// patience is how long a run may take before a bar appears.
	patience  = 500 * time.Millisecond
	redrawn   = 100 * time.Millisecond
	barLength = 30
)

// progress draws a bar for somebody who waits at a terminal. Each template counts twice: when it is read, and when it is
// judged. A nil progress draws nothing.
type progress struct {
	w     io.Writer
	total int
	done  atomic.Int64
	quit  chan struct{}
	ended chan struct{}
}

func newProgress(env environment, inputs []*input) *progress {
	if !env.interactive {
		return nil
	}
	total := 0
	for _, in := range inputs {
		if in.assembly != nil {
			total += 2 * len(in.assembly.Files())
		} else {
			total += 2
		}
	}
	p := &progress{w: env.stderr, total: max(total, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go p.draw(patience)
	return p
}

func (p *progress) add(n int) {
	if p != nil {
		p.done.Add(int64(n))
	}
}

// stop takes the bar away.
func (p *progress) stop() {
	if p != nil {
		close(p.quit)
		<-p.ended
	}
}

func (p *progress) draw(after time.Duration) {
	defer close(p.ended)
	drawn := false
	for wait := after; ; wait = redrawn {
		select {
		case <-p.quit:
			if drawn {
				fmt.Fprint(p.w, "\r\x1b[K")
			}
			return
		case <-time.After(wait):
			fmt.Fprint(p.w, p.bar())
			drawn = true
		}
	}
}

// bar is the line: judging [=====     ]  52%.
func (p *progress) bar() string {
	done := min(int(p.done.Load()), p.total)
	full := barLength * done / p.total
	return fmt.Sprintf("\rjudging [%s%s] %3d%%", strings.Repeat("=", full), strings.Repeat(" ", barLength-full), 100*done/p.total)
}
