package iam

import "testing"

// forbidden is what no role of a check may do, or only the one whose work it is, on resources of the check, of the pipeline
// beside it, and on others.
func (w *world) forbidden(t *testing.T) []call {
	t.Helper()
	return all(w.forbiddenCode(), w.forbiddenBuilds(t), w.forbiddenIdentity(t), w.forbiddenData(t), w.forbiddenLogs(t), w.forbiddenDelivery(t), w.forbiddenNetwork(t))
}

// forbiddenCode: to write code, to merge it, to approve it, and to change what approvals it takes.
func (w *world) forbiddenCode() []call {
	var calls []call
	for _, repository := range []string{orders, other} {
		calls = append(calls, all(
			on(repository, "codecommit:GitPush", "codecommit:GitPull", "codecommit:GetBranch", "codecommit:GetPullRequest", "codecommit:PostCommentForPullRequest"),
			with("codecommit:References=refs/heads/main", on(repository, refWrites...), on(repository, merges...)),
			with("codecommit:References=refs/heads/feature/x", on(repository, refWrites...)),
			on(repository, "codecommit:UpdatePullRequestApprovalState", "codecommit:OverridePullRequestApprovalRules", "codecommit:CreatePullRequestApprovalRule",
				"codecommit:DeletePullRequestApprovalRule", "codecommit:UpdatePullRequestApprovalRuleContent",
				"codecommit:AssociateApprovalRuleTemplateWithRepository", "codecommit:DisassociateApprovalRuleTemplateFromRepository",
				"codecommit:BatchAssociateApprovalRuleTemplateWithRepositories", "codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories",
				"codecommit:CreatePullRequest", "codecommit:UpdatePullRequestStatus", "codecommit:UpdatePullRequestDescription",
				"codecommit:CreateUnreferencedMergeCommit", "codecommit:DeleteCommentContent", "codecommit:UpdateComment",
				"codecommit:DeleteRepository", "codecommit:UpdateDefaultBranch", "codecommit:UpdateRepositoryName", "codecommit:PutRepositoryTriggers"),
		)...)
	}
	elsewhere := "arn:aws:codeconnections:" + region + ":" + account + ":connection/ffffffff-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
	return all(calls, ruleEdits, on(elsewhere, "codeconnections:GetConnection", "codeconnections:GetConnectionToken"),
		on(connection, "codeconnections:UseConnection", "codeconnections:PassConnection", "codeconnections:DeleteConnection"))
}

// forbiddenBuilds: to start builds, change what they run, and make their results disappear.
func (w *world) forbiddenBuilds(t *testing.T) []call {
	t.Helper()
	var calls []call
	projects := []string{project}
	for _, prefix := range []string{"CheckProject", "ElsewheremainProject", "PipelineBuildSynthCdkBuildProject", "PipelineUpdatePipelineSelfMutation"} {
		projects = append(projects, w.arnOf(t, prefix))
	}
	for _, p := range projects {
		calls = append(calls, on(p, "codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:RetryBuild", "codebuild:StopBuild", "codebuild:UpdateProject",
			"codebuild:DeleteProject", "codebuild:BatchDeleteBuilds", "codebuild:BatchGetBuilds", "codebuild:StartSandbox", "codebuild:UpdateWebhook",
			"codebuild:InvalidateProjectCache", "codebuild:UpdateProjectVisibility")...)
	}
	for _, prefix := range []string{"CheckReportGuardrails", "CheckReportUnit", "ElsewheremainReportUnit"} {
		calls = append(calls, on(w.arnOf(t, prefix), "codebuild:DeleteReport", "codebuild:DeleteReportGroup", "codebuild:UpdateReportGroup", "codebuild:DescribeTestCases",
			"codebuild:PutResourcePolicy", "codebuild:BatchPutTestCases")...)
	}
	otherReports := "arn:aws:codebuild:" + region + ":" + account + ":report-group/other"
	return all(calls, on(otherReports, "codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:UpdateReport", "codebuild:CreateReportGroup", "codebuild:DescribeTestCases"),
		on("*", "codebuild:ImportSourceCredentials", "codebuild:ListSourceCredentials"))
}

// forbiddenIdentity: to become somebody else, or to be allowed more.
func (w *world) forbiddenIdentity(t *testing.T) []call {
	t.Helper()
	targets := []string{roles + "admin", roles + "cdk-hnb659fds-deploy-role-" + account + "-" + region}
	for _, prefix := range []string{"CheckBuildRole", "CheckStartRole", "CheckVerdictRole", "RulesFunctionRole", "PipelineRole"} {
		targets = append(targets, w.arnOf(t, prefix))
	}
	var calls []call
	for _, role := range targets {
		calls = append(calls, all(
			with("iam:PassedToService=codebuild.amazonaws.com", on(role, "iam:PassRole")), with("iam:PassedToService=lambda.amazonaws.com", on(role, "iam:PassRole")),
			on(role, "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePolicy",
				"iam:DeleteRolePermissionsBoundary", "iam:DeleteRole"),
		)...)
	}
	return all(calls, on(roles+"admin", "sts:AssumeRole"), on(roles+"cdk-hnb659fds-deploy-role-"+account+"-"+region, "sts:AssumeRole"), on(roles+"new", "iam:CreateRole"),
		on(policies+"securecdk/any", "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicy"),
		on("arn:aws:iam::"+account+":user/new", "iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:AttachUserPolicy", "iam:CreateServiceSpecificCredential"))
}

// forbiddenData: other keys, this key past the services that it is there for, other secrets, other buckets.
func (w *world) forbiddenData(t *testing.T) []call {
	t.Helper()
	use := []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"}
	var calls []call
	for _, key := range []string{foreignKey, w.arnOf(t, "CheckKey"), w.arnOf(t, "ElsewhereKey"), w.arnOf(t, "PipelineKey")} {
		calls = append(calls, on(key, append([]string{"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CreateGrant", "kms:ReEncryptFrom"}, use...)...)...)
		for _, service := range []string{"s3", "sqs", "sns", "lambda", "secretsmanager", "dynamodb", "logs"} {
			calls = append(calls, via(service, on(key, use...))...)
		}
	}
	for _, secret := range []string{"npm2-AbCdEf", "npm-prod-AbCdEf", "other-AbCdEf"} {
		calls = append(calls, on(allSecrets+secret, "secretsmanager:GetSecretValue")...)
	}
	calls = append(calls, on(allSecrets+"npm-AbCdEf", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret", "secretsmanager:UpdateSecret")...)
	for _, bucket := range []string{w.arnOf(t, "PipelineArtifacts"), w.arnOf(t, "GuardrailAccessLogs"), w.arnOf(t, "CheckCache"), w.arnOf(t, "ElsewheremainCache"), "arn:aws:s3:::cdk-hnb659fds-assets-" + account + "-" + region} {
		calls = append(calls, all(on(bucket+"/0a1b", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl"),
			on(bucket, "s3:ListBucket", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration", "s3:DeleteBucket"))...)
	}
	return all(calls, on("arn:aws:ssm:"+region+":"+account+":parameter/any", "ssm:GetParameter", "ssm:PutParameter"))
}

// forbiddenLogs: to read, write or remove evidence of others.
func (w *world) forbiddenLogs(t *testing.T) []call {
	t.Helper()
	calls := on(allLogs+"other:log-stream:0a1b", "logs:PutLogEvents", "logs:GetLogEvents", "logs:CreateLogStream")
	for _, prefix := range []string{"CheckBuildLogs", "CheckStartLogs", "CheckVerdictLogs", "RulesFunctionLogs", "ElsewhereBuildLogs", "PipelineBuildSynthCdkBuildProjectLogs"} {
		group, stream := w.logGroup(t, prefix)
		calls = append(calls, all(on(stream, "logs:PutLogEvents", "logs:CreateLogStream", "logs:GetLogEvents", "logs:DeleteLogStream"),
			on(group, "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:FilterLogEvents", "logs:DisassociateKmsKey", "logs:DeleteMetricFilter", "logs:PutSubscriptionFilter"))...)
	}
	return append(calls, on(allLogs+"new", "logs:CreateLogGroup")...)
}

// forbiddenDelivery: to change the pipeline, what it deploys, the functions, the events that call them, and whom they tell.
func (w *world) forbiddenDelivery(t *testing.T) []call {
	t.Helper()
	pipeline := w.arnOf(t, "Pipeline")
	stack := "arn:aws:cloudformation:" + region + ":" + account + ":stack/Delivery/0a1b"
	calls := all(
		on(pipeline, "codepipeline:UpdatePipeline", "codepipeline:StartPipelineExecution", "codepipeline:StopPipelineExecution", "codepipeline:DeletePipeline", "codepipeline:GetPipeline"),
		on(pipeline+"/Dev", "codepipeline:EnableStageTransition", "codepipeline:RetryStageExecution", "codepipeline:RollbackStage", "codepipeline:OverrideStageCondition"),
		on(pipeline+"/Dev/Approve", "codepipeline:PutApprovalResult"), on("*", "codepipeline:PutJobSuccessResult", "codepipeline:GetJobDetails"),
		on(stack, "cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet",
			"cloudformation:SetStackPolicy", "cloudformation:DescribeStacks", "cloudformation:DescribeStackResource", "cloudformation:GetTemplate"),
		on(StackID, "cloudformation:UpdateStack", "cloudformation:DeleteStack", "cloudformation:ContinueUpdateRollback", "cloudformation:DescribeStacks", "cloudformation:GetTemplate"),
		on("arn:aws:events:"+region+":"+account+":event-bus/default", "events:PutEvents"), on("*", "events:PutPermission"),
		on("arn:aws:sqs:"+region+":"+account+":other", "sqs:SendMessage", "sqs:ReceiveMessage"),
		on(w.arnOf(t, "CheckDeadLetters"), "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:SetQueueAttributes"),
	)
	for _, prefix := range []string{"CheckStartFunction", "CheckVerdictFunction", "RulesFunction"} {
		calls = append(calls, on(w.arnOf(t, prefix), "lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:AddPermission",
			"lambda:DeleteFunction", "lambda:GetFunction", "lambda:PutFunctionConcurrency")...)
	}
	for _, prefix := range []string{"CheckPullRequestChanged", "CheckBuildEnded"} {
		calls = append(calls, on(w.arnOf(t, prefix), "events:PutRule", "events:PutTargets", "events:DisableRule", "events:DeleteRule", "events:RemoveTargets")...)
	}
	for _, topic := range []string{w.arnOf(t, "CheckAlarms"), w.arnOf(t, "CheckNotifications"), w.arnOf(t, "PipelineNotifications"), "arn:aws:sns:" + region + ":" + account + ":other"} {
		calls = append(calls, on(topic, "sns:Publish", "sns:Subscribe", "sns:SetTopicAttributes", "sns:AddPermission", "sns:DeleteTopic")...)
	}
	return append(calls, on("arn:aws:cloudwatch:"+region+":"+account+":alarm:any", "cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:SetAlarmState")...)
}

// forbiddenNetwork: to hand a network interface to anybody else, or to open the network.
func (w *world) forbiddenNetwork(t *testing.T) []call {
	t.Helper()
	group := "arn:aws:ec2:" + region + ":" + account + ":security-group/sg-0123456789abcdef0"
	return all(
		handOver("subnet-fedcba9876543210f", "codebuild.amazonaws.com"), handOver(subnet, "lambda.amazonaws.com"),
		on(interfaces, "ec2:AttachNetworkInterface", "ec2:DetachNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute", "ec2:AssignPrivateIpAddresses"),
		on(group, "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"), on("arn:aws:ec2:"+region+":"+account+":instance/*", "ec2:RunInstances"),
	)
}
