// Package pullrequest is what the two functions of a pull-request check share: what a check is about, how it travels through
// the build, and how a pull request is read.
package pullrequest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
)

// Revision is what one build checks: one revision of one pull request, merged with one commit of its destination.
type Revision struct {
	PullRequest          string
	ID                   string // of the revision
	SourceReference      string // refs/heads/feature/x
	SourceCommit         string
	DestinationReference string
	DestinationCommit    string
}

// Names of the variables that carry a revision into its build.
const (
	VariablePullRequest          = "PULL_REQUEST_ID"
	VariableRevision             = "PULL_REQUEST_REVISION_ID"
	VariableSourceReference      = "PULL_REQUEST_SOURCE_REFERENCE"
	VariableSourceCommit         = "PULL_REQUEST_SOURCE_COMMIT"
	VariableDestinationReference = "PULL_REQUEST_DESTINATION_REFERENCE"
	VariableDestinationCommit    = "PULL_REQUEST_DESTINATION_COMMIT"
)

func (r *Revision) fields() []struct {
	name  string
	value *string
} {
	return []struct {
		name  string
		value *string
	}{
		{VariablePullRequest, &r.PullRequest}, {VariableRevision, &r.ID},
		{VariableSourceReference, &r.SourceReference}, {VariableSourceCommit, &r.SourceCommit},
		{VariableDestinationReference, &r.DestinationReference}, {VariableDestinationCommit, &r.DestinationCommit},
	}
}

// Variables are the environment of the revision's build.
func (r *Revision) Variables() []types.EnvironmentVariable {
	var variables []types.EnvironmentVariable
	for _, f := range r.fields() {
		variables = append(variables, types.EnvironmentVariable{Name: aws.String(f.name), Value: f.value, Type: types.EnvironmentVariableTypePlaintext})
	}
	return variables
}

// OfBuild reads the revision from the environment of a build. Every variable must be there once, as plain text.
func OfBuild(build *types.Build) (*Revision, error) {
	if build.Environment == nil {
		return nil, fmt.Errorf("the build has no environment")
	}
	r := &Revision{}
	for _, f := range r.fields() {
		n := 0
		for _, v := range build.Environment.EnvironmentVariables {
			if aws.ToString(v.Name) == f.name && v.Type == types.EnvironmentVariableTypePlaintext {
				*f.value = aws.ToString(v.Value)
				n++
			}
		}
		if n != 1 || *f.value == "" {
			return nil, fmt.Errorf("the build has %d values of %s, expected one", n, f.name)
		}
	}
	return r, nil
}

// Token is an idempotency token: the same for the same revision, purpose and event, 64 characters. An event's id is the same
// when the event comes again, and nobody can know it beforehand: who could work a token out might use it first, and what
// the function then does in its name would be taken for done.
func (r *Revision) Token(purpose, event string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", purpose, event, *r))
	return hex.EncodeToString(sum[:])
}

// String names the revision in logs.
func (r *Revision) String() string {
	return fmt.Sprintf("pull request %s, revision %s", r.PullRequest, r.ID)
}

// Branch is the destination without refs/heads/.
func (r *Revision) Branch() string { return strings.TrimPrefix(r.DestinationReference, "refs/heads/") }
