package pullrequestcheck

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/handler"
	"github.com/securecdk/securecdk/internal/secured"
)

// PullRequestCheck builds and tests the pull requests of a CodeCommit repository, and approves those that pass on the
// machine's behalf. What an approval is worth, NewApprovalRules says.
type PullRequestCheck struct {
	constructs.Construct
	repository     awscodecommit.IRepository
	branches       []string
	key            awskms.Key
	deadLetters    awssqs.Queue
	notifications  awssns.Topic
	alarms         awssns.Topic
	shared         *handler.Shared
	concurrency    *float64
	build          *built
	logs           awslogs.LogGroup
	start, verdict awslambda.Function
}

// NewPullRequestCheck makes the check of one repository.
//
// It panics with an error that lists every fault of the props: field, value, what was expected, what to do.
func NewPullRequestCheck(scope constructs.Construct, id *string, props *PullRequestCheckProps) *PullRequestCheck {
	s, faults := settle(props)
	fail(scope, id, faults)
	c := &PullRequestCheck{branches: s.branches, concurrency: s.ReservedConcurrency}
	constructs.NewConstruct_Override(c, scope, id)
	c.repository = c.findRepository(s)
	vpc := secured.FindVpc(c, s.Vpc)
	c.key = secured.NewKey(c, "Key", &secured.KeyProps{
		Description: fmt.Sprintf("Logs, messages and variables of the pull request check %s", *c.Node().Path()), LogsSid: "Logs",
	})
	c.notifications = secured.NewTopic(c, "Notifications", c.key)
	c.alarms = secured.NewTopic(c, "Alarms", c.key)
	secured.LetAlarmsPublish(c.alarms, c.key)
	c.deadLetters = secured.NewDeadLetterQueue(c, "DeadLetters", c.key)
	c.shared = &handler.Shared{
		Vpc: vpc, SecurityGroup: secured.NewSecurityGroup(c, "FunctionSecurityGroup", "Functions of the pull request check: nothing in, TLS out", vpc, nil),
		Key: c.key, DeadLetters: c.deadLetters, LogRetention: s.LogRetention,
	}
	c.logs = secured.NewLogGroup(c, "BuildLogs", c.key, s.LogRetention)
	b := builder{
		scope: c, settings: s.build, vpc: vpc, key: c.key, logs: c.logs, accessLogs: s.AccessLogs, merge: mergeOfPullRequest,
		source: awscodebuild.Source_CodeCommit(&awscodebuild.CodeCommitSourceProps{Repository: c.repository}),
		read:   allow("ReadTheRepository", c.repository.RepositoryArn(), "codecommit:GitPull"),
	}
	c.build = b.make()
	c.start = c.newStart()
	c.verdict = c.newVerdict()
	c.wire()
	c.tell()
	c.watch()
	return c
}

// fail panics with the faults, if there are any, each with the path of the construct that is not made.
func fail(scope constructs.Construct, id *string, faults fault.List) {
	if len(faults) == 0 {
		return
	}
	for _, f := range faults {
		f.Path = *scope.Node().Path() + "/" + *id
	}
	panic(fault.Join(faults))
}

// findRepository refuses one of another account or region: neither its events nor its code would come here.
func (c *PullRequestCheck) findRepository(s *settings) awscodecommit.IRepository {
	if s.RepositoryName != nil {
		return awscodecommit.Repository_FromRepositoryName(c, jsii.String("Repository"), s.RepositoryName)
	}
	stack, env := awscdk.Stack_Of(c), s.Repository.Env()
	for _, part := range []struct {
		field            string
		theirs, expected *string
	}{{"Account", env.Account, stack.Account()}, {"Region", env.Region, stack.Region()}} {
		if *part.theirs != *part.expected && !*awscdk.Token_IsUnresolved(part.theirs) && !*awscdk.Token_IsUnresolved(part.expected) {
			panic(fault.New(*c.Node().Path(), "Repository.Env."+part.field, part.theirs, "a repository of the stack's account and region", "make the check in a stack beside the repository"))
		}
	}
	return s.Repository
}

// newStart makes the function that starts builds: it may read pull requests and branches of this repository, comment, and
// start builds of this project.
func (c *PullRequestCheck) newStart() awslambda.Function {
	return handler.New(c, "Start", &handler.Props{
		Handler:     jsii.String("pullrequeststart"),
		Description: jsii.Sprintf("Starts the build of a pull request of %s", *c.repository.RepositoryName()),
		Environment: &map[string]*string{
			"SECURECDK_REPOSITORY": c.repository.RepositoryName(),
			"SECURECDK_BRANCHES":   jsonList(references(c.branches)),
			"SECURECDK_PROJECT":    c.build.project.ProjectName(),
		},
		Statements: []awsiam.PolicyStatement{
			allow("ReadAndComment", c.repository.RepositoryArn(), "codecommit:GetPullRequest", "codecommit:GetBranch", "codecommit:PostCommentForPullRequest"),
			allow("StartBuilds", c.build.project.ProjectArn(), "codebuild:StartBuild"),
		},
		Shared: c.shared, ReservedConcurrency: c.concurrency,
	})
}

// newVerdict makes the function that judges builds. It alone may approve, in this repository alone; it may start no
// build, write no code, merge nothing and override no rule.
func (c *PullRequestCheck) newVerdict() awslambda.Function {
	reports := allow("ReadReports", c.build.reports[0].ReportGroupArn(), "codebuild:DescribeTestCases")
	for _, group := range c.build.reports[1:] {
		reports.AddResources(group.ReportGroupArn())
	}
	return handler.New(c, "Verdict", &handler.Props{
		Handler:     jsii.String("pullrequestverdict"),
		Description: jsii.Sprintf("Approves pull requests of %s whose build passed", *c.repository.RepositoryName()),
		Environment: &map[string]*string{
			"SECURECDK_REPOSITORY": c.repository.RepositoryName(),
			"SECURECDK_BRANCHES":   jsonList(references(c.branches)),
			"SECURECDK_PROJECT":    c.build.project.ProjectArn(),
			"SECURECDK_LOG_GROUP":  c.logs.LogGroupName(),
			"SECURECDK_TOPIC":      c.notifications.TopicArn(),
			// CodeBuild names whoever started a build with a role by the role and its session, and Lambda calls the session
			// of a function's role by the function. A role's name is unique in an account, and no name has a slash.
			"SECURECDK_STARTER": jsii.Sprintf("%s/%s", *c.start.Role().RoleName(), *c.start.FunctionName()),
		},
		Statements: []awsiam.PolicyStatement{
			allow("ReadCommentAndApprove", c.repository.RepositoryArn(), "codecommit:GetPullRequest", "codecommit:PostCommentForPullRequest", "codecommit:UpdatePullRequestApprovalState"),
			allow("ReadBuilds", c.build.project.ProjectArn(), "codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject"),
			reports,
			allow("ReadBuildLogs", c.logs.LogGroupArn(), "logs:GetLogEvents"),
			allow("TellTheResult", c.notifications.TopicArn(), "sns:Publish"),
			via("sns", allow("EncryptTheResult", c.key.KeyArn(), "kms:Decrypt", "kms:GenerateDataKey")),
		},
		Shared: c.shared, ReservedConcurrency: c.concurrency,
	})
}

func allow(sid string, resource *string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: &sid, Actions: jsii.Strings(actions...), Resources: &[]*string{resource}})
}

// via narrows the use of a key to what a service does with it.
func via(service string, s awsiam.PolicyStatement) awsiam.PolicyStatement {
	s.AddCondition(jsii.String("StringLike"), map[string]any{"kms:ViaService": service + ".*"})
	return s
}

func jsonList(texts []string) *string {
	data, err := json.Marshal(texts)
	if err != nil {
		panic(err) // strings
	}
	return jsii.String(string(data))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Repository returns the repository that is checked.
func (c *PullRequestCheck) Repository() awscodecommit.IRepository { return c.repository }

// Project returns the CodeBuild project.
func (c *PullRequestCheck) Project() awscodebuild.Project { return c.build.project }

// BuildRole returns the role of the build, which code under review holds. What is granted to it, everyone has who may open
// a pull request.
func (c *PullRequestCheck) BuildRole() awsiam.Role { return c.build.role }

// BuildSecurityGroup returns the security group of the builds.
func (c *PullRequestCheck) BuildSecurityGroup() awsec2.SecurityGroup { return c.build.group }

// CacheBucket returns the bucket of the cache, or nil when there is none.
func (c *PullRequestCheck) CacheBucket() awss3.Bucket { return c.build.cache }

// ApproverRole returns the role that approves on the machine's behalf.
func (c *PullRequestCheck) ApproverRole() awsiam.IRole { return c.verdict.Role() }

// StarterRole returns the role that starts builds.
func (c *PullRequestCheck) StarterRole() awsiam.IRole { return c.start.Role() }

// NotificationTopic returns the topic that tells of requests that are opened, checked and overridden, and of changed rules.
// Add subscriptions to it.
func (c *PullRequestCheck) NotificationTopic() awssns.Topic { return c.notifications }

// AlarmTopic returns the topic of what somebody must look at: an override, changed approval rules, a build of the project
// that the check did not start, an event that CloudFormation did not send, one that was lost. Add subscriptions to it.
func (c *PullRequestCheck) AlarmTopic() awssns.Topic { return c.alarms }

// EncryptionKey returns the key of logs, messages and variables.
func (c *PullRequestCheck) EncryptionKey() awskms.Key { return c.key }

// DeadLetterQueue returns the queue of events that were lost.
func (c *PullRequestCheck) DeadLetterQueue() awssqs.Queue { return c.deadLetters }
