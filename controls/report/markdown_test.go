package report_test

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/securecdk/securecdk/controls"
)

// rendered is Markdown as HTML, as a host that lets HTML through and makes links of addresses renders it.
func rendered(t *testing.T, markdown string) string {
	t.Helper()
	var b bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := md.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	inCode  = regexp.MustCompile(`(?s)<code>.*?</code>`)
	ours    = regexp.MustCompile(`</?(p|ul|li|strong|details|summary|br ?/?)>`)
	mention = regexp.MustCompile(`@[a-zA-Z]|#[0-9]|://|www\.`)
)

// breaksOut tells whether the HTML has an element that no report writes, or what a host would make a mention, a reference
// or a link of, outside of code.
func breaksOut(html string) bool {
	rest := ours.ReplaceAllString(inCode.ReplaceAllString(html, ""), "")
	return strings.Contains(rest, "<") || mention.MatchString(rest)
}

func TestMarkdownOfHostileText(t *testing.T) {
	whole := judgeHostile(t)
	if !breaksOut(rendered(t, "[a](https://b)")) || !breaksOut(rendered(t, "@b")) || !breaksOut(rendered(t, "<script>")) {
		t.Fatal("the test sees nothing")
	}
	// One attack at a time too: together they don't all fit.
	for i := range len(whole.Findings) / 3 {
		part := &controls.Result{Findings: whole.Findings[3*i : 3*i+3], Problems: whole.Problems[i : i+1]}
		checkMarkdown(t, part)
	}
	checkMarkdown(t, whole)
}

func checkMarkdown(t *testing.T, result *controls.Result) {
	t.Helper()
	got := string(written(t, "markdown", result))
	html := rendered(t, got)
	if breaksOut(html) || strings.Count(html, "<details>") != 1 || strings.Count(html, "</details>") != 1 {
		t.Errorf("%.3000s\n\nrendered\n%.3000s", got, html)
	}
	if strings.Contains(got, "``") {
		t.Errorf("two backticks open code that goes on until two others in\n%s", got)
	}
	if strings.Count(html, "<ul>") != strings.Count(html, "</ul>") || !strings.HasSuffix(got, "\n\n</details>\n") {
		t.Errorf("something is not closed in\n%s", got)
	}
	checkSize(t, got)
}

func checkSize(t *testing.T, got string) {
	t.Helper()
	if len(got) > 10_000 || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid %t", len(got), utf8.ValidString(got))
	}
}

var item = regexp.MustCompile(`(?m)^- .* in .* is (non-compliant|unknown): `)

func TestMarkdownListsTheWorstFirstAndCountsTheRest(t *testing.T) {
	for _, n := range []int{1, 2, 500} {
		result := many(n)
		got := string(written(t, "markdown", result))
		checkSize(t, got)
		failures := len(result.Failures())
		listed := len(item.FindAllString(got, -1))
		if listed == 0 || listed > 20 || listed < failures && !strings.Contains(got, "\n\n… and "+strconv.Itoa(failures-listed)+" more\n") {
			t.Errorf("%d of %d listed in\n%s", listed, failures, got)
		}
		rank := map[string]int{"critical": 0, "high": 1, "medium": 2, "low": 3}
		last, heads := 0, regexp.MustCompile(`(?m)^\*\*(.*)\*\* \((\w+)\): .*\nFix: .*\n\n- `).FindAllStringSubmatch(got, -1)
		seen := map[string]bool{}
		for _, h := range heads {
			if r, known := rank[h[2]]; !known || r < last || seen[h[1]] {
				t.Errorf("%s (%s) comes too late, or twice", h[1], h[2])
			} else {
				last = r
			}
			seen[h[1]] = true
		}
		if len(heads) != strings.Count(got, "\nFix: ") || !strings.Contains(got, "**Wrong in the exceptions**") ||
			!strings.Contains(got, "<summary>Accepted risks: "+strconv.Itoa(failures)+"</summary>") {
			t.Errorf("%d controls in\n%s", len(heads), got)
		}
	}
}

func TestMarkdownPutsWhatIsSurelyWrongBeforeWhatIsUnknown(t *testing.T) {
	result := judge(t)
	result.Findings[0], result.Findings[len(result.Findings)-1] = result.Findings[len(result.Findings)-1], result.Findings[0]
	got := string(written(t, "markdown", result))
	if wrong, unknown := strings.Index(got, " is non-compliant: "), strings.Index(got, " is unknown: "); wrong < 0 || unknown < wrong {
		t.Error(got)
	}
}

func TestMarkdownOfAPass(t *testing.T) {
	for want, result := range map[string]*controls.Result{
		"**The guardrails hold:** nothing to judge\n": {},
		"**The guardrails hold:** 1 compliant\n":      {Findings: []controls.Finding{{Control: controls.All()[0], Verdict: controls.Compliant}}},
	} {
		if got := string(written(t, "markdown", result)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMarkdownCountsOneThing(t *testing.T) {
	result := judge(t)
	result.Findings = nil
	if got := string(written(t, "markdown", result)); !strings.HasPrefix(got, "**1 thing calls for action:** 1 wrong in the exceptions\n") {
		t.Error(got)
	}
}
