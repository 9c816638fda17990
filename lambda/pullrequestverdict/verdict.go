// Package pullrequestverdict judges a finished build of a pull-request check: it approves the pull request on the
// machine's behalf or takes the approval back, and writes the result to the request.
//
// Of the event it believes the build's ARN alone, and that only if it is one of its own project. Everything else it reads
// from CodeBuild and CodeCommit.
package pullrequestverdict

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cb "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	cc "github.com/aws/aws-sdk-go-v2/service/codecommit/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/securecdk/securecdk/lambda/pullrequest"
)

type builds interface {
	BatchGetBuilds(context.Context, *codebuild.BatchGetBuildsInput, ...func(*codebuild.Options)) (*codebuild.BatchGetBuildsOutput, error)
	ListBuildsForProject(context.Context, *codebuild.ListBuildsForProjectInput, ...func(*codebuild.Options)) (*codebuild.ListBuildsForProjectOutput, error)
	DescribeTestCases(context.Context, *codebuild.DescribeTestCasesInput, ...func(*codebuild.Options)) (*codebuild.DescribeTestCasesOutput, error)
}

type approver interface {
	UpdatePullRequestApprovalState(context.Context, *codecommit.UpdatePullRequestApprovalStateInput, ...func(*codecommit.Options)) (*codecommit.UpdatePullRequestApprovalStateOutput, error)
}

type logReader interface {
	GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error)
}

type publisher interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Handler judges builds.
type Handler struct {
	repository                        pullrequest.Repository
	project, starter, logGroup, topic string
	builds                            builds
	approvals                         approver
	logs                              logReader
	notifications                     publisher
}

// New reads SECURECDK_REPOSITORY (name), SECURECDK_BRANCHES (JSON list of references), SECURECDK_PROJECT (ARN of the
// CodeBuild project), SECURECDK_STARTER (who starts its builds, as CodeBuild names it: role/function), SECURECDK_LOG_GROUP
// (of the builds) and SECURECDK_TOPIC (ARN).
func New(cfg aws.Config, getenv func(string) string) (*Handler, error) {
	commits := codecommit.NewFromConfig(cfg)
	repository, err := pullrequest.NewRepository(commits, getenv, "SECURECDK_PROJECT", "SECURECDK_STARTER", "SECURECDK_LOG_GROUP", "SECURECDK_TOPIC")
	if err != nil {
		return nil, err
	}
	return &Handler{
		repository: repository, project: getenv("SECURECDK_PROJECT"), starter: getenv("SECURECDK_STARTER"),
		logGroup: getenv("SECURECDK_LOG_GROUP"), topic: getenv("SECURECDK_TOPIC"),
		builds: codebuild.NewFromConfig(cfg), approvals: commits, logs: cloudwatchlogs.NewFromConfig(cfg), notifications: sns.NewFromConfig(cfg),
	}, nil
}

// Handle takes an event "CodeBuild Build State Change".
func (h *Handler) Handle(ctx context.Context, event events.EventBridgeEvent) error {
	var detail struct {
		BuildID string `json:"build-id"`
	}
	if err := json.Unmarshal(event.Detail, &detail); err != nil || detail.BuildID == "" {
		return fmt.Errorf("event %s (%s): got detail %.200q, expected one with a build-id", event.ID, event.DetailType, event.Detail)
	}
	build, err := h.read(ctx, detail.BuildID)
	if err != nil {
		return err
	}
	tested, err := h.trust(build)
	if err != nil {
		// ForeignBuild is what the metric filter of the construct counts.
		slog.WarnContext(ctx, "ForeignBuild", "build", detail.BuildID, "initiator", aws.ToString(build.Initiator), "reason", err.Error())
		return nil
	}
	if !build.BuildComplete {
		// The event can be ahead of what CodeBuild answers: it is tried again, within minutes.
		return fmt.Errorf("build %s is not finished, although event %s says so", detail.BuildID, event.ID)
	}
	return h.judge(ctx, build, tested, event.ID)
}

// read gets the build from CodeBuild. The ARN of a build is that of its project, with project/ in the place of build/ and
// the build's own id behind it.
func (h *Handler) read(ctx context.Context, id string) (*cb.Build, error) {
	if !strings.HasPrefix(id, strings.Replace(h.project, ":project/", ":build/", 1)+":") {
		return nil, fmt.Errorf("build %.200q is none of project %s", id, h.project)
	}
	out, err := h.builds.BatchGetBuilds(ctx, &codebuild.BatchGetBuildsInput{Ids: []string{id}})
	if err != nil {
		return nil, fmt.Errorf("reading build %s: %w", id, err)
	}
	if len(out.Builds) != 1 || aws.ToString(out.Builds[0].Arn) != id {
		return nil, fmt.Errorf("reading build %s: CodeBuild knows %d such builds", id, len(out.Builds))
	}
	return &out.Builds[0], nil
}

// trust says what a build tested, if it is a build that the starter started: with its variables, of its commit. Anyone else
// who may start builds of the project can give them any variables, any buildspec and any image.
func (h *Handler) trust(build *cb.Build) (*pullrequest.Revision, error) {
	if aws.ToString(build.Initiator) != h.starter {
		return nil, fmt.Errorf("it was started by %q, expected %q", aws.ToString(build.Initiator), h.starter)
	}
	if name := h.project[strings.LastIndex(h.project, "/")+1:]; aws.ToString(build.ProjectName) != name {
		return nil, fmt.Errorf("it is of project %q, expected %q", aws.ToString(build.ProjectName), name)
	}
	tested, err := pullrequest.OfBuild(build)
	if err != nil {
		return nil, err
	}
	if aws.ToString(build.SourceVersion) != tested.DestinationCommit {
		return nil, fmt.Errorf("it built %q, expected %q", aws.ToString(build.SourceVersion), tested.DestinationCommit)
	}
	return tested, nil
}

// judge writes the verdict, if what was tested is still what the pull request is. The approval comes first: a comment that
// can't be written is tried again with the whole event, which changes nothing that was done.
func (h *Handler) judge(ctx context.Context, build *cb.Build, tested *pullrequest.Revision, event string) error {
	current, err := h.repository.Current(ctx, tested.PullRequest)
	switch {
	case errors.Is(err, pullrequest.ErrNotOurs):
		slog.InfoContext(ctx, "no verdict", "reason", err.Error())
		return nil
	case err != nil:
		return err
	}
	current.DestinationCommit = tested.DestinationCommit
	if *current != *tested {
		slog.InfoContext(ctx, "no verdict: there is a newer revision", "tested", tested.String(), "current", current.String())
		return nil
	}
	if newer, err := h.newer(ctx, build, tested); err != nil || newer != "" {
		slog.InfoContext(ctx, "no verdict: there is a newer build of the revision", "tested", tested.String(), "newer", newer)
		return err
	}
	passed := build.BuildStatus == cb.StatusTypeSucceeded
	if outdated, err := h.approve(ctx, tested, passed); err != nil || outdated {
		return err
	}
	text := h.comment(ctx, build, tested, passed)
	return errors.Join(
		h.repository.Comment(ctx, tested, tested.Token("result", event), text),
		h.notify(ctx, tested, passed, text),
	)
}

// pages bounds how far back builds are looked through, 100 each.
const pages = 10

// newer returns a later build of the same revision that the starter started, or "". Of several builds of a revision (its event
// came twice, hours apart, say) the last one counts, whichever ends or is told of last.
func (h *Handler) newer(ctx context.Context, build *cb.Build, tested *pullrequest.Revision) (string, error) {
	list := codebuild.NewListBuildsForProjectPaginator(h.builds, &codebuild.ListBuildsForProjectInput{ProjectName: build.ProjectName, SortOrder: cb.SortOrderTypeDescending})
	for n := 0; n < pages && list.HasMorePages(); n++ {
		page, err := list.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("listing the builds of %s: %w", aws.ToString(build.ProjectName), err)
		}
		ids := page.Ids
		at := slices.Index(ids, aws.ToString(build.Id))
		if at >= 0 {
			ids = ids[:at]
		}
		if found, err := h.sameRevision(ctx, ids, tested); err != nil || found != "" || at >= 0 {
			return found, err
		}
	}
	return "", fmt.Errorf("build %s is not among the last of its project", aws.ToString(build.Id))
}

func (h *Handler) sameRevision(ctx context.Context, ids []string, tested *pullrequest.Revision) (string, error) {
	if len(ids) == 0 {
		return "", nil
	}
	out, err := h.builds.BatchGetBuilds(ctx, &codebuild.BatchGetBuildsInput{Ids: ids})
	if err != nil {
		return "", fmt.Errorf("reading %d newer builds: %w", len(ids), err)
	}
	for i := range out.Builds {
		other, err := h.trust(&out.Builds[i])
		if err == nil && other.PullRequest == tested.PullRequest && other.ID == tested.ID {
			return aws.ToString(out.Builds[i].Id), nil
		}
	}
	return "", nil
}

// approve sets the machine's approval of the revision. outdated tells that the pull request moved on in the meantime, so
// that there is nothing left to say.
func (h *Handler) approve(ctx context.Context, tested *pullrequest.Revision, passed bool) (outdated bool, err error) {
	state := cc.ApprovalStateRevoke
	if passed {
		state = cc.ApprovalStateApprove
	}
	_, err = h.approvals.UpdatePullRequestApprovalState(ctx, &codecommit.UpdatePullRequestApprovalStateInput{
		PullRequestId: &tested.PullRequest, RevisionId: &tested.ID, ApprovalState: state,
	})
	var (
		newer  *cc.RevisionNotCurrentException
		closed *cc.PullRequestAlreadyClosedException
		gone   *cc.PullRequestDoesNotExistException
	)
	switch {
	case errors.As(err, &newer), errors.As(err, &closed), errors.As(err, &gone):
		slog.InfoContext(ctx, "no verdict: the pull request moved on", "tested", tested.String(), "reason", err.Error())
		return true, nil
	case err != nil:
		return false, fmt.Errorf("setting the approval of %s to %s: %w", tested, state, err)
	}
	slog.InfoContext(ctx, "verdict", "tested", tested.String(), "state", string(state))
	return false, nil
}

// notify tells the topic. Its messages may come twice.
func (h *Handler) notify(ctx context.Context, tested *pullrequest.Revision, passed bool, text string) error {
	_, err := h.notifications.Publish(ctx, &sns.PublishInput{
		TopicArn: &h.topic, Message: &text, // a subject has fewer than 100 characters (Publish, Amazon SNS API Reference)
		Subject: aws.String(fmt.Sprintf("%.60s: pull request %.10s %s", h.repository.Name, tested.PullRequest, outcome(passed))),
	})
	if err != nil {
		return fmt.Errorf("publishing the result of %s to %s: %w", tested, h.topic, err)
	}
	return nil
}

func outcome(passed bool) string {
	if passed {
		return "passed"
	}
	return "failed"
}

// link is the build's page in the console, by "Amazon Resource Names" and the consoles of the partitions.
func link(buildArn string) string {
	a, err := arn.Parse(buildArn)
	if err != nil {
		return buildArn
	}
	domain := map[string]string{"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}[a.Partition]
	if domain == "" {
		domain = a.Region + ".console.aws.amazon.com"
	}
	id := strings.TrimPrefix(a.Resource, "build/")
	project, _, _ := strings.Cut(id, ":")
	return fmt.Sprintf("https://%s/codesuite/codebuild/%s/projects/%s/build/%s/?region=%s", domain, a.AccountID, project, strings.Replace(id, ":", "%3A", 1), a.Region)
}
