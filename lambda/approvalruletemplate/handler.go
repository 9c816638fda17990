package approvalruletemplate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
)

const (
	// reporting is the time that is kept to tell CloudFormation of a failure; else it waits for an hour.
	reporting = 5 * time.Second
	// nothing starts the physical id of a create that failed before there was a template.
	nothing = "no-template:"
)

// handler answers the events of CloudFormation.
type handler struct {
	client   client
	stacks   stackReader
	stack    string        // id of the function's own stack
	scan     int           // templates to look at in search of an id: more than the 1,000 that a region holds
	poll     time.Duration // between two tries
	patience time.Duration // for a name that another resource of the stack gives up in the same deployment, and for IAM
	settling time.Duration // for CloudFormation to tell what it is doing: it answers with what was so a moment ago
}

// New makes the function, which answers CloudFormation itself and so never leaves it waiting. It reads SECURECDK_STACK, the id
// of the function's own stack, whose events alone it takes.
func New(cfg aws.Config, getenv func(string) string) (cfn.CustomResourceLambdaFunction, error) {
	h := &handler{
		client: codecommit.NewFromConfig(cfg), stacks: cloudformation.NewFromConfig(cfg), stack: getenv("SECURECDK_STACK"),
		scan: 1100, poll: 2 * time.Second, patience: time.Minute, settling: 10 * time.Second,
	}
	if h.stack == "" {
		return nil, errors.New("SECURECDK_STACK: missing")
	}
	return cfn.LambdaWrap(h.handle), nil
}

func (h *handler) handle(ctx context.Context, event cfn.Event) (id string, _ map[string]any, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reporting))
		defer cancel()
	}
	// A policy that the same deployment changed takes effect within seconds. Every event may come twice, so all of it is tried
	// again.
	for end := time.Now().Add(h.patience); ; {
		if id, err = h.answer(ctx, event); !isDenied(err) || !h.wait(ctx, end) {
			break
		}
	}
	if is[*forged](err) {
		// ForgedEvent is what the metric filter of the construct counts.
		slog.WarnContext(ctx, "ForgedEvent", "request", event.RequestType, "stack", event.StackID, "resource", event.LogicalResourceID, "reason", err.Error())
	}
	return id, nil, short(err)
}

func (h *handler) answer(ctx context.Context, event cfn.Event) (id string, err error) {
	if err = h.ofOurStack(event); err == nil {
		switch event.RequestType {
		case cfn.RequestCreate:
			id, err = h.create(ctx, event)
		case cfn.RequestUpdate:
			id, err = h.update(ctx, event)
		case cfn.RequestDelete:
			err = h.remove(ctx, event)
		default:
			err = fmt.Errorf("RequestType: got %q, expected Create, Update or Delete", event.RequestType)
		}
	}
	switch {
	case id != "":
	case event.RequestType == cfn.RequestCreate:
		id = nothing + event.RequestID
	default:
		id = event.PhysicalResourceID
	}
	return id, err
}

// create returns the id also when it fails after the template was made, so that CloudFormation's Delete finds it.
func (h *handler) create(ctx context.Context, event cfn.Event) (string, error) {
	if err := h.authenticate(ctx, event); err != nil {
		return "", err
	}
	s, err := parse(event.ResourceProperties, ownerOf(event))
	if err != nil {
		return "", err
	}
	return h.createFrom(ctx, s, nil)
}

func (h *handler) createFrom(ctx context.Context, s *settings, old []string) (string, error) {
	t, err := h.make(ctx, s)
	if err != nil {
		return "", err
	}
	return aws.ToString(t.ApprovalRuleTemplateId), h.converge(ctx, t, s, old)
}

// update returns the id of the template, which is a new one when somebody deleted the old one.
func (h *handler) update(ctx context.Context, event cfn.Event) (string, error) {
	if err := h.authenticate(ctx, event); err != nil {
		return "", err
	}
	s, err := parse(event.ResourceProperties, ownerOf(event))
	if err != nil {
		return "", err
	}
	name, old := namesIn(event.OldResourceProperties)
	t, err := h.find(ctx, event.PhysicalResourceID, name, s.name)
	if err != nil {
		return "", err
	}
	if t == nil {
		return h.createFrom(ctx, s, old)
	}
	// Someone may have edited the owner's line away, which is mended; another owner's is not overwritten.
	if o := templateOwner(t); o != s.owner && o != (owner{}) {
		return "", foreign(t, s.owner, "updating", "give this resource another logical id, so that it gets a template of its own")
	}
	return event.PhysicalResourceID, h.converge(ctx, t, s, old)
}

// converge takes away last, when all else is done, so that no repository is without a rule in between.
func (h *handler) converge(ctx context.Context, t *template, s *settings, old []string) error {
	for _, step := range []func(context.Context, *template, *settings) error{h.rename, h.describe, h.rewrite} {
		if err := step(ctx, t, s); err != nil {
			return err
		}
	}
	associated, err := h.associated(ctx, s.name)
	if err != nil {
		return err
	}
	if err := h.associate(ctx, s.name, without(s.repositories, associated)); err != nil {
		return err
	}
	return h.disassociate(ctx, s.name, common(without(old, s.repositories), associated))
}

func (h *handler) remove(ctx context.Context, event cfn.Event) error {
	if strings.HasPrefix(event.PhysicalResourceID, nothing) {
		return nil
	}
	name, ours := namesIn(event.ResourceProperties)
	t, err := h.find(ctx, event.PhysicalResourceID, name)
	if err != nil || t == nil {
		return err
	}
	if err := h.authenticate(ctx, event); err != nil {
		return err
	}
	if templateOwner(t) != ownerOf(event) {
		return foreign(t, ownerOf(event), "deleting", "delete it by hand or keep it with DeletionPolicy Retain")
	}
	err = h.dismantle(ctx, aws.ToString(t.ApprovalRuleTemplateName), ours)
	if is[*types.ApprovalRuleTemplateDoesNotExistException](err) {
		return nil // another delivery of the event was faster
	}
	return err
}

func (h *handler) dismantle(ctx context.Context, name string, ours []string) error {
	associated, err := h.associated(ctx, name)
	if err != nil {
		return err
	}
	// Looked at before anything is taken away: what can't be deleted keeps protecting all of its repositories.
	if others := without(associated, ours); len(others) > 0 {
		return inUse(name, others)
	}
	if err := h.disassociate(ctx, name, associated); err != nil {
		return err
	}
	_, err = h.client.DeleteApprovalRuleTemplate(ctx, &codecommit.DeleteApprovalRuleTemplateInput{ApprovalRuleTemplateName: &name})
	if is[*types.ApprovalRuleTemplateInUseException](err) {
		others, listErr := h.associated(ctx, name)
		return errors.Join(inUse(name, others), listErr)
	}
	return failed("DeleteApprovalRuleTemplate", fmt.Sprintf("deleting template %q", name), err)
}

func inUse(name string, repositories []string) error {
	return fmt.Errorf("deleting template %q: it is associated with repositories that this resource does not name, which would lose "+
		"their protection: %s; disassociate it from them and delete again, or keep it with DeletionPolicy Retain", name, some(repositories))
}

// without returns what of all is not in others, and common what is.
func without(all, others []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(one string) bool { return slices.Contains(others, one) })
}

func common(all, others []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(one string) bool { return !slices.Contains(others, one) })
}
