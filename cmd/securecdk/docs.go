package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/testdata"
)

// indexPage is what hosts of code show for a folder.
const indexPage = "README.md"

func writeDocs(dir string) error {
	pages, err := docPages()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%s: %w; name a folder that can be written to", dir, cause(err))
	}
	for name, text := range pages {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return fmt.Errorf("%s: %w; name a folder that can be written to", file, cause(err))
		}
	}
	return nil
}

// docPages returns the pages by file name: one for each control, and the index.
func docPages() (map[string]string, error) {
	pages := map[string]string{}
	var index strings.Builder
	index.WriteString("# Controls\n\nWhat templates are judged by. The pages are written by `securecdk controls docs`.\n\n" +
		"| control | what it demands | severity |\n| --- | --- | --- |\n")
	for _, c := range controls.All() {
		page, err := docPage(c)
		if err != nil {
			return nil, err
		}
		pages[c.ID+".md"] = page
		fmt.Fprintf(&index, "| [%s](%[1]s.md) | %s | %s |\n", c.ID, markdown(c.Title), c.Severity)
	}
	pages[indexPage] = index.String()
	return pages, nil
}

func docPage(c *controls.Control) (string, error) {
	bad, err := example(c, controls.NonCompliant)
	if err != nil {
		return "", err
	}
	good, err := example(c, controls.Compliant)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s.\n\n%s\n\n", c.ID, markdown(c.Title), markdown(c.Story))
	fmt.Fprintf(&b, "- Severity: %s\n- Judges: %s\n- Needed %s\n", c.Severity, code(c.Types), neededText(c))
	fmt.Fprintf(&b, "\n## Example\n\nBad, %s\n\nGood, %s\n", bad, good)
	fmt.Fprintf(&b, "\n## Why\n\n%s\n\n## How to fix\n\n%s\n", markdown(c.Rationale), markdown(c.Remedy))
	b.WriteString("\n## Verdicts\n\n| given | then | fixture |\n| --- | --- | --- |\n")
	for _, s := range c.Scenarios {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", markdown(s.Given), markdown(s.Then), code([]string{s.Fixture}))
	}
	b.WriteString("\n## Mappings\n\n| framework | ids |\n| --- | --- |\n")
	for _, m := range c.Mappings {
		fmt.Fprintf(&b, "| %s | %s |\n", markdown(string(m.Framework)), code(m.IDs))
	}
	return b.String(), nil
}

// example shows the first scenario with the verdict whose fixture is one template, in YAML if there is one: what is given,
// and the template. Of a fixture that is a folder one file would not show the point.
func example(c *controls.Control, v controls.Verdict) (string, error) {
	for _, language := range []string{"yaml", "json"} {
		for _, s := range c.Scenarios {
			if !strings.HasSuffix(s.Fixture, "."+strings.ReplaceAll(v.String(), " ", "-")+"."+language) {
				continue
			}
			text, err := fs.ReadFile(testdata.Fixtures, s.Fixture)
			if err != nil {
				return "", fmt.Errorf("%s: %w", c.ID, err)
			}
			return fmt.Sprintf("%s:\n\n```%s\n%s\n```", markdown(s.Given), language, strings.TrimSpace(string(text))), nil
		}
	}
	return "", fmt.Errorf("%s: no scenario with a template that is %s", c.ID, v)
}

var escaper = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "]", `\]`, "`", "\\`", "|", `\|`)

// markdown escapes what would be taken for markup.
func markdown(text string) string { return escaper.Replace(text) }

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
