package test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/awsfake"
)

const (
	ruleTemplate = "Custom::ApprovalRuleTemplate"
	reviewers    = "arn:aws:sts::111111111111:assumed-role/Reviewer/*"
	stackArn     = "arn:aws:cloudformation:eu-west-1:111111111111:stack/Orders/6f1c9d20-0e5a-11f1-8f0a-0a1b2c3d4e5f"
)

// request sends what CloudFormation sends to the function of a custom resource, and returns what it gets. ("Custom resource
// request objects", AWS CloudFormation User Guide.)
func (s *scene) request(t *testing.T, kind, id, physical string, properties, old map[string]any) cfn.Response {
	t.Helper()
	var responses []cfn.Response
	bucket := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var response cfn.Response
		// The URL is signed for this method and for no content type.
		if err != nil || r.Method != http.MethodPut || r.Header.Get("Content-Type") != "" || len(body) > 4096 || json.Unmarshal(body, &response) != nil {
			t.Errorf("%v: %s %v %s", err, r.Method, r.Header, body)
		}
		responses = append(responses, response)
	}))
	token, _ := properties["ServiceToken"].(string)
	event := map[string]any{
		"RequestType": kind, "ResponseURL": bucket.URL + "/response?signature=x", "StackId": stackArn, "RequestId": "request-" + kind + "-" + id, "ServiceToken": token,
		"ResourceType": ruleTemplate, "LogicalResourceId": id, "ResourceProperties": properties,
	}
	if kind != "Create" {
		event["PhysicalResourceId"] = physical
	}
	if kind == "Update" {
		event["OldResourceProperties"] = old
	}
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	answer := s.invoke(t, s.stack.Find("AWS::Lambda::Function", token), payload)
	bucket.Close()
	if answer.Err != nil || len(responses) != 1 {
		t.Fatalf("%s of %s: %v, %d responses", kind, id, answer.Err, len(responses))
	}
	got := responses[0]
	if got.StackID != stackArn || got.RequestID != event["RequestId"] || got.LogicalResourceID != id || got.PhysicalResourceID == "" {
		t.Errorf("the response is of another request: %+v", got)
	}
	return got
}

func (s *scene) succeed(t *testing.T, kind, id, physical string, properties, old map[string]any) string {
	t.Helper()
	got := s.request(t, kind, id, physical, properties, old)
	if got.Status != cfn.StatusSuccess {
		t.Fatalf("%s of %s: %s", kind, id, got.Reason)
	}
	return got.PhysicalResourceID
}

// rule is the content of a template ("Create an approval rule template", AWS CodeCommit User Guide).
func rule(approvals int, pool string, branches ...string) string {
	return fmt.Sprintf(`{"Version":"2018-11-08","DestinationReferences":["refs/heads/%s"],"Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":%d,"ApprovalPoolMembers":[%q]}]}`,
		strings.Join(branches, `","refs/heads/`), approvals, pool)
}

// contents are the rules that stand in the service, by the name of the template and its repositories.
func contents(s *awsfake.ApprovalRuleTemplates) map[string]string {
	all := map[string]string{}
	for _, one := range s.Templates {
		all[one.Name+" of "+strings.Join(one.Repositories, ",")] = one.Content
	}
	return all
}

func (d *deployment) ruleTemplates(t *testing.T) {
	s := d.scene(t)
	service := awsfake.NewApprovalRuleTemplates(s.server)
	resources := d.stack.Resources(ruleTemplate)
	ids := slices.Sorted(maps.Keys(resources))
	physical := map[string]string{}
	for range 2 { // events come twice
		for _, id := range ids {
			physical[id] = s.succeed(t, "Create", id, "", resources[id], nil)
		}
	}
	// Nothing but the function that judges builds has this role, so no other can satisfy the machine's rule.
	machine := "arn:aws:sts::111111111111:assumed-role/" + d.stack.Name(d.role(d.functions["pullrequestverdict"])) + "/*"
	want := map[string]string{
		"Orders-Rules-machine of orders":        rule(1, machine, "develop", "main"),
		"Orders-Rules-main-people of orders":    rule(2, reviewers, "main"),
		"Orders-Rules-develop-people of orders": rule(1, reviewers, "develop"),
	}
	if diff := cmp.Diff(want, contents(service)); diff != "" {
		t.Fatalf("after Create (-want +got) %s", diff)
	}

	for _, id := range ids {
		if resources[id]["Name"] != "Orders-Rules-main-people" {
			continue
		}
		for _, one := range service.Templates {
			if one.ID == physical[id] {
				one.Name = "renamed by hand"
			}
		}
		changed := maps.Clone(resources[id])
		changed["Name"], changed["Description"], changed["ApprovalsNeeded"] = "main", "Three people", "3"
		if got := s.succeed(t, "Update", id, physical[id], changed, resources[id]); got != physical[id] {
			t.Errorf("the update makes %s of %s: CloudFormation would delete it", got, physical[id])
		}
		resources[id] = changed
	}
	delete(want, "Orders-Rules-main-people of orders")
	want["main of orders"] = rule(3, reviewers, "main")
	if diff := cmp.Diff(want, contents(service)); diff != "" {
		t.Fatalf("after Update (-want +got) %s", diff)
	}

	for range 2 {
		for _, id := range ids {
			s.succeed(t, "Delete", id, physical[id], resources[id], nil)
		}
	}
	if len(service.Templates) != 0 {
		t.Errorf("after Delete: %v", contents(service))
	}
}

func (d *deployment) lostTemplatePermission(t *testing.T) {
	s := d.scene(t)
	service := awsfake.NewApprovalRuleTemplates(s.server)
	resources := d.stack.Resources(ruleTemplate)
	id := slices.Sorted(maps.Keys(resources))[0]
	s.server.FailTimes("CreateApprovalRuleTemplate", 1, awsfake.Denied("codecommit:CreateApprovalRuleTemplate"))
	got := s.request(t, "Create", id, "", resources[id], nil)
	if got.Status != cfn.StatusFailed {
		t.Fatalf("%+v", got)
	}
	contains(t, got.Reason, "the function's role lacks codecommit:CreateApprovalRuleTemplate")
	s.succeed(t, "Delete", id, got.PhysicalResourceID, resources[id], nil) // CloudFormation rolls back
	s.succeed(t, "Create", id, "", resources[id], nil)
	if len(service.Templates) != 1 {
		t.Errorf("%v", contents(service))
	}
}
