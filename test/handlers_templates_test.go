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
	"github.com/securecdk/securecdk/test/iam"
)

const (
	ruleTemplate = "Custom::ApprovalRuleTemplate"
	reviewers    = "arn:aws:sts::111111111111:assumed-role/Reviewer/*"
)

// templatesScene is one whose CloudFormation knows the stack.
func (d *deployment) templatesScene(t *testing.T) (*scene, *awsfake.ApprovalRuleTemplates) {
	t.Helper()
	s := d.scene(t)
	s.resources = awsfake.NewStackResources(s.server, iam.StackID)
	return s, awsfake.NewApprovalRuleTemplates(s.server)
}

// request is of a deployment: CloudFormation says what it is doing.
func (s *scene) request(t *testing.T, kind, id, physical string, properties, old map[string]any) cfn.Response {
	t.Helper()
	s.resources.Set(id, ruleTemplate, strings.ToUpper(kind)+"_IN_PROGRESS")
	defer s.resources.Set(id, ruleTemplate, strings.ToUpper(kind)+"_COMPLETE")
	return s.invokeAsCloudFormation(t, kind, id, physical, properties, old)
}

// invokeAsCloudFormation sends what CloudFormation sends to the function of a custom resource, and returns what it gets.
// ("Custom resource request objects", AWS CloudFormation User Guide.)
func (s *scene) invokeAsCloudFormation(t *testing.T, kind, id, physical string, properties, old map[string]any) cfn.Response {
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
		"RequestType": kind, "ResponseURL": bucket.URL + "/response?signature=x", "StackId": iam.StackID, "RequestId": "request-" + kind + "-" + id, "ServiceToken": token,
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
	if got.StackID != iam.StackID || got.RequestID != event["RequestId"] || got.LogicalResourceID != id || got.PhysicalResourceID == "" {
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
	s, service := d.templatesScene(t)
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

// failedTemplate is rolled back, and deployed again with a permission that takes effect late.
func (d *deployment) failedTemplate(t *testing.T) {
	s, service := d.templatesScene(t)
	resources := d.stack.Resources(ruleTemplate)
	id := slices.Sorted(maps.Keys(resources))[0]
	bad := maps.Clone(resources[id])
	bad["Name"] = "a/b"
	got := s.request(t, "Create", id, "", bad, nil)
	if got.Status != cfn.StatusFailed {
		t.Fatalf("%+v", got)
	}
	contains(t, got.Reason, `Name: got "a/b"`)
	s.succeed(t, "Delete", id, got.PhysicalResourceID, bad, nil) // CloudFormation rolls back
	s.server.FailTimes("CreateApprovalRuleTemplate", 1, awsfake.Denied("codecommit:CreateApprovalRuleTemplate"))
	s.succeed(t, "Create", id, "", resources[id], nil)
	if len(service.Templates) != 1 {
		t.Errorf("%v", contents(service))
	}
}

// forgedEvent is written by somebody who may invoke the function.
func (d *deployment) forgedEvent(t *testing.T) {
	s, service := d.templatesScene(t)
	resources := d.stack.Resources(ruleTemplate)
	id := slices.Sorted(maps.Keys(resources))[0]
	physical := s.succeed(t, "Create", id, "", resources[id], nil)
	want := contents(service)
	weaker := maps.Clone(resources[id])
	weaker["ApprovalPoolMembers"] = []any{"arn:aws:iam::111111111111:user/mallory"}
	got := s.invokeAsCloudFormation(t, "Update", id, physical, weaker, resources[id])
	if got.Status != cfn.StatusFailed {
		t.Errorf("%+v", got)
	}
	contains(t, got.Reason, "CloudFormation did not send this event")
	if diff := cmp.Diff(want, contents(service)); diff != "" {
		t.Errorf("(-want +got) %s", diff)
	}
	function := d.functions["approvalruletemplate"]
	contains(t, s.running[function].Log(t), d.countedIn(t, function))
}
