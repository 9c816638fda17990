package pullrequestcheck

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/secured"
)

const (
	pullRequestChange = "CodeCommit Pull Request State Change"
	templateChange    = "CodeCommit Approval Rule Template Change"
)

// wire has events call the functions.
func (c *PullRequestCheck) wire() {
	c.ruleFor("PullRequestChanged", "Starts the build of a pull request that was opened or has new code", c.start, c.pullRequests("pullRequestCreated", "pullRequestSourceBranchUpdated"))
	c.ruleFor("BuildEnded", "Judges a build of a pull request that ended", c.verdict, &awsevents.EventPattern{
		Source: jsii.Strings("aws.codebuild"), DetailType: jsii.Strings("CodeBuild Build State Change"),
		Detail: &map[string]any{
			"project-name": []*string{c.build.project.ProjectName()},
			"build-status": []string{"SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"},
		},
	})
}

// pullRequests matches events of pull requests to the protected branches.
func (c *PullRequestCheck) pullRequests(kinds ...string) *awsevents.EventPattern {
	return &awsevents.EventPattern{
		Source: jsii.Strings("aws.codecommit"), DetailType: jsii.Strings(pullRequestChange), Resources: &[]*string{c.repository.RepositoryArn()},
		Detail: &map[string]any{"event": kinds, "destinationReference": references(c.branches)},
	}
}

func (c *PullRequestCheck) ruleFor(id, description string, function awslambda.Function, pattern *awsevents.EventPattern) {
	awsevents.NewRule(c, &id, &awsevents.RuleProps{
		Description: &description, EventPattern: pattern,
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(function, &awseventstargets.LambdaFunctionProps{
			DeadLetterQueue: c.deadLetters, MaxEventAge: awscdk.Duration_Hours(jsii.Number(2)), RetryAttempts: jsii.Number(8),
		})},
	})
}

// tell publishes what happens to pull requests. Results come from the function that judges.
func (c *PullRequestCheck) tell() {
	c.announce("Opened", "Tells of pull requests that are opened", "was opened by", c.pullRequests("pullRequestCreated"))
	for _, what := range []struct {
		id, description, verb, alarm string
		kinds                        []string
	}{
		{"Overridden", "Tells of approval rules that are overridden", "had its approval rules overridden or restored by", "Somebody set the approval rules of a pull request aside", []string{"pullRequestApprovalRuleOverridden"}},
		{"RulesChanged", "Tells of approval rules of a pull request that are changed", "had its approval rules changed by", "Somebody changed the approval rules of a pull request", []string{"pullRequestApprovalRuleCreated", "pullRequestApprovalRuleUpdated", "pullRequestApprovalRuleDeleted"}},
	} {
		rule := c.announce(what.id, what.description, what.verb, c.pullRequests(what.kinds...))
		alarmOn(c, what.id+"Alarm", what.alarm, triggered(rule), c.alarms)
	}
}

func (c *PullRequestCheck) announce(id, description, verb string, pattern *awsevents.EventPattern) awsevents.Rule {
	field := func(path string) string { return *awsevents.EventField_FromPath(&path) }
	return publish(c, id, description, pattern, c.notifications, c.deadLetters, fmt.Sprintf("Pull request %s of %s to %s %s %s at %s.",
		field("$.detail.pullRequestId"), *c.repository.RepositoryName(), field("$.detail.destinationReference"), verb, field("$.detail.callerUserArn"), field("$.time")))
}

func publish(scope constructs.Construct, id, description string, pattern *awsevents.EventPattern, topic awssns.Topic, deadLetters awssqs.Queue, text string) awsevents.Rule {
	return awsevents.NewRule(scope, &id, &awsevents.RuleProps{
		Description: &description, EventPattern: pattern,
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSnsTopic(topic, &awseventstargets.SnsTopicProps{
			Message: awsevents.RuleTargetInput_FromText(&text), DeadLetterQueue: deadLetters,
		})},
	})
}

// watch raises alarms on what no event tells of: lost events, and builds that somebody else started.
func (c *PullRequestCheck) watch() {
	secured.AlarmOnFirstMessage(c, "LostEventAlarm", c.deadLetters, c.alarms)
	filter := awslogs.NewMetricFilter(c, jsii.String("ForeignBuilds"), &awslogs.MetricFilterProps{
		LogGroup: c.verdict.LogGroup(), FilterPattern: awslogs.FilterPattern_Literal(jsii.String(`"ForeignBuild"`)),
		MetricNamespace: jsii.String("securecdk/PullRequestCheck"), MetricName: jsii.Sprintf("ForeignBuilds-%s", *c.Node().Addr()),
	})
	alarmOn(c, "ForeignBuildAlarm", "Somebody else than the check started a build of its project, which gives no approval",
		filter.Metric(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5))}), c.alarms)
}

// triggered is how often a rule matched ("Monitoring Amazon EventBridge").
func triggered(rule awsevents.Rule) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String("AWS/Events"), MetricName: jsii.String("TriggeredRules"), DimensionsMap: &map[string]*string{"RuleName": rule.RuleName()},
		Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5)),
	})
}

// alarmOn tells the topic of the first that is counted.
func alarmOn(scope constructs.Construct, id, description string, metric awscloudwatch.IMetric, topic awssns.Topic) {
	alarm := awscloudwatch.NewAlarm(scope, &id, &awscloudwatch.AlarmProps{
		AlarmDescription: &description, Metric: metric, Threshold: jsii.Number(1), EvaluationPeriods: jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD, TreatMissingData: awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(topic))
}
