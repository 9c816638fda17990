package iam

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/securepipeline"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
	"github.com/securecdk/securecdk/test/internal/workload"
)

// pipeline returns the template of a pipeline that deploys to the partner's account.
func pipeline(t *testing.T) map[string]any {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	stack := awscdk.NewStack(app, jsii.String("Delivery"), &awscdk.StackProps{Env: cdktest.Env(account, region)})
	securepipeline.NewPipeline(stack, jsii.String("Pipeline"), &securepipeline.PipelineProps{
		Source: securepipeline.CodeCommit(&securepipeline.CodeCommitSourceProps{RepositoryName: jsii.String("orders"), Branch: jsii.String("main")}),
		Vpc: aspects.VpcFromSsm(&aspects.VpcFromSsmProps{
			VpcId: jsii.String("/network/vpc-id"), PrivateSubnetIds: jsii.Strings("/network/private-subnet"),
		}),
		Baseline: baseline(),
		Stages: []*securepipeline.StageProps{{
			Name: jsii.String("Prod"), Env: cdktest.Env(workload.Partner, region), Production: jsii.Bool(true),
			Build: func(stage awscdk.Stage) {
				awss3.NewBucket(awscdk.NewStack(stage, jsii.String("Data"), nil), jsii.String("Bucket"), nil)
			},
		}},
	})
	return cdktest.Template(t, app, stack)
}

// TestThePipelineCanUseItsArtifacts: whoever may read or write the artifact bucket may use its key, the deployment role
// of the target account included, which CloudFormation reads the templates with.
func TestThePipelineCanUseItsArtifacts(t *testing.T) {
	w := newWorld(t, pipeline(t))
	deploy := foreigner(workload.Partner, workload.Organization, "cdk-hnb659fds-deploy-role-"+workload.Partner+"-"+region)
	callers := append(w.roles(), deploy,
		caller{name: "codestar-notifications", principal: "codestar-notifications.amazonaws.com", account: account})
	allowed := allowedIn(t, w, w.accesses(callers))
	var requests []Request
	found := map[string]bool{}
	for _, a := range allowed {
		found[a.caller.name+" "+a.use.action] = true
		requests = append(requests, w.keyRequests(t, a)...)
	}
	mustAllow(t, 10, requests)
	for _, want := range []string{"CodePipelineActionRole s3:PutObject", "CdkBuildProject s3:PutObject", "SelfMutation s3:GetObject", deploy.name + " s3:GetObject", "codestar-notifications sns:Publish"} {
		part := strings.Fields(want)
		ok := false
		for f := range found {
			got := strings.Fields(f)
			ok = ok || strings.Contains(got[0], part[0]) && got[1] == part[1]
		}
		if !ok {
			t.Errorf("not allowed: %s; allowed: %v", want, keys(found))
		}
	}
}

// TestThePipelineKeepsStrangersOut: of its artifacts, its topics and their keys.
func TestThePipelineKeepsStrangersOut(t *testing.T) {
	w := newWorld(t, pipeline(t))
	var requests []Request
	for _, role := range []caller{foreigner(stranger, "o-elsewhere", "admin"), foreigner(workload.Partner, workload.Organization, "developer")} {
		for _, a := range w.accesses([]caller{role}) {
			requests = append(append(requests, w.request(a)), w.keyRequests(t, a)...)
		}
	}
	if len(requests) < 10 {
		t.Fatalf("%d requests: too few to prove anything", len(requests))
	}
	for i, ok := range Simulate(t, requests) {
		if ok {
			t.Errorf("allowed: %s", explain(requests[i]))
		}
	}
}
