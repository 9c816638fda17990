package pullrequestcheck

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/internal/nag"
	"github.com/securecdk/securecdk/internal/secured"
)

// builder makes the project that builds pull requests, for CodeCommit and for other hosts.
type builder struct {
	scope      constructs.Construct
	settings   buildSettings
	vpc        awsec2.IVpc
	key        awskms.Key
	logs       awslogs.LogGroup
	accessLogs aspects.LogBucketProvider
	merge      []string // commands that merge the code under review with the tip of its destination
	source     awscodebuild.ISource
	read       awsiam.PolicyStatement // what reading the repository takes
}

// built is what it makes.
type built struct {
	project awscodebuild.Project
	group   awsec2.SecurityGroup
	role    awsiam.Role
	spec    awscodebuild.BuildSpec
	reports []awscodebuild.ReportGroup
	cache   awss3.Bucket
}

// mergeOfPullRequest merges in the clone of the destination's tip. What comes from the request is only ever used as the
// value of a variable, and no hook or filter of the repository runs.
var mergeOfPullRequest = []string{
	`git config user.name "pull request check" && git config user.email "pull-request-check@localhost"`,
	`git fetch --quiet origin "+$PULL_REQUEST_SOURCE_REFERENCE:refs/pull-request/source"`,
	`git merge --quiet --no-edit "$PULL_REQUEST_SOURCE_COMMIT"`,
}

// make makes the project. Its role may read the repository, write to its own log group and reports, and have network
// interfaces made; with a cache, use the cache's bucket. It has no use of the key but for the cache: without output artifacts
// CodeBuild encrypts nothing in the role's name. The CDK would add the default log group and more, so the role that it sees
// takes nothing from it.
func (b *builder) make() *built {
	stack := awscdk.Stack_Of(b.scope)
	setUp := buildsetup.New(stack, &buildsetup.Props{Registries: b.settings.Registries, Proxy: b.settings.Proxy})
	out := &built{group: secured.NewSecurityGroup(b.scope, "BuildSecurityGroup", "Builds of pull requests: nothing in, TLS out", b.vpc, setUp.Ports())}
	out.role = awsiam.NewRole(b.scope, jsii.String("BuildRole"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("codebuild.amazonaws.com"), nil),
		Description: jsii.Sprintf("Builds pull requests: %s", *b.scope.Node().Path()),
	})
	spec := setUp.Merge(b.spec(out))
	out.spec = awscodebuild.BuildSpec_FromObject(&spec)
	variables := setUp.Environment()
	image := b.settings.Image
	if image == nil {
		image = awscodebuild.LinuxBuildImage_STANDARD_7_0()
	}
	timeout := b.settings.Timeout
	if timeout == nil {
		timeout = awscdk.Duration_Hours(jsii.Number(1))
	}
	out.project = awscodebuild.NewProject(b.scope, jsii.String("Project"), &awscodebuild.ProjectProps{
		Description: jsii.Sprintf("Builds and tests pull requests: %s", *b.scope.Node().Path()),
		Source:      b.source,
		BuildSpec:   out.spec,
		Environment: &awscodebuild.BuildEnvironment{
			BuildImage: image, ComputeType: b.settings.ComputeType, EnvironmentVariables: &variables, Privileged: jsii.Bool(false),
		},
		Role:                        out.role.WithoutPolicyUpdates(nil),
		Timeout:                     timeout,
		Cache:                       b.cache(out),
		GrantReportGroupPermissions: jsii.Bool(false),
		Logging:                     &awscodebuild.LoggingOptions{CloudWatch: &awscodebuild.CloudWatchLoggingOptions{LogGroup: b.logs, Enabled: jsii.Bool(true)}},
	})
	out.cfn().SetEncryptionKey(b.key.KeyArn())
	out.project.Node().AddDependency(b.policy(out, setUp.Statements()))
	aspects.Enforce(b.scope, aspects.NewCodeBuildInVpc(&aspects.CodeBuildInVpcProps{
		Vpc:            aspects.SameVpc(b.vpc),
		SecurityGroups: func(awscdk.Stack, awsec2.IVpc) awsec2.ISecurityGroup { return out.group },
	}))
	nag.Suppress(out.project, nag.InPacks("CodeBuildProjectSourceRepoUrl",
		"The source is AWS CodeCommit, read with the role of the build, or a host behind AWS CodeConnections: no token and no password stands in the project.",
		"HIPAA.Security", "PCI.DSS.321")...)
	return out
}

// policy is all that the role may do, but for network interfaces.
func (b *builder) policy(out *built, statements []awsiam.PolicyStatement) awsiam.ManagedPolicy {
	reports := allow("WriteReports", out.reports[0].ReportGroupArn(), "codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:UpdateReport")
	for _, group := range out.reports[1:] {
		reports.AddResources(group.ReportGroupArn())
	}
	statements = append(statements, b.read, allow("WriteLogs", b.logs.LogGroupArn(), "logs:CreateLogStream", "logs:PutLogEvents"), reports)
	if out.cache != nil {
		statements = append(statements,
			allow("FindTheCache", out.cache.BucketArn(), "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"),
			allow("UseTheCache", out.cache.ArnForObjects(jsii.String("*")), "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
			via("s3", allow("EncryptTheCache", b.key.KeyArn(), "kms:Decrypt", "kms:GenerateDataKey")),
		)
	}
	policy := awsiam.NewManagedPolicy(b.scope, jsii.String("BuildPolicy"), &awsiam.ManagedPolicyProps{
		Description: jsii.String("What a build of a pull request does"), Roles: &[]awsiam.IRole{out.role}, Statements: &statements,
	})
	if out.cache != nil {
		nag.Suppress(policy, nag.Rule{
			ID: "AwsSolutions-IAM5", Finding: "Resource::" + nag.Flat(awscdk.Stack_Of(b.scope).Resolve(out.cache.ArnForObjects(jsii.String("*")))),
			Reason: "CodeBuild names the objects of a cache itself; the bucket holds nothing else.",
		})
	}
	return policy
}

func (b *built) cfn() awscodebuild.CfnProject {
	return b.project.Node().DefaultChild().(awscodebuild.CfnProject)
}

// spec is the buildspec. The set-up of registries joins it: its commands come before those of the install phase.
func (b *builder) spec(out *built) map[string]any {
	file := b.settings.assembly + "/securecdk.junit.xml"
	variables := map[string]any{"SECURECDK_REPORTS": "junit"}
	if b.settings.Env != nil {
		for name, v := range *b.settings.Env {
			variables[name] = *v
		}
	}
	spec := map[string]any{
		"version": "0.2",
		"env":     map[string]any{"variables": variables, "git-credential-helper": "yes"},
		"phases": map[string]any{
			"pre_build":  map[string]any{"commands": list(root, b.merge, []string{"rm -f " + file}, b.settings.install)},
			"build":      map[string]any{"commands": list(root, b.settings.commands)},
			"post_build": map[string]any{"commands": list(root, []string{b.withoutReport(file)})},
		},
		"reports": b.reports(out, file),
	}
	if b.settings.Cache != nil {
		spec["cache"] = map[string]any{"paths": *b.settings.Cache.Paths}
	}
	return spec
}

// root: commands run in one shell, so that a cd in one of them is where the next begins.
var root = []string{`cd "$CODEBUILD_SRC_DIR"`}

// withoutReport is what becomes of a build without the report of the guardrails. With the default command the app was to be
// judged, so the build fails. With others there may be nothing to judge: the report says so, since CodeBuild may fail a
// build whose report is missing, and the comment tells.
func (b *builder) withoutReport(file string) string {
	if b.settings.judged {
		return fmt.Sprintf(`[ -f %s ] || { echo "the app was not judged by the guardrails: start it by secureapp.Run, or set Build.Commands" >&2; exit 1; }`, file)
	}
	const report = `<testsuites><testsuite name="securecdk" tests="1" skipped="1"><testcase classname="securecdk" name="%s"><skipped/></testcase></testsuite></testsuites>`
	return fmt.Sprintf(`[ -f %[1]s ] || { mkdir -p %[2]s && printf '%%s\n' '%[3]s' > %[1]s; }`, file, b.settings.assembly, fmt.Sprintf(report, unjudged))
}

// unjudged is the test case that the function behind the verdict looks for.
const unjudged = "no app was judged"

// reports makes a report group for each report, and returns the section of the buildspec.
func (b *builder) reports(out *built, file string) map[string]any {
	section := map[string]any{}
	all := append([]report{{name: guardrails, format: "JUNITXML", files: []string{file}}}, b.settings.reports...)
	for _, r := range all {
		group := awscodebuild.NewReportGroup(b.scope, jsii.String("Report"+r.name), &awscodebuild.ReportGroupProps{
			Type: awscodebuild.ReportGroupType_TEST, RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		})
		out.reports = append(out.reports, group)
		section[*group.ReportGroupArn()] = map[string]any{"files": list(r.files), "file-format": r.format}
	}
	return section
}

func list(parts ...[]string) []any {
	var all []any
	for _, part := range parts {
		for _, text := range part {
			all = append(all, text)
		}
	}
	return all
}
