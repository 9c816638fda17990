package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/template"
)

// maxTemplate bounds what is read of one template. CloudFormation takes 1 MB ("AWS CloudFormation quotas").
const maxTemplate = 16 << 20

// judge judges inputs, several at a time. Of each it keeps the findings only.
type judge struct {
	controls []*controls.Control
	stdin    io.Reader
	progress *progress
	cores    chan struct{} // has room for as many as may parse or evaluate at a time
}

// all returns the findings in the order of the inputs, and what could not be judged.
func (j *judge) all(inputs []*input, jobs int) ([]controls.Finding, []error) {
	j.cores = make(chan struct{}, jobs)
	findings, errs := make([][]controls.Finding, len(inputs)), make([]error, len(inputs))
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(jobs, len(inputs)) {
		wait.Go(func() {
			for i := range next {
				findings[i], errs[i] = j.one(inputs[i])
			}
		})
	}
	for i := range inputs {
		next <- i
	}
	close(next)
	wait.Wait()
	return joined(findings), errs
}

func joined(parts [][]controls.Finding) []controls.Finding {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	all := make([]controls.Finding, 0, n)
	for i, p := range parts {
		all = append(all, p...)
		parts[i] = nil
	}
	return all
}

func (j *judge) one(in *input) (findings []controls.Finding, err error) {
	defer recovered(in.String(), &err)
	var templates []*template.Template
	if in.assembly == nil {
		t, err := j.parse(in.name)
		if err != nil {
			return nil, err
		}
		templates = []*template.Template{t}
	} else if templates, err = in.assembly.Read(j.parse); err != nil {
		return nil, err
	}
	j.use(func() { findings = j.evaluate(in, templates) })
	j.progress.add(len(templates))
	return findings, nil
}

// use waits for a core.
func (j *judge) use(f func()) {
	j.cores <- struct{}{}
	defer func() { <-j.cores }()
	f()
}

func (j *judge) parse(name string) (t *template.Template, err error) {
	j.use(func() {
		defer recovered(name, &err)
		t, err = j.read(name)
	})
	j.progress.add(1)
	return t, err
}

// recovered turns a panic into an error about the file.
func recovered(name string, err *error) {
	if problem := recover(); problem != nil {
		*err = fmt.Errorf("%s: %w", name, internalError(problem))
	}
}

func (j *judge) read(name string) (*template.Template, error) {
	from := j.stdin
	if name == stdinArgument {
		name = stdinName
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w; correct the name, or synthesize the assembly anew", name, cause(err))
		}
		defer f.Close()
		from = f
	}
	data, err := io.ReadAll(io.LimitReader(from, maxTemplate+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	case len(data) > maxTemplate:
		return nil, fmt.Errorf("%s: more than %d MiB, and CloudFormation takes 1 MB; split the template", name, maxTemplate>>20)
	}
	t, err := template.Parse(name, data)
	if err != nil {
		return nil, fmt.Errorf("%w; correct the template, or leave it out", err)
	}
	return t, nil
}

// evaluate leaves exceptions out, which are judged once, by all findings of the run; so the day does not matter.
func (j *judge) evaluate(in *input, templates []*template.Template) []controls.Finding {
	result := controls.Evaluate(templates, j.controls, nil, time.Time{})
	var kept []controls.Finding
	k := keeper{templates: map[*template.Template]*template.Template{}}
	for _, f := range result.Findings {
		if in.reports(f.Resource.Template.Name) {
			kept = append(kept, k.keep(f))
		}
	}
	return kept
}

// keeper cuts findings off the templates that they are about, so that these need not stay in memory.
type keeper struct {
	templates map[*template.Template]*template.Template
	last      *template.Resource // as it was, and as it is kept
	kept      *template.Resource
}

func (k *keeper) keep(f controls.Finding) controls.Finding {
	r := f.Resource
	if r != k.last {
		t := k.templates[r.Template]
		if t == nil {
			t = &template.Template{Name: r.Template.Name}
			k.templates[r.Template] = t
		}
		k.last, k.kept = r, &template.Resource{LogicalID: r.LogicalID, Type: r.Type, Path: r.Path, Template: t}
	}
	f.Resource = k.kept
	return f
}
