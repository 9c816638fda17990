package approvalruletemplate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/awsfake"
)

// everything is an update and a template that together need each operation of an update that finds its template.
func everything() (stored, cfn.Event) {
	return ours("id-1", "hand", "bank", "shop").described("old\n" + line).saying(ruleOfOne),
		update(with(props{"Name": "pair", "Repositories": texts("mail", "shop")}), with(props{"Repositories": texts("bank", "shop")}))
}

// operations are all that the handler calls, each with an event that needs it and a template to begin with.
func operations() map[string]func() ([]stored, cfn.Event) {
	updating := func() ([]stored, cfn.Event) { t, e := everything(); return []stored{t}, e }
	creating := func() ([]stored, cfn.Event) { return nil, create(with(nil)) }
	deleting := func() ([]stored, cfn.Event) { return []stored{ours("id-1", "two", "shop")}, remove(with(nil)) }
	return map[string]func() ([]stored, cfn.Event){
		"CreateApprovalRuleTemplate": creating, "GetApprovalRuleTemplate": updating, "ListApprovalRuleTemplates": updating,
		"ListRepositoriesForApprovalRuleTemplate": updating, "UpdateApprovalRuleTemplateName": updating,
		"UpdateApprovalRuleTemplateDescription": updating, "UpdateApprovalRuleTemplateContent": updating,
		"BatchAssociateApprovalRuleTemplateWithRepositories": updating, "BatchDisassociateApprovalRuleTemplateFromRepositories": updating,
		"DeleteApprovalRuleTemplate": deleting, "DescribeStackResource": updating,
	}
}

// action is what IAM calls an operation.
func action(operation string) string {
	if operation == "DescribeStackResource" {
		return "cloudformation:" + operation
	}
	return "codecommit:" + operation
}

func TestALostPermissionIsNamed(t *testing.T) {
	for operation, begin := range operations() {
		t.Run(operation, func(t *testing.T) {
			given, event := begin()
			s, h := newService(t, given...), newHandler(t)
			do := s.Answer(operation)
			s.On(operation, func(awsfake.Input) (any, error) { return nil, awsfake.Denied(action(operation)) })
			got := s.send(t, h, event)
			if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "the function's role lacks "+action(operation)+":") {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
			if calls := len(s.Calls(operation)); calls < 3 {
				t.Errorf("tried %d times", calls)
			}
			s.On(operation, do)
			if got = s.send(t, h, event); got.Status != cfn.StatusSuccess {
				t.Errorf("with the permission: %s", got.Reason)
			}
		})
	}
}

// IAM takes seconds until a policy holds that the same deployment changed.
func TestAPermissionThatComesLateIsWaitedFor(t *testing.T) {
	for operation, begin := range operations() {
		t.Run(operation, func(t *testing.T) {
			given, event := begin()
			s, h := newService(t, given...), newHandler(t)
			h.patience = 10 * time.Second // ends as soon as it is allowed
			s.FailTimes(operation, 3, awsfake.Denied(action(operation)))
			if got := s.send(t, h, event); got.Status != cfn.StatusSuccess {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
		})
	}
}

// A batch may be answered, and one repository in it be refused.
func TestAPermissionForOneRepositoryThatComesLateIsWaitedFor(t *testing.T) {
	const operation = "BatchAssociateApprovalRuleTemplateWithRepositories"
	s, h := newService(t, ours("id-1", "two", "shop")), newHandler(t)
	h.patience = 10 * time.Second
	s.Refuse["bank"] = "AccessDeniedException"
	do := s.Answer(operation)
	s.On(operation, func(in awsfake.Input) (any, error) {
		if len(s.Calls(operation)) > 3 {
			delete(s.Refuse, "bank")
		}
		return do(in)
	})
	got := s.send(t, h, update(with(props{"Repositories": texts("bank", "shop")}), with(nil)))
	if diff := cmp.Diff([]stored{ours("id-1", "two", "bank", "shop")}, s.state()); got.Status != cfn.StatusSuccess || diff != "" {
		t.Errorf("%s: %s (-want +got) %s", got.Status, got.Reason, diff)
	}
}

// The wait for IAM ends before the time of the function does, so that the failure is still reported.
func TestALostPermissionIsReportedBeforeTheTimeIsUp(t *testing.T) {
	s, h := newService(t), newHandler(t)
	h.patience, h.poll = time.Hour, time.Hour
	s.FailTimes("CreateApprovalRuleTemplate", 1, awsfake.Denied("codecommit:CreateApprovalRuleTemplate"))
	ctx, cancel := context.WithTimeout(context.Background(), reporting+200*time.Millisecond)
	defer cancel()
	got := s.sendIn(t, ctx, h, create(with(nil)))
	if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "lacks codecommit:CreateApprovalRuleTemplate") || ctx.Err() != nil {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

func TestThrottlingIsWaitedOut(t *testing.T) {
	for operation, begin := range operations() {
		t.Run(operation, func(t *testing.T) {
			given, event := begin()
			s := newService(t, given...)
			s.FailTimes(operation, 4, awsfake.Throttled())
			if got := s.send(t, newHandler(t), event); got.Status != cfn.StatusSuccess {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
		})
	}
}

func TestThrottlingThatDoesNotEndIsReported(t *testing.T) {
	for operation, begin := range operations() {
		t.Run(operation, func(t *testing.T) {
			given, event := begin()
			s := newService(t, given...)
			s.FailTimes(operation, 1000, awsfake.Throttled())
			got := s.send(t, newHandler(t), event)
			if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "ThrottlingException") {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
			if calls := len(s.Calls(operation)); calls != 5 {
				t.Errorf("tried %d times, want 5", calls)
			}
		})
	}
}

// The service may do what it is told and its answer be lost; the SDK then sends the call again.
func TestALostAnswerIsNoFailure(t *testing.T) {
	for operation, begin := range operations() {
		t.Run(operation, func(t *testing.T) {
			given, event := begin()
			s := newService(t, given...)
			do, lost := s.Answer(operation), false
			s.On(operation, func(in awsfake.Input) (any, error) {
				out, err := do(in)
				if !lost {
					lost = true
					return nil, &awsfake.Error{Code: "InternalFailure", Message: "lost", Status: http.StatusServiceUnavailable}
				}
				return out, err
			})
			if got := s.send(t, newHandler(t), event); got.Status != cfn.StatusSuccess || !lost {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
		})
	}
}

func TestAReportIsMadeBeforeTheTimeIsUp(t *testing.T) {
	for operation, begin := range operations() {
		t.Run(operation, func(t *testing.T) {
			given, event := begin()
			s := newService(t, given...)
			release := make(chan struct{})
			t.Cleanup(func() { close(release) })
			s.On(operation, func(awsfake.Input) (any, error) { <-release; return nil, nil })
			ctx, cancel := context.WithTimeout(context.Background(), reporting+200*time.Millisecond)
			defer cancel()
			got := s.sendIn(t, ctx, newHandler(t), event)
			if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "the function's time was up") || ctx.Err() != nil {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
		})
	}
}

func TestARuleThatChangesMeanwhileIsNotOverwritten(t *testing.T) {
	s := newService(t, ours("id-1", "two", "shop").saying(ruleOfOne))
	do := s.Answer("UpdateApprovalRuleTemplateContent")
	s.On("UpdateApprovalRuleTemplateContent", func(in awsfake.Input) (any, error) {
		s.Templates[0].Content = "{}"
		return do(in)
	})
	got := s.send(t, newHandler(t), update(with(nil), with(nil)))
	if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "somebody changed it at the same time; deploy again") || s.Templates[0].Content != "{}" {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

func TestWhatABatchSaysNothingOfIsAFailure(t *testing.T) {
	s := newService(t)
	s.Silent = []string{"mail"}
	got := s.send(t, newHandler(t), create(with(props{"Repositories": texts("mail", "shop")})))
	if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "did not associate mail and gave no reason") || got.PhysicalResourceID != "made-1" {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

func TestAFailedCreateIsCleanedUp(t *testing.T) {
	s, h := newService(t), newHandler(t)
	s.Refuse["gone"] = "RepositoryDoesNotExistException"
	p := with(props{"Repositories": texts("gone", "shop")})
	got := s.send(t, h, create(p))
	if got.Status != cfn.StatusFailed || len(s.state()) != 1 {
		t.Fatalf("%s: %s", got.Status, got.Reason)
	}
	for range 2 { // a delete may come twice
		if got = s.send(t, h, event(cfn.RequestDelete, got.PhysicalResourceID, p, nil)); got.Status != cfn.StatusSuccess {
			t.Errorf("%s", got.Reason)
		}
	}
	if state := s.state(); len(state) != 0 {
		t.Errorf("left: %+v", state)
	}
}

func TestAUseThatBeginsDuringTheDeleteIsNamed(t *testing.T) {
	s := newService(t, ours("id-1", "two", "shop"))
	do := s.Answer("DeleteApprovalRuleTemplate")
	s.On("DeleteApprovalRuleTemplate", func(in awsfake.Input) (any, error) {
		s.Templates[0].Repositories = []string{"late"}
		return do(in)
	})
	got := s.send(t, newHandler(t), remove(with(nil)))
	if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "lose their protection: late;") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

func TestASearchHasABound(t *testing.T) {
	s, h := newService(t), newHandler(t)
	for i := range h.scan + 5 {
		s.Templates = append(s.Templates, &awsfake.ApprovalRuleTemplate{ID: fmt.Sprint(i), Name: fmt.Sprint(i)})
	}
	got := s.send(t, h, update(with(nil), with(nil)))
	if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "not among the first 20") || s.Made != 0 {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

func TestTwoResourcesSwapTheirNames(t *testing.T) {
	b := ours("id-2", "b", "bank").described("Owner: " + stack + " Other")
	s, h := newService(t, ours("id-1", "a", "shop"), b), newHandler(t)
	h.patience = 10 * time.Second // ends as soon as both are done
	na, nb := with(props{"Name": "a"}), with(props{"Name": "b", "Repositories": texts("bank")})
	swap := func(toA, toB props) {
		first, second := update(toA, nil), event(cfn.RequestUpdate, "id-2", toB, nil)
		second.LogicalResourceID = "Other"
		var both sync.WaitGroup
		for _, one := range []cfn.Event{first, second} {
			both.Go(func() {
				if got := s.send(t, h, one); got.Status != cfn.StatusSuccess {
					t.Errorf("%s: %s", one.LogicalResourceID, got.Reason)
				}
			})
		}
		both.Wait()
	}
	shop := func(name string) props { return with(props{"Name": name}) }
	bank := func(name string) props { return with(props{"Name": name, "Repositories": texts("bank")}) }
	swap(shop("b"), bank("a"))
	want := []stored{ours("id-1", "b", "shop"), ours("id-2", "a", "bank").described(b.Description)}
	if diff := cmp.Diff(want, s.state()); diff != "" {
		t.Errorf("after the swap (-want +got):\n%s", diff)
	}
	swap(na, nb)
	want = []stored{ours("id-1", "a", "shop"), b}
	if diff := cmp.Diff(want, s.state()); diff != "" {
		t.Errorf("after the rollback (-want +got):\n%s", diff)
	}
}

func TestANameThatIsNotGivenUpIsLeft(t *testing.T) {
	other := ours("id-2", "pair", "bank").described("Owner: " + stack + " Other")
	given := []stored{ours("id-1", "two", "shop"), other}
	s := newService(t, given...)
	got := s.send(t, newHandler(t), update(with(props{"Name": "pair"}), with(nil)))
	if got.Status != cfn.StatusFailed || !strings.Contains(got.Reason, "give it a third name, deploy") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	if diff := cmp.Diff(given, s.state()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDeliveriesAtTheSameTimeMakeOneTemplate(t *testing.T) {
	s, h := newService(t), newHandler(t)
	var all sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		all.Go(func() { ids[i] = s.send(t, h, create(with(nil))).PhysicalResourceID })
	}
	all.Wait()
	if ids = slices.Compact(ids); len(ids) != 1 || s.Made != 1 {
		t.Errorf("%d templates, ids %q", s.Made, ids)
	}
}

func TestAResponseThatCanNotBeDeliveredHasLambdaTryAgain(t *testing.T) {
	s, h := newService(t), newHandler(t)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer broken.Close()
	e := create(with(nil))
	e.ResponseURL = broken.URL
	if _, err := cfn.LambdaWrap(h.handle)(context.Background(), e); err == nil {
		t.Error("Lambda does not learn of it")
	}
	got := s.send(t, h, e)
	if got.Status != cfn.StatusSuccess || got.PhysicalResourceID != "made-1" || len(s.state()) != 1 {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

func TestAReasonFitsIntoAResponse(t *testing.T) {
	s := newService(t)
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprintf("repository-%03d", i))
		s.Refuse[names[i]] = "<RepositoryDoesNotExistException>"
	}
	got := s.send(t, newHandler(t), create(with(props{"Repositories": texts(names...)})))
	if got.Status != cfn.StatusFailed || !strings.HasSuffix(got.Reason, "(the rest is in the function's log)") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	if err := errors.New("short enough"); short(err) != err { //nolint:errorlint // the very same is meant
		t.Error("a short one is cut")
	}
}

// A listing may miss a template that another delivery is renaming; what is made anew then would be a second one.
func TestATemplateThatStoppedAsideIsFoundWithoutASearch(t *testing.T) {
	s := newService(t, ours("id-1", "renaming-id-1", "shop"))
	got := s.send(t, newHandler(t), update(with(nil), with(nil)))
	if got.Status != cfn.StatusSuccess || len(s.Calls("ListApprovalRuleTemplates")) != 0 {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}
