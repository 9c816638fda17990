package accesscontrol

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/securecdk/securecdk/internal/fault"
)

// DutiesProps are the settings of Duties.
type DutiesProps struct {
	// Repositories are those that the duties are about. One of Repositories and RepositoryNames is needed; both add up.
	Repositories []awscodecommit.IRepository
	// RepositoryNames are those of the stack's account and region. * stands for any characters. Default: none.
	RepositoryNames *[]*string
	// Branches are the protected ones, without refs/heads/. * stands for any characters: release/*. Default: main, develop.
	Branches *[]*string
	// Pipelines are those that release the repositories. One of Pipelines and PipelineNames is needed; both add up.
	Pipelines []awscodepipeline.IPipeline
	// PipelineNames are those of the stack's account and region. Default: none.
	PipelineNames *[]*string
	// Approvals are the manual approvals that the duty of releasing gives, as "Stage/Action" of the pipelines: Prod/ApproveProd.
	// * stands for any characters. Default: every approval of the pipelines.
	Approvals *[]*string
	// BuildProjects are the CodeBuild projects of the pipelines, which ChangePipeline may change and start. Without them and
	// BuildProjectNames nobody is kept from starting builds with commands of their own. Default: none.
	BuildProjects []awscodebuild.IProject
	// BuildProjectNames are further ones, of the stack's account and region. * stands for any characters. Default: none.
	BuildProjectNames *[]*string
	// CheckProjects are the projects of pull request checks, whose result approves: all four duties are denied to start and change
	// them, ChangePipeline too, even where BuildProjects or BuildProjectNames name them as well. Default: none.
	CheckProjects []awscodebuild.IProject
	// PassableRoles are the roles that changing a pipeline or project takes: AWS wants iam:PassRole on the pipeline's role for
	// every update. Default: the roles of those Pipelines that the app itself makes.
	PassableRoles []awsiam.IRole
	// ManagedPolicyNamePrefix begins the names of the four policies: <prefix>Commit, Approve, ChangePipeline, Release. A permission set
	// of IAM Identity Center refers to them by name, with Path. Default: CloudFormation makes names up.
	ManagedPolicyNamePrefix *string
	// CommittersMayApproveReason lets the holders of Commit approve the pull requests of others too, and says why: a team too
	// small for two groups. CodeCommit bars who opened a request from approving it, not who pushed to its branch: one person
	// can then push to a colleague's open request and approve it, unseen by anyone else. Default: they may not.
	CommittersMayApproveReason *string
	// MfaElsewhereReason takes the second factor out of ChangePipeline and Release, and says where it is asked for instead.
	// Sessions of IAM Identity Center and SAML never carry aws:MultiFactorAuthPresent, so that they need this. Default: a session
	// without a second factor changes and releases nothing.
	MfaElsewhereReason *string
}

type duties struct {
	repositories repositories
	branches     []string
	pipelines    []awscodepipeline.IPipeline
	names        []string // of pipelines
	approvals    []string
	builds       []awscodebuild.IProject
	projects     []string // names of more
	checks       []awscodebuild.IProject
	roles        []awsiam.IRole
	prefix       *string
	mayApprove   bool
	mfa          bool
}

func settleDuties(props *DutiesProps) (duties, []*fault.Error) {
	if props == nil {
		props = &DutiesProps{}
	}
	c := &checker{}
	d := duties{
		repositories: c.repositories(props.Repositories, props.RepositoryNames),
		branches:     c.branches(props.Branches),
		pipelines:    slices.Clone(props.Pipelines),
		names:        c.names("PipelineNames", props.PipelineNames, pipelineForm, "a pipeline's name: letters, digits and .@_-, at most 100"),
		approvals:    c.names("Approvals", props.Approvals, approvalForm, "the names of a stage and an action: Prod/ApproveProd"),
		projects:     c.names("BuildProjectNames", props.BuildProjectNames, projectForm, "a project's name, or a pattern with * that begins with a letter"),
		builds:       slices.Clone(props.BuildProjects),
		checks:       slices.Clone(props.CheckProjects),
		roles:        slices.Clone(props.PassableRoles),
		prefix:       copyOf(props.ManagedPolicyNamePrefix),
		mayApprove:   props.CommittersMayApproveReason != nil,
		mfa:          props.MfaElsewhereReason == nil,
	}
	if len(props.Pipelines) == 0 && len(valuesOf(props.PipelineNames)) == 0 {
		c.Add("Pipelines", nil, "at least one pipeline", "set Pipelines, or PipelineNames for those of this account and region")
	}
	for i, p := range props.Pipelines {
		if p == nil {
			c.Add(fmt.Sprintf("Pipelines[%d]", i), nil, "a pipeline", "remove the entry")
		}
	}
	c.projects("BuildProjects", props.BuildProjects)
	c.projects("CheckProjects", props.CheckProjects)
	for i, r := range props.PassableRoles {
		if r == nil {
			c.Add(fmt.Sprintf("PassableRoles[%d]", i), nil, "a role", "remove the entry")
		}
	}
	if len(d.approvals) == 0 {
		d.approvals = []string{"*/*"}
	}
	c.Match("ManagedPolicyNamePrefix", props.ManagedPolicyNamePrefix, prefixForm, "the beginning of a policy's name: letters, digits and +=,.@_-, at most 100", false)
	c.Reason("CommittersMayApproveReason", props.CommittersMayApproveReason)
	c.Reason("MfaElsewhereReason", props.MfaElsewhereReason)
	return d, c.List
}

func (c *checker) projects(field string, given []awscodebuild.IProject) {
	for i, p := range given {
		if p == nil {
			c.Add(fmt.Sprintf("%s[%d]", field, i), nil, "a project", "remove the entry")
		}
	}
}
