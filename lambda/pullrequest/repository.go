package pullrequest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
)

// ErrNotOurs is the reason why a pull request is none that the check has anything to do with: closed, gone, of another
// repository, or not on a protected branch.
var ErrNotOurs = errors.New("not to be checked")

type client interface {
	GetPullRequest(context.Context, *codecommit.GetPullRequestInput, ...func(*codecommit.Options)) (*codecommit.GetPullRequestOutput, error)
	PostCommentForPullRequest(context.Context, *codecommit.PostCommentForPullRequestInput, ...func(*codecommit.Options)) (*codecommit.PostCommentForPullRequestOutput, error)
}

// Repository is the repository of a check.
type Repository struct {
	Name     string
	Branches []string // protected references: refs/heads/main
	Client   client
}

// NewRepository reads SECURECDK_REPOSITORY (its name) and SECURECDK_BRANCHES (JSON list of references) from a function's
// environment, and wants the further variables of the function to be there.
func NewRepository(c client, getenv func(string) string, further ...string) (Repository, error) {
	r := Repository{Name: getenv("SECURECDK_REPOSITORY"), Client: c}
	for _, name := range append([]string{"SECURECDK_REPOSITORY"}, further...) {
		if getenv(name) == "" {
			return r, fmt.Errorf("%s: missing", name)
		}
	}
	branches := getenv("SECURECDK_BRANCHES")
	if err := json.Unmarshal([]byte(branches), &r.Branches); err != nil || len(r.Branches) == 0 {
		return r, fmt.Errorf("SECURECDK_BRANCHES: got %q, expected a JSON list of references", branches)
	}
	return r, nil
}

// Current reads a pull request's current revision. The destination's commit is left to the caller.
//
// The error wraps ErrNotOurs when there is nothing to check.
func (r *Repository) Current(ctx context.Context, pullRequest string) (*Revision, error) {
	out, err := r.Client.GetPullRequest(ctx, &codecommit.GetPullRequestInput{PullRequestId: &pullRequest})
	var gone *types.PullRequestDoesNotExistException
	switch {
	case errors.As(err, &gone):
		return nil, fmt.Errorf("pull request %s does not exist: %w", pullRequest, ErrNotOurs)
	case err != nil:
		return nil, fmt.Errorf("reading pull request %s: %w", pullRequest, err)
	case out.PullRequest == nil || len(out.PullRequest.PullRequestTargets) != 1:
		return nil, fmt.Errorf("pull request %s has no single target", pullRequest)
	}
	target := out.PullRequest.PullRequestTargets[0]
	revision := &Revision{
		PullRequest: pullRequest, ID: aws.ToString(out.PullRequest.RevisionId),
		SourceReference: aws.ToString(target.SourceReference), SourceCommit: aws.ToString(target.SourceCommit),
		DestinationReference: aws.ToString(target.DestinationReference),
	}
	switch {
	case out.PullRequest.PullRequestStatus != types.PullRequestStatusEnumOpen:
		return nil, fmt.Errorf("%s is %s: %w", revision, out.PullRequest.PullRequestStatus, ErrNotOurs)
	case aws.ToString(target.RepositoryName) != r.Name:
		return nil, fmt.Errorf("%s is of the repository %s: %w", revision, aws.ToString(target.RepositoryName), ErrNotOurs)
	case !slices.Contains(r.Branches, revision.DestinationReference):
		return nil, fmt.Errorf("%s goes to %s, which is not protected: %w", revision, revision.DestinationReference, ErrNotOurs)
	}
	return revision, nil
}

// Comment writes to a pull request, once for a token however often it is called.
func (r *Repository) Comment(ctx context.Context, revision *Revision, token, text string) error {
	_, err := r.Client.PostCommentForPullRequest(ctx, &codecommit.PostCommentForPullRequestInput{
		PullRequestId: &revision.PullRequest, RepositoryName: &r.Name, Content: &text, ClientRequestToken: &token,
		BeforeCommitId: &revision.DestinationCommit, AfterCommitId: &revision.SourceCommit,
	})
	var (
		posted *types.IdempotencyParameterMismatchException // an earlier try saw more or fewer lines of the log
		merged *types.BeforeCommitIdAndAfterCommitIdAreSameException
	)
	switch {
	case errors.As(err, &posted), errors.As(err, &merged): // there is nothing to comment on where both are one commit
		return nil
	case err != nil:
		return fmt.Errorf("commenting on %s: %w", revision, err)
	}
	return nil
}
