package approvalruletemplate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

const resourceType = "Custom::ApprovalRuleTemplate"

// statuses are those in which CloudFormation sends a request. The rollback of an update sends Update too, and what it made
// anew is deleted, as is what a failed create made. A template is replaced only when it is gone, so that the Delete of the
// replaced one finds nothing, which is a success in any status.
var statuses = map[cfn.RequestType][]types.ResourceStatus{
	cfn.RequestCreate: {types.ResourceStatusCreateInProgress},
	cfn.RequestUpdate: {types.ResourceStatusUpdateInProgress, types.ResourceStatusUpdateRollbackInProgress},
	cfn.RequestDelete: {types.ResourceStatusDeleteInProgress, types.ResourceStatusRollbackInProgress},
}

// stackReader is what is used of CloudFormation.
type stackReader interface {
	DescribeStackResource(context.Context, *cloudformation.DescribeStackResourceInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackResourceOutput, error)
}

// forged is why an event is not CloudFormation's.
type forged struct{ reason string }

func (e *forged) Error() string {
	return "refused, since CloudFormation did not send this event: " + e.reason
}

// ofOurStack refuses events of another stack than the function's own.
func (h *handler) ofOurStack(event cfn.Event) error {
	if event.StackID == h.stack {
		return nil
	}
	return &forged{fmt.Sprintf("it is of stack %q, and the function of %q", event.StackID, h.stack)}
}

// authenticate comes before whatever is written. Who may invoke the function can write an event, so the event is believed only
// when CloudFormation says that it is at work on the resource, which nobody but a deployment brings about.
//
// What is left: while a resource is being deployed, somebody can send an event for it with properties of his own. CloudFormation
// tells nobody which properties it sent. He must hit these seconds, the templates of other resources stay out of reach, and the
// notification of changed templates has what was done. So only CloudFormation should be able to invoke the function.
func (h *handler) authenticate(ctx context.Context, event cfn.Event) error {
	end := time.Now().Add(h.settling)
	for {
		err := h.deploying(ctx, event)
		if !is[*forged](err) || !h.wait(ctx, end) {
			return err
		}
	}
}

// deploying asks CloudFormation whether it is at work on the resource of an event.
func (h *handler) deploying(ctx context.Context, event cfn.Event) error {
	id := event.LogicalResourceID
	out, err := h.stacks.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{StackName: &h.stack, LogicalResourceId: &id})
	var coded interface{ ErrorCode() string }
	switch {
	case errors.As(err, &coded) && coded.ErrorCode() == "ValidationError": // there is none of this id
		return &forged{fmt.Sprintf("asked for resource %q, it says: %v", id, err)}
	case err != nil:
		return failedTo("cloudformation:DescribeStackResource", fmt.Sprintf("asking CloudFormation for resource %q", id), err)
	case out.StackResourceDetail == nil:
		return &forged{fmt.Sprintf("it says nothing of resource %q", id)}
	}
	kind, status, expected := aws.ToString(out.StackResourceDetail.ResourceType), out.StackResourceDetail.ResourceStatus, statuses[event.RequestType]
	if kind != resourceType || !slices.Contains(expected, status) {
		return &forged{fmt.Sprintf("resource %q is of type %q in status %s, and %s is sent to type %s in status %s", id, kind, status, event.RequestType, resourceType, expected[0])}
	}
	return nil
}

// wait sleeps between two tries, and tells whether there is time for another.
func (h *handler) wait(ctx context.Context, end time.Time) bool {
	if !time.Now().Before(end) {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(h.poll):
		return true
	}
}
