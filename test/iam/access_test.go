package iam

import (
	"strings"
	"testing"

	"github.com/securecdk/securecdk/test/internal/workload"
)

// TestWhatWasAllowedStaysAllowed compares the workload as written with the workload under the baseline.
func TestWhatWasAllowedStaysAllowed(t *testing.T) {
	before, after := newWorld(t, synthesized(t, false)), newWorld(t, synthesized(t, true))
	callers := append(before.roles(), outsiders(before)...)
	allowed := allowedIn(t, before, before.accesses(callers))
	mustContain(t, allowed)

	var requests []Request
	var of []access
	keys := 0
	for _, a := range allowed {
		again := append([]Request{after.request(a)}, after.keyRequests(t, a)...)
		keys += len(again) - 1
		for _, r := range again {
			requests, of = append(requests, r), append(of, a)
		}
	}
	if keys < len(allowed) {
		t.Errorf("%d uses of a key in %d accesses: the resources are not encrypted", keys, len(allowed))
	}
	for i, ok := range Simulate(t, requests) {
		if !ok {
			t.Errorf("%s worked before the baseline and does not after it: %s", of[i], explain(requests[i]))
		}
	}
	t.Logf("%d accesses still work, with %d uses of keys", len(allowed), keys)
}

// outsiders are the services and the other account that the workload's own policies let in.
func outsiders(w *world) []caller {
	on := func(principal, source string) caller {
		return caller{name: principal + " for " + source, principal: principal, account: account, source: source}
	}
	find := func(cfnType, prefix string) string {
		for _, r := range w.ofType(cfnType) {
			if strings.HasPrefix(r.id, prefix) {
				return w.arn(r.id)
			}
		}
		return ""
	}
	return []caller{
		on("s3.amazonaws.com", find("AWS::S3::Bucket", "Notifying")),
		on("sns.amazonaws.com", find("AWS::SNS::Topic", "Topic")),
		on("events.amazonaws.com", find("AWS::Events::Rule", "Rule")),
		on("cloudwatch.amazonaws.com", find("AWS::CloudWatch::Alarm", "Alarm")),
		on("cloudtrail.amazonaws.com", "arn:aws:cloudtrail:"+region+":"+account+":trail/all"),
		foreigner(workload.Partner, workload.Organization, "consumer"), foreigner(workload.Partner, workload.Organization, "producer"),
	}
}

func allowedIn(t *testing.T, w *world, all []access) []access {
	t.Helper()
	requests := make([]Request, len(all))
	for i, a := range all {
		requests[i] = w.request(a)
	}
	var allowed []access
	for i, ok := range Simulate(t, requests) {
		if ok {
			allowed = append(allowed, all[i])
		}
	}
	return allowed
}

// mustContain holds the test itself to account: these accesses are what the workload was written for.
func mustContain(t *testing.T, allowed []access) {
	t.Helper()
	want := map[string]bool{
		"BucketReader s3:GetObject Plain": false, "BucketReader s3:ListBucket Plain": false, "BucketReadWriter s3:PutObject Plain": false,
		"BucketPutter s3:PutObject Plain": false, "BucketDeleter s3:DeleteObject Plain": false, "OwnReadWriter s3:GetObject Own": false,
		"arn:aws:iam::" + workload.Partner + ":role/consumer s3:GetObject Shared": false, "arn:aws:iam::" + workload.Partner + ":role/producer s3:PutObject Shared": false,
		"arn:aws:iam::" + workload.Partner + ":role/producer sqs:SendMessage SharedQueue": false, "arn:aws:iam::" + workload.Partner + ":role/producer sns:Publish SharedTopic": false,
		"Sender sqs:SendMessage Queue": false, "Consumer sqs:ReceiveMessage Queue": false, "Publisher sns:Publish Topic": false,
		"s3.amazonaws.com sqs:SendMessage Notified": false, "s3.amazonaws.com sns:Publish NotifiedTopic": false, "sns.amazonaws.com sqs:SendMessage Subscribed": false,
		"events.amazonaws.com sns:Publish RuleTopic": false, "events.amazonaws.com sqs:SendMessage RuleQueue": false, "cloudwatch.amazonaws.com sns:Publish AlarmTopic": false,
		"arn:aws:iam::" + workload.Partner + ":role/producer s3:GetObject OrgShared": false, "cloudtrail.amazonaws.com s3:PutObject Trail": false,
		"TableReader dynamodb:GetItem Table": false, "TableWriter dynamodb:PutItem Table": false,
		"SecretReader secretsmanager:GetSecretValue Secret": false, "SecretWriter secretsmanager:PutSecretValue Secret": false,
	}
	for _, a := range allowed {
		for w := range want {
			part := strings.Fields(w)
			if strings.HasPrefix(a.caller.name, part[0]) && a.use.action == part[1] && strings.HasPrefix(a.resource, part[2]) {
				want[w] = true
			}
		}
	}
	for w, found := range want {
		if !found {
			t.Errorf("not allowed before the baseline, so the test proves nothing about it: %s", w)
		}
	}
}

// TestAStrangerIsKeptOut: the key opens to the account through its services, and to no other account, whatever that
// account allows its own roles.
func TestAStrangerIsKeptOut(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	var requests []Request
	for _, a := range w.accesses([]caller{foreigner(stranger, "o-elsewhere", "admin")}) {
		requests = append(append(requests, w.request(a)), w.keyRequests(t, a)...)
	}
	keyOnly := 0
	for _, key := range w.ofType("AWS::KMS::Key") {
		for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:PutKeyPolicy"} {
			keyOnly++
			requests = append(requests,
				Request{Principal: "arn:aws:iam::" + stranger + ":role/admin", Action: action, Resource: w.arn(key.id), Account: account,
					Context: map[string]string{"kms:CallerAccount": stranger}, Identity: []any{anything}, ResourcePolicy: w.policyOf(key)},
				// A role of the account itself that no policy lets use keys must not get around the services either.
				Request{Principal: "arn:aws:iam::" + account + ":role/bystander", Action: action, Resource: w.arn(key.id), Account: account,
					Context: map[string]string{"kms:CallerAccount": account}, ResourcePolicy: w.policyOf(key)},
			)
		}
	}
	if keyOnly < 8 || len(requests) < 50 {
		t.Fatalf("%d requests, %d of them on keys alone: too few to prove anything", len(requests), keyOnly)
	}
	for i, ok := range Simulate(t, requests) {
		if ok {
			t.Errorf("allowed: %s", explain(requests[i]))
		}
	}
}

// TestALostKeyPermissionIsNoticed shows that the comparison can fail: a key whose policy knows only the account's root
// takes access away from whoever was granted the resource and not the key.
func TestALostKeyPermissionIsNoticed(t *testing.T) {
	w := newWorld(t, synthesized(t, true))
	for _, key := range w.ofType("AWS::KMS::Key") {
		policy, _ := key.properties["KeyPolicy"].(map[string]any)
		policy["Statement"] = list(policy["Statement"])[:1]
	}
	callers := append(w.roles(), outsiders(w)...)
	denied := map[string]bool{}
	var requests []Request
	var of []access
	for _, a := range allowedIn(t, w, w.accesses(callers)) {
		for _, r := range w.keyRequests(t, a) {
			requests, of = append(requests, r), append(of, a)
		}
	}
	for i, ok := range Simulate(t, requests) {
		if !ok {
			denied[strings.SplitN(of[i].caller.name, " ", 2)[0]] = true
		}
	}
	for _, who := range []string{"events.amazonaws.com", "s3.amazonaws.com", "cloudwatch.amazonaws.com", "arn:aws:iam::" + workload.Partner + ":role/consumer"} {
		if !denied[who] {
			t.Errorf("%s still gets in with a key policy for the root only; denied: %v", who, denied)
		}
	}
}
