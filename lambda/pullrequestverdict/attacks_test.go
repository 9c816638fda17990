package pullrequestverdict

import (
	"strings"
	"testing"

	"github.com/securecdk/securecdk/lambda/pullrequest"
)

// TestAttacks has a test for each row about builds in the threat model of constructs/pullrequestcheck: the build passes, and
// approves nothing.
func TestAttacks(t *testing.T) {
	variables := func(s *scene) []any {
		return s.world.Builds[s.build]["environment"].(map[string]any)["environmentVariables"].([]any)
	}
	set := func(s *scene, name, value string) {
		for _, v := range variables(s) {
			if v := v.(map[string]any); v["name"] == name {
				v["value"] = value
			}
		}
	}
	cases := map[string]func(s *scene){
		"who may start builds starts one with forged variables": func(s *scene) { s.build = s.world.Build("mallory", s.input()) },
		"a role starts one whose session is called as the function": func(s *scene) {
			s.build = s.world.Build("Developer/StartFunction", s.input())
		},
		"a user is called as the role":               func(s *scene) { s.build = s.world.Build("StartRole", s.input()) },
		"a pipeline starts one":                      func(s *scene) { s.build = s.world.Build("codepipeline/StartRole/StartFunction", s.input()) },
		"who may retry builds retries a genuine one": func(s *scene) { s.world.Builds[s.build]["initiator"] = "Developer/jane" },
		"a build without initiator":                  func(s *scene) { delete(s.world.Builds[s.build], "initiator") },
		"a build of another project":                 func(s *scene) { s.world.Builds[s.build]["projectName"] = "other" },
		"a build of another commit":                  func(s *scene) { s.world.Builds[s.build]["sourceVersion"] = "f0f0" },
		"a build without variables":                  func(s *scene) { delete(s.world.Builds[s.build], "environment") },
		"a variable that is missing":                 func(s *scene) { set(s, pullrequest.VariableRevision, "") },
		"a push after the build":                     func(s *scene) { s.request.Push() },
		"a revision that comes back with other code": func(s *scene) { s.request.SourceCommit = "f0f0" },
		"another pull request": func(s *scene) {
			set(s, pullrequest.VariablePullRequest, "8")
			s.world.Open("8", "main").Revision = "other"
		},
		"a request to another branch":     func(s *scene) { s.request.Destination = "refs/heads/develop" },
		"a branch that is not protected":  func(s *scene) { s.request.Destination = "refs/heads/feature/y" },
		"a request of another repository": func(s *scene) { s.request.Repository = "payments" },
		"a closed request":                func(s *scene) { s.request.Status = "CLOSED" },
		"a request that is gone":          func(s *scene) { delete(s.world.Requests, "7") },
		"a variable that stands twice": func(s *scene) {
			environment := s.world.Builds[s.build]["environment"].(map[string]any)
			environment["environmentVariables"] = append(variables(s), map[string]any{"name": pullrequest.VariableRevision, "value": "revision-1", "type": "PLAINTEXT"})
		},
	}
	for name, attack := range cases {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			attack(s)
			s.world.Finish(s.build, "SUCCEEDED", "")
			if err := s.handle(t); err != nil {
				t.Errorf("an error would be tried again for nothing: %v", err)
			}
			s.silent(t)
		})
	}
}

func TestABuildOfAnotherProjectOrAccountIsNotEvenRead(t *testing.T) {
	for _, id := range []string{
		"arn:aws:codebuild:eu-west-1:111111111111:build/check2:1", "arn:aws:codebuild:eu-west-1:222222222222:build/check:1",
		"arn:aws:codebuild:us-east-1:111111111111:build/check:1", "check:1", project,
	} {
		s := newScene(t)
		s.build = id
		if err := s.handle(t); err == nil || !strings.Contains(err.Error(), "is none of project") {
			t.Errorf("%s: %v", id, err)
		}
		if calls := s.server.Calls(); len(calls) != 0 {
			t.Errorf("%v", calls)
		}
	}
}
