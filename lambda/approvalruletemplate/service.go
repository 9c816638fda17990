package approvalruletemplate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codecommit"
)

type options = func(*codecommit.Options)

// client is what is used of CodeCommit, each operation an action that the function's role needs.
type client interface {
	codecommit.ListApprovalRuleTemplatesAPIClient
	codecommit.ListRepositoriesForApprovalRuleTemplateAPIClient
	GetApprovalRuleTemplate(context.Context, *codecommit.GetApprovalRuleTemplateInput, ...options) (*codecommit.GetApprovalRuleTemplateOutput, error)
	CreateApprovalRuleTemplate(context.Context, *codecommit.CreateApprovalRuleTemplateInput, ...options) (*codecommit.CreateApprovalRuleTemplateOutput, error)
	UpdateApprovalRuleTemplateName(context.Context, *codecommit.UpdateApprovalRuleTemplateNameInput, ...options) (*codecommit.UpdateApprovalRuleTemplateNameOutput, error)
	UpdateApprovalRuleTemplateDescription(context.Context, *codecommit.UpdateApprovalRuleTemplateDescriptionInput, ...options) (*codecommit.UpdateApprovalRuleTemplateDescriptionOutput, error)
	UpdateApprovalRuleTemplateContent(context.Context, *codecommit.UpdateApprovalRuleTemplateContentInput, ...options) (*codecommit.UpdateApprovalRuleTemplateContentOutput, error)
	DeleteApprovalRuleTemplate(context.Context, *codecommit.DeleteApprovalRuleTemplateInput, ...options) (*codecommit.DeleteApprovalRuleTemplateOutput, error)
	BatchAssociateApprovalRuleTemplateWithRepositories(context.Context, *codecommit.BatchAssociateApprovalRuleTemplateWithRepositoriesInput, ...options) (*codecommit.BatchAssociateApprovalRuleTemplateWithRepositoriesOutput, error)
	BatchDisassociateApprovalRuleTemplateFromRepositories(context.Context, *codecommit.BatchDisassociateApprovalRuleTemplateFromRepositoriesInput, ...options) (*codecommit.BatchDisassociateApprovalRuleTemplateFromRepositoriesOutput, error)
}

// failed is failedTo for an action of CodeCommit.
func failed(action, doing string, err error) error {
	return failedTo("codecommit:"+action, doing, err)
}

// failedTo says what was being done, and what a person can do about it. It is nil for no error.
func failedTo(action, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: the function's time was up; deploy again, or give it a longer timeout: %w", doing, err)
	case isDenied(err):
		return fmt.Errorf("%s: the function's role lacks %s: %w", doing, action, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// isDenied tells whether IAM refused a call.
func isDenied(err error) bool {
	var coded interface{ ErrorCode() string }
	return errors.As(err, &coded) && strings.Contains(coded.ErrorCode(), "AccessDenied")
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// some names the first ten of a list.
func some(names []string) string {
	if more := len(names) - 10; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:10], ", "), more)
	}
	return strings.Join(names, ", ")
}

// maxReason is less than the 4,096 bytes that CloudFormation takes of a response: a longer one counts as none at all.
const maxReason = 2500

// short cuts an error to what a response can hold, and leaves the whole in the log.
func short(err error) error {
	if err == nil || encoded(err.Error()) <= maxReason {
		return err
	}
	log.Printf("cut in the response: %v", err)
	text := []rune(err.Error())
	for encoded(string(text)) > maxReason {
		text = text[:len(text)*9/10]
	}
	return errors.New(string(text) + " … (the rest is in the function's log)")
}

func encoded(text string) int {
	out, _ := json.Marshal(text) // a string can't fail
	return len(out)
}
