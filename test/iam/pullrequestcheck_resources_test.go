package iam

import (
	"strings"
	"testing"
)

const (
	events     = "events.amazonaws.com"
	cloudwatch = "cloudwatch.amazonaws.com"
	anyRule    = "arn:aws:events:" + region + ":" + account + ":rule/any"
	theirRule  = "arn:aws:events:" + region + ":" + stranger + ":rule/any"
	theirAdmin = "arn:aws:iam::" + stranger + ":role/admin"
)

// knock is somebody who wants to use a resource of a check, past what roles of the check do.
type knock struct {
	who   string
	calls []call
}

func of(accountID string) string { return "aws:SourceAccount=" + accountID }

// answered lets the simulator judge by the resource's policy alone; who is no service comes with an administrator's rights
// when he is a stranger, and with none when he is of the account.
func (w *world) answered(t *testing.T, want bool, atLeast int, knocks ...knock) {
	t.Helper()
	var requests []Request
	for _, k := range knocks {
		for _, c := range k.calls {
			r := w.requestOf(k.who, nil, c)
			if strings.Contains(k.who, ":"+stranger+":") {
				r.Identity = []any{anything}
			}
			if strings.HasPrefix(c.action, "sts:") {
				t.Fatal("a role's trust is tested by itself")
			}
			requests = append(requests, r)
		}
	}
	if len(requests) < atLeast {
		t.Fatalf("%d requests, want at least %d", len(requests), atLeast)
	}
	for i, got := range Simulate(t, requests) {
		if got != want {
			t.Errorf("allowed is %v: %s", got, explain(requests[i]))
		}
	}
}

// rulesOf are the rules of the check, by their ARN.
func (w *world) rulesOf(t *testing.T) []string {
	t.Helper()
	var arns []string
	for _, r := range w.ofType("AWS::Events::Rule") {
		if strings.HasPrefix(r.id, "Check") || strings.HasPrefix(r.id, "Rules") {
			arns = append(arns, w.arn(r.id))
		}
	}
	if len(arns) != 7 {
		t.Fatalf("%d rules, want 7: %v", len(arns), arns)
	}
	return arns
}

// TestTheTopicsOfACheckTakeMessagesOfTheirSendersAlone: EventBridge does not say for which account it publishes, so that a
// rule of whoever knows the topic's name could; what it says gives no approval, and can only alarm once too often.
func TestTheTopicsOfACheckTakeMessagesOfTheirSendersAlone(t *testing.T) {
	w := checked(t)
	key, notifications, alarms := w.arnOf(t, "CheckKey"), w.arnOf(t, "CheckNotifications"), w.arnOf(t, "CheckAlarms")
	publish := func(topic string) []call { return on(topic, "sns:Publish") }
	encrypt := on(key, "kms:GenerateDataKey", "kms:Decrypt")
	w.answered(t, true, 7,
		knock{events, all(publish(notifications), publish(alarms), encrypt)}, knock{cloudwatch, with(of(account), publish(alarms), encrypt)})
	plain := with("aws:SecureTransport=false", publish(notifications), with(of(account), publish(alarms)))
	w.answered(t, false, 19,
		knock{events, plain}, knock{cloudwatch, plain},
		knock{cloudwatch, all(publish(alarms), encrypt, with(of(stranger), publish(alarms), encrypt), with(of(account), publish(notifications)))},
		knock{theirAdmin, all(publish(notifications), publish(alarms), on(alarms, "sns:Subscribe", "sns:SetTopicAttributes"), on(notifications, "sns:Subscribe"))},
		knock{"s3.amazonaws.com", with(of(account), publish(notifications), publish(alarms))},
		knock{"codestar-notifications.amazonaws.com", with(of(account), publish(notifications), publish(alarms))},
		knock{roles + "bystander", all(publish(notifications), publish(alarms))},
	)
}

// TestTheKeysOfChecksOpenToNobodyElse: the key of the check encrypts for its logs, events and alarms, that of the other
// check for its logs alone.
func TestTheKeysOfChecksOpenToNobodyElse(t *testing.T) {
	w := checked(t)
	key, elsewhere, logs := w.arnOf(t, "CheckKey"), w.arnOf(t, "ElsewhereKey"), "logs."+region+".amazonaws.com"
	encrypt := []string{"kms:GenerateDataKey", "kms:Decrypt"}
	logGroup := func(accountID, name string) string {
		return "kms:EncryptionContext:aws:logs:arn=arn:aws:logs:" + region + ":" + accountID + ":log-group:" + name
	}
	var groups []knock
	for _, g := range w.ofType("AWS::Logs::LogGroup") {
		if strings.HasPrefix(g.id, "Pipeline") {
			continue
		}
		if used := w.keyNamed(t, g.properties["KmsKeyId"]); used == nil {
			t.Errorf("%s has no key", g.id)
		} else {
			groups = append(groups, knock{logs, with(logGroup(account, w.name(g)), on(w.arn(used.id), append(encrypt, "kms:Encrypt", "kms:DescribeKey", "kms:ReEncryptTo")...))})
		}
	}
	w.answered(t, true, 25, groups...)
	own := []string{"kms:Encrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DescribeKey"}
	var out []knock
	for _, k := range []string{key, elsewhere} {
		out = append(out,
			knock{logs, all(on(k, encrypt...), with(logGroup(stranger, "any"), on(k, encrypt...)))},
			knock{"logs.eu-west-2.amazonaws.com", with(logGroup(account, "any"), on(k, encrypt...))},
			knock{cloudwatch, all(on(k, encrypt...), with(of(stranger), on(k, encrypt...)), with(of(account), on(k, own...)))},
			knock{events, on(k, own...)}, knock{"s3.amazonaws.com", with(of(account), on(k, encrypt...))}, knock{"codebuild.amazonaws.com", on(k, encrypt...)},
			knock{theirAdmin, all(on(k, append(encrypt, own...)...), with("kms:ViaService=sns."+region+".amazonaws.com", on(k, encrypt...)))},
			knock{roles + "bystander", all(on(k, append(encrypt, own...)...), via("s3", on(k, encrypt...)))},
		)
	}
	w.answered(t, false, 60, out...)
	w.answered(t, false, 4, knock{events, on(elsewhere, encrypt...)}, knock{cloudwatch, with(of(account), on(elsewhere, encrypt...))})
}

func TestTheDeadLetterQueueTakesEventsOfTheChecksRulesAlone(t *testing.T) {
	w := checked(t)
	queue := w.arnOf(t, "CheckDeadLetters")
	send := on(queue, "sqs:SendMessage")
	var in, out []knock
	for _, rule := range w.rulesOf(t) {
		for _, target := range list(w.resources[w.idOf(t, rule)].properties["Targets"]) {
			if got := dig(target, "DeadLetterConfig", "Arn"); got != queue {
				t.Errorf("%s loses events into %v", rule, got)
			}
		}
		source := "aws:SourceArn=" + rule
		in = append(in, knock{events, with(source, send, on(w.arnOf(t, "CheckKey"), "kms:GenerateDataKey", "kms:Decrypt"))})
		out = append(out, knock{events, all(with(source, on(queue, "sqs:ReceiveMessage", "sqs:PurgeQueue")), with("aws:SecureTransport=false", with(source, send)))},
			knock{"sns.amazonaws.com", with(source, send)}, knock{cloudwatch, with(source, send)}, knock{theirAdmin, with(source, send)})
	}
	out = append(out, knock{events, all(send, with("aws:SourceArn="+anyRule, send), with("aws:SourceArn="+theirRule, send), with("aws:SourceArn="+w.arnOf(t, "CheckLostEventAlarm"), send))},
		knock{theirAdmin, all(send, on(queue, "sqs:ReceiveMessage"))}, knock{roles + "bystander", send})
	w.answered(t, true, 18, in...)
	w.answered(t, false, 40, out...)
}

func (w *world) idOf(t *testing.T, arn string) string {
	t.Helper()
	for id := range w.resources {
		if w.arn(id) == arn {
			return id
		}
	}
	t.Fatalf("nothing has the ARN %s", arn)
	return ""
}

// TestEachFunctionIsCalledByItsOwnRule: that of the templates by nobody but CloudFormation, with the role of the deployment.
func TestEachFunctionIsCalledByItsOwnRule(t *testing.T) {
	w := checked(t)
	callers := map[string]string{
		"CheckStartFunction": w.arnOf(t, "CheckPullRequestChanged"), "CheckVerdictFunction": w.arnOf(t, "CheckBuildEnded"), "RulesFunction": "",
	}
	var in, out []knock
	for prefix, caller := range callers {
		function := w.arnOf(t, prefix)
		invoke := on(function, "lambda:InvokeFunction")
		if caller != "" {
			in = append(in, knock{events, with("aws:SourceArn="+caller, invoke)})
			out = append(out, knock{events, with("aws:SourceArn="+caller, on(function, "lambda:UpdateFunctionCode"))}, knock{"s3.amazonaws.com", with("aws:SourceArn="+caller, invoke)})
		}
		for _, rule := range append(w.rulesOf(t), anyRule, theirRule) {
			if rule != caller {
				out = append(out, knock{events, with("aws:SourceArn="+rule, invoke)})
			}
		}
		out = append(out, knock{events, invoke}, knock{theirAdmin, invoke}, knock{roles + "bystander", invoke})
	}
	w.answered(t, true, 2, in...)
	w.answered(t, false, 30, out...)
}

// TestRolesOfACheckAreAssumedByTheirServiceAlone: whoever else could assume the role of the verdict could approve.
func TestRolesOfACheckAreAssumedByTheirServiceAlone(t *testing.T) {
	w := checked(t)
	services := []string{"codebuild.amazonaws.com", "lambda.amazonaws.com", "ec2.amazonaws.com", "codepipeline.amazonaws.com", "cloudformation.amazonaws.com", events}
	var requests []Request
	var want []bool
	for prefix, d := range w.checkDuties(t) {
		role := w.one(t, prefix)
		service := "codebuild.amazonaws.com"
		if d.function {
			service = "lambda.amazonaws.com"
		}
		for _, who := range append(services, roles+"admin", "arn:aws:iam::"+account+":root", theirAdmin, w.arnOf(t, "CheckStartRole"), w.arnOf(t, "PipelineRole")) {
			r := Request{Principal: who, Action: "sts:AssumeRole", Resource: w.arn(role.id), Account: account, ResourcePolicy: role.properties["AssumeRolePolicyDocument"]}
			if !strings.HasSuffix(who, ".amazonaws.com") {
				r.Identity = []any{anything}
			}
			requests, want = append(requests, r), append(want, who == service)
		}
	}
	for i, got := range Simulate(t, requests) {
		if got != want[i] {
			t.Errorf("%s is assumed by %s: %v", requests[i].Resource, requests[i].Principal, got)
		}
	}
}

// TestTheCacheIsOfItsBuildsAlone: nobody outside of the account reads or poisons it, and nobody without TLS.
func TestTheCacheIsOfItsBuildsAlone(t *testing.T) {
	w := checked(t)
	for _, prefix := range []string{"CheckCache", "ElsewheremainCache"} {
		object := on(w.arnOf(t, prefix)+"/0a1b", "s3:GetObject", "s3:PutObject")
		w.answered(t, false, 7, knock{theirAdmin, object}, knock{roles + "bystander", object}, knock{"codebuild.amazonaws.com", object}, knock{"logging.s3.amazonaws.com", with(of(account), object)})
		build := w.one(t, strings.TrimSuffix(prefix, "Cache")+"BuildRole")
		for _, c := range with("aws:SecureTransport=false", object) {
			if Simulate(t, []Request{w.requestOf(w.arn(build.id), w.identity(build), c)})[0] {
				t.Errorf("%s on %s without TLS", c.action, c.resource)
			}
		}
	}
}

// TestPeopleDoNotDoTheMachinesWork: the duties of the people, with those of the check beside them.
func TestPeopleDoNotDoTheMachinesWork(t *testing.T) {
	w := checked(t)
	builds := on(w.arnOf(t, "CheckProject"), "codebuild:StartBuild", "codebuild:RetryBuild", "codebuild:StopBuild", "codebuild:UpdateProject")
	functions := all(on(w.arnOf(t, "CheckStartFunction"), "lambda:InvokeFunction"), on(w.arnOf(t, "CheckVerdictFunction"), "lambda:InvokeFunction"),
		on(w.arnOf(t, "RulesFunction"), "lambda:InvokeFunction", "lambda:UpdateFunctionCode"))
	passVerdict := with("iam:PassedToService=lambda.amazonaws.com", on(w.arnOf(t, "CheckVerdictRole"), "iam:PassRole"))
	topics := on(w.arnOf(t, "CheckNotifications"), "sns:Publish")
	for _, duty := range []string{"DutiesCommit", "DutiesApprove", "DutiesRelease"} {
		policy := w.policyNamed(t, duty)
		holding(policy).withMfa("true").mayNot(t, all(builds, functions, passVerdict, topics, on(w.arnOf(t, "CheckVerdictRole"), "sts:AssumeRole")))
		holding(anything, policy).withMfa("true").mayNot(t, all(builds, aroundBranches))
		if duty != "DutiesApprove" {
			holding(policy).withMfa("true").mayNot(t, approving)
			holding(anything, policy).withMfa("true").mayNot(t, approving)
		}
	}
	holding(anything).may(t, all(builds, functions, passVerdict, topics)) // or the denials prove nothing
	approver := holding(w.policyNamed(t, "DutiesApprove"))
	approver.may(t, all(approving, reading))
	approver.mayNot(t, on(other, "codecommit:UpdatePullRequestApprovalState"))
	change := holding(w.policyNamed(t, "DutiesChangePipeline")).withMfa("true")
	change.may(t, builds) // whose builds give no approval, since the check did not start them
	change.mayNot(t, all(approving, functions, passVerdict, topics, writesTo("feature/x")))
}
