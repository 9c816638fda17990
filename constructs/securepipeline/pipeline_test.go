package securepipeline

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/internal/cdktest"
	"github.com/securecdk/securecdk/internal/flags"
)

func TestMain(m *testing.M) { cdktest.Main(m) }

const tooling = "111111111111"

const keyArn = "arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012"

func vpcOf(id string) aspects.VpcProvider {
	return aspects.VpcFromAttributes(&awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-0123456789abcdef" + id), AvailabilityZones: jsii.Strings("eu-west-1a", "eu-west-1b"),
		PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef"+id, "subnet-0123456789abcde"+id+"f"),
	})
}

// fill puts a bucket, a function and a file asset into a stage, without any security setting.
func fill(stage awscdk.Stage) {
	stack := awscdk.NewStack(stage, jsii.String("App"), nil)
	awss3.NewBucket(stack, jsii.String("Data"), nil)
	awss3assets.NewAsset(stack, jsii.String("File"), &awss3assets.AssetProps{Path: jsii.String(filepath.Join("testdata", "asset.txt"))})
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("exports.handler = async () => 1")),
	})
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{Value: function.FunctionName()})
}

// realProps is a pipeline through three accounts, the last of them in another region.
func realProps() *PipelineProps {
	stage := func(name, account, region string) *StageProps {
		return &StageProps{Name: jsii.String(name), Build: fill, Env: cdktest.Env(account, region)}
	}
	prod := stage("Prod", "444444444444", "eu-central-1")
	prod.Production = jsii.Bool(true)
	acceptance := stage("Acceptance", "333333333333", "eu-west-1")
	acceptance.After = []*StepProps{{Name: jsii.String("SmokeTest"), Commands: &[]*string{jsii.String("go test ./smoke")}, Outputs: &map[string]*string{"FUNCTION": jsii.String("App/FunctionName")}}}
	return &PipelineProps{
		Source:   CodeCommit(&CodeCommitSourceProps{RepositoryName: jsii.String("orders"), Branch: jsii.String("main")}),
		Vpc:      vpcOf("1"),
		Baseline: aspects.NewBaseline(&aspects.BaselineProps{Vpc: vpcOf("2")}),
		Stages:   []*StageProps{stage("Dev", "222222222222", "eu-west-1"), acceptance, prod},
	}
}

// everyRegistry is one of each kind, with each kind of credentials, and a proxy that wants to know who is there.
func everyRegistry() ([]*buildsetup.Registry, *buildsetup.ProxyProps) {
	const host = "https://packages.example.com:8443"
	user := &buildsetup.SecretCredentials{SecretId: jsii.String("registry"), UsernameKey: jsii.String("user"), PasswordKey: jsii.String("password"), KeyArn: jsii.String(keyArn)}
	return []*buildsetup.Registry{
			buildsetup.CodeArtifact(&buildsetup.CodeArtifactProps{
				Domain: jsii.String("bank"), DomainOwner: jsii.String("555555555555"), Region: jsii.String("eu-central-1"), Repository: jsii.String("shared"),
				Formats: []buildsetup.PackageFormat{buildsetup.Npm, buildsetup.Maven},
			}),
			buildsetup.NpmRegistry(&buildsetup.NpmRegistryProps{Url: jsii.String(host + "/npm"), Scopes: jsii.Strings("@team"), Credentials: &buildsetup.SecretCredentials{SecretId: jsii.String("npm-token")}}),
			buildsetup.PipIndex(&buildsetup.PipIndexProps{Url: jsii.String(host + "/pypi/simple"), Credentials: user}),
			buildsetup.GoProxy(&buildsetup.GoProxyProps{Url: jsii.String(host + "/go"), Credentials: user, PrivateModules: jsii.Strings("example.com/team/*")}),
		}, &buildsetup.ProxyProps{
			UrlSecretId: jsii.String("proxy"), Port: jsii.Number(3128), NoProxy: jsii.Strings(".amazonaws.com"),
		}
}

// everyProp is a pipeline that uses what realProps leaves out.
func everyProp() *PipelineProps {
	p := realProps()
	p.Source = Connection(&ConnectionSourceProps{
		ConnectionArn: jsii.String("arn:aws:codeconnections:eu-west-1:111111111111:connection/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
		Repository:    jsii.String("bank/orders"), Branch: jsii.String("main"),
	})
	p.Registries, p.Proxy = everyRegistry()
	p.PipelineName = jsii.String("orders")
	p.Waves = []*WaveProps{{Name: jsii.String("Early"), Stages: p.Stages[:2]}, {Name: jsii.String("Late"), Stages: p.Stages[2:]}}
	p.Stages = nil
	p.Waves[1].Stages[0].Before = []*StepProps{{
		Name: jsii.String("Check"), Commands: jsii.Strings("go test ./check"), InstallCommands: jsii.Strings("go version"), Env: &map[string]*string{"STRICT": jsii.String("1")},
		RolePolicyStatements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("ssm:GetParameter"), Resources: jsii.Strings("arn:aws:ssm:eu-west-1:111111111111:parameter/check"),
		})},
	}}
	return p
}

func newPipeline(t *testing.T, props *PipelineProps) (awscdk.App, awscdk.Stack, *Pipeline) {
	t.Helper()
	app := cdktest.App(t, flags.Safe())
	stack := awscdk.NewStack(app, jsii.String("Delivery"), &awscdk.StackProps{Env: cdktest.Env(tooling, "eu-west-1")})
	return app, stack, NewPipeline(stack, jsii.String("Pipeline"), props)
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEveryControlHoldsInEveryStack(t *testing.T) {
	for name, props := range map[string]*PipelineProps{"the least": realProps(), "everything": everyProp()} {
		t.Run(name, func(t *testing.T) { everyControlHolds(t, props) })
	}
}

func everyControlHolds(t *testing.T, props *PipelineProps) {
	t.Helper()
	app, _, _ := newPipeline(t, props)
	templates := cdktest.Synth(t, app)
	if len(templates) < 5 { // delivery, its support in the other region, three stages
		t.Errorf("%d templates", len(templates))
	}
	cdktest.Compliant(t, templates, 30)
}

func TestEveryBuildIsInTheVpcWithTheOneSecurityGroup(t *testing.T) {
	app, stack, p := newPipeline(t, realProps())
	doc := cdktest.Template(t, app, stack)
	group := *stack.GetLogicalId(p.SecurityGroup().Node().DefaultChild().(awscdk.CfnElement))
	projects := cdktest.Resources(doc, "AWS::CodeBuild::Project")
	if len(projects) < 5 { // synth, self-mutation, assets, smoke test, security check
		t.Errorf("%d projects", len(projects))
	}
	names := map[string]bool{}
	for id, project := range projects {
		vpc, _ := project["VpcConfig"].(map[string]any)
		if got := text(t, vpc["SecurityGroupIds"]); got != `[{"Fn::GetAtt":["`+group+`","GroupId"]}]` {
			t.Errorf("%s: security groups %s", id, got)
		}
		logs := text(t, project["LogsConfig"])
		if !strings.Contains(logs, "ENABLED") || names[logs] {
			t.Errorf("%s needs a log group of its own: %s", id, logs)
		}
		names[logs] = true
		if environment := project["Environment"].(map[string]any); environment["PrivilegedMode"] == true {
			t.Errorf("%s is privileged", id)
		}
	}
	for id, logs := range cdktest.Resources(doc, "AWS::Logs::LogGroup") {
		if logs["RetentionInDays"] != 365.0 || logs["KmsKeyId"] == nil {
			t.Errorf("%s: %v", id, logs)
		}
	}
	if n := len(cdktest.Resources(doc, "AWS::EC2::SecurityGroup")); n != 1 {
		t.Errorf("%d security groups", n)
	}
	egress := text(t, cdktest.Resources(doc, "AWS::EC2::SecurityGroup")[group]["SecurityGroupEgress"])
	if want := `[{"CidrIp":"0.0.0.0/0","Description":"TLS","FromPort":443,"IpProtocol":"tcp","ToPort":443}]`; egress != want {
		t.Errorf("egress %s", egress)
	}
}

func TestProductionWaitsForAPerson(t *testing.T) {
	app, stack, p := newPipeline(t, realProps())
	_, pipeline := cdktest.One(t, cdktest.Template(t, app, stack), "AWS::CodePipeline::Pipeline")
	if pipeline["PipelineType"] != "V2" {
		t.Errorf("type %v", pipeline["PipelineType"])
	}
	topic := *stack.GetLogicalId(p.ApprovalTopic().Node().DefaultChild().(awscdk.CfnElement))
	for _, s := range pipeline["Stages"].([]any) {
		st := s.(map[string]any)
		order := map[string]float64{}
		for _, a := range st["Actions"].([]any) {
			action := a.(map[string]any)
			order[action["Name"].(string)] = action["RunOrder"].(float64)
			if strings.HasPrefix(action["Name"].(string), "Approve") && !strings.Contains(text(t, action["Configuration"]), topic) {
				t.Errorf("the approval tells nobody: %s", text(t, action))
			}
		}
		approval, has := order["ApproveProd"]
		if has != (st["Name"] == "Prod") {
			t.Errorf("stage %v: approval %v", st["Name"], has)
		}
		for name, n := range order {
			if has && (strings.HasSuffix(name, "Deploy") || strings.HasSuffix(name, "Prepare")) && n <= approval {
				t.Errorf("%s runs before the approval", name)
			}
		}
	}
}

func TestSecurityCheckUsesThePinnedCli(t *testing.T) {
	app, stack, _ := newPipeline(t, realProps())
	doc := text(t, cdktest.Template(t, app, stack))
	if strings.Contains(doc, "npm install -g aws-cdk ") || strings.Contains(doc, `npm install -g aws-cdk\"`) || !strings.Contains(doc, "npm install -g aws-cdk@"+DefaultCliVersion) {
		t.Error("a build installs whatever CLI is newest")
	}
}

func TestRefusals(t *testing.T) {
	cases := map[string]struct {
		account string
		context map[string]any
		change  func(*PipelineProps)
		want    string
	}{
		"a stack without environment": {"", flags.Safe(), func(*PipelineProps) {}, "Delivery/Pipeline: the stack's Env.Account: missing"},
		"a flag switched off":         {tooling, map[string]any{}, func(*PipelineProps) {}, `Delivery/Pipeline: context "@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope": missing`},
		"public subnets only": {tooling, flags.Safe(), func(p *PipelineProps) {
			p.Vpc = aspects.VpcFromAttributes(&awsec2.VpcAttributes{VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("a"), PublicSubnetIds: jsii.Strings("subnet-1")})
		}, `Delivery/Pipeline: Vpc: got "vpc-1", expected a VPC with private subnets`},
		"no access-log bucket": {tooling, flags.Safe(), func(p *PipelineProps) { p.AccessLogs = func(awscdk.Stack) awss3.IBucket { return nil } },
			"Delivery/Pipeline: AccessLogs: missing, expected a bucket from the provider"},
		"an empty stage":         {tooling, flags.Safe(), func(p *PipelineProps) { p.Stages[0].Build = nothing }, `Delivery/Pipeline: stage "Dev": got`},
		"a missing output":       {tooling, flags.Safe(), func(p *PipelineProps) { (*p.Stages[1].After[0].Outputs)["X"] = jsii.String("App/Nowhere") }, `Acceptance: step "SmokeTest": Outputs["X"]: got "App/Nowhere"`},
		"an output that is none": {tooling, flags.Safe(), func(p *PipelineProps) { (*p.Stages[1].After[0].Outputs)["X"] = jsii.String("App/Data") }, `Acceptance: step "SmokeTest": Outputs["X"]: got "App/Data"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app := cdktest.App(t, c.context)
			props := &awscdk.StackProps{}
			if c.account != "" {
				props.Env = cdktest.Env(c.account, "eu-west-1")
			}
			stack := awscdk.NewStack(app, jsii.String("Delivery"), props)
			p := realProps()
			c.change(p)
			got := cdktest.Panic(t, func() { NewPipeline(stack, jsii.String("Pipeline"), p) })
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s…", got, c.want)
			}
		})
	}
}

func TestAccessLogsGoWhereTheyAreWanted(t *testing.T) {
	props := realProps()
	props.AccessLogs = aspects.LogBucketFromName(jsii.String("bank-access-logs"))
	app, stack, _ := newPipeline(t, props)
	_, bucket := cdktest.One(t, cdktest.Template(t, app, stack), "AWS::S3::Bucket")
	if got := text(t, bucket["LoggingConfiguration"]); !strings.Contains(got, `"DestinationBucketName":"bank-access-logs"`) {
		t.Errorf("%s", got)
	}
}

func TestExecutionRolesPassCfnLint(t *testing.T) {
	app, stack, _ := newPipeline(t, realProps())
	_, pipeline := cdktest.One(t, cdktest.Template(t, app, stack), "AWS::CodePipeline::Pipeline")
	found := 0
	for _, s := range pipeline["Stages"].([]any) {
		for _, a := range s.(map[string]any)["Actions"].([]any) {
			role, has := a.(map[string]any)["Configuration"].(map[string]any)["RoleArn"]
			if !has {
				continue
			}
			found++
			if got := text(t, role); !strings.HasPrefix(got, `{"Fn::Sub":"arn:${AWS::Partition}:iam::`) {
				t.Errorf("%s", got)
			}
		}
	}
	if found != 3 {
		t.Errorf("%d roles, want one a stage", found)
	}
}

func TestFaultsOfRegistriesAreToldAtThePipelineWithItsOwn(t *testing.T) {
	props := goodProps()
	props.CliVersion = jsii.String("latest")
	props.Registries = []*buildsetup.Registry{nil, buildsetup.NpmRegistry(nil)}
	props.Proxy = &buildsetup.ProxyProps{}
	lines := strings.Split(cdktest.Panic(t, func() { newPipeline(t, props) }), "\n")
	want := []string{"CliVersion: got", "Registries[0]: missing", "Registries[1].Url: missing", "Proxy.Url: missing"}
	if len(lines) != len(want) {
		t.Fatalf("want %d faults, got %q", len(want), lines)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, "Delivery/Pipeline: "+want[i]) {
			t.Errorf("got  %s\nwant Delivery/Pipeline: %s…", line, want[i])
		}
	}
}

func TestRegistriesAndProxyReachEveryBuild(t *testing.T) {
	app, stack, p := newPipeline(t, everyProp())
	doc := cdktest.Template(t, app, stack)
	projects := cdktest.Resources(doc, "AWS::CodeBuild::Project")
	if len(projects) < 6 { // synth, self-mutation, assets, smoke test, check, security check
		t.Errorf("%d projects", len(projects))
	}
	for id, project := range projects {
		spec := text(t, project["Source"])
		for _, want := range []string{"codeartifact get-authorization-token", "https://packages.example.com:8443/go", "REGISTRY_PASSWORD_2", "upload-artifacts"} {
			if !strings.Contains(spec, want) {
				t.Errorf("%s: %s is not in its buildspec", id, want)
			}
		}
		// The check of permissions installs in its build phase, which comes after all that is in the install phase.
		if at := strings.Index(spec, "npm install"); at >= 0 && at < strings.Index(spec, ".npmrc") && !strings.Contains(spec, "cdk diff") {
			t.Errorf("%s installs before it knows the registry: %s", id, spec)
		}
		environment := text(t, project["Environment"])
		for _, want := range []string{`{"Name":"HTTPS_PROXY","Type":"SECRETS_MANAGER","Value":"proxy"}`, `{"Name":"no_proxy","Type":"PLAINTEXT","Value":"localhost,127.0.0.1,169.254.169.254,169.254.170.2,.amazonaws.com"}`} {
			if !strings.Contains(environment, want) {
				t.Errorf("%s: %s is not in %s", id, want, environment)
			}
		}
	}
	roles := map[string]bool{}
	for _, policy := range cdktest.Resources(doc, "AWS::IAM::Policy") {
		if strings.Contains(text(t, policy), "codeartifact:ReadFromRepository") {
			roles[text(t, policy["Roles"])] = true
		}
	}
	if len(roles) != len(projects) {
		t.Errorf("%d roles of %d projects may read the packages", len(roles), len(projects))
	}
	group := *stack.GetLogicalId(p.SecurityGroup().Node().DefaultChild().(awscdk.CfnElement))
	if egress := text(t, cdktest.Resources(doc, "AWS::EC2::SecurityGroup")[group]["SecurityGroupEgress"]); strings.Count(egress, "FromPort") != 3 {
		t.Errorf("want egress to TLS, registry and proxy, got %s", egress)
	}
}
