package pullrequeststart

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/awsfake"
)

var environment = map[string]string{
	"SECURECDK_REPOSITORY": "orders", "SECURECDK_PROJECT": "check", "SECURECDK_BRANCHES": `["refs/heads/main","refs/heads/develop"]`,
}

func getenv(name string) string { return environment[name] }

func handler(t *testing.T) *Handler {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(cfg, getenv)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// opened is the event of CodeCommit, in full. Everything in it but the number is out of date.
func opened(kind, id string) events.EventBridgeEvent {
	detail, _ := json.Marshal(map[string]any{
		"event": kind, "pullRequestId": id, "revisionId": "revision-0", "repositoryNames": []string{"orders"}, "sourceReference": "refs/heads/old",
		"destinationReference": "refs/heads/main", "sourceCommit": "0", "destinationCommit": "0", "pullRequestStatus": "Open", "isMerged": "False",
		"author": "arn:aws:sts::111111111111:assumed-role/Developer/jane", "callerUserArn": "arn:aws:sts::111111111111:assumed-role/Developer/jane",
	})
	return events.EventBridgeEvent{ID: "e", Source: "aws.codecommit", DetailType: "CodeCommit Pull Request State Change", Detail: detail}
}

func TestBuildsTheCurrentRevisionMergedWithTheTip(t *testing.T) {
	for _, kind := range []string{"pullRequestCreated", "pullRequestSourceBranchUpdated"} {
		t.Run(kind, func(t *testing.T) {
			server := awsfake.New(t)
			p := awsfake.NewPullRequests(server)
			p.Open("7", "main")
			if err := handler(t).Handle(t.Context(), opened(kind, "7")); err != nil {
				t.Fatal(err)
			}
			calls := server.Calls("StartBuild")
			if len(calls) != 1 {
				t.Fatalf("%d builds", len(calls))
			}
			got := calls[0].Input
			if token := got.Text("idempotencyToken"); len(token) != 64 {
				t.Errorf("token %q: CodeBuild takes 64 characters at most", token)
			}
			delete(got, "idempotencyToken")
			plain := func(name, value string) any {
				return map[string]any{"name": name, "value": value, "type": "PLAINTEXT"}
			}
			want := awsfake.Input{"projectName": "check", "sourceVersion": "d0d0d0d0d0d0", "environmentVariablesOverride": []any{
				plain("PULL_REQUEST_ID", "7"), plain("PULL_REQUEST_REVISION_ID", "revision-1"),
				plain("PULL_REQUEST_SOURCE_REFERENCE", "refs/heads/feature/x"), plain("PULL_REQUEST_SOURCE_COMMIT", "50f750f750f7"),
				plain("PULL_REQUEST_DESTINATION_REFERENCE", "refs/heads/main"), plain("PULL_REQUEST_DESTINATION_COMMIT", "d0d0d0d0d0d0"),
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAnEventThatComesTwiceStartsOneBuild(t *testing.T) {
	p := awsfake.NewPullRequests(awsfake.New(t))
	r := p.Open("7", "main")
	h := handler(t)
	for range 2 {
		if err := h.Handle(t.Context(), opened("pullRequestCreated", "7")); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.Builds) != 1 {
		t.Errorf("%d builds", len(p.Builds))
	}
	r.Push()
	if err := h.Handle(t.Context(), opened("pullRequestSourceBranchUpdated", "7")); err != nil {
		t.Fatal(err)
	}
	p.Tips["main"] = "d1d1"
	if err := h.Handle(t.Context(), opened("pullRequestSourceBranchUpdated", "7")); err != nil {
		t.Fatal(err)
	}
	if len(p.Builds) != 3 {
		t.Errorf("%d builds, want one more for the push and one for the new tip", len(p.Builds))
	}
}

func TestWhatIsNotToBeChecked(t *testing.T) {
	cases := map[string]func(p *awsfake.PullRequests){
		"a request that is gone":              func(p *awsfake.PullRequests) { delete(p.Requests, "7") },
		"a closed request":                    func(p *awsfake.PullRequests) { p.Requests["7"].Status = "CLOSED" },
		"a request of another repository":     func(p *awsfake.PullRequests) { p.Requests["7"].Repository = "payments" },
		"a branch that is not protected":      func(p *awsfake.PullRequests) { p.Requests["7"].Destination = "refs/heads/feature/y" },
		"a branch whose name begins the same": func(p *awsfake.PullRequests) { p.Requests["7"].Destination = "refs/heads/main2" },
		"a tag of a protected branch's name":  func(p *awsfake.PullRequests) { p.Requests["7"].Destination = "refs/tags/main" },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			server := awsfake.New(t)
			p := awsfake.NewPullRequests(server)
			p.Open("7", "main")
			change(p)
			if err := handler(t).Handle(t.Context(), opened("pullRequestCreated", "7")); err != nil {
				t.Errorf("an error would be tried again for nothing: %v", err)
			}
			if calls := server.Calls("StartBuild", "PostCommentForPullRequest"); len(calls) != 0 {
				t.Errorf("%v", calls)
			}
		})
	}
}

func TestFailuresAreErrors(t *testing.T) {
	cases := map[string]struct {
		prepare func(*awsfake.Server, *awsfake.PullRequests)
		want    string
	}{
		"the permission to read is lost": {func(s *awsfake.Server, _ *awsfake.PullRequests) {
			s.FailTimes("GetPullRequest", 9, awsfake.Denied("codecommit:GetPullRequest"))
		}, "reading pull request 7: "},
		"the branch is gone": {func(_ *awsfake.Server, p *awsfake.PullRequests) { delete(p.Tips, "main") },
			"reading the tip of main for pull request 7, revision revision-1: "},
		"the permission to build is lost": {func(s *awsfake.Server, _ *awsfake.PullRequests) {
			s.FailTimes("StartBuild", 9, awsfake.Denied("codebuild:StartBuild"))
		}, "starting the build of pull request 7, revision revision-1 in project check: "},
		"too many builds at once": {func(s *awsfake.Server, _ *awsfake.PullRequests) {
			s.FailTimes("StartBuild", 9, &awsfake.Error{Code: "AccountLimitExceededException", Message: "Cannot have more than 1 builds in queue"})
		}, "Cannot have more than 1 builds"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := awsfake.New(t)
			p := awsfake.NewPullRequests(server)
			r := p.Open("7", "main")
			c.prepare(server, p)
			h := handler(t)
			for range 2 {
				err := h.Handle(t.Context(), opened("pullRequestCreated", "7"))
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want …%s…", err, c.want)
				}
			}
			if strings.Contains(c.want, "build") != (len(r.Comments) == 1) {
				t.Errorf("comments: %q", r.Comments)
			}
		})
	}
}

func TestThrottlingPasses(t *testing.T) {
	server := awsfake.New(t)
	p := awsfake.NewPullRequests(server)
	p.Open("7", "main")
	server.FailTimes("StartBuild", 1, awsfake.Throttled())
	server.FailTimes("GetPullRequest", 1, awsfake.Throttled())
	if err := handler(t).Handle(t.Context(), opened("pullRequestCreated", "7")); err != nil {
		t.Error(err)
	}
	if len(p.Builds) != 1 {
		t.Errorf("%d builds", len(p.Builds))
	}
}

func TestEventsThatAreNone(t *testing.T) {
	server := awsfake.New(t)
	awsfake.NewPullRequests(server)
	for _, detail := range []string{``, `{}`, `[]`, `{"pullRequestId":7}`, `{"pullRequestId":""}`} {
		err := handler(t).Handle(t.Context(), events.EventBridgeEvent{ID: "e", Detail: json.RawMessage(detail)})
		if err == nil || !strings.Contains(err.Error(), "expected one with a pullRequestId") {
			t.Errorf("%q: %v", detail, err)
		}
	}
	if calls := server.Calls(); len(calls) != 0 {
		t.Errorf("%v", calls)
	}
}

func TestAnEnvironmentThatIsWrong(t *testing.T) {
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"SECURECDK_BRANCHES": "main", "SECURECDK_REPOSITORY": "", "SECURECDK_PROJECT": ""} {
		_, err := New(cfg, func(n string) string {
			if n == name {
				return value
			}
			return getenv(n)
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%q: %v", name, value, err)
		}
	}
}
