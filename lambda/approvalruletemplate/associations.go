package approvalruletemplate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
)

// batch is how many repositories a call takes (CodeCommit API Reference, MaximumRepositoryNamesExceededException).
const batch = 100

func (h *handler) associated(ctx context.Context, name string) ([]string, error) {
	var repositories []string
	pages := codecommit.NewListRepositoriesForApprovalRuleTemplatePaginator(h.client,
		&codecommit.ListRepositoriesForApprovalRuleTemplateInput{ApprovalRuleTemplateName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("ListRepositoriesForApprovalRuleTemplate", fmt.Sprintf("listing the repositories of template %q", name), err)
		}
		repositories = append(repositories, page.RepositoryNames...)
	}
	return repositories, nil
}

// associate reports every repository for which it failed, and any that the service left out of its answer.
func (h *handler) associate(ctx context.Context, name string, repositories []string) error {
	const action = "BatchAssociateApprovalRuleTemplateWithRepositories"
	var errs []error
	silent := slices.Clone(repositories)
	for names := range slices.Chunk(repositories, batch) {
		out, err := h.client.BatchAssociateApprovalRuleTemplateWithRepositories(ctx,
			&codecommit.BatchAssociateApprovalRuleTemplateWithRepositoriesInput{ApprovalRuleTemplateName: &name, RepositoryNames: names})
		if err != nil {
			errs = append(errs, failed(action, fmt.Sprintf("associating template %q with %s", name, some(names)), err))
			return errors.Join(errs...)
		}
		silent = without(silent, out.AssociatedRepositoryNames)
		for _, e := range out.Errors {
			repository := aws.ToString(e.RepositoryName)
			silent = without(silent, []string{repository})
			errs = append(errs, failed(action, fmt.Sprintf("associating template %q with repository %q", name, repository),
				&refused{aws.ToString(e.ErrorCode), aws.ToString(e.ErrorMessage)}))
		}
	}
	if len(silent) > 0 {
		associated, err := h.associated(ctx, name)
		if silent = without(silent, associated); err != nil || len(silent) > 0 {
			errs = append(errs, fmt.Errorf("associating template %q: CodeCommit did not associate %s and gave no reason", name, some(silent)), err)
		}
	}
	return errors.Join(errs...)
}

// disassociate takes repositories away. One that is gone is none to protect.
func (h *handler) disassociate(ctx context.Context, name string, repositories []string) error {
	const action = "BatchDisassociateApprovalRuleTemplateFromRepositories"
	var errs []error
	for names := range slices.Chunk(repositories, batch) {
		out, err := h.client.BatchDisassociateApprovalRuleTemplateFromRepositories(ctx,
			&codecommit.BatchDisassociateApprovalRuleTemplateFromRepositoriesInput{ApprovalRuleTemplateName: &name, RepositoryNames: names})
		if err != nil {
			errs = append(errs, failed(action, fmt.Sprintf("disassociating template %q from %s", name, some(names)), err))
			return errors.Join(errs...)
		}
		for _, e := range out.Errors {
			if code := aws.ToString(e.ErrorCode); strings.Contains(code, "DoesNotExist") || strings.Contains(code, "NotFound") {
				continue
			}
			errs = append(errs, failed(action, fmt.Sprintf("disassociating template %q from repository %q", name, aws.ToString(e.RepositoryName)),
				&refused{aws.ToString(e.ErrorCode), aws.ToString(e.ErrorMessage)}))
		}
	}
	return errors.Join(errs...)
}

// refused is what the service said of one repository of a batch.
type refused struct{ code, message string }

func (e *refused) Error() string     { return strings.TrimSuffix(e.code+": "+e.message, ": ") }
func (e *refused) ErrorCode() string { return e.code }
