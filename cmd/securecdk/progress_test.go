package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestTheBarSaysHowFarItIs(t *testing.T) {
	p := &progress{total: 8}
	for _, want := range []string{
		"\rjudging [                              ]   0%",
		"\rjudging [=======                       ]  25%",
		"\rjudging [===============               ]  50%",
	} {
		if got := p.bar(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		p.add(2)
	}
	p.add(100) // nested stacks that nobody had counted
	if got := p.bar(); !strings.HasSuffix(got, "[==============================] 100%") {
		t.Errorf("%q", got)
	}
}

func TestTheBarIsTakenAway(t *testing.T) {
	var w bytes.Buffer
	p := &progress{w: &w, total: 1, quit: make(chan struct{}), ended: make(chan struct{})}
	go p.draw(0)
	time.Sleep(20 * time.Millisecond)
	p.stop()
	if got := w.String(); !strings.HasPrefix(got, "\rjudging [") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("%q", got)
	}
}

func TestNoBarForShortWorkNorForABuild(t *testing.T) {
	for _, interactive := range []bool{true, false} {
		var errs bytes.Buffer
		env := environment{stdin: strings.NewReader(good), stdout: &bytes.Buffer{}, stderr: &errs, now: time.Now, interactive: interactive}
		if code := run([]string{"check", "-"}, env); code != exitHolds || errs.Len() > 0 {
			t.Errorf("%d, %q", code, errs.String())
		}
	}
	if newProgress(environment{}, nil) != nil {
		t.Error("a bar that nobody sees")
	}
}
