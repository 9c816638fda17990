package approvalruletemplate

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"

	"github.com/securecdk/securecdk/internal/awsfake"
)

// stored is a template as the service keeps it.
type stored awsfake.ApprovalRuleTemplate

// service is CodeCommit in memory, and what CloudFormation says of the stack.
type service struct {
	*awsfake.Server
	*awsfake.ApprovalRuleTemplates
	*awsfake.StackResources
}

func newService(t *testing.T, templates ...stored) *service {
	given := make([]awsfake.ApprovalRuleTemplate, len(templates))
	for i, one := range templates {
		given[i] = awsfake.ApprovalRuleTemplate(one)
	}
	server := awsfake.New(t)
	return &service{server, awsfake.NewApprovalRuleTemplates(server, given...), awsfake.NewStackResources(server, stack)}
}

// state is what the service keeps, to compare.
func (s *service) state() []stored {
	var all []stored
	for _, one := range s.Templates {
		copied := stored(*one)
		copied.Repositories = slices.Sorted(slices.Values(one.Repositories))
		all = append(all, copied)
	}
	slices.SortFunc(all, func(a, b stored) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// changes are the operations that were called and are not for reading; one that is tried again counts once.
func (s *service) changes() []string {
	var names []string
	for _, call := range s.Calls() {
		if reading := strings.HasPrefix(call.Operation, "Get") || strings.HasPrefix(call.Operation, "List"); !reading && call.Operation != "DescribeStackResource" {
			names = append(names, strings.ReplaceAll(call.Operation, "ApprovalRuleTemplate", "")) // "UpdateName"
		}
	}
	return slices.Compact(names)
}

// newHandler is New's with the SDK's own retries, but without their waiting.
func newHandler(t *testing.T) *handler {
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 5, time.Millisecond })
	}))
	if err != nil {
		t.Fatal(err)
	}
	return &handler{
		client: codecommit.NewFromConfig(cfg), stacks: cloudformation.NewFromConfig(cfg), stack: stack,
		scan: 20, poll: time.Millisecond, patience: 50 * time.Millisecond, settling: 20 * time.Millisecond,
	}
}

// send has CloudFormation deploy a resource: it says so, delivers the event and gets the response.
func (s *service) send(t *testing.T, h *handler, event cfn.Event) cfn.Response {
	t.Helper()
	return s.sendIn(t, context.Background(), h, event)
}

func (s *service) sendIn(t *testing.T, ctx context.Context, h *handler, event cfn.Event) cfn.Response {
	t.Helper()
	s.Set(event.LogicalResourceID, resourceType, strings.ToUpper(string(event.RequestType))+"_IN_PROGRESS")
	return deliver(t, ctx, h, event)
}

// deliver invokes the function with an event, and returns the response that reached its sender.
func deliver(t *testing.T, ctx context.Context, h *handler, event cfn.Event) cfn.Response {
	t.Helper()
	var response cfn.Response
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&response); err != nil || r.ContentLength > 4096 {
			t.Errorf("a response of %d bytes: %v", r.ContentLength, err)
		}
	}))
	defer receiver.Close()
	event.ResponseURL = receiver.URL
	if _, err := cfn.LambdaWrap(h.handle)(ctx, event); err != nil {
		t.Errorf("the response was not delivered: %v", err)
	}
	return response
}
