// Package pullrequeststart starts the build of a pull request that was opened or has a new revision.
package pullrequeststart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"

	"github.com/securecdk/securecdk/lambda/pullrequest"
)

type starter interface {
	StartBuild(context.Context, *codebuild.StartBuildInput, ...func(*codebuild.Options)) (*codebuild.StartBuildOutput, error)
}

type brancher interface {
	GetBranch(context.Context, *codecommit.GetBranchInput, ...func(*codecommit.Options)) (*codecommit.GetBranchOutput, error)
}

// Handler starts builds.
type Handler struct {
	repository pullrequest.Repository
	project    string
	builds     starter
	branches   brancher
}

// New reads SECURECDK_REPOSITORY (name), SECURECDK_BRANCHES (JSON list of references) and SECURECDK_PROJECT (name of the
// CodeBuild project).
func New(cfg aws.Config, getenv func(string) string) (*Handler, error) {
	commits := codecommit.NewFromConfig(cfg)
	repository, err := pullrequest.NewRepository(commits, getenv, "SECURECDK_PROJECT")
	if err != nil {
		return nil, err
	}
	return &Handler{repository: repository, project: getenv("SECURECDK_PROJECT"), builds: codebuild.NewFromConfig(cfg), branches: commits}, nil
}

// Handle takes an event "CodeCommit Pull Request State Change". Of the event it believes the number of the pull request
// alone: events come twice, late and out of order, and the function can be called with one that somebody wrote. What is
// built is what CodeCommit says is the current revision.
func (h *Handler) Handle(ctx context.Context, event events.EventBridgeEvent) error {
	var detail struct {
		PullRequestID string `json:"pullRequestId"`
	}
	if err := json.Unmarshal(event.Detail, &detail); err != nil || detail.PullRequestID == "" {
		return fmt.Errorf("event %s (%s): got detail %.200q, expected one with a pullRequestId", event.ID, event.DetailType, event.Detail)
	}
	revision, err := h.repository.Current(ctx, detail.PullRequestID)
	switch {
	case errors.Is(err, pullrequest.ErrNotOurs):
		slog.InfoContext(ctx, "nothing to build", "reason", err.Error())
		return nil
	case err != nil:
		return err
	}
	branch, err := h.branches.GetBranch(ctx, &codecommit.GetBranchInput{RepositoryName: &h.repository.Name, BranchName: aws.String(revision.Branch())})
	if err != nil {
		return fmt.Errorf("reading the tip of %s for %s: %w", revision.Branch(), revision, err)
	}
	revision.DestinationCommit = aws.ToString(branch.Branch.CommitId)
	return h.start(ctx, revision, event.ID)
}

func (h *Handler) start(ctx context.Context, revision *pullrequest.Revision, event string) error {
	out, err := h.builds.StartBuild(ctx, &codebuild.StartBuildInput{
		ProjectName: &h.project, SourceVersion: &revision.DestinationCommit, EnvironmentVariablesOverride: revision.Variables(),
		IdempotencyToken: aws.String(revision.Token("build", event)), // CodeBuild keeps it for five minutes
	})
	if err != nil {
		err = fmt.Errorf("starting the build of %s in project %s: %w", revision, h.project, err)
		return errors.Join(err, h.tell(ctx, revision, event))
	}
	slog.InfoContext(ctx, "build started", "revision", revision.String(), "build", aws.ToString(out.Build.Id))
	return nil
}

// tell says that no result is coming. The reason stands in the function's log: it may name what the people of the
// repository need not know.
func (h *Handler) tell(ctx context.Context, revision *pullrequest.Revision, event string) error {
	text := strings.Join([]string{
		"**The check could not be started yet.** It is tried twice more, within minutes.",
		"If no result follows, tell who runs the check: its alarm for lost events says the same. A new push starts it again.",
	}, "\n\n")
	return h.repository.Comment(ctx, revision, revision.Token("not started", event), text)
}
