package report

import (
	"io"

	"github.com/securecdk/securecdk/controls"
)

// Format is one way to write a result.
type Format struct {
	// Name is what the format is asked for by, such as "junit".
	Name string
	// File is the file's name beside an assembly.
	File string
	// Write writes the result. The same result always gives the same bytes.
	Write func(w io.Writer, result *controls.Result) error
}

// Formats returns every format, in the order in which they are offered: for a command line, or whatever else lets its
// user choose.
func Formats() []Format {
	return []Format{
		{"console", "securecdk.console.txt", Console},
		{"junit", "securecdk.junit.xml", JUnit},
		{"json", "securecdk.report.json", JSON},
		{"sarif", "securecdk.sarif.json", SARIF},
		{"markdown", "securecdk.report.md", Markdown},
	}
}
