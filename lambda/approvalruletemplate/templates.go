package approvalruletemplate

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
)

type template = types.ApprovalRuleTemplate

func templateOwner(t *template) owner {
	return ownerIn(aws.ToString(t.ApprovalRuleTemplateDescription))
}

func hasID(t *template, id string) bool {
	return t != nil && aws.ToString(t.ApprovalRuleTemplateId) == id
}

// get returns nil for a name that no template has.
func (h *handler) get(ctx context.Context, name string) (*template, error) {
	out, err := h.client.GetApprovalRuleTemplate(ctx, &codecommit.GetApprovalRuleTemplateInput{ApprovalRuleTemplateName: &name})
	switch {
	case is[*types.ApprovalRuleTemplateDoesNotExistException](err), is[*types.InvalidApprovalRuleTemplateNameException](err):
		return nil, nil // none has an invalid name, such as one that failed to be made
	case err != nil:
		return nil, failed("GetApprovalRuleTemplate", fmt.Sprintf("reading template %q", name), err)
	}
	return out.ApprovalRuleTemplate, nil
}

// find returns the template with an id, or nil. The service finds templates by name alone, and the id's name may be any
// after a renaming by hand, or one of an update that failed half-way; so the rest of the names come after the likely ones.
func (h *handler) find(ctx context.Context, id string, likely ...string) (*template, error) {
	var seen []string
	look := func(name string) (*template, error) {
		if name == "" || slices.Contains(seen, name) {
			return nil, nil
		}
		seen = append(seen, name)
		if t, err := h.get(ctx, name); err != nil || hasID(t, id) {
			return t, err
		}
		return nil, nil
	}
	for _, name := range append(likely, aside(id)) {
		if t, err := look(name); err != nil || t != nil {
			return t, err
		}
	}
	pages := codecommit.NewListApprovalRuleTemplatesPaginator(h.client, &codecommit.ListApprovalRuleTemplatesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("ListApprovalRuleTemplates", fmt.Sprintf("searching for the template with id %s", id), err)
		}
		for _, name := range page.ApprovalRuleTemplateNames {
			if t, err := look(name); err != nil || t != nil {
				return t, err
			}
			if len(seen) > h.scan {
				return nil, fmt.Errorf("searching for the template with id %s: it is not among the first %d; "+
					"give it the name that the resource has and deploy again", id, h.scan)
			}
		}
	}
	return nil, nil
}

// make creates the template, or returns the one that an earlier delivery of the event created.
func (h *handler) make(ctx context.Context, s *settings) (*template, error) {
	out, err := h.client.CreateApprovalRuleTemplate(ctx, &codecommit.CreateApprovalRuleTemplateInput{
		ApprovalRuleTemplateName: &s.name, ApprovalRuleTemplateDescription: &s.description, ApprovalRuleTemplateContent: &s.content,
	})
	if err == nil {
		return out.ApprovalRuleTemplate, nil
	}
	err = failed("CreateApprovalRuleTemplate", fmt.Sprintf("creating template %q", s.name), err)
	if !is[*types.ApprovalRuleTemplateNameAlreadyExistsException](err) {
		return nil, err
	}
	t, getErr := h.get(ctx, s.name)
	switch {
	case getErr != nil:
		return nil, getErr
	case t == nil: // it was taken away in between
		return nil, err
	case templateOwner(t) != s.owner:
		return nil, foreign(t, s.owner, "creating", renameOrDelete)
	}
	return t, nil
}

// foreign refuses to touch a template that is another's.
func foreign(t *template, o owner, doing, do string) error {
	name, whose := aws.ToString(t.ApprovalRuleTemplateName), "the last line of its description names no owner"
	if other := templateOwner(t); other != (owner{}) {
		whose = fmt.Sprintf("it belongs to resource %s of stack %s", other.logicalID, other.stack)
	}
	return fmt.Errorf("%s template %q: there is one of this name, but %s; %s, or, if it is to be this resource's, make that line %q",
		doing, name, whose, do, o.line())
}

const renameOrDelete = "give this resource another name or delete that template by hand"

func (h *handler) rename(ctx context.Context, t *template, s *settings) error {
	err := h.tryName(ctx, t, s.name)
	if !is[*types.ApprovalRuleTemplateNameAlreadyExistsException](err) {
		return err
	}
	holder, getErr := h.get(ctx, s.name)
	if getErr != nil {
		return getErr
	}
	if holder != nil {
		if o := templateOwner(holder); o.stack != s.owner.stack || o == s.owner {
			return foreign(holder, s.owner, "renaming to", renameOrDelete)
		}
	}
	return h.waitForName(ctx, t, s.name)
}

// aside is the name of a template while it waits for another one.
func aside(id string) string { return "renaming-" + id }

// waitForName takes a name that another resource of the stack gives up in the same deployment. Its own name goes first,
// because the other may be waiting for that: two resources that swap names are updated side by side.
func (h *handler) waitForName(ctx context.Context, t *template, name string) error {
	before := aws.ToString(t.ApprovalRuleTemplateName)
	if err := h.tryName(ctx, t, aside(aws.ToString(t.ApprovalRuleTemplateId))); err != nil {
		return err
	}
	end := time.Now().Add(h.patience)
	if deadline, ok := ctx.Deadline(); ok {
		end = earlier(end, time.Now().Add(time.Until(deadline)/2)) // the rest is for the way back
	}
	for {
		err := h.tryName(ctx, t, name)
		if err == nil {
			return nil
		}
		taken := is[*types.ApprovalRuleTemplateNameAlreadyExistsException](err)
		if taken && time.Now().Before(end) {
			time.Sleep(h.poll)
			continue
		}
		if taken {
			err = fmt.Errorf("%w; another resource of this stack has that name: give it a third name, deploy, and then rename this one", err)
		}
		if backErr := h.tryName(ctx, t, before); backErr != nil {
			return fmt.Errorf("%w; and then %w", err, backErr)
		}
		return err
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// tryName changes the name. A call whose answer was lost is sent again by the SDK and then fails, although it is done.
func (h *handler) tryName(ctx context.Context, t *template, name string) error {
	old := aws.ToString(t.ApprovalRuleTemplateName)
	if old == name {
		return nil
	}
	_, err := h.client.UpdateApprovalRuleTemplateName(ctx, &codecommit.UpdateApprovalRuleTemplateNameInput{
		OldApprovalRuleTemplateName: &old, NewApprovalRuleTemplateName: &name,
	})
	err = failed("UpdateApprovalRuleTemplateName", fmt.Sprintf("renaming template %q to %q", old, name), err)
	if is[*types.ApprovalRuleTemplateNameAlreadyExistsException](err) || is[*types.ApprovalRuleTemplateDoesNotExistException](err) {
		done, getErr := h.get(ctx, name)
		if getErr != nil || !hasID(done, aws.ToString(t.ApprovalRuleTemplateId)) {
			return err
		}
	} else if err != nil {
		return err
	}
	t.ApprovalRuleTemplateName = &name
	return nil
}

func (h *handler) describe(ctx context.Context, t *template, s *settings) error {
	if aws.ToString(t.ApprovalRuleTemplateDescription) == s.description {
		return nil
	}
	_, err := h.client.UpdateApprovalRuleTemplateDescription(ctx, &codecommit.UpdateApprovalRuleTemplateDescriptionInput{
		ApprovalRuleTemplateName: &s.name, ApprovalRuleTemplateDescription: &s.description,
	})
	return failed("UpdateApprovalRuleTemplateDescription", fmt.Sprintf("changing the description of template %q", s.name), err)
}

// rewrite changes the rule, if it is still the one that was read.
func (h *handler) rewrite(ctx context.Context, t *template, s *settings) error {
	if sameJSON(aws.ToString(t.ApprovalRuleTemplateContent), s.content) {
		return nil
	}
	_, err := h.client.UpdateApprovalRuleTemplateContent(ctx, &codecommit.UpdateApprovalRuleTemplateContentInput{
		ApprovalRuleTemplateName: &s.name, NewRuleContent: &s.content, ExistingRuleContentSha256: t.RuleContentSha256,
	})
	if is[*types.InvalidRuleContentSha256Exception](err) {
		// Changed since, perhaps by this very call (its answer was lost) or by another delivery of the event.
		now, getErr := h.get(ctx, s.name)
		if getErr == nil && now != nil && sameJSON(aws.ToString(now.ApprovalRuleTemplateContent), s.content) {
			return nil
		}
		err = fmt.Errorf("somebody changed it at the same time; deploy again: %w", err)
	}
	return failed("UpdateApprovalRuleTemplateContent", fmt.Sprintf("changing the rule of template %q", s.name), err)
}

func sameJSON(a, b string) bool {
	var left, right any
	return json.Unmarshal([]byte(a), &left) == nil && json.Unmarshal([]byte(b), &right) == nil && reflect.DeepEqual(left, right)
}
