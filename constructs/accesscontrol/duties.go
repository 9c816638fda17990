package accesscontrol

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Duties are four managed policies, one a duty, that exclude each other.
type Duties struct {
	constructs.Construct
	commit, approve, changePipeline, release awsiam.ManagedPolicy
}

// NewDuties makes four managed policies: Commit, Approve, ChangePipeline and Release. Each allows what its duty takes, to
// action and resource, and denies the duties of the others: whoever holds two by mistake can do neither. All of them deny to
// change protected branches and approval rules past the pull request, as BranchProtection does; to answer for the jobs of a
// pipeline's actions, which sets tests aside; to open sandboxes; and to touch the CheckProjects. ChangePipeline and Release
// work in sessions with a second factor only (aws:MultiFactorAuthPresent), whatever other policies allow.
//
// Attach them to roles: whoever may take a user out of a group takes a group's policies off. One construct has room for about two
// repositories, two pipelines and three projects by name; patterns of repositories and projects cover more. Beyond that make
// one construct for each pipeline.
//
// A repository with a customer managed key also takes the use of that key: key.GrantEncryptDecrypt.
//
// It panics with an error that lists every fault of the props, or when a document is longer than IAM's 6,144 characters.
func NewDuties(scope constructs.Construct, id *string, props *DutiesProps) *Duties {
	settings, faults := settleDuties(props)
	refuse(scope, id, faults)
	d := &Duties{}
	constructs.NewConstruct_Override(d, scope, id)
	s := settings.scope(placeOf(d))
	add := func(duty, description string, statements []statement) awsiam.ManagedPolicy {
		var name *string
		if settings.prefix != nil {
			name = jsii.String(*settings.prefix + duty)
		}
		return newManagedPolicy(d, duty, name, description, statements)
	}
	d.commit = add("Commit", "Writes code and pull requests, and neither approves nor releases", s.commit())
	d.approve = add("Approve", "Approves pull requests, and neither writes nor releases", s.approve())
	d.changePipeline = add("ChangePipeline", "Changes pipelines, and neither writes, approves nor releases", s.changePipeline())
	d.release = add("Release", "Releases what a pipeline has tested, and neither writes nor approves", s.release())
	return d
}

// Commit returns the policy of who writes code: git and console on branches that are not protected, pull requests and
// their merge once their rules are met.
func (d *Duties) Commit() awsiam.ManagedPolicy { return d.commit }

// Approve returns the policy of who reviews: it reads, comments and approves, or takes an approval back.
func (d *Duties) Approve() awsiam.ManagedPolicy { return d.approve }

// ChangePipeline returns the policy of who may change the pipelines and their build projects, and start them: who starts a
// pipeline may name another commit than the branch's, and who starts a build may name other commands. Pipelines that the
// CDK makes change by their code; this is for emergencies.
func (d *Duties) ChangePipeline() awsiam.ManagedPolicy { return d.changePipeline }

// Release returns the policy of who may release to production: manual approvals, transitions between stages, retries,
// rollbacks, and the stop of a run.
func (d *Duties) Release() awsiam.ManagedPolicy { return d.release }

// dutyScope is what the duties are about, as ARNs.
type dutyScope struct {
	guarded
	pipelines, stages, approvals, projects, checks, roles []string
	mayApprove, mfa                                       bool
}

func (d duties) scope(p place) dutyScope {
	s := dutyScope{
		guarded:    guarded{d.repositories.arns(p), d.branches},
		projects:   p.arns("codebuild", "project/", d.projects),
		mayApprove: d.mayApprove, mfa: d.mfa,
	}
	for _, pipeline := range d.pipelines {
		s.pipelines = append(s.pipelines, *pipeline.PipelineArn())
	}
	s.pipelines = append(s.pipelines, p.arns("codepipeline", "", d.names)...)
	for _, pipeline := range s.pipelines {
		s.stages = append(s.stages, pipeline+"/*")
		for _, approval := range d.approvals {
			s.approvals = append(s.approvals, pipeline+"/"+approval)
		}
	}
	for _, project := range d.builds {
		s.projects = append(s.projects, *project.ProjectArn())
	}
	for _, check := range d.checks {
		s.checks = append(s.checks, *check.ProjectArn())
	}
	for _, role := range d.passable() {
		s.roles = append(s.roles, *role.RoleArn())
	}
	return s
}

func (d duties) passable() []awsiam.IRole {
	if len(d.roles) > 0 {
		return d.roles
	}
	var roles []awsiam.IRole
	for _, p := range d.pipelines {
		if made, ok := p.(awscodepipeline.Pipeline); ok {
			roles = append(roles, made.Role())
		}
	}
	return roles
}

func (s dutyScope) commit() []statement {
	work := slices.Concat(repositoryReads, commits, comments)
	var denied []string
	if s.mayApprove {
		work = append(work, approvals...)
	} else {
		denied = approvals
	}
	return slices.Concat(s.repositoryWork("Commit", work), s.denies(denied...), s.pipelineDenies())
}

func (s dutyScope) approve() []statement {
	work := slices.Concat(repositoryReads, approvals, comments)
	denied := commitDenies
	if s.mayApprove { // whoever commits and approves by one policy may hold the other too
		denied = nil
	}
	return slices.Concat(s.repositoryWork("Approve", work), s.denies(denied...), s.pipelineDenies())
}

func (s dutyScope) changePipeline() []statement {
	statements := append(s.pipelineReads(), withMfa(allow("ChangePipeline", pipelineChanges, s.pipelines), s.mfa))
	if len(s.projects) > 0 {
		statements = append(statements, withMfa(allow("ChangeBuilds", buildChanges, s.projects).because(patternReason, starred(s.projects)...), s.mfa))
	}
	if len(s.roles) > 0 {
		pass := allow("PassRole", []string{"iam:PassRole"}, s.roles).
			when("StringEquals", "iam:PassedToService", []any{"codebuild.amazonaws.com", "codepipeline.amazonaws.com"})
		statements = append(statements, withMfa(pass, s.mfa))
	}
	if s.mfa {
		for _, d := range s.changeDenies(s.projects) {
			d.sid += "WithoutMfa"
			statements = append(statements, withoutMfa(d))
		}
	}
	statements = append(statements, deny("DenyRelease", slices.Concat(releaseDenies, gateDenies), s.pipelinesAndStages()))
	if len(s.projects) > 0 {
		statements = append(statements, deny("DenySandboxes", buildGateDenies, s.projects))
	}
	if len(s.checks) > 0 {
		statements = append(statements, deny("DenyChecks", buildChangeDenies, s.checks))
	}
	return append(statements, s.repositoryDenies()...)
}

func (s dutyScope) release() []statement {
	statements := append(s.pipelineReads(),
		withMfa(allow("Approvals", approvalReleases, s.approvals).because(approvalReason, starred(s.approvals)...), s.mfa),
		withMfa(allow("Stages", stageReleases, s.stages).because(stageReason, s.stages...), s.mfa),
		withMfa(allow("Runs", pipelineReleases, s.pipelines), s.mfa),
	)
	if s.mfa {
		statements = append(statements, withoutMfa(deny("DenyReleaseWithoutMfa", releaseDenies, s.pipelinesAndStages())))
	}
	return slices.Concat(statements, s.repositoryDenies(), s.changeDenies(slices.Concat(s.projects, s.checks)))
}

func (s dutyScope) repositoryWork(sid string, actions []string) []statement {
	return []statement{
		allow(sid, actions, s.repositories).because(patternReason, starred(s.repositories)...),
		allow("List", accountReads, []string{"*"}).because(listReason, "*"),
	}
}

func (s dutyScope) pipelineReads() []statement {
	return []statement{
		allow("Read", pipelineReads, s.pipelines),
		allow("List", []string{"codepipeline:ListPipelines"}, []string{"*"}).because(listReason, "*"),
	}
}

func (s dutyScope) pipelinesAndStages() []string { return slices.Concat(s.pipelines, s.stages) }

// repositoryDenies are for those who neither commit nor approve.
func (s dutyScope) repositoryDenies() []statement {
	return s.denies(slices.Concat(commitDenies, approvals)...)
}

// pipelineDenies are for those who neither change nor release.
func (s dutyScope) pipelineDenies() []statement {
	statements := s.changeDenies(slices.Concat(s.projects, s.checks))
	statements[0] = deny("DenyPipelines", slices.Concat(pipelineChangeDenies, releaseDenies), s.pipelinesAndStages())
	return statements
}

func (s dutyScope) changeDenies(projects []string) []statement {
	statements := []statement{deny("DenyChangePipeline", pipelineChangeDenies, s.pipelinesAndStages())}
	if len(projects) > 0 {
		statements = append(statements, deny("DenyChangeBuilds", buildChangeDenies, projects))
	}
	return statements
}

// denies are those of everyone, and that nobody answers for a job.
func (s dutyScope) denies(more ...string) []statement {
	return append(s.guarded.denies(more...), deny("DenyJobs", jobDenies, []string{"*"}))
}
