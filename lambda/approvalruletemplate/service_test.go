package approvalruletemplate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"

	"github.com/securecdk/securecdk/internal/awsfake"
)

// stored is a template as the service keeps it.
type stored struct {
	ID, Name, Description, Content string
	Repositories                   []string
}

// service is CodeCommit's approval rule templates in memory, with pages of two.
type service struct {
	*awsfake.Server
	templates []*stored
	made      int
	answers   map[string]awsfake.Operation // as they are without a failure
	refuse    map[string]string            // error code by repository, in batches
	silent    []string                     // repositories that batches leave out of their answers
}

func fail(code string) error { return &awsfake.Error{Code: code, Message: "told by the test"} }

func newService(t *testing.T, templates ...stored) *service {
	s := &service{Server: awsfake.New(t), refuse: map[string]string{}, answers: map[string]awsfake.Operation{}}
	for _, one := range templates {
		one.Repositories = slices.Clone(one.Repositories)
		s.templates = append(s.templates, &one)
	}
	s.serve("CreateApprovalRuleTemplate", s.create)
	s.serve("ListApprovalRuleTemplates", func(in awsfake.Input) (any, error) {
		var names []string
		for _, one := range s.templates {
			names = append(names, one.Name)
		}
		return page(in, "approvalRuleTemplateNames", names), nil
	})
	s.on("GetApprovalRuleTemplate", "approvalRuleTemplateName", func(one *stored, _ awsfake.Input) (any, error) { return wire(one), nil })
	s.on("ListRepositoriesForApprovalRuleTemplate", "approvalRuleTemplateName", func(one *stored, in awsfake.Input) (any, error) {
		return page(in, "repositoryNames", one.Repositories), nil
	})
	s.on("UpdateApprovalRuleTemplateName", "oldApprovalRuleTemplateName", func(one *stored, in awsfake.Input) (any, error) {
		name := in.Text("newApprovalRuleTemplateName")
		if s.named(name) != nil {
			return nil, fail("ApprovalRuleTemplateNameAlreadyExistsException")
		}
		one.Name = name
		return wire(one), nil
	})
	s.on("UpdateApprovalRuleTemplateDescription", "approvalRuleTemplateName", func(one *stored, in awsfake.Input) (any, error) {
		one.Description = in.Text("approvalRuleTemplateDescription")
		return wire(one), nil
	})
	s.on("UpdateApprovalRuleTemplateContent", "approvalRuleTemplateName", func(one *stored, in awsfake.Input) (any, error) {
		if sha := in.Text("existingRuleContentSha256"); sha != "" && sha != hash(one.Content) {
			return nil, fail("InvalidRuleContentSha256Exception")
		}
		one.Content = in.Text("newRuleContent")
		return wire(one), nil
	})
	s.on("DeleteApprovalRuleTemplate", "approvalRuleTemplateName", func(one *stored, _ awsfake.Input) (any, error) {
		if len(one.Repositories) > 0 {
			return nil, fail("ApprovalRuleTemplateInUseException")
		}
		s.templates = slices.DeleteFunc(s.templates, func(t *stored) bool { return t == one })
		return map[string]any{"approvalRuleTemplateId": one.ID}, nil
	})
	s.on("BatchAssociateApprovalRuleTemplateWithRepositories", "approvalRuleTemplateName", s.batch("associatedRepositoryNames", func(one *stored, name string) {
		if !slices.Contains(one.Repositories, name) {
			one.Repositories = append(one.Repositories, name)
		}
	}))
	s.on("BatchDisassociateApprovalRuleTemplateFromRepositories", "approvalRuleTemplateName", s.batch("disassociatedRepositoryNames", func(one *stored, name string) {
		one.Repositories = slices.DeleteFunc(one.Repositories, func(r string) bool { return r == name })
	}))
	return s
}

func (s *service) named(name string) *stored {
	for _, one := range s.templates {
		if one.Name == name {
			return one
		}
	}
	return nil
}

func (s *service) serve(operation string, answer awsfake.Operation) {
	s.answers[operation] = answer
	s.On(operation, answer)
}

// on serves an operation on a template that must exist, under a name that can.
func (s *service) on(operation, field string, do func(*stored, awsfake.Input) (any, error)) {
	s.serve(operation, func(in awsfake.Input) (any, error) {
		if !templateName.MatchString(in.Text(field)) {
			return nil, fail("InvalidApprovalRuleTemplateNameException")
		}
		if one := s.named(in.Text(field)); one != nil {
			return do(one, in)
		}
		return nil, fail("ApprovalRuleTemplateDoesNotExistException")
	})
}

func (s *service) create(in awsfake.Input) (any, error) {
	if s.named(in.Text("approvalRuleTemplateName")) != nil {
		return nil, fail("ApprovalRuleTemplateNameAlreadyExistsException")
	}
	s.made++
	one := &stored{ID: fmt.Sprintf("made-%d", s.made), Name: in.Text("approvalRuleTemplateName"),
		Description: in.Text("approvalRuleTemplateDescription"), Content: in.Text("approvalRuleTemplateContent")}
	s.templates = append(s.templates, one)
	return wire(one), nil
}

func (s *service) batch(field string, do func(*stored, string)) func(*stored, awsfake.Input) (any, error) {
	return func(one *stored, in awsfake.Input) (any, error) {
		names, _ := in["repositoryNames"].([]any)
		if len(names) > 100 {
			return nil, fail("MaximumRepositoryNamesExceededException")
		}
		done, errs := []string{}, []any{}
		for _, name := range names {
			name := name.(string)
			switch code := s.refuse[name]; {
			case code != "":
				errs = append(errs, map[string]string{"repositoryName": name, "errorCode": code, "errorMessage": "told by the test"})
			case !slices.Contains(s.silent, name):
				do(one, name)
				done = append(done, name)
			}
		}
		return map[string]any{field: done, "errors": errs}, nil
	}
}

func page(in awsfake.Input, field string, all []string) any {
	from, _ := strconv.Atoi(in.Text("nextToken"))
	out := map[string]any{field: all[from:min(from+2, len(all))]}
	if from+2 < len(all) {
		out["nextToken"] = strconv.Itoa(from + 2)
	}
	return out
}

func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func wire(one *stored) any {
	return map[string]any{"approvalRuleTemplate": map[string]any{
		"approvalRuleTemplateId": one.ID, "approvalRuleTemplateName": one.Name, "approvalRuleTemplateDescription": one.Description,
		"approvalRuleTemplateContent": one.Content, "ruleContentSha256": hash(one.Content), "creationDate": 1571356106.936,
	}}
}

// state is what the service keeps, to compare.
func (s *service) state() []stored {
	var all []stored
	for _, one := range s.templates {
		copied := *one
		copied.Repositories = slices.Sorted(slices.Values(one.Repositories))
		all = append(all, copied)
	}
	slices.SortFunc(all, func(a, b stored) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// changes are the operations that were called and are not for reading.
func (s *service) changes() []string {
	var names []string
	for _, call := range s.Calls() {
		if !strings.HasPrefix(call.Operation, "Get") && !strings.HasPrefix(call.Operation, "List") {
			names = append(names, strings.ReplaceAll(call.Operation, "ApprovalRuleTemplate", "")) // "UpdateName"
		}
	}
	return names
}

// newHandler is New's with the SDK's own retries, but without their waiting.
func newHandler(t *testing.T) *handler {
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 5, time.Millisecond })
	}))
	if err != nil {
		t.Fatal(err)
	}
	return &handler{client: codecommit.NewFromConfig(cfg), scan: 20, poll: time.Millisecond, patience: 50 * time.Millisecond}
}

// send delivers an event as CloudFormation does, and returns the response that reached it.
func send(t *testing.T, ctx context.Context, h *handler, event cfn.Event) cfn.Response {
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
