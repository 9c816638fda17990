package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/internal/fault"
)

// console is the format for people. It goes to standard output unless another one does.
const console = "console"

// output is a format and where it goes: a file, or standard output for "".
type output struct {
	format
	file string
}

// parseOutputs reads the values of --format, NAME or NAME=FILE. No file may be one of those that are read.
func parseOutputs(values, read []string, faults *fault.List) []output {
	const flag = "--format"
	var outputs []output
	toStdout := 0
	files := map[string]bool{}
	for _, name := range read {
		files[filepath.Clean(name)] = true
	}
	for _, v := range values {
		name, file, toFile := strings.Cut(v, "=")
		f, known := findFormat(name)
		switch {
		case !known:
			faults.Add(flag, v, "NAME or NAME=FILE, with one of the names "+formatNames(), "")
		case toFile && file == "":
			faults.Add(flag, v, "a file after the =", "leave the = out for standard output")
		case toFile && files[filepath.Clean(file)]:
			faults.Add(flag, v, "a file that nothing else is in", "name another file")
		case !toFile && toStdout > 0:
			faults.Add(flag, v, "one format on standard output", "name a file for the others: "+name+"=FILE")
		default:
			outputs = append(outputs, output{f, file})
		}
		if toFile {
			files[filepath.Clean(file)] = true
		} else {
			toStdout++
		}
	}
	if toStdout == 0 {
		f, _ := findFormat(console)
		outputs = slices.Insert(outputs, 0, output{format: f})
	}
	return outputs
}

func findFormat(name string) (format, bool) {
	all := formats()
	i := slices.IndexFunc(all, func(f format) bool { return f.Name == name })
	if i < 0 {
		return format{}, false
	}
	return all[i], true
}

func formatNames() string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// write writes the report. The file of a report that could not be written whole is removed.
func (o output) write(stdout io.Writer, result *controls.Result) error {
	if o.file == "" {
		if err := o.print(stdout, result); err != nil {
			return fmt.Errorf("writing %s to standard output: %w", o.Name, err)
		}
		return nil
	}
	f, err := os.Create(o.file)
	if err != nil {
		return fmt.Errorf("%s: %w; name a file that can be written", o.file, cause(err))
	}
	err = o.print(f, result)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s to %s: %w", o.Name, o.file, err), o.forget())
	}
	return nil
}

func (o output) print(w io.Writer, result *controls.Result) error {
	b := bufio.NewWriter(w)
	if err := o.Write(b, result); err != nil {
		return err
	}
	return b.Flush()
}

// forget removes the report of an earlier run, which must not be taken for that of this one. What is no regular file, such
// as /dev/null, stays.
func (o output) forget() error {
	if info, err := os.Stat(o.file); err != nil || !info.Mode().IsRegular() {
		return nil //nolint:nilerr // what can't be looked at is told when it is written
	}
	if err := os.Remove(o.file); err != nil {
		return fmt.Errorf("%s: the report of an earlier run is in the way: %w; remove it", o.file, cause(err))
	}
	return nil
}

// cause is the error without the path, which the message has already.
func cause(err error) error {
	if at := new(os.PathError); errors.As(err, &at) {
		return at.Err
	}
	return err
}
