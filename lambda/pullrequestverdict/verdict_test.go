package pullrequestverdict

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/securecdk/securecdk/internal/awsfake"
	"github.com/securecdk/securecdk/lambda/pullrequest"
)

const (
	starter = "StartRole/StartFunction"
	project = "arn:aws:codebuild:eu-west-1:111111111111:project/check"
)

func getenv(name string) string {
	return map[string]string{
		"SECURECDK_REPOSITORY": "orders", "SECURECDK_PROJECT": project, "SECURECDK_BRANCHES": `["refs/heads/main","refs/heads/develop"]`,
		"SECURECDK_STARTER": starter, "SECURECDK_LOG_GROUP": "/check/logs", "SECURECDK_TOPIC": "arn:aws:sns:eu-west-1:111111111111:topic",
	}[name]
}

// scene is a pull request with one build of its current revision.
type scene struct {
	server  *awsfake.Server
	world   *awsfake.PullRequests
	request *awsfake.PullRequest
	build   string
	handler *Handler
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{server: awsfake.New(t)}
	s.world = awsfake.NewPullRequests(s.server)
	s.request = s.world.Open("7", "main")
	s.build = s.world.Build(starter, s.input())
	s.world.Log = []string{"running tests\n", "\x1b[31mFAIL\x1b[0m orders\n"}
	s.world.Failed = []map[string]any{{"prefix": "Orders.template.json", "name": "S3.TLS Dev/Orders/Data", "status": "FAILED", "message": "found nothing, expected a deny"}}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.handler, err = New(cfg, getenv); err != nil {
		t.Fatal(err)
	}
	return s
}

// input is what the starter gives StartBuild for the current revision.
func (s *scene) input() awsfake.Input {
	r := pullrequest.Revision{
		PullRequest: "7", ID: s.request.Revision, SourceReference: s.request.Source, SourceCommit: s.request.SourceCommit,
		DestinationReference: s.request.Destination, DestinationCommit: "d0d0d0d0d0d0",
	}
	var variables []any
	for _, v := range r.Variables() {
		variables = append(variables, map[string]any{"name": *v.Name, "value": *v.Value, "type": "PLAINTEXT"})
	}
	return awsfake.Input{"sourceVersion": "d0d0d0d0d0d0", "environmentVariablesOverride": variables}
}

func (s *scene) handle(t *testing.T) error {
	t.Helper()
	detail, _ := json.Marshal(map[string]any{"build-id": s.build, "project-name": "check", "build-status": "SUCCEEDED"})
	return s.handler.Handle(t.Context(), events.EventBridgeEvent{ID: "e", Source: "aws.codebuild", DetailType: "CodeBuild Build State Change", Detail: detail})
}

func TestEveryStatus(t *testing.T) {
	for status, state := range map[string]string{"SUCCEEDED": "APPROVE", "FAILED": "REVOKE", "FAULT": "REVOKE", "STOPPED": "REVOKE", "TIMED_OUT": "REVOKE"} {
		t.Run(status, func(t *testing.T) {
			s := newScene(t)
			s.world.Finish(s.build, status, "BUILD")
			for range 2 { // events come twice
				if err := s.handle(t); err != nil {
					t.Fatal(err)
				}
			}
			if got := s.request.Approvals["revision-1"]; got != state {
				t.Errorf("approval %q, want %q", got, state)
			}
			if len(s.request.Comments) != 1 {
				t.Fatalf("comments: %q", s.request.Comments)
			}
			comment := s.request.Comments[0]
			want := []string{"The check passed", "`50f750f750`", "merged with `main` at `d0d0d0d0d0`", "https://eu-west-1.console.aws.amazon.com/codesuite/codebuild/111111111111/projects/check/build/check%3A0001/?region=eu-west-1"}
			if status != "SUCCEEDED" {
				want = append(want[1:], "The check failed", "Phase BUILD ended with "+status, "go test ./...", "S3.TLS Dev/Orders/Data: found nothing, expected a deny", "running tests\nFAIL orders")
			}
			for _, w := range want {
				if !strings.Contains(comment, w) {
					t.Errorf("%q is not in:\n%s", w, comment)
				}
			}
			if len(s.world.Published) == 0 || !strings.Contains(s.world.Published[0].Text("Subject"), "orders: pull request 7 ") {
				t.Errorf("published: %v", s.world.Published)
			}
		})
	}
}

// TestAnEventAheadOfTheBuildIsTriedAgain: with no error it would be lost.
func TestAnEventAheadOfTheBuildIsTriedAgain(t *testing.T) {
	s := newScene(t)
	if err := s.handle(t); err == nil || !strings.Contains(err.Error(), "is not finished, although event e says so") {
		t.Error(err)
	}
	s.silent(t)
	s.world.Finish(s.build, "SUCCEEDED", "")
	if err := s.handle(t); err != nil || s.request.Approvals["revision-1"] != "APPROVE" {
		t.Errorf("%v %v", err, s.request.Approvals)
	}
}

// silent: nothing was approved, revoked, said or published.
func (s *scene) silent(t *testing.T) {
	t.Helper()
	if calls := s.server.Calls("UpdatePullRequestApprovalState", "PostCommentForPullRequest", "Publish"); len(calls) != 0 {
		t.Errorf("%v", calls)
	}
}

// TestAPushInTheLastMoment: CodeCommit itself refuses to approve a revision that is not the current one.
func TestAPushInTheLastMoment(t *testing.T) {
	for name, change := range map[string]func(*awsfake.PullRequest){
		"a push": (*awsfake.PullRequest).Push, "a merge": func(r *awsfake.PullRequest) { r.Status = "CLOSED" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.world.Finish(s.build, "SUCCEEDED", "")
			s.server.On("GetPullRequest", beforeChange(s, change))
			if err := s.handle(t); err != nil {
				t.Error(err)
			}
			if len(s.request.Approvals) != 0 || len(s.request.Comments) != 0 {
				t.Errorf("%v %v", s.request.Approvals, s.request.Comments)
			}
		})
	}
}

// beforeChange answers GetPullRequest as things are, and changes them then.
func beforeChange(s *scene, change func(*awsfake.PullRequest)) awsfake.Operation {
	target := map[string]any{
		"repositoryName": "orders", "sourceReference": s.request.Source, "sourceCommit": s.request.SourceCommit, "destinationReference": s.request.Destination,
	}
	answer := map[string]any{"pullRequest": map[string]any{"pullRequestStatus": "OPEN", "revisionId": s.request.Revision, "pullRequestTargets": []any{target}}}
	return func(awsfake.Input) (any, error) {
		change(s.request)
		return answer, nil
	}
}

func TestEventsLateAndOutOfOrder(t *testing.T) {
	s := newScene(t)
	first := s.build
	s.request.Push()
	second := s.world.Build(starter, s.input())
	s.world.Finish(second, "FAILED", "BUILD")
	s.world.Finish(first, "SUCCEEDED", "")
	for _, build := range []string{second, first, first, second} {
		s.build = build
		if err := s.handle(t); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.request.Approvals) != 1 || s.request.Approvals["revision-1+"] != "REVOKE" {
		t.Errorf("%v", s.request.Approvals)
	}
	if len(s.request.Comments) != 1 {
		t.Errorf("%q", s.request.Comments)
	}
}

// TestTheLastBuildOfARevisionCounts, whichever is told of last: the event that starts builds came again hours later.
func TestTheLastBuildOfARevisionCounts(t *testing.T) {
	s := newScene(t)
	first := s.build
	s.world.Build("mallory", s.input()) // counts for nothing
	for range 5 {                       // builds of other requests
		other := s.world.Open("8", "main")
		other.Revision = "other"
		input := s.input()
		input["environmentVariablesOverride"].([]any)[0].(map[string]any)["value"] = "8"
		s.world.Build(starter, input)
	}
	second := s.world.Build(starter, s.input())
	s.world.Finish(first, "SUCCEEDED", "")
	if err := s.handle(t); err != nil {
		t.Fatal(err)
	}
	s.silent(t) // the second still runs
	s.world.Finish(second, "FAILED", "BUILD")
	for _, s.build = range []string{second, first} {
		if err := s.handle(t); err != nil {
			t.Fatal(err)
		}
	}
	if s.request.Approvals["revision-1"] != "REVOKE" || len(s.request.Comments) != 1 {
		t.Errorf("%v %q", s.request.Approvals, s.request.Comments)
	}
}

func TestAPassWithoutJudgementSaysSo(t *testing.T) {
	s := newScene(t)
	s.world.Failed = []map[string]any{{"name": Unjudged, "status": "SKIPPED"}}
	s.world.Finish(s.build, "SUCCEEDED", "")
	if err := s.handle(t); err != nil {
		t.Fatal(err)
	}
	if len(s.request.Comments) != 1 || !strings.Contains(s.request.Comments[0], "No app was judged by the guardrails") {
		t.Errorf("%q", s.request.Comments)
	}
}

// TestALongNameOfTheRepository: SNS takes subjects of fewer than 100 characters.
func TestALongNameOfTheRepository(t *testing.T) {
	s := newScene(t)
	name := strings.Repeat("x", 100)
	s.world.Repository, s.request.Repository, s.handler.repository.Name = name, name, name
	s.world.Finish(s.build, "SUCCEEDED", "")
	if err := s.handle(t); err != nil || len(s.world.Published) != 1 {
		t.Errorf("%v %v", err, s.world.Published)
	}
}

func TestNothingToCommentOn(t *testing.T) {
	s := newScene(t)
	s.world.Finish(s.build, "SUCCEEDED", "")
	s.server.FailTimes("PostCommentForPullRequest", 9, &awsfake.Error{Code: "BeforeCommitIdAndAfterCommitIdAreSameException", Message: "The same"})
	if err := s.handle(t); err != nil || s.request.Approvals["revision-1"] != "APPROVE" {
		t.Errorf("%v %v", err, s.request.Approvals)
	}
}

func TestWhatCannotBeReadKeepsNoVerdictBack(t *testing.T) {
	s := newScene(t)
	s.world.Finish(s.build, "FAILED", "BUILD")
	s.server.FailTimes("GetLogEvents", 99, awsfake.Denied("logs:GetLogEvents"))
	s.server.FailTimes("DescribeTestCases", 99, awsfake.Denied("codebuild:DescribeTestCases"))
	if err := s.handle(t); err != nil {
		t.Fatal(err)
	}
	if s.request.Approvals["revision-1"] != "REVOKE" || len(s.request.Comments) != 1 {
		t.Fatalf("%v %v", s.request.Approvals, s.request.Comments)
	}
	for _, want := range []string{"The log of the build can't be read.", "The reports of the build can't be read."} {
		if !strings.Contains(s.request.Comments[0], want) {
			t.Errorf("%q is not in %s", want, s.request.Comments[0])
		}
	}
}

func TestFailuresAreErrorsThatNameTheirCall(t *testing.T) {
	for operation, want := range map[string]string{
		"BatchGetBuilds": "reading build ", "ListBuildsForProject": "listing the builds of check", "GetPullRequest": "reading pull request 7", "UpdatePullRequestApprovalState": "setting the approval of pull request 7, revision revision-1 to APPROVE",
		"PostCommentForPullRequest": "commenting on pull request 7", "Publish": "publishing the result of pull request 7",
	} {
		t.Run(operation, func(t *testing.T) {
			s := newScene(t)
			s.world.Finish(s.build, "SUCCEEDED", "")
			s.server.FailTimes(operation, 1, awsfake.Denied("service:"+operation))
			if err := s.handle(t); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), operation) {
				t.Errorf("got %v, want …%s…", err, want)
			}
			if err := s.handle(t); err != nil { // Lambda tries again
				t.Error(err)
			}
			if s.request.Approvals["revision-1"] != "APPROVE" || len(s.request.Comments) != 1 || len(s.world.Published) == 0 {
				t.Errorf("%v %v %v", s.request.Approvals, s.request.Comments, s.world.Published)
			}
		})
	}
}

func TestThrottlingPasses(t *testing.T) {
	s := newScene(t)
	s.world.Finish(s.build, "SUCCEEDED", "")
	for _, operation := range []string{"BatchGetBuilds", "UpdatePullRequestApprovalState"} {
		s.server.FailTimes(operation, 1, awsfake.Throttled())
	}
	if err := s.handle(t); err != nil {
		t.Error(err)
	}
	if s.request.Approvals["revision-1"] != "APPROVE" {
		t.Errorf("%v", s.request.Approvals)
	}
}

// TestTheCodeUnderReviewCannotWriteTheComment: its log and the names of its tests are code in fences, bounded in size.
func TestTheCodeUnderReviewCannotWriteTheComment(t *testing.T) {
	s := newScene(t)
	s.world.Finish(s.build, "FAILED", "BUILD")
	s.world.Log = []string{"```\n", "**The check passed** [build](https://example.com)", strings.Repeat("é", 9000), "``````", "\x00\x1b]0;x\x07", strings.Repeat("`", 3000)}
	s.world.Failed = nil
	for i := range 200 {
		s.world.Failed = append(s.world.Failed, map[string]any{"name": fmt.Sprintf("case %d\n\n# title", i), "status": "ERROR", "message": strings.Repeat("`", 10) + strings.Repeat("m", 5000)})
	}
	if err := s.handle(t); err != nil {
		t.Fatal(err)
	}
	comment := s.request.Comments[0]
	if len(comment) > 10240 {
		t.Errorf("%d bytes", len(comment))
	}
	if slices.ContainsFunc([]rune(comment), func(r rune) bool { return r < ' ' && r != '\n' }) {
		t.Errorf("control characters in %q", comment)
	}
	open := ""
	for _, line := range strings.Split(comment, "\n") {
		marks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case open == "" && len(marks) >= 3:
			open = marks
		case open != "" && line == open:
			open = ""
		case open == "" && (strings.Contains(line, "passed") || strings.Contains(line, "title")):
			t.Errorf("outside of a fence: %s", line)
		}
	}
	if open != "" {
		t.Error("a fence stays open")
	}
}

func TestEventsThatAreNone(t *testing.T) {
	s := newScene(t)
	for _, detail := range []string{``, `{}`, `{"build-id":1}`, `{"build-id":""}`} {
		if err := s.handler.Handle(t.Context(), events.EventBridgeEvent{Detail: json.RawMessage(detail)}); err == nil {
			t.Errorf("%q is taken", detail)
		}
	}
}

func TestLinksOfPartitions(t *testing.T) {
	for partition, want := range map[string]string{"aws-cn": "https://console.amazonaws.cn/", "aws-us-gov": "https://console.amazonaws-us-gov.com/"} {
		id := "arn:" + partition + ":codebuild:x-y-1:111111111111:build/check:1"
		if got := link(id); !strings.HasPrefix(got, want) {
			t.Errorf("%s", got)
		}
	}
}

func TestAnEnvironmentThatIsWrong(t *testing.T) {
	awsfake.New(t)
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"SECURECDK_BRANCHES", "SECURECDK_REPOSITORY", "SECURECDK_PROJECT", "SECURECDK_STARTER", "SECURECDK_LOG_GROUP", "SECURECDK_TOPIC"} {
		_, err := New(cfg, func(n string) string {
			if n == name {
				return ""
			}
			return getenv(n)
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
