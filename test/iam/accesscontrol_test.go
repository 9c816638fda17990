package iam

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/constructs/accesscontrol"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/test/internal/tool"
)

const (
	orders   = "arn:aws:codecommit:" + region + ":" + account + ":orders"
	other    = "arn:aws:codecommit:" + region + ":" + account + ":other"
	pipe     = "arn:aws:codepipeline:" + region + ":" + account + ":orders"
	approval = pipe + "/Prod/ApproveProd"
	project  = "arn:aws:codebuild:" + region + ":" + account + ":project/orders-synth"
	// checkProject is one that BuildProjectNames match as well.
	checkProject = "arn:aws:codebuild:" + region + ":" + account + ":project/orders-check"
	sandbox      = "arn:aws:codebuild:" + region + ":" + account + ":sandbox/orders-synth:0a1b"
	roles        = "arn:aws:iam::" + account + ":role/"
	policies     = "arn:aws:iam::" + account + ":policy/"
	onCall       = roles + "on-call"
)

// controlled is the world of accessTemplate.
func controlled(t *testing.T) *world {
	t.Helper()
	return newWorld(t, accessTemplate(t))
}

// accessTemplate is everything of accesscontrol for one repository and its pipeline.
func accessTemplate(t *testing.T) map[string]any {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	stack := awscdk.NewStack(app, jsii.String("Access"), &awscdk.StackProps{Env: cdktest.Env(account, region)})
	names, branches := jsii.Strings("orders"), jsii.Strings("main", "develop", "release/*")
	accesscontrol.NewBranchProtection(stack, jsii.String("Protection"), &accesscontrol.BranchProtectionProps{RepositoryNames: names, Branches: branches})
	accesscontrol.NewBranchProtection(stack, jsii.String("Exact"), &accesscontrol.BranchProtectionProps{RepositoryNames: names})
	accesscontrol.NewPermissionsBoundary(stack, jsii.String("Boundary"), &accesscontrol.PermissionsBoundaryProps{
		RepositoryNames: names, Branches: branches, ManagedPolicyName: jsii.String("boundary"), PassableRoleArns: jsii.Strings(roles + "build"),
	})
	newDuties := func(id string, props accesscontrol.DutiesProps) {
		props.RepositoryNames, props.Branches, props.PipelineNames, props.BuildProjectNames = names, branches, names, jsii.Strings("orders-*")
		props.Approvals = jsii.Strings("Prod/ApproveProd")
		props.CheckProjects = []awscodebuild.IProject{awscodebuild.Project_FromProjectArn(stack, jsii.String(id+"CheckProject"), jsii.String(checkProject))}
		props.PassableRoles = []awsiam.IRole{awsiam.Role_FromRoleArn(stack, jsii.String(id+"PipelineRole"), jsii.String(roles+"orders-pipeline"), nil)}
		accesscontrol.NewDuties(stack, &id, &props)
	}
	newDuties("Duties", accesscontrol.DutiesProps{})
	newDuties("SmallTeam", accesscontrol.DutiesProps{
		CommittersMayApproveReason: jsii.String("a team of three people"), MfaElsewhereReason: jsii.String("IAM Identity Center asks at sign-in"),
	})
	accesscontrol.NewApprovalRuleAdministrator(stack, jsii.String("Administrator"), &accesscontrol.ApprovalRuleAdministratorProps{
		RepositoryNames: names, AssumedBy: awsiam.NewArnPrincipal(jsii.String(onCall)), RoleName: jsii.String("approval-rules"),
	})
	accesscontrol.NewPipelineViewer(stack, jsii.String("Viewer"), &accesscontrol.PipelineViewerProps{
		PipelineName: jsii.String("orders"), AssumedBy: awsiam.NewArnPrincipal(jsii.String(onCall)), BuildProjectNames: jsii.Strings("orders-*"),
		LogGroupNames: jsii.Strings("/aws/codebuild/orders-*"), StackNames: jsii.Strings("Prod-Orders"), DeployApplicationNames: jsii.Strings("orders"),
	})
	return cdktest.Template(t, app, stack)
}

// TestActionsAreThoseOfAWS: a misspelled action denies nothing, in silence.
func TestActionsAreThoseOfAWS(t *testing.T) {
	template := accessTemplate(t)
	document, err := accesscontrol.ServiceControlPolicy(&accesscontrol.ServiceControlPolicyProps{
		FunctionNames: jsii.Strings("delivery-rules"), StackNames: jsii.Strings("*"), DeployRoleUsers: jsii.Strings("arn:*:iam::*:role/delivery-*"),
	})
	if err != nil {
		t.Fatal(err)
	}
	template["Resources"].(map[string]any)["ServiceControl"] = map[string]any{
		"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{"PolicyDocument": parsed(t, document)},
	}
	data, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "access.template.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range tool.Lint(t, file) {
		t.Error(line)
	}
}

// policyNamed is the document of the only managed policy whose logical id begins so.
func (w *world) policyNamed(t *testing.T, prefix string) any {
	t.Helper()
	var found []any
	for _, p := range w.ofType("AWS::IAM::ManagedPolicy") {
		if strings.HasPrefix(p.id, prefix) {
			found = append(found, p.properties["PolicyDocument"])
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d policies %s", len(found), prefix)
	}
	return found[0]
}

// person is a role's session with its policies.
type person struct {
	principal      string
	identity       []any
	boundary       any
	serviceControl any
	// mfa is what aws:MultiFactorAuthPresent says; empty in a session that doesn't carry it.
	mfa string
}

func holding(documents ...any) person {
	return person{principal: roles + "developer", identity: documents}
}

func (p person) withMfa(value string) person {
	p.mfa = value
	return p
}

// call is one request; with is key=value for each key of the context.
type call struct {
	action, resource string
	with             []string
}

func on(resource string, actions ...string) []call {
	calls := make([]call, len(actions))
	for i, a := range actions {
		calls[i] = call{action: a, resource: resource}
	}
	return calls
}

func with(context string, calls ...[]call) []call {
	all := all(calls...)
	for i := range all {
		all[i].with = append(append([]string{}, all[i].with...), context)
	}
	return all
}

func all(calls ...[]call) []call {
	var all []call
	for _, c := range calls {
		all = append(all, c...)
	}
	return all
}

func (p person) request(c call) Request {
	context := map[string]string{"aws:PrincipalArn": p.principal} // which the simulator doesn't fill in
	if p.mfa != "" {
		context["aws:MultiFactorAuthPresent"] = p.mfa
	}
	for _, w := range c.with {
		key, value, _ := strings.Cut(w, "=")
		context[key] = value
	}
	return Request{
		Principal: p.principal, Action: c.action, Resource: c.resource, Account: account, Context: context,
		Identity: p.identity, Boundary: p.boundary, ServiceControl: p.serviceControl,
	}
}

// may and mayNot let the simulator judge every call.
func (p person) may(t *testing.T, calls []call)    { t.Helper(); p.judge(t, calls, true) }
func (p person) mayNot(t *testing.T, calls []call) { t.Helper(); p.judge(t, calls, false) }

func (p person) judge(t *testing.T, calls []call, want bool) {
	t.Helper()
	if len(calls) == 0 {
		t.Fatal("no call: the test proves nothing")
	}
	requests := make([]Request, len(calls))
	for i, c := range calls {
		requests[i] = p.request(c)
	}
	for i, got := range Simulate(t, requests) {
		if got != want {
			t.Errorf("%s on %s with %v (mfa %q): allowed is %v", calls[i].action, calls[i].resource, calls[i].with, p.mfa, got)
		}
	}
}

// What people do, by the requests that it takes.
var (
	refWrites = []string{
		"codecommit:GitPush", "codecommit:CreateBranch", "codecommit:DeleteBranch", "codecommit:PutFile", "codecommit:DeleteFile", "codecommit:CreateCommit",
		"codecommit:MergeBranchesByFastForward", "codecommit:MergeBranchesBySquash", "codecommit:MergeBranchesByThreeWay",
	}
	merges = []string{"codecommit:MergePullRequestByFastForward", "codecommit:MergePullRequestBySquash", "codecommit:MergePullRequestByThreeWay"}

	writesTo = func(branch string) []call {
		return with("codecommit:References=refs/heads/"+branch, on(orders, refWrites...))
	}
	// git asks first without a reference.
	firstOfPush = on(orders, "codecommit:GitPush")
	mergeOf     = func(branch string) []call {
		return all(on(orders, "codecommit:CreatePullRequest"), with("codecommit:References=refs/heads/"+branch, on(orders, merges...)))
	}
	ruleEdits = all(
		on(orders, "codecommit:OverridePullRequestApprovalRules", "codecommit:CreatePullRequestApprovalRule", "codecommit:DeletePullRequestApprovalRule",
			"codecommit:UpdatePullRequestApprovalRuleContent", "codecommit:AssociateApprovalRuleTemplateWithRepository",
			"codecommit:DisassociateApprovalRuleTemplateFromRepository", "codecommit:BatchAssociateApprovalRuleTemplateWithRepositories",
			"codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories"),
		on("*", "codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent",
			"codecommit:UpdateApprovalRuleTemplateName", "codecommit:UpdateApprovalRuleTemplateDescription"),
	)
	repositoryChanges = on(orders, "codecommit:UpdateRepositoryName", "codecommit:DeleteRepository", "codecommit:UpdateDefaultBranch", "codecommit:UpdateRepositoryEncryptionKey")
	aroundBranches    = all(writesTo("main"), ruleEdits, repositoryChanges)
	// federating lets one sign in as a role that trusts a provider.
	federating = all(
		on("arn:aws:iam::"+account+":saml-provider/bank", "iam:CreateSAMLProvider", "iam:UpdateSAMLProvider"),
		on("arn:aws:iam::"+account+":oidc-provider/bank", "iam:CreateOpenIDConnectProvider", "iam:AddClientIDToOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint"),
		on("*", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile", "cognito-identity:SetIdentityPoolRoles"),
		on("arn:aws:rolesanywhere:"+region+":"+account+":trust-anchor/0a1b", "rolesanywhere:UpdateTrustAnchor"),
		on("arn:aws:rolesanywhere:"+region+":"+account+":profile/0a1b", "rolesanywhere:UpdateProfile", "rolesanywhere:PutAttributeMapping"),
		on("arn:aws:cognito-identity:"+region+":"+account+":identitypool/0a1b", "cognito-identity:UpdateIdentityPool"),
	)
	approving = on(orders, "codecommit:UpdatePullRequestApprovalState")
	reading   = all(
		on(orders, "codecommit:GitPull", "codecommit:GetPullRequest", "codecommit:GetFile", "codecommit:ListBranches", "codecommit:BatchGetRepositories",
			"codecommit:PostCommentForPullRequest", "codecommit:PostCommentReply", "codecommit:EvaluatePullRequestApprovalRules"),
		on("*", "codecommit:ListRepositories"),
	)
	// sourcing is what the pipeline's source action does.
	sourcing = on(orders, "codecommit:GetBranch", "codecommit:GetCommit", "codecommit:UploadArchive", "codecommit:GetUploadArchiveStatus", "codecommit:CancelUploadArchive")
	changing = all(
		on(pipe, "codepipeline:UpdatePipeline", "codepipeline:StartPipelineExecution"),
		on(project, "codebuild:UpdateProject", "codebuild:StartBuild"),
	)
	passing   = with("iam:PassedToService=codepipeline.amazonaws.com", on(roles+"orders-pipeline", "iam:PassRole"))
	releasing = all(
		on(approval, "codepipeline:PutApprovalResult"),
		on(pipe+"/Prod", "codepipeline:EnableStageTransition", "codepipeline:DisableStageTransition", "codepipeline:RetryStageExecution", "codepipeline:RollbackStage"),
		on(pipe, "codepipeline:StopPipelineExecution"),
	)
	// never is for nobody: it sets tests aside, or makes what nobody has reviewed.
	never = all(
		on(pipe+"/Prod", "codepipeline:OverrideStageCondition"),
		on(checkProject, "codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:RetryBuild", "codebuild:StopBuild", "codebuild:UpdateProject", "codebuild:DeleteProject",
			"codebuild:BatchDeleteBuilds", "codebuild:PutResourcePolicy", "codebuild:StartSandbox", "codebuild:CreateWebhook", "codebuild:InvalidateProjectCache"),
		on(project, "codebuild:BatchDeleteBuilds", "codebuild:PutResourcePolicy", "codebuild:StartSandbox"),
		on(sandbox, "codebuild:StartCommandExecution", "codebuild:StartSandboxConnection"),
		on("*", "codebuild:ImportSourceCredentials", "codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult",
			"codepipeline:PutThirdPartyJobSuccessResult", "codepipeline:PutThirdPartyJobFailureResult", "codepipeline:PollForThirdPartyJobs"),
		on("arn:aws:codepipeline:"+region+":"+account+":actiontype:Custom/Test/x/1", "codepipeline:PollForJobs", "codepipeline:UpdateActionType"),
	)
)

func parsed(t *testing.T, document string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		t.Fatal(err)
	}
	return value
}
