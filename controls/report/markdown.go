package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
)

// A comment holds 10,240 characters in CodeCommit ("Quotas in AWS CodeCommit"), more elsewhere. Each section has its part
// of 10,000 bytes, so that none crowds out another.
const (
	maxFailures = 6_500
	maxProblems = 1_500
	maxAccepted = 1_500
	// maxListed is how many failures are listed.
	maxListed = 20
)

// Markdown writes the result as the comment of a pull request: whether anything calls for action, with the counts; the
// first 20 findings that do, the most severe controls first, each control with its fix once; problems of the exception
// register; and accepted risks, folded. It is never longer than 10,000 bytes: what does not fit is counted. The same
// result always gives the same bytes.
//
// What templates and registers say stands in code spans, where it can be neither markup, link nor mention.
func Markdown(w io.Writer, result *controls.Result) error {
	parts := []string{verdictLine(result), failureList(result.Failures()), problemList(result.Problems), acceptedList(result.Findings)}
	_, err := io.WriteString(w, paragraphs(parts)+"\n")
	return err
}

func verdictLine(result *controls.Result) string {
	switch n := countOf(result).actions(); n {
	case 0:
		return "**The guardrails hold:** " + Summary(result)
	case 1:
		return "**1 thing calls for action:** " + Summary(result)
	default:
		return fmt.Sprintf("**%d things call for action:** %s", n, Summary(result))
	}
}

// failureList has a paragraph and a list for each control. What does not fit is left out from the end, and counted.
func failureList(failures []controls.Finding) string {
	slices.SortStableFunc(failures, func(a, b controls.Finding) int {
		return cmp.Or(cmp.Compare(b.Control.Severity, a.Control.Severity), strings.Compare(a.Control.ID, b.Control.ID),
			cmp.Compare(a.Verdict, b.Verdict))
	})
	var b strings.Builder
	listed := 0
	for ; listed < min(len(failures), maxListed); listed++ {
		f := &failures[listed]
		text := failureItem(f)
		if listed == 0 || failures[listed-1].Control.ID != f.Control.ID {
			text = failureHead(f.Control) + text
		}
		if b.Len()+len(text) > maxFailures {
			break
		}
		b.WriteString(text)
	}
	return strings.TrimSpace(b.String() + more(len(failures)-listed))
}

func failureHead(c *controls.Control) string {
	return fmt.Sprintf("\n**%s** (%s): %s\nFix: %s\n\n", escaped(clip(c.ID, 100)), c.Severity, escaped(clip(c.Title, 200)), code(clip(c.Remedy, 600)))
}

func failureItem(f *controls.Finding) string {
	return fmt.Sprintf("- %s (%s in %s) is %s: %s\n", code(clip(f.Resource.ID(), 250)), code(clip(f.Resource.Type, 100)),
		code(clip(f.Resource.Template.Name, 150)), f.Verdict, code(clip(cause(f), 400)))
}

func problemList(problems []exceptions.Problem) string {
	var items []string
	for _, p := range problems {
		items = append(items, fmt.Sprintf("- %s is %s: %s\n", code(clip(fmt.Sprintf("%s:%d", p.Name, p.Line), 150)),
			escaped(clip(string(p.Kind), 50)), code(clip(p.Message, 400))))
	}
	if len(items) == 0 {
		return ""
	}
	return "**Wrong in the exceptions**\n\n" + fitting(items, maxProblems)
}

// acceptedList is folded where HTML is understood, and stands last where it is not.
func acceptedList(findings []controls.Finding) string {
	var items []string
	for i := range findings {
		f := &findings[i]
		if e := f.Exception; e != nil {
			items = append(items, fmt.Sprintf("- until %s: %s %s at %s (%s, approved by %s): %s\n", e.Expires.Format(time.DateOnly),
				escaped(clip(f.Control.ID, 100)), f.Verdict, code(clip(f.Resource.ID(), 250)), code(clip(e.Ticket, 100)), code(clip(e.Approver, 100)),
				code(clip(e.Reason, 300))))
		}
	}
	if len(items) == 0 {
		return ""
	}
	return fmt.Sprintf("<details>\n<summary>Accepted risks: %d</summary>\n\n%s\n\n</details>", len(items), fitting(items, maxAccepted))
}

// fitting joins the items that fit, and counts the others.
func fitting(items []string, size int) string {
	var b strings.Builder
	for i, item := range items {
		if b.Len()+len(item) > size {
			return strings.TrimSpace(b.String() + more(len(items)-i))
		}
		b.WriteString(item)
	}
	return strings.TrimSpace(b.String())
}

// more is the paragraph that counts what is left out.
func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("\n… and %d more", n)
}

// clip bounds a text to n bytes of printable characters, between two of them.
func clip(s string, n int) string {
	if s = Printable(s); len(s) <= n {
		return s
	}
	const mark = "…"
	for n -= len(mark); n > 0 && !utf8.RuneStart(s[n]); n-- {
	}
	return s[:n] + mark
}

// code sets text as code. Nothing in it is read as markup, a link or a mention.
func code(s string) string {
	s = strings.ReplaceAll(Printable(s), "`", "'")
	if strings.TrimSpace(s) == "" {
		return "" // two backticks alone would open code instead
	}
	return "`" + s + "`"
}

// escaped sets text as text: no markup, and a zero-width space where a host would make a mention, a reference or a link.
func escaped(s string) string { return escaper.Replace(Printable(s)) }

var escaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "&", `\&`, "~", `\~`, "|", `\|`, "$", `\$`,
	"!", `\!`, "@", "@\u200b", "#", "#\u200b", "://", ":\u200b//", "www.", "www\u200b.",
)
