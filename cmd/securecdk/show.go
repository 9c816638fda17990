package main

import (
	"fmt"
	"strings"

	"github.com/securecdk/securecdk/controls"
)

const textWidth = 100

func controlByID(id string) (*controls.Control, error) {
	if c, ok := controls.ByID(strings.ToUpper(id)); ok {
		return c, nil
	}
	return nil, fmt.Errorf("there is no control %s; see securecdk controls list", id)
}

// showText is all that the catalogue says of a control.
func showText(c *controls.Control) string {
	var b strings.Builder
	section := func(title, text string) { fmt.Fprintf(&b, "\n%s\n%s", title, wrap(text, "  ")) }
	fmt.Fprintf(&b, "%s  %s (%s)\n", c.ID, c.Title, c.Severity)
	section("Judges", strings.Join(c.Types, ", "))
	section("Needed", neededText(c))
	section("Story", c.Story)
	fmt.Fprint(&b, "\nScenarios\n")
	for _, s := range c.Scenarios {
		b.WriteString(wrap(fmt.Sprintf("Given %s, when %s, then %s (%s).", s.Given, s.When, s.Then, s.Fixture), "  "))
	}
	section("Why", c.Rationale)
	section("How to fix", c.Remedy)
	fmt.Fprint(&b, "\nMappings\n")
	for _, m := range c.Mappings {
		b.WriteString(wrap(fmt.Sprintf("%s: %s", m.Framework, strings.Join(m.IDs, ", ")), "  "))
	}
	return b.String()
}

// neededText says which ratings of the data call for the control.
func neededText(c *controls.Control) string {
	var parts []string
	for _, n := range needs(c.Needed) {
		parts = append(parts, fmt.Sprintf("%s is rated %s", n.quality, n.rating))
	}
	return "from where " + strings.Join(parts, ", or ")
}

// wrap breaks text into indented lines.
func wrap(text, indent string) string {
	var b strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		switch {
		case line == indent:
			line += word
		case len(line)+1+len(word) > textWidth:
			b.WriteString(line + "\n")
			line = indent + word
		default:
			line += " " + word
		}
	}
	return b.String() + line + "\n"
}
