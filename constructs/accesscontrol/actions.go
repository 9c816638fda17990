package accesscontrol

import "slices"

// Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for AWS CodeCommit" and the
// like. What is allowed is written out; what is denied may have a wildcard, where all that it matches changes something.

// branchWrites change a branch past the pull request. CreateBranch is one of them, since a branch that a pattern protects
// (release/*) would come into being at a commit that nobody has seen.
var branchWrites = []string{
	"codecommit:CreateBranch", "codecommit:CreateCommit", "codecommit:DeleteBranch", "codecommit:DeleteFile", "codecommit:GitPush",
	"codecommit:MergeBranchesBy*", "codecommit:PutFile",
}

// repositoryWrites get round the protection of a branch: policies, event rules and templates name the repository, a new
// default branch is what people clone and compare with, another key can lock everyone out.
var repositoryWrites = []string{
	"codecommit:DeleteRepository", "codecommit:UpdateDefaultBranch", "codecommit:UpdateRepositoryEncryptionKey", "codecommit:UpdateRepositoryName",
}

// ruleWrites set aside or change the approval rules of one pull request.
var ruleWrites = []string{
	"codecommit:CreatePullRequestApprovalRule", "codecommit:DeletePullRequestApprovalRule", "codecommit:OverridePullRequestApprovalRules",
	"codecommit:UpdatePullRequestApprovalRuleContent",
}

// templateWrites change what rules new pull requests get. Templates belong to the account: they know no resource.
var templateWrites = []string{"codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplate*"}

// associationWrites say which repositories a template is for.
var associationWrites = []string{
	"codecommit:AssociateApprovalRuleTemplateWithRepository", "codecommit:BatchAssociateApprovalRuleTemplateWithRepositories",
	"codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories", "codecommit:DisassociateApprovalRuleTemplateFromRepository",
}

// associationDenies are the same, as short as they can be.
var associationDenies = []string{
	"codecommit:AssociateApproval*", "codecommit:BatchAssociateApproval*", "codecommit:BatchDisassociateApproval*", "codecommit:DisassociateApproval*",
}

// templateEdits are templateWrites in full, for who may do them.
var templateEdits = []string{
	"codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent",
	"codecommit:UpdateApprovalRuleTemplateDescription", "codecommit:UpdateApprovalRuleTemplateName",
}

// repositoryReads are what git and the console need to show a repository and its pull requests.
var repositoryReads = []string{
	"codecommit:BatchDescribeMergeConflicts", "codecommit:BatchGetCommits", "codecommit:BatchGetPullRequests", "codecommit:BatchGetRepositories",
	"codecommit:DescribeMergeConflicts", "codecommit:DescribePullRequestEvents", "codecommit:EvaluatePullRequestApprovalRules", "codecommit:GetBlob",
	"codecommit:GetBranch", "codecommit:GetComment", "codecommit:GetCommentReactions",
	"codecommit:GetCommentsForComparedCommit", "codecommit:GetCommentsForPullRequest", "codecommit:GetCommit", "codecommit:GetCommitHistory",
	"codecommit:GetCommitsFromMergeBase", "codecommit:GetDifferences", "codecommit:GetFile", "codecommit:GetFolder", "codecommit:GetMergeCommit",
	"codecommit:GetMergeConflicts", "codecommit:GetMergeOptions", "codecommit:GetObjectIdentifier", "codecommit:GetPullRequest",
	"codecommit:GetPullRequestApprovalStates", "codecommit:GetPullRequestOverrideState", "codecommit:GetReferences", "codecommit:GetRepository",
	"codecommit:GetTree", "codecommit:GitPull", "codecommit:ListAssociatedApprovalRuleTemplatesForRepository", "codecommit:ListBranches",
	"codecommit:ListFileCommitHistory", "codecommit:ListPullRequests", "codecommit:ListTagsForResource",
}

// accountReads know no resource.
var accountReads = []string{
	"codecommit:GetApprovalRuleTemplate", "codecommit:ListApprovalRuleTemplates", "codecommit:ListRepositories",
	"codecommit:ListRepositoriesForApprovalRuleTemplate",
}

// comments are of whoever takes part in a pull request.
var comments = []string{
	"codecommit:DeleteCommentContent", "codecommit:PostCommentForComparedCommit", "codecommit:PostCommentForPullRequest", "codecommit:PostCommentReply",
	"codecommit:PutCommentReaction", "codecommit:UpdateComment",
}

// commits are the duty of whoever writes code.
var commits = []string{
	"codecommit:CreateBranch", "codecommit:CreateCommit", "codecommit:CreatePullRequest", "codecommit:CreateUnreferencedMergeCommit",
	"codecommit:DeleteBranch", "codecommit:DeleteFile", "codecommit:GitPush", "codecommit:MergeBranchesByFastForward", "codecommit:MergeBranchesBySquash",
	"codecommit:MergeBranchesByThreeWay", "codecommit:MergePullRequestByFastForward", "codecommit:MergePullRequestBySquash",
	"codecommit:MergePullRequestByThreeWay", "codecommit:PutFile", "codecommit:UpdatePullRequestDescription", "codecommit:UpdatePullRequestStatus",
	"codecommit:UpdatePullRequestTitle",
}

var commitDenies = []string{
	"codecommit:CreateBranch", "codecommit:CreateCommit", "codecommit:CreatePullRequest", "codecommit:CreateUnreferencedMergeCommit",
	"codecommit:DeleteBranch", "codecommit:DeleteFile", "codecommit:GitPush", "codecommit:Merge*", "codecommit:PutFile", "codecommit:UpdatePullRequestDescription",
	"codecommit:UpdatePullRequestStatus", "codecommit:UpdatePullRequestTitle",
}

var approvals = []string{"codecommit:UpdatePullRequestApprovalState"}

// pipelineReads show a pipeline and its runs. GetJobDetails is none of them: it hands out credentials for the artifacts.
var pipelineReads = []string{
	"codepipeline:GetPipeline", "codepipeline:GetPipelineExecution", "codepipeline:GetPipelineState", "codepipeline:ListActionExecutions",
	"codepipeline:ListDeployActionExecutionTargets", "codepipeline:ListPipelineExecutions", "codepipeline:ListRuleExecutions", "codepipeline:ListTagsForResource",
}

// pipelineChanges decide what a pipeline does. To start one is a change: a source revision override runs any commit of the
// repository, of whatever branch; AWS CodePipeline User Guide, "Start a pipeline with a source revision override".
var pipelineChanges = []string{"codepipeline:StartPipelineExecution", "codepipeline:TagResource", "codepipeline:UntagResource", "codepipeline:UpdatePipeline"}

var pipelineChangeDenies = []string{
	"codepipeline:Create*", "codepipeline:Delete*", "codepipeline:OverrideStageCondition", "codepipeline:PutActionRevision", "codepipeline:PutWebhook",
	"codepipeline:StartPipelineExecution", "codepipeline:TagResource", "codepipeline:UntagResource", "codepipeline:Update*",
}

// buildChanges decide what a build does: whoever starts one may override its source, its commands and its environment.
var buildChanges = []string{
	"codebuild:BatchGetBuilds", "codebuild:BatchGetProjects", "codebuild:RetryBuild", "codebuild:StartBuild", "codebuild:StopBuild", "codebuild:UpdateProject",
}

var buildChangeDenies = []string{
	"codebuild:BatchDelete*", "codebuild:Create*", "codebuild:Delete*", "codebuild:Invalidate*", "codebuild:Put*", "codebuild:Retry*", "codebuild:Start*", "codebuild:Stop*", "codebuild:Update*",
}

// stageReleases let a run go on, or an earlier one come back. OverrideStageCondition is left out: it sets tests aside.
var stageReleases = []string{
	"codepipeline:DisableStageTransition", "codepipeline:EnableStageTransition", "codepipeline:RetryStageExecution", "codepipeline:RollbackStage",
}

var (
	pipelineReleases = []string{"codepipeline:StopPipelineExecution"}
	approvalReleases = []string{"codepipeline:PutApprovalResult"}
	releaseDenies    = slices.Concat(stageReleases, pipelineReleases, approvalReleases)
	// gateDenies set tests aside: nobody does, whoever may change the pipeline included.
	gateDenies = []string{"codepipeline:OverrideStageCondition"}
	// buildGateDenies are for nobody either: they take builds away, let other accounts in, or open a shell with a project's role.
	buildGateDenies = []string{"codebuild:BatchDeleteBuilds", "codebuild:PutResourcePolicy", "codebuild:StartSandbox*"}
	// jobDenies answer for a test or open a sandbox of others, and know no resource that a pipeline or project has.
	jobDenies = []string{
		"codebuild:ImportSourceCredentials", "codebuild:StartCommandExecution", "codebuild:StartSandboxConnection", "codepipeline:PollFor*",
		"codepipeline:PutJob*", "codepipeline:PutThirdPartyJob*", "codepipeline:UpdateActionType",
	}
)
