package approvalruletemplate

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/awsfake"
)

// logged is what is logged during a test.
func logged(t *testing.T) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &b
}

func TestNewNeedsItsStack(t *testing.T) {
	_, err := New(aws.Config{}, func(string) string { return "" })
	if err == nil || err.Error() != "SECURECDK_STACK: missing" {
		t.Errorf("%v", err)
	}
}

// TestForgedEventsAreRefused: of an event that CloudFormation did not send, nothing is done.
func TestForgedEventsAreRefused(t *testing.T) {
	given := []stored{ours("id-1", "two", "bank", "shop")}
	weaker := with(props{"ApprovalsNeeded": "1", "ApprovalPoolMembers": texts("arn:aws:iam::111122223333:user/mallory")})
	fresh := with(props{"Name": "mallory's"})
	of := func(e cfn.Event, stackID, logicalID string) cfn.Event {
		e.StackID, e.LogicalResourceID = stackID, logicalID
		return e
	}
	for name, c := range map[string]struct {
		kind, status string // what CloudFormation says of Rule
		event        cfn.Event
		reason       string
	}{
		"an update of a resource at rest":                      {resourceType, "UPDATE_COMPLETE", update(weaker, with(nil)), "UPDATE_COMPLETE"},
		"an update after a create":                             {resourceType, "CREATE_COMPLETE", update(weaker, with(nil)), "CREATE_COMPLETE"},
		"an update of a resource that is deleted":              {resourceType, "DELETE_IN_PROGRESS", update(weaker, with(nil)), "DELETE_IN_PROGRESS"},
		"an update of a resource that is created":              {resourceType, "CREATE_IN_PROGRESS", update(weaker, with(nil)), "CREATE_IN_PROGRESS"},
		"a delete of a resource at rest":                       {resourceType, "CREATE_COMPLETE", remove(with(props{"Repositories": texts("bank", "shop")})), "CREATE_COMPLETE"},
		"a delete of a resource that is updated":               {resourceType, "UPDATE_IN_PROGRESS", remove(with(props{"Repositories": texts("bank", "shop")})), "UPDATE_IN_PROGRESS"},
		"a create of a resource at rest":                       {resourceType, "CREATE_COMPLETE", create(fresh), "CREATE_COMPLETE"},
		"a create of a resource that is updated":               {resourceType, "UPDATE_IN_PROGRESS", create(fresh), "UPDATE_IN_PROGRESS"},
		"a resource of another type":                           {"AWS::Lambda::Function", "UPDATE_IN_PROGRESS", update(weaker, with(nil)), "AWS::Lambda::Function"},
		"another custom resource":                              {"Custom::ApprovalRule", "UPDATE_IN_PROGRESS", update(weaker, with(nil)), "Custom::ApprovalRule"},
		"a resource that does not exist":                       {resourceType, "UPDATE_IN_PROGRESS", of(update(weaker, with(nil)), stack, "Mallory"), "Resource Mallory does not exist"},
		"an update of another stack":                           {resourceType, "UPDATE_IN_PROGRESS", of(update(weaker, with(nil)), stack+"0", "Rule"), stack + "0"},
		"a create of another stack":                            {resourceType, "CREATE_IN_PROGRESS", of(create(fresh), "", "Rule"), `stack ""`},
		"a delete of another stack, even of what is not there": {resourceType, "DELETE_IN_PROGRESS", of(event(cfn.RequestDelete, "id-9", with(nil), nil), "mallory", "Rule"), `stack "mallory"`},
	} {
		t.Run(name, func(t *testing.T) {
			log := logged(t)
			s := newService(t, given...)
			s.Set("Rule", c.kind, c.status)
			got := deliver(t, context.Background(), newHandler(t), c.event)
			if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "CloudFormation did not send this event") || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
			if diff := cmp.Diff(given, s.state()); diff != "" || s.changes() != nil {
				t.Errorf("%v (-want +got):\n%s", s.changes(), diff)
			}
			if lines := log.String(); strings.Count(lines, "msg=ForgedEvent") != 1 {
				t.Errorf("logged: %s", lines)
			}
		})
	}
}

// TestEventsOfARollbackAreTaken: they differ from those of a deployment in what CloudFormation says of the resource.
func TestEventsOfARollbackAreTaken(t *testing.T) {
	for name, c := range map[string]struct {
		status string
		event  cfn.Event
	}{
		"an update":                            {"UPDATE_IN_PROGRESS", update(with(nil), with(props{"Name": "pair"}))},
		"an update, by its other status":       {"UPDATE_ROLLBACK_IN_PROGRESS", update(with(nil), with(props{"Name": "pair"}))},
		"the delete of what was created":       {"DELETE_IN_PROGRESS", remove(with(nil))},
		"the same, by its other status":        {"ROLLBACK_IN_PROGRESS", remove(with(nil))},
		"the delete of a create that failed":   {"DELETE_IN_PROGRESS", event(cfn.RequestDelete, nothing+"request-0", with(nil), nil)},
		"the cleanup of what is replaced":      {"UPDATE_COMPLETE", event(cfn.RequestDelete, "id-0", with(nil), nil)},
		"the cleanup of what made its way out": {"DELETE_IN_PROGRESS", event(cfn.RequestDelete, "id-0", with(nil), nil)},
	} {
		t.Run(name, func(t *testing.T) {
			log := logged(t)
			s := newService(t, ours("id-1", "two", "shop"))
			s.Set("Rule", resourceType, c.status)
			if got := deliver(t, context.Background(), newHandler(t), c.event); got.Status != cfn.StatusSuccess || log.Len() > 0 {
				t.Errorf("%s: %s %s", got.Status, got.Reason, log)
			}
		})
	}
}

// CloudFormation answers with what was so a moment ago.
func TestCloudFormationMaySayLateWhatItIsDoing(t *testing.T) {
	log := logged(t)
	s, h := newService(t, ours("id-1", "two", "shop")), newHandler(t)
	h.settling = 10 * time.Second // ends as soon as it says so
	s.Set("Rule", resourceType, "UPDATE_COMPLETE")
	do, asked := s.Answer("DescribeStackResource"), 0
	s.On("DescribeStackResource", func(in awsfake.Input) (any, error) {
		if asked++; asked == 3 {
			s.Set("Rule", resourceType, "UPDATE_IN_PROGRESS")
		}
		return do(in)
	})
	got := deliver(t, context.Background(), h, update(with(props{"Name": "pair"}), with(nil)))
	if got.Status != cfn.StatusSuccess || asked != 3 || log.Len() > 0 {
		t.Errorf("%s: %s, asked %d times %s", got.Status, got.Reason, asked, log)
	}
}

// TestNothingIsWrittenBeforeCloudFormationIsAsked also holds when it can't be reached: no answer is no confirmation.
func TestNothingIsWrittenBeforeCloudFormationIsAsked(t *testing.T) {
	for operation, begin := range operations() {
		t.Run(operation, func(t *testing.T) {
			given, event := begin()
			s := newService(t, given...)
			before := s.state()
			s.On("DescribeStackResource", func(awsfake.Input) (any, error) {
				return nil, &awsfake.Error{Code: "InternalFailure", Message: "out of order", Status: 500}
			})
			got := s.send(t, newHandler(t), event)
			if diff := cmp.Diff(before, s.state()); got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "out of order") || diff != "" || s.changes() != nil {
				t.Errorf("%s: %s %v %s", got.Status, got.Reason, s.changes(), diff)
			}
		})
	}
}
