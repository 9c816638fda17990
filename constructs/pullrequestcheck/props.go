package pullrequestcheck

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
)

// PullRequestCheckProps configures NewPullRequestCheck. Repository (or RepositoryName) and Vpc are required.
type PullRequestCheckProps struct {
	// Repository is a CodeCommit repository of the stack's account and region. Give this or RepositoryName.
	Repository awscodecommit.IRepository
	// RepositoryName is the name of an existing one. Give this or Repository.
	RepositoryName *string
	// Branches are the protected branches: pull requests to them are checked. Default main and develop.
	Branches *[]*string
	// Vpc gives the stack its VPC. Builds and functions run in its private subnets.
	Vpc aspects.VpcProvider
	// Build is what is run. Default: the CDK app is synthesized, and so judged.
	Build *BuildProps
	// AccessLogs gives the stack the target bucket of the cache bucket's access logs; it is asked for with Build.Cache alone.
	// Default aspects.LogBucketPerStack(nil).
	AccessLogs aspects.LogBucketProvider
	// LogRetention is how long logs are kept. Default one year.
	LogRetention awslogs.RetentionDays
	// ReservedConcurrency is how many calls of each function may run at the same time, 1 or more. They are taken from what the
	// account has for all functions, of which 100 must be left over. Default 5.
	ReservedConcurrency *float64
}

// BuildProps is what a check runs. The code under review can't change any of it: the buildspec is the project's own.
type BuildProps struct {
	// Commands check the merged code, from its root; the first that fails fails the check. Default: npx cdk synth with the CLI
	// that securepipeline pins. With the default, an app that was not started by secureapp.Run, and so not judged, fails.
	Commands *[]*string
	// InstallCommands run before them, in the merged code. Default none.
	InstallCommands *[]*string
	// Env are environment variables. Never put a secret here: it would stand in the template, and the code under review
	// can read it.
	Env *map[string]*string
	// Image is the image of the build. It must bring what the commands need; its Go, from 1.21 on, fetches the version that
	// go.mod names. Default aws/codebuild/standard:7.0.
	Image awscodebuild.IBuildImage
	// ComputeType is the size of the build's machine. Default that of the image.
	ComputeType awscodebuild.ComputeType
	// Timeout is when a build that hangs is ended, 5 minutes to 36 hours. Default one hour.
	Timeout awscdk.Duration
	// AssemblyDirectory is where the app is synthesized to, for the report of the guardrails. Default cdk.out.
	AssemblyDirectory *string
	// Reports are further reports that the commands write, at most 4: CodeBuild takes five of a build. Their failed test cases
	// stand in the comment.
	Reports []*ReportProps
	// Registries are the internal package registries that the build uses. The code under review can read their credentials:
	// give it some that can only read.
	Registries []*buildsetup.Registry
	// Proxy is the HTTP proxy that the build uses. Default none.
	Proxy *buildsetup.ProxyProps
	// Cache keeps folders from one build to the next. Default none.
	Cache *CacheProps
}

// ReportProps is a report of tests.
type ReportProps struct {
	// Name is unique among the reports.
	Name *string
	// Files are paths or patterns, from the root of the repository: "reports/**/*.xml".
	Files *[]*string
	// Format of the files. Default JUNITXML. CodeBuild's formats of test reports are CUCUMBERJSON, JUNITXML, NUNITXML,
	// NUNIT3XML, TESTNGXML and VISUALSTUDIOTRX.
	Format *string
}

// CacheProps keeps folders in an encrypted bucket that no other project uses.
//
// Whoever may open a pull request may write the cache, and the next check reads it: a poisoned cache can make the check of
// somebody else's pull request pass or fail. It never reaches a pipeline.
type CacheProps struct {
	// Paths to keep, such as "node_modules/**/*".
	Paths *[]*string
	// Expiration is when what is not used any more goes. Default 30 days.
	Expiration awscdk.Duration
}

// ApprovalRulesProps configures NewApprovalRules. Checks and Approvers are required.
type ApprovalRulesProps struct {
	// Checks are the checks whose repositories share the rules, all of one stack's account and region. Each must check
	// every branch that has a rule.
	Checks []*PullRequestCheck
	// Approvers are the people whose approvals count, for the branches that name nobody themselves: roles as
	// arn:aws:sts::<account>:assumed-role/<role>/*, one session of a role, or users as arn:aws:iam::<account>:user/<name>. At
	// most 50, of which none may be a role of the checks.
	//
	// CodeCommit tells the sessions of a role apart by their names. Whoever assumes a role chooses the name, unless a SAML identity
	// provider does, and with two names one person is two. So the trust policy of the role must pin sts:RoleSessionName, as to
	// ${aws:username}; or name users. ("IAM and AWS STS condition context keys", AWS IAM User Guide.)
	Approvers *[]*string
	// Branches are the branches that have rules. Default main with two approvals and develop with one.
	Branches []*BranchRuleProps
	// NamePrefix begins the names of the templates, which are unique in an account and region: letters, digits, dots, dashes,
	// underscores and inner spaces, so many that no name has more than 100. Default the path of the construct.
	NamePrefix *string
}

// BranchRuleProps says what a branch demands beside a passed check.
type BranchRuleProps struct {
	// Branch is its name, without refs/heads/: letters, digits, dots, dashes, underscores and slashes.
	Branch *string
	// Approvals is how many people must approve, 1 to 10.
	Approvals *float64
	// Approvers are the people of this branch. Default ApprovalRulesProps.Approvers.
	Approvers *[]*string
}
