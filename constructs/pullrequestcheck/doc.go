// Package pullrequestcheck has every pull request to a protected branch built and tested before people decide about it:
// code reaches main only tested, and seen by another person.
//
// # The least
//
//	check := pullrequestcheck.NewPullRequestCheck(stack, jsii.String("Check"), &pullrequestcheck.PullRequestCheckProps{
//		RepositoryName: jsii.String("orders"), Vpc: vpc,
//	})
//	pullrequestcheck.NewApprovalRules(stack, jsii.String("Rules"), &pullrequestcheck.ApprovalRulesProps{
//		Checks: []*pullrequestcheck.PullRequestCheck{check}, Approvers: jsii.Strings("arn:aws:sts::111111111111:assumed-role/Reviewer/*"),
//	})
//
// # What happens
//
//	request opened, or pushed to ─► Start ─► build of its code, merged with the tip of its destination
//	                                             │
//	     approval or its revocation ◄─ Verdict ◄─┘ succeeded, failed, stopped, timed out or at fault
//	     comment, notification
//
// The comment has the result, a link to the build and, when it failed, the phase, what the reports of the guardrails and of the
// tests say, and the last lines of the log. A request can be merged when the machine and the people of its branch have
// approved its current revision; a push makes a new revision, which nobody has approved yet.
//
// NewApprovalRules makes the approval rule templates. Without them nobody must approve anything. They take effect on
// requests that are opened after the deployment. That nobody pushes past them is the work of constructs/accesscontrol.
//
// # What it needs
//
// Go, when the app is synthesized: its functions are compiled then. A VPC whose private subnets reach AWS and the package
// registries. Without NAT it takes endpoints for codecommit, git-codecommit, codebuild, cloudformation, logs, sns and s3 (through
// which CloudFormation takes the answer of the function behind the rules), and for what the commands need; the functions
// know no HTTP proxy. 100 executions of Lambda functions that are not reserved, beside those of ReservedConcurrency.
//
// # Threats
//
// Who may push to a branch that is not protected may run code in the build, with its role and network: that is what a check
// is for. So the build's role reads the one repository and writes its own log and reports; with a cache, the cache; with
// registries, it reads their credentials. Whatever else it should not be able to do, it can't, and the approval is given by
// another role, which code under review never holds.
//
// Each row is a test; its name stands behind it.
//
//	Attack                                                  What stops it
//	------                                                  -------------
//	The request brings a buildspec that tests nothing       The buildspec is the project's own [TestTheBuildspecIsTheProjectsOwn]
//	The build approves its own request                      Its role can't; the approving role is held by Lambda alone [TestEachRoleOfACheckDoesItsWorkAndNothingElse]
//	Somebody starts a build with forged variables,          The verdict wants the starter for its initiator: a role's name is unique,
//	another buildspec or another image                      and no session of another role is called so [TestAttacks]
//	Somebody retries a build that passed                    The same [TestAttacks]
//	A build of another project or account is announced      Its ARN must be of this project [TestABuildOfAnotherProjectOrAccountIsNotEvenRead]
//	Somebody calls a function with an event of his own      Of an event the number of the request, or the ARN of the build, is believed
//	                                                        [TestBuildsTheCurrentRevisionMergedWithTheTip, TestEventsThatAreNone]
//	Somebody calls the function behind the rules            It asks CloudFormation whether the resource is being deployed; an alarm tells
//	                                                        [TestForgedEventsAreRefused, TestForgedEventsRaiseAnAlarm, TestEveryChangeOfATemplateIsToldOf]
//	Code is pushed after the build passed                   The verdict compares revision and commits with what is current, and CodeCommit
//	                                                        takes approvals of the current revision alone [TestAttacks, TestAPushInTheLastMoment]
//	A late event of an old build                            The same [TestEventsLateAndOutOfOrder]
//	A passed request is aimed at another branch             Destination and repository are compared, too [TestAttacks]
//	The machine's approval stands for a person's            Two rules, two pools; no pattern over roles in a pool
//	                                                        [TestMachineAndPeopleDoNotStandForEachOther, TestFaultsOfRules, TestTheMachineIsNotNamedAsAPerson]
//	The log or a test's name pretends to be the result      What code under review wrote stands in fences, cleaned and cut
//	                                                        [TestTheCodeUnderReviewCannotWriteTheComment]
//	A branch is called like a command                       Names are values of variables, in quotes [TestABranchsNameIsNoCommand]
//	Hooks or merge drivers run at the merge                 git takes none from a repository [TestNothingOfTheRequestRunsAtTheMerge]
//	An old build that passed is told of again, after a      The last build of a revision that the starter started counts
//	newer one of the same revision failed                   [TestTheLastBuildOfARevisionCounts]
//	Somebody uses the tokens of the functions first, so     They are made of the event's id, which nobody knows beforehand
//	that a build or a comment of his is taken for theirs    [TestAnEventThatComesTwiceStartsOneBuild]
//	The result is made too long to be written               Each part is bounded [TestTheCodeUnderReviewCannotWriteTheComment, TestALongNameOfTheRepository]
//	The request is such that nothing is judged              The default check fails, and the comment tells
//	                                                        [TestTheReportIsFoundWhereverCommandsEnd, TestAPassWithoutJudgementSaysSo]
//	Somebody stops the build                                The approval is revoked; nothing is merged untested [TestEveryStatus]
//	Rules are overridden or changed                         accesscontrol forbids it to all but one role; a notification and an alarm tell
//	                                                        [TestOverridesAndChangedRulesRaiseAnAlarm]
//	One commit is requested into two branches of another    Each branch has a status of its own [TestAStatusIsThatOfOneBranch]
//	host, and passes the easier check
//	A fork of a repository at another host runs code        It is built when a maintainer has commented so [TestForksAreBuiltOnlyWhenSomebodySaidSo]
//
// What stops none of it: tests are part of the request, and so is what they leave out; a person must read them. Who may
// change the project, the functions, their roles or the rules may approve anything: keep that to the pipeline. A destination
// that moves on after a check passed is not checked again. CodeCommit counts the sessions of a role by their names, so one
// person with two sessions is two approvers: pin sts:RoleSessionName in the role's trust policy, or name users.
//
// The build can see the account's network, take up addresses in it and delete network interfaces that are not in use: AWS
// CodeBuild asks for these permissions on all resources. Builds share a log group and report groups, so that one can write into
// what the comment quotes of another, inside of the fences. A repository with a customer managed key takes the use of that key:
// grant it to BuildRole, ApproverRole and StarterRole.
//
// # Other hosts
//
// NewWebhookCheck does the same for a repository at GitHub, GitLab or Bitbucket behind AWS CodeConnections: CodeBuild is told by
// the host's webhook, and reports a status named pull-request-check for the commit. What the rules are here, the host must
// enforce. Set there, for each protected branch:
//
//	GitHub     branch protection rule or ruleset: require a pull request with 2 approvals (develop 1), dismiss stale approvals, require
//	           approval of the most recent push, require the status check pull-request-check/<branch>,
//	           require branches to be up to date, no bypass for administrators
//	GitLab     protected branch: nobody may push; approval rule with 2 approvals; "Pipelines must succeed" with the external
//	           status; remove all approvals when commits are added; prevent approval by author and by users who add commits
//	Bitbucket  branch restrictions: nobody writes; merge checks: 2 approvals, 1 successful build, reset approvals when the source
//	           branch is modified, no changes requested
//
// The status is worth less than an approval in CodeCommit. No function of another role stands between build and status, so
// whoever may start builds of the projects can report any: deny codebuild:StartBuild, StartBuildBatch and RetryBuild on them
// to people (accesscontrol.DutiesProps.CheckProjects does). And the build itself holds the connection, since CodeBuild reads
// the repository with the build's role: code under review can do at the host what the connection may, and could set a status
// itself. Give the connection an app installation that reaches this repository alone, and let the approval of people be
// required, which no app can give.
package pullrequestcheck
