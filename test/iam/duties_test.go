package iam

import (
	"strings"
	"testing"
)

// TestEachDutyDoesItsWorkAndNoneOfTheOthers: with the policy alone the work is allowed; with an administrator's rights
// beside it, the duties of the others still aren't.
func TestEachDutyDoesItsWorkAndNoneOfTheOthers(t *testing.T) {
	w := controlled(t)
	committing := all(writesTo("feature/x"), firstOfPush, mergeOf("main"))
	seeing := on(pipe, "codepipeline:GetPipeline", "codepipeline:GetPipelineState", "codepipeline:ListPipelineExecutions")
	work := map[string][]call{
		"DutiesCommit": all(reading, committing), "DutiesApprove": all(reading, approving),
		"DutiesChangePipeline": all(seeing, changing, passing), "DutiesRelease": all(seeing, releasing),
	}
	duties := map[string][]call{"DutiesCommit": committing, "DutiesApprove": approving, "DutiesChangePipeline": changing, "DutiesRelease": releasing}
	for duty, calls := range work {
		t.Run(duty, func(t *testing.T) {
			holding(w.policyNamed(t, duty)).withMfa("true").may(t, calls)
			admin := holding(anything, w.policyNamed(t, duty)).withMfa("true")
			admin.may(t, calls)
			admin.mayNot(t, all(aroundBranches, never))
			for o, others := range duties {
				if o != duty {
					admin.mayNot(t, others)
					both := holding(w.policyNamed(t, duty), w.policyNamed(t, o)).withMfa("true")
					both.mayNot(t, all(others, duties[duty]))
				}
			}
		})
	}
}

func TestNothingChangesOrIsReleasedWithoutASecondFactor(t *testing.T) {
	w := controlled(t)
	for duty, calls := range map[string][]call{"DutiesChangePipeline": changing, "DutiesRelease": releasing} {
		for _, mfa := range []string{"", "false"} {
			holding(w.policyNamed(t, duty)).withMfa(mfa).mayNot(t, calls)
			holding(anything, w.policyNamed(t, duty)).withMfa(mfa).mayNot(t, calls)
		}
	}
	holding(w.policyNamed(t, "DutiesChangePipeline")).mayNot(t, passing)
	holding(w.policyNamed(t, "SmallTeamChangePipeline")).may(t, all(changing, passing))
	holding(w.policyNamed(t, "SmallTeamRelease")).may(t, releasing)
}

func TestASmallTeamApprovesWhatOthersWrote(t *testing.T) {
	w := controlled(t)
	committing := all(writesTo("feature/x"), firstOfPush, mergeOf("main"))
	holding(w.policyNamed(t, "SmallTeamCommit")).may(t, all(reading, committing, approving))
	holding(w.policyNamed(t, "SmallTeamCommit"), w.policyNamed(t, "SmallTeamApprove")).may(t, all(committing, approving))
	holding(w.policyNamed(t, "SmallTeamApprove")).mayNot(t, committing)
	for _, duty := range []string{"SmallTeamCommit", "SmallTeamApprove"} {
		holding(anything, w.policyNamed(t, duty)).mayNot(t, all(aroundBranches, changing, releasing))
	}
}

func TestDutiesEndAtTheirResources(t *testing.T) {
	w := controlled(t)
	holding(w.policyNamed(t, "DutiesCommit")).mayNot(t, on(other, "codecommit:GitPull", "codecommit:GitPush"))
	release := holding(w.policyNamed(t, "DutiesRelease")).withMfa("true")
	release.mayNot(t, all(on(pipe+"/Dev/Approve", "codepipeline:PutApprovalResult"), on(pipe+"2/Prod/ApproveProd", "codepipeline:PutApprovalResult"), on(pipe+"2", "codepipeline:StopPipelineExecution")))
	change := holding(w.policyNamed(t, "DutiesChangePipeline")).withMfa("true")
	change.mayNot(t, all(on(pipe+"2", "codepipeline:UpdatePipeline"), with("iam:PassedToService=codepipeline.amazonaws.com", on(roles+"admin", "iam:PassRole")),
		with("iam:PassedToService=lambda.amazonaws.com", on(roles+"orders-pipeline", "iam:PassRole"))))
}

func TestOnlyTheAdministratorEditsRulesAndWithASecondFactor(t *testing.T) {
	w := controlled(t)
	administrator := holding(w.policyNamed(t, "Administrator"))
	administrator.principal = roles + "securecdk/approval-rules"
	administrator.withMfa("true").may(t, all(ruleEdits, on(orders, "codecommit:GetPullRequest")))
	for _, mfa := range []string{"", "false"} {
		administrator.withMfa(mfa).mayNot(t, ruleEdits)
	}
	administrator.identity = append(administrator.identity, anything)
	administrator.withMfa("true").mayNot(t, all(writesTo("feature/x"), mergeOf("main"), approving))

	for _, r := range w.ofType("AWS::IAM::Role") {
		if !strings.HasPrefix(r.id, "Administrator") {
			continue
		}
		if got := w.arn(r.id); got != administrator.principal {
			t.Errorf("the role is %s", got)
		}
		assume := func(mfa string) Request {
			context := map[string]string{}
			if mfa != "" {
				context["aws:MultiFactorAuthPresent"] = mfa
			}
			return Request{Principal: onCall, Action: "sts:AssumeRole", Resource: w.arn(r.id), Account: account, Context: context, ResourcePolicy: r.properties["AssumeRolePolicyDocument"]}
		}
		stranger := assume("true")
		stranger.Principal, stranger.Identity = roles+"developer", []any{anything}
		got := Simulate(t, []Request{assume("true"), assume("false"), assume(""), stranger})
		if want := []bool{true, false, false, false}; !equal(got, want) {
			t.Errorf("assumed: %v, want %v", got, want)
		}
		return
	}
	t.Error("no role of the administrator")
}

func equal(a, b []bool) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestTheViewerLooksAndChangesNothing(t *testing.T) {
	viewer := holding(controlled(t).policyNamed(t, "Viewer"))
	log := "arn:aws:logs:" + region + ":" + account + ":log-group:/aws/codebuild/orders-synth"
	stack := "arn:aws:cloudformation:" + region + ":" + account + ":stack/Prod-Orders/0a1b"
	deploys := "arn:aws:codedeploy:" + region + ":" + account
	rule := "arn:aws:codestar-notifications:" + region + ":" + account + ":notificationrule/0a1b"
	reports := "arn:aws:codebuild:" + region + ":" + account + ":report-group/orders-synth-tests"
	ofPipeline := "codestar-notifications:NotificationsForResource=" + pipe
	viewer.may(t, all(
		on(pipe, "codepipeline:GetPipeline", "codepipeline:GetPipelineState", "codepipeline:GetPipelineExecution", "codepipeline:ListPipelineExecutions",
			"codepipeline:ListActionExecutions", "codepipeline:ListTagsForResource"),
		on("*", "codepipeline:ListPipelines", "codebuild:ListProjects", "codestar-notifications:ListNotificationRules", "cloudformation:ListStacks", "codedeploy:ListApplications"),
		on(project, "codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject", "codebuild:BatchGetProjects"),
		on(reports, "codebuild:BatchGetReports", "codebuild:DescribeTestCases", "codebuild:ListReportsForReportGroup"),
		on(log, "logs:FilterLogEvents", "logs:DescribeLogStreams"), on(log+":log-stream:0a1b", "logs:GetLogEvents"),
		on(stack, "cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:ListStackResources"),
		on(deploys+":application:orders", "codedeploy:GetApplication", "codedeploy:ListDeploymentGroups"),
		on(deploys+":deploymentgroup:orders/prod", "codedeploy:GetDeployment", "codedeploy:ListDeployments"),
		with(ofPipeline, on(rule, "codestar-notifications:DescribeNotificationRule")),
	))
	viewer.withMfa("true").mayNot(t, all(
		changing, releasing, never, passing, writesTo("feature/x"), ruleEdits, repositoryChanges, approving, on(orders, "codecommit:GitPull", "codecommit:GetFile"),
		on(pipe, "codepipeline:DeletePipeline", "codepipeline:CreatePipeline", "codepipeline:TagResource", "codepipeline:UntagResource"),
		on(pipe+"2", "codepipeline:GetPipeline"), on("*", "codepipeline:GetJobDetails", "codepipeline:PutJobSuccessResult"),
		on(project, "codebuild:StopBuild", "codebuild:RetryBuild", "codebuild:DeleteProject", "codebuild:BatchDeleteBuilds", "codebuild:StartSandbox"),
		on(reports, "codebuild:DeleteReport", "codebuild:UpdateReportGroup"),
		on("arn:aws:s3:::artifacts/orders/x", "s3:GetObject", "s3:PutObject"), on("arn:aws:s3:::artifacts", "s3:ListBucket"),
		on("arn:aws:kms:"+region+":"+account+":key/0a1b", "kms:Decrypt", "kms:GenerateDataKey"),
		on(log, "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:Unmask"), on(log+":log-stream:0a1b", "logs:DeleteLogStream", "logs:PutLogEvents"),
		on("arn:aws:logs:"+region+":"+account+":log-group:/other", "logs:FilterLogEvents"),
		on(stack, "cloudformation:UpdateStack", "cloudformation:DeleteStack", "cloudformation:ExecuteChangeSet", "cloudformation:CancelUpdateStack", "cloudformation:GetTemplate",
			"cloudformation:DescribeChangeSet"),
		on(deploys+":deploymentgroup:orders/prod", "codedeploy:CreateDeployment", "codedeploy:UpdateDeploymentGroup"), on("*", "codedeploy:StopDeployment"),
		with(ofPipeline, on(rule, "codestar-notifications:UpdateNotificationRule", "codestar-notifications:DeleteNotificationRule", "codestar-notifications:Subscribe")),
		with(ofPipeline+"2", on(rule, "codestar-notifications:DescribeNotificationRule")),
		on("arn:aws:secretsmanager:"+region+":"+account+":secret:x-AbCdEf", "secretsmanager:GetSecretValue"),
		on("arn:aws:ssm:"+region+":"+account+":parameter/x", "ssm:GetParameter"), on(roles+"admin", "sts:AssumeRole"),
	))
}
