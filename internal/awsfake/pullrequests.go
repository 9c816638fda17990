package awsfake

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// PullRequests is the part of CodeCommit, CodeBuild, CloudWatch Logs and Amazon SNS that a pull-request check uses, in
// memory: one repository with pull requests, one project with builds. What is called of another name is refused.
type PullRequests struct {
	Repository string
	Project    string            // name
	LogGroup   string            // of the builds, name
	Topic      string            // ARN
	Reports    []string          // report groups of the builds, names
	Initiator  string            // what CodeBuild says of the builds that StartBuild starts
	Tips       map[string]string // commit of each branch
	Requests   map[string]*PullRequest
	Builds     map[string]map[string]any // by ARN
	order      []any                     // ids, the newest first
	Published  []Input
	Log        []string
	Failed     []map[string]any // test cases of every report, those that did not pass
	tokens     map[string]string
}

// PullRequest is one of them.
type PullRequest struct {
	ID, Status, Repository, Revision, Source, SourceCommit, Destination string
	Approvals                                                           map[string]string // state by revision
	Comments                                                            []string
	tokens                                                              map[string]string
}

// Stream is the log stream of every build.
const Stream = "stream"

const arnPrefix = "arn:aws:codebuild:eu-west-1:111111111111:"

// NewPullRequests serves a repository with the branches main and develop.
func NewPullRequests(s *Server) *PullRequests {
	p := &PullRequests{
		Repository: "orders", Project: "check", Initiator: "StartRole/StartFunction", LogGroup: "/check/logs",
		Topic: "arn:aws:sns:eu-west-1:111111111111:topic", Reports: []string{"guardrails"},
		Tips: map[string]string{"main": "d0d0d0d0d0d0", "develop": "e0e0e0e0e0e0"}, Requests: map[string]*PullRequest{},
		Builds: map[string]map[string]any{}, tokens: map[string]string{},
	}
	s.On("GetPullRequest", p.get)
	s.On("GetBranch", p.branch)
	s.On("StartBuild", p.start)
	s.On("BatchGetBuilds", p.builds)
	s.On("ListBuildsForProject", p.list)
	s.On("UpdatePullRequestApprovalState", p.approve)
	s.On("PostCommentForPullRequest", p.comment)
	s.On("GetLogEvents", p.logs)
	s.On("DescribeTestCases", p.cases)
	s.On("Publish", p.publish)
	return p
}

// known refuses what is called of a name that is not what it should be.
func known(in Input, field, want, code string) error {
	if got := in.Text(field); got != want {
		return &Error{Code: code, Message: fmt.Sprintf("%s: got %q, and there is only %q", field, got, want)}
	}
	return nil
}

// Open opens a pull request of feature/x.
func (p *PullRequests) Open(id, destination string) *PullRequest {
	r := &PullRequest{
		ID: id, Status: "OPEN", Repository: p.Repository, Revision: "revision-1", Source: "refs/heads/feature/x", SourceCommit: "50f750f750f7",
		Destination: "refs/heads/" + destination, Approvals: map[string]string{}, tokens: map[string]string{},
	}
	p.Requests[id] = r
	return r
}

// Push makes a new revision.
func (r *PullRequest) Push() {
	r.Revision += "+"
	r.SourceCommit += "1"
}

// Finish ends a build, in a phase.
func (p *PullRequests) Finish(arn, status, phase string) {
	b := p.Builds[arn]
	b["buildComplete"], b["buildStatus"] = true, status
	phases := []any{map[string]any{"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED"}}
	if status != "SUCCEEDED" {
		phases = append(phases, map[string]any{"phaseType": phase, "phaseStatus": status, "contexts": []any{
			map[string]any{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "Error while executing command: go test ./..."},
		}})
	}
	b["phases"] = append(phases, map[string]any{"phaseType": "COMPLETED"})
}

func (p *PullRequests) find(in Input) (*PullRequest, error) {
	r := p.Requests[in.Text("pullRequestId")]
	if r == nil {
		return nil, &Error{Code: "PullRequestDoesNotExistException", Message: "The pull request does not exist"}
	}
	return r, nil
}

func (p *PullRequests) get(in Input) (any, error) {
	r, err := p.find(in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"pullRequest": map[string]any{
		"pullRequestId": r.ID, "pullRequestStatus": r.Status, "revisionId": r.Revision,
		"pullRequestTargets": []any{map[string]any{
			"repositoryName": r.Repository, "sourceReference": r.Source, "sourceCommit": r.SourceCommit, "destinationReference": r.Destination,
			"destinationCommit": "the tip when the request was opened",
		}},
	}}, nil
}

func (p *PullRequests) branch(in Input) (any, error) {
	if err := known(in, "repositoryName", p.Repository, "RepositoryDoesNotExistException"); err != nil {
		return nil, err
	}
	tip := p.Tips[in.Text("branchName")]
	if tip == "" {
		return nil, &Error{Code: "BranchDoesNotExistException", Message: "The branch does not exist"}
	}
	return map[string]any{"branch": map[string]any{"branchName": in["branchName"], "commitId": tip}}, nil
}

// start keeps the idempotency token for ever; CodeBuild does so for five minutes.
func (p *PullRequests) start(in Input) (any, error) {
	if err := known(in, "projectName", p.Project, "ResourceNotFoundException"); err != nil {
		return nil, err
	}
	arn := p.tokens[in.Text("idempotencyToken")]
	if arn == "" {
		arn = p.Build(p.Initiator, in)
		p.tokens[in.Text("idempotencyToken")] = arn
	}
	return map[string]any{"build": p.Builds[arn]}, nil
}

// Build has somebody start a build with the input of StartBuild, and returns its ARN.
func (p *PullRequests) Build(initiator string, in Input) string {
	id := fmt.Sprintf("%s:%04d", p.Project, len(p.order)+1)
	var reports []string
	for _, group := range p.Reports {
		reports = append(reports, arnPrefix+"report/"+group+":1")
	}
	p.Builds[arnPrefix+"build/"+id] = map[string]any{
		"arn": arnPrefix + "build/" + id, "id": id, "projectName": p.Project, "initiator": initiator, "buildComplete": false, "buildStatus": "IN_PROGRESS",
		"sourceVersion": in["sourceVersion"], "environment": map[string]any{"environmentVariables": in["environmentVariablesOverride"]},
		"logs": map[string]any{"groupName": p.LogGroup, "streamName": Stream}, "reportArns": reports,
	}
	p.order = append([]any{id}, p.order...)
	return arnPrefix + "build/" + id
}

// list pages by two, so that whoever looks at the first page only is found out.
func (p *PullRequests) list(in Input) (any, error) {
	if err := errors.Join(known(in, "projectName", p.Project, "ResourceNotFoundException"), known(in, "sortOrder", "DESCENDING", "InvalidInputException")); err != nil {
		return nil, err
	}
	from, _ := strconv.Atoi(in.Text("nextToken"))
	to := min(from+2, len(p.order))
	out := map[string]any{"ids": p.order[from:to]}
	if to < len(p.order) {
		out["nextToken"] = strconv.Itoa(to)
	}
	return out, nil
}

func (p *PullRequests) builds(in Input) (any, error) {
	found := []any{}
	ids, _ := in["ids"].([]any)
	for _, id := range ids {
		arn := arnPrefix + "build/" + strings.TrimPrefix(fmt.Sprint(id), arnPrefix+"build/") // either is taken
		if b := p.Builds[arn]; b != nil {
			found = append(found, b)
		}
	}
	return map[string]any{"builds": found}, nil
}

func (p *PullRequests) approve(in Input) (any, error) {
	r, err := p.find(in)
	switch {
	case err != nil:
		return nil, err
	case r.Status != "OPEN":
		return nil, &Error{Code: "PullRequestAlreadyClosedException", Message: "The pull request is closed"}
	case r.Revision != in.Text("revisionId"):
		return nil, &Error{Code: "RevisionNotCurrentException", Message: "The revision is not the current one"}
	}
	r.Approvals[r.Revision] = in.Text("approvalState")
	return nil, nil
}

func (p *PullRequests) comment(in Input) (any, error) {
	r, err := p.find(in)
	if err == nil {
		err = known(in, "repositoryName", r.Repository, "RepositoryNotAssociatedWithPullRequestException")
	}
	if err != nil {
		return nil, err
	}
	token, content := in.Text("clientRequestToken"), in.Text("content")
	switch before, used := r.tokens[token]; {
	case len(content) > 10240:
		return nil, &Error{Code: "CommentContentSizeLimitExceededException", Message: "The comment is too large"}
	case used && before != content:
		return nil, &Error{Code: "IdempotencyParameterMismatchException", Message: "The token was used with other parameters"}
	case !used:
		r.tokens[token] = content
		r.Comments = append(r.Comments, content)
	}
	return map[string]any{"comment": map[string]any{"commentId": "1"}}, nil
}

func (p *PullRequests) publish(in Input) (any, error) {
	if err := known(in, "TopicArn", p.Topic, "NotFound"); err != nil {
		return nil, err
	}
	if subject := in.Text("Subject"); len(subject) >= 100 {
		return nil, &Error{Code: "InvalidParameter", Message: "Invalid parameter: Subject"}
	}
	p.Published = append(p.Published, in)
	return nil, nil
}

func (p *PullRequests) logs(in Input) (any, error) {
	if err := errors.Join(known(in, "logGroupName", p.LogGroup, "ResourceNotFoundException"), known(in, "logStreamName", Stream, "ResourceNotFoundException")); err != nil {
		return nil, err
	}
	limit, _ := in["limit"].(float64)
	lines := p.Log[max(0, len(p.Log)-int(limit)):]
	logged := []any{}
	for _, line := range slices.Clone(lines) {
		logged = append(logged, map[string]any{"message": line, "timestamp": 1})
	}
	return map[string]any{"events": logged}, nil
}

func (p *PullRequests) cases(in Input) (any, error) {
	filter, _ := in["filter"].(map[string]any)
	found := []any{}
	keyword, _ := filter["keyword"].(string)
	for _, c := range p.Failed {
		if name, _ := c["name"].(string); c["status"] == filter["status"] && strings.Contains(name, keyword) {
			found = append(found, c)
		}
	}
	return map[string]any{"testCases": found}, nil
}
