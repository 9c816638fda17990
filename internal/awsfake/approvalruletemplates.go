package awsfake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// ApprovalRuleTemplates is CodeCommit's approval rule templates in memory, with pages of two.
type ApprovalRuleTemplates struct {
	Templates []*ApprovalRuleTemplate
	Made      int
	Refuse    map[string]string // error code by repository, in batches
	Silent    []string          // repositories that batches leave out of their answers
}

// ApprovalRuleTemplate is one of them, as the service keeps it.
type ApprovalRuleTemplate struct {
	ID, Name, Description, Content string
	Repositories                   []string
}

var templateName = regexp.MustCompile(`^[\w.-]([\w .-]{0,98}[\w.-])?$`)

func fail(code string) error { return &Error{Code: code, Message: "told by the test"} }

// NewApprovalRuleTemplates serves copies of the templates given.
func NewApprovalRuleTemplates(server *Server, templates ...ApprovalRuleTemplate) *ApprovalRuleTemplates {
	s := &ApprovalRuleTemplates{Refuse: map[string]string{}}
	for _, one := range templates {
		one.Repositories = slices.Clone(one.Repositories)
		s.Templates = append(s.Templates, &one)
	}
	// on serves an operation on a template that must exist, under a name that can.
	on := func(operation, field string, do func(*ApprovalRuleTemplate, Input) (any, error)) {
		server.On(operation, func(in Input) (any, error) {
			if !templateName.MatchString(in.Text(field)) {
				return nil, fail("InvalidApprovalRuleTemplateNameException")
			}
			if one := s.named(in.Text(field)); one != nil {
				return do(one, in)
			}
			return nil, fail("ApprovalRuleTemplateDoesNotExistException")
		})
	}
	server.On("CreateApprovalRuleTemplate", s.create)
	server.On("ListApprovalRuleTemplates", s.list)
	on("GetApprovalRuleTemplate", "approvalRuleTemplateName", func(one *ApprovalRuleTemplate, _ Input) (any, error) { return wire(one), nil })
	on("ListRepositoriesForApprovalRuleTemplate", "approvalRuleTemplateName", func(one *ApprovalRuleTemplate, in Input) (any, error) {
		return page(in, "repositoryNames", one.Repositories), nil
	})
	on("UpdateApprovalRuleTemplateName", "oldApprovalRuleTemplateName", s.rename)
	on("UpdateApprovalRuleTemplateDescription", "approvalRuleTemplateName", func(one *ApprovalRuleTemplate, in Input) (any, error) {
		one.Description = in.Text("approvalRuleTemplateDescription")
		return wire(one), nil
	})
	on("UpdateApprovalRuleTemplateContent", "approvalRuleTemplateName", rewrite)
	on("DeleteApprovalRuleTemplate", "approvalRuleTemplateName", s.remove)
	on("BatchAssociateApprovalRuleTemplateWithRepositories", "approvalRuleTemplateName", s.batch("associatedRepositoryNames", func(one *ApprovalRuleTemplate, name string) {
		if !slices.Contains(one.Repositories, name) {
			one.Repositories = append(one.Repositories, name)
		}
	}))
	on("BatchDisassociateApprovalRuleTemplateFromRepositories", "approvalRuleTemplateName", s.batch("disassociatedRepositoryNames", func(one *ApprovalRuleTemplate, name string) {
		one.Repositories = slices.DeleteFunc(one.Repositories, func(r string) bool { return r == name })
	}))
	return s
}

func (s *ApprovalRuleTemplates) named(name string) *ApprovalRuleTemplate {
	for _, one := range s.Templates {
		if one.Name == name {
			return one
		}
	}
	return nil
}

func (s *ApprovalRuleTemplates) create(in Input) (any, error) {
	if s.named(in.Text("approvalRuleTemplateName")) != nil {
		return nil, fail("ApprovalRuleTemplateNameAlreadyExistsException")
	}
	s.Made++
	one := &ApprovalRuleTemplate{
		ID: fmt.Sprintf("made-%d", s.Made), Name: in.Text("approvalRuleTemplateName"),
		Description: in.Text("approvalRuleTemplateDescription"), Content: in.Text("approvalRuleTemplateContent"),
	}
	s.Templates = append(s.Templates, one)
	return wire(one), nil
}

func (s *ApprovalRuleTemplates) list(in Input) (any, error) {
	var names []string
	for _, one := range s.Templates {
		names = append(names, one.Name)
	}
	return page(in, "approvalRuleTemplateNames", names), nil
}

func (s *ApprovalRuleTemplates) rename(one *ApprovalRuleTemplate, in Input) (any, error) {
	name := in.Text("newApprovalRuleTemplateName")
	if s.named(name) != nil {
		return nil, fail("ApprovalRuleTemplateNameAlreadyExistsException")
	}
	one.Name = name
	return wire(one), nil
}

func rewrite(one *ApprovalRuleTemplate, in Input) (any, error) {
	if sha := in.Text("existingRuleContentSha256"); sha != "" && sha != hash(one.Content) {
		return nil, fail("InvalidRuleContentSha256Exception")
	}
	one.Content = in.Text("newRuleContent")
	return wire(one), nil
}

func (s *ApprovalRuleTemplates) remove(one *ApprovalRuleTemplate, _ Input) (any, error) {
	if len(one.Repositories) > 0 {
		return nil, fail("ApprovalRuleTemplateInUseException")
	}
	s.Templates = slices.DeleteFunc(s.Templates, func(t *ApprovalRuleTemplate) bool { return t == one })
	return map[string]any{"approvalRuleTemplateId": one.ID}, nil
}

func (s *ApprovalRuleTemplates) batch(field string, do func(*ApprovalRuleTemplate, string)) func(*ApprovalRuleTemplate, Input) (any, error) {
	return func(one *ApprovalRuleTemplate, in Input) (any, error) {
		names, _ := in["repositoryNames"].([]any)
		if len(names) > 100 {
			return nil, fail("MaximumRepositoryNamesExceededException")
		}
		done, errs := []string{}, []any{}
		for _, name := range names {
			name := name.(string)
			switch code := s.Refuse[name]; {
			case code != "":
				errs = append(errs, map[string]string{"repositoryName": name, "errorCode": code, "errorMessage": "told by the test"})
			case !slices.Contains(s.Silent, name):
				do(one, name)
				done = append(done, name)
			}
		}
		return map[string]any{field: done, "errors": errs}, nil
	}
}

func page(in Input, field string, all []string) any {
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

func wire(one *ApprovalRuleTemplate) any {
	return map[string]any{"approvalRuleTemplate": map[string]any{
		"approvalRuleTemplateId": one.ID, "approvalRuleTemplateName": one.Name, "approvalRuleTemplateDescription": one.Description,
		"approvalRuleTemplateContent": one.Content, "ruleContentSha256": hash(one.Content), "creationDate": 1571356106.936,
	}}
}
