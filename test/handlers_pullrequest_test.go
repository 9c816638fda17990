package test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/awsfake"
)

// world serves what the stack made, by the names that the template gives it.
func (s *scene) world(t *testing.T) *awsfake.PullRequests {
	t.Helper()
	p := awsfake.NewPullRequests(s.server)
	start := s.functions["pullrequeststart"]
	// CodeBuild names a role's session by the role and the session, which Lambda calls as the function.
	p.Initiator = s.stack.Name(s.role(start)) + "/" + s.stack.Name(start)
	p.Repository, p.Project, p.Topic = repository, s.stack.Name(s.project), s.stack.Arn(s.topic)
	logs := s.stack.Resources("AWS::CodeBuild::Project")[s.project]["LogsConfig"].(map[string]any)["CloudWatchLogs"].(map[string]any)
	p.LogGroup = logs["GroupName"].(string)
	p.Reports = nil
	for group := range s.stack.Resources("AWS::CodeBuild::ReportGroup") {
		p.Reports = append(p.Reports, s.stack.Name(group))
	}
	return p
}

// envelope is what every event of Amazon EventBridge has.
func envelope(source, detailType, resource string, detail map[string]any) map[string]any {
	return map[string]any{
		"version": "0", "id": "01234567-0123-0123-0123-012345678901", "account": "111111111111", "time": "2026-02-09T07:15:16Z", "region": "eu-west-1",
		"source": source, "detail-type": detailType, "resources": []string{resource}, "detail": detail,
	}
}

// pullRequestEvent is by "Monitoring CodeCommit events in Amazon EventBridge" (AWS CodeCommit User Guide).
func pullRequestEvent(kind string, r *awsfake.PullRequest, tip string) map[string]any {
	const developer = "arn:aws:sts::111111111111:assumed-role/Developer/jane"
	return envelope("aws.codecommit", "CodeCommit Pull Request State Change", "arn:aws:codecommit:eu-west-1:111111111111:"+r.Repository, map[string]any{
		"event": kind, "pullRequestId": r.ID, "revisionId": r.Revision, "repositoryNames": []string{r.Repository}, "pullRequestStatus": "Open", "isMerged": "False",
		"sourceReference": r.Source, "sourceCommit": r.SourceCommit, "destinationReference": r.Destination, "destinationCommit": tip,
		"author": developer, "callerUserArn": developer, "title": "Tax of orders", "notificationBody": "A pull request event occurred.",
		"creationDate": "Mon Feb 09 07:15:16 UTC 2026", "lastModifiedDate": "Mon Feb 09 07:15:16 UTC 2026",
	})
}

// buildEvent is by "Build notifications input format reference" (AWS CodeBuild User Guide).
func buildEvent(build map[string]any) map[string]any {
	return envelope("aws.codebuild", "CodeBuild Build State Change", build["arn"].(string), map[string]any{
		"build-id": build["arn"], "build-status": build["buildStatus"], "project-name": build["projectName"], "current-phase": "COMPLETED", "version": "1",
		"additional-information": map[string]any{
			"build-complete": true, "initiator": build["initiator"], "source-version": build["sourceVersion"], "environment": build["environment"], "phases": build["phases"],
		},
	})
}

// newest is the last build that was started.
func newest(t *testing.T, p *awsfake.PullRequests, count int) map[string]any {
	t.Helper()
	if len(p.Builds) != count {
		t.Fatalf("%d builds, want %d", len(p.Builds), count)
	}
	return p.Builds[slices.Max(slices.Collect(maps.Keys(p.Builds)))]
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

func (d *deployment) pullRequest(t *testing.T) {
	s := d.scene(t)
	p := s.world(t)
	r := p.Open("7", "main")
	opened := pullRequestEvent("pullRequestCreated", r, p.Tips["main"])

	s.handle(t, opened)
	first := newest(t, p, 1)
	if first["sourceVersion"] != p.Tips["main"] {
		t.Errorf("the build is of %v", first["sourceVersion"])
	}
	if len(r.Approvals) != 0 {
		t.Errorf("before the build ended: %v", r.Approvals)
	}
	p.Finish(first["arn"].(string), "SUCCEEDED", "")
	passed := buildEvent(first)
	s.handle(t, passed)
	if diff := cmp.Diff(map[string]string{"revision-1": "APPROVE"}, r.Approvals); diff != "" {
		t.Fatalf("(-want +got) %s", diff)
	}
	if len(r.Comments) != 1 || len(p.Published) != 1 {
		t.Fatalf("comments %q, published %v", r.Comments, p.Published)
	}
	contains(t, r.Comments[0], "The check passed", "`"+r.SourceCommit[:10]+"`")
	contains(t, p.Published[0].Text("Message"), r.Comments[0])

	r.Push()
	s.handle(t, pullRequestEvent("pullRequestSourceBranchUpdated", r, p.Tips["main"]))
	second := newest(t, p, 2)
	for i := range 40 {
		p.Log = append(p.Log, fmt.Sprintf("line %d of the log\n", i))
	}
	p.Failed = []map[string]any{{"prefix": "Orders.template.json", "name": "S3.TLS Dev/Orders/Data", "status": "FAILED", "message": "found nothing, expected a deny"}}
	p.Finish(second["arn"].(string), "FAILED", "BUILD")
	s.handle(t, buildEvent(second))
	want := map[string]string{"revision-1": "APPROVE", r.Revision: "REVOKE"} // CodeCommit itself no longer counts the first
	if diff := cmp.Diff(want, r.Approvals); diff != "" {
		t.Fatalf("(-want +got) %s", diff)
	}
	if len(r.Comments) != 2 || len(p.Published) != 2 {
		t.Fatalf("comments %q, published %v", r.Comments, p.Published)
	}
	contains(t, r.Comments[1], "The check failed", "Phase BUILD ended with FAILED", "S3.TLS Dev/Orders/Data: found nothing, expected a deny",
		"line 10 of the log\n", "line 39 of the log\n")
	if strings.Contains(r.Comments[1], "line 9 of") {
		t.Errorf("more than the last lines:\n%s", r.Comments[1])
	}

	for _, late := range []map[string]any{opened, passed} {
		s.handle(t, late)
	}
	if diff := cmp.Diff(want, r.Approvals); diff != "" || len(p.Builds) != 2 || len(r.Comments) != 2 || len(p.Published) != 2 {
		t.Errorf("after late duplicates: %d builds, comments %q, published %v, approvals (-want +got) %s", len(p.Builds), r.Comments, p.Published, diff)
	}
}

func (d *deployment) foreignBuild(t *testing.T) {
	s := d.scene(t)
	p := s.world(t)
	r := p.Open("7", "main")
	s.handle(t, pullRequestEvent("pullRequestCreated", r, p.Tips["main"]))
	forged := s.server.Calls("StartBuild")[0].Input
	build := p.Builds[p.Build("Developer/jane", forged)]
	p.Finish(build["arn"].(string), "SUCCEEDED", "")
	s.handle(t, buildEvent(build))
	if len(r.Approvals) != 0 || len(r.Comments) != 0 || len(p.Published) != 0 {
		t.Errorf("approvals %v, comments %q, published %v", r.Approvals, r.Comments, p.Published)
	}
	verdict := s.functions["pullrequestverdict"]
	contains(t, s.running[verdict].Log(t), s.countedIn(t, verdict), "Developer/jane")
}

// countedIn is the term that the template's metric filter counts in the log of a function.
func (d *deployment) countedIn(t *testing.T, function string) string {
	t.Helper()
	log := d.stack.Resources("AWS::Lambda::Function")[function]["LoggingConfig"].(map[string]any)["LogGroup"]
	var terms []string
	for _, filter := range d.stack.Resources("AWS::Logs::MetricFilter") {
		if filter["LogGroupName"] == log {
			terms = append(terms, strings.Trim(filter["FilterPattern"].(string), `"`))
		}
	}
	if len(terms) != 1 || terms[0] == "" {
		t.Fatalf("filters of the log of %s: %q", function, terms)
	}
	return terms[0]
}

func (d *deployment) malformed(t *testing.T) {
	s := d.scene(t)
	p := s.world(t)
	r := p.Open("7", "main")
	for _, handler := range []string{"pullrequeststart", "pullrequestverdict"} {
		for _, payload := range []string{`{"detail":`, `[]`, `"text"`, `{}`, `{"detail":"text"}`, `{"detail":{"pullRequestId":7,"build-id":7}}`} {
			if a := s.invoke(t, d.functions[handler], []byte(payload)); a.Err == nil || a.Err.Message == "" {
				t.Errorf("%s takes %s: %s", handler, payload, a.Response)
			}
		}
	}
	if calls := s.server.Calls(); len(calls) != 0 {
		t.Errorf("%v", calls)
	}
	s.handle(t, pullRequestEvent("pullRequestCreated", r, p.Tips["main"]))
	build := newest(t, p, 1)
	p.Finish(build["arn"].(string), "SUCCEEDED", "")
	s.handle(t, buildEvent(build))
	if r.Approvals["revision-1"] != "APPROVE" {
		t.Errorf("%v", r.Approvals)
	}
}

func (d *deployment) lostPermission(t *testing.T) {
	s := d.scene(t)
	p := s.world(t)
	r := p.Open("7", "main")
	fails := func(event map[string]any, action string) {
		t.Helper()
		_, operation, _ := strings.Cut(action, ":")
		s.server.FailTimes(operation, 1, awsfake.Denied(action))
		a := s.deliver(t, event)
		if a.Err == nil {
			t.Fatalf("%s was denied, and the event counts as handled", action)
		}
		contains(t, a.Err.Message, operation, "AccessDeniedException", "not authorized to perform: "+action)
	}
	opened := pullRequestEvent("pullRequestCreated", r, p.Tips["main"])
	for _, action := range []string{"codecommit:GetPullRequest", "codecommit:GetBranch", "codebuild:StartBuild"} {
		fails(opened, action)
	}
	if len(p.Builds) != 0 || len(r.Comments) != 1 {
		t.Fatalf("%d builds, comments %q", len(p.Builds), r.Comments)
	}
	contains(t, r.Comments[0], "could not be started yet")
	s.handle(t, opened) // Lambda tries again

	build := newest(t, p, 1)
	p.Finish(build["arn"].(string), "SUCCEEDED", "")
	ended := buildEvent(build)
	for _, action := range []string{"codebuild:BatchGetBuilds", "codecommit:UpdatePullRequestApprovalState", "codecommit:PostCommentForPullRequest"} {
		fails(ended, action)
	}
	s.handle(t, ended)
	if r.Approvals["revision-1"] != "APPROVE" || len(r.Comments) != 2 {
		t.Errorf("approvals %v, comments %q", r.Approvals, r.Comments)
	}
}
