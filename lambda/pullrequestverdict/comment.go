package pullrequestverdict

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cb "github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/securecdk/securecdk/lambda/pullrequest"
)

// A comment of CodeCommit holds 10,240 characters ("Quotas in AWS CodeCommit"). The parts are bounded so that all of them
// fit.
const (
	logLines     = 30
	logBytes     = 4000
	reportCount  = 5 // as many as CodeBuild takes of a build
	findingLines = 20
	findingBytes = 3500
	contextCount = 3
	lineBytes    = 400
)

// decoration is how long reports and log are read: what comes late keeps no result back.
const decoration = 20 * time.Second

// comment is the result as people read it. What the code under review wrote (its log, the names of its tests) stands in
// fences, so that it can't pretend to be anything else. What can't be read is said, and keeps no verdict back.
func (h *Handler) comment(ctx context.Context, build *cb.Build, tested *pullrequest.Revision, passed bool) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	add("**The check %s** for `%.10s`, merged with %s at `%.10s`: [build](%s)", outcome(passed), tested.SourceCommit, code(tested.Branch()), tested.DestinationCommit, link(aws.ToString(build.Arn)))
	ctx, cancel := context.WithTimeout(ctx, decoration)
	defer cancel()
	if passed {
		add("It approves this revision on the machine's behalf. A new push takes a new check.")
		if h.unjudged(ctx, build) {
			add("No app was judged by the guardrails: the build left no report of them.")
		}
		return strings.Join(parts, "\n\n")
	}
	add("%s", reason(build))
	if findings, err := h.findings(ctx, build); err != nil {
		slog.WarnContext(ctx, "the reports can't be read", "error", err.Error())
		add("The reports of the build can't be read.")
	} else if findings != "" {
		add("What its reports say:\n\n%s", fence(findings))
	}
	if lines, err := h.lastLines(ctx, build); err != nil {
		slog.WarnContext(ctx, "the log can't be read", "error", err.Error())
		add("The log of the build can't be read.")
	} else if lines != "" {
		add("The last lines of its log:\n\n%s", fence(lines))
	}
	return strings.Join(parts, "\n\n")
}

// reason names the phase that failed and why, or how the build ended when none did.
func reason(build *cb.Build) string {
	for _, phase := range build.Phases {
		if phase.PhaseStatus == "" || phase.PhaseStatus == cb.StatusTypeSucceeded {
			continue
		}
		text := fmt.Sprintf("Phase %s ended with %s.", phase.PhaseType, phase.PhaseStatus)
		for _, c := range phase.Contexts[:min(contextCount, len(phase.Contexts))] {
			if message := strings.TrimSpace(aws.ToString(c.StatusCode) + " " + aws.ToString(c.Message)); message != "" {
				text += "\n\n" + fence(clean(message))
			}
		}
		return text
	}
	return fmt.Sprintf("The build ended with %s.", build.BuildStatus)
}

// findings are the failed test cases of the build's reports: those of the guardrails, one a control and resource, and
// those of the tests.
func (h *Handler) findings(ctx context.Context, build *cb.Build) (string, error) {
	var lines []string
	more := false
	for _, report := range build.ReportArns[:min(reportCount, len(build.ReportArns))] {
		for _, status := range []string{"FAILED", "ERROR"} {
			out, err := h.builds.DescribeTestCases(ctx, &codebuild.DescribeTestCasesInput{
				ReportArn: aws.String(report), Filter: &cb.TestCaseFilter{Status: aws.String(status)}, MaxResults: aws.Int32(findingLines + 1),
			})
			if err != nil {
				return "", fmt.Errorf("reading report %s: %w", report, err)
			}
			more = more || out.NextToken != nil
			for _, c := range out.TestCases {
				lines = append(lines, strings.TrimSpace(clean(aws.ToString(c.Prefix)+" "+aws.ToString(c.Name))+": "+clean(aws.ToString(c.Message))))
			}
		}
	}
	if len(lines) > findingLines {
		lines, more = lines[:findingLines], true
	}
	if more {
		lines = append(lines, "… and more: see the reports of the build")
	}
	return first(lines, findingBytes), nil
}

// Unjudged is the name of the one test case of the report that the buildspec writes where the app wrote none.
const Unjudged = "no app was judged"

// unjudged tells whether the app was built and not judged.
func (h *Handler) unjudged(ctx context.Context, build *cb.Build) bool {
	for _, report := range build.ReportArns[:min(reportCount, len(build.ReportArns))] {
		out, err := h.builds.DescribeTestCases(ctx, &codebuild.DescribeTestCasesInput{
			ReportArn: aws.String(report), Filter: &cb.TestCaseFilter{Status: aws.String("SKIPPED"), Keyword: aws.String(Unjudged)}, MaxResults: aws.Int32(1),
		})
		if err != nil {
			slog.WarnContext(ctx, "the reports can't be read", "error", err.Error())
			continue
		}
		if len(out.TestCases) > 0 {
			return true
		}
	}
	return false
}

// lastLines are the end of the build's log, in the log group that the construct gave it.
func (h *Handler) lastLines(ctx context.Context, build *cb.Build) (string, error) {
	if build.Logs == nil || build.Logs.StreamName == nil {
		return "", nil // it ended before it wrote one
	}
	out, err := h.logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: &h.logGroup, LogStreamName: build.Logs.StreamName, Limit: aws.Int32(logLines), StartFromHead: aws.Bool(false),
	})
	if err != nil {
		return "", fmt.Errorf("reading the end of log stream %s of %s: %w", *build.Logs.StreamName, h.logGroup, err)
	}
	var lines []string
	for _, e := range out.Events {
		lines = append(lines, clean(aws.ToString(e.Message)))
	}
	for n := len(strings.Join(lines, "\n")); n > logBytes; n = len(strings.Join(lines, "\n")) {
		lines = lines[1:]
	}
	return strings.Join(lines, "\n"), nil
}

// first joins lines up to a size.
func first(lines []string, size int) string {
	var b strings.Builder
	for _, line := range lines {
		if b.Len()+len(line) > size {
			return b.String() + "…"
		}
		b.WriteString(line + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]") // colors

// clean makes one printable line of bounded length.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, escapes.ReplaceAllString(strings.ToValidUTF8(s, "�"), ""))
	s = strings.TrimSpace(ticks.ReplaceAllString(s, "''"))
	if len(s) > lineBytes {
		s = strings.ToValidUTF8(s[:lineBytes], "") + "…"
	}
	return s
}

// ticks could end a fence.
var ticks = regexp.MustCompile("```+")

// fence sets cleaned text as code.
func fence(text string) string { return "```text\n" + text + "\n```" }

// code sets a word as code.
func code(word string) string { return "`" + strings.ReplaceAll(clean(word), "`", "") + "`" }
