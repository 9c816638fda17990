package accesscontrol

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
)

// PipelineViewerProps are the settings of a PipelineViewer. What is named lies in the stack's account and region.
type PipelineViewerProps struct {
	// Pipeline is the pipeline to see. Either Pipeline or PipelineName is needed.
	Pipeline awscodepipeline.IPipeline
	// PipelineName is its name.
	PipelineName *string
	// AssumedBy is who may become the role. Required.
	AssumedBy awsiam.IPrincipal
	// BuildProjectNames are the CodeBuild projects whose builds and reports are shown. * stands for any characters. Report groups
	// are named <project>-<group>, so those of a project whose name goes on so, orders-secret beside orders, are shown too. Default: none.
	BuildProjectNames *[]*string
	// LogGroupNames are the log groups of the builds that are shown. * stands for any characters. A build that prints what it
	// read shows it here. Default: none.
	LogGroupNames *[]*string
	// StackNames are the CloudFormation stacks whose state and events are shown. * stands for any characters. Default: none.
	StackNames *[]*string
	// DeployApplicationNames are the CodeDeploy applications whose deployments are shown. Default: none.
	DeployApplicationNames *[]*string
	// RoleName is the role's name. Default: CloudFormation makes one up.
	RoleName *string
}

// PipelineViewer is a role that sees a pipeline.
type PipelineViewer struct {
	constructs.Construct
	role awsiam.Role
}

// NewPipelineViewer makes a role that sees a pipeline, its runs, its notifications, and the builds, reports, logs, stacks
// and deployments that are named, and changes nothing. It reads no artifact: no object of a bucket, no key, no code, no
// template, no change set, which shows the values of properties, and not codepipeline:GetJobDetails, which hands out credentials for artifacts.
//
// It panics with an error that lists every fault of the props, or when the policy is longer than IAM's 6,144 characters.
func NewPipelineViewer(scope constructs.Construct, id *string, props *PipelineViewerProps) *PipelineViewer {
	s, faults := settleViewer(props)
	refuse(scope, id, faults)
	v := &PipelineViewer{}
	constructs.NewConstruct_Override(v, scope, id)
	v.role = awsiam.NewRole(v, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: s.AssumedBy, RoleName: copyOf(s.RoleName), MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(1)),
		Description: jsii.String("Sees a pipeline and changes nothing"),
	})
	v.role.AddManagedPolicy(newManagedPolicy(v, "Policy", nil, "Sees a pipeline and changes nothing", s.statements(placeOf(v))))
	return v
}

// Role returns the role.
func (v *PipelineViewer) Role() awsiam.Role { return v.role }

type viewer struct {
	PipelineViewerProps
	projects, logGroups, stacks, applications []string
}

func settleViewer(props *PipelineViewerProps) (viewer, []*fault.Error) {
	if props == nil {
		props = &PipelineViewerProps{}
	}
	c := &checker{}
	switch {
	case props.Pipeline == nil && props.PipelineName == nil:
		c.Add("Pipeline", nil, "the pipeline to see", "set Pipeline, or PipelineName for one of this account and region")
	case props.Pipeline != nil && props.PipelineName != nil:
		c.Add("PipelineName", props.PipelineName, "either Pipeline or PipelineName", "remove one of them")
	}
	c.Match("PipelineName", props.PipelineName, pipelineForm, "a pipeline's name: letters, digits and .@_-, at most 100", false)
	c.principal(props.AssumedBy)
	c.Match("RoleName", props.RoleName, roleForm, roleExpected, false)
	return viewer{
		PipelineViewerProps: *props,
		projects:            c.names("BuildProjectNames", props.BuildProjectNames, projectForm, "a project's name, or a pattern with * that begins with a letter"),
		logGroups:           c.names("LogGroupNames", props.LogGroupNames, logGroupForm, "a log group's name, or a pattern with *"),
		stacks:              c.names("StackNames", props.StackNames, stackForm, "a stack's name, or a pattern with * that begins with a letter"),
		applications:        c.names("DeployApplicationNames", props.DeployApplicationNames, deployForm, "an application's name, at most 100 characters"),
	}, c.List
}

var viewerLists = []string{
	"codepipeline:ListActionTypes", "codepipeline:ListPipelines", "codestar-notifications:ListEventTypes", "codestar-notifications:ListNotificationRules",
	"codestar-notifications:ListTargets",
}

func (s viewer) statements(p place) []statement {
	lists := append([]string{}, viewerLists...)
	var pipeline string
	if s.Pipeline != nil {
		pipeline = *s.Pipeline.PipelineArn()
	} else {
		pipeline = p.arn("codepipeline", *s.PipelineName)
	}
	rules := p.arn("codestar-notifications", "notificationrule/*")
	statements := []statement{
		allow("Pipeline", pipelineReads, []string{pipeline}),
		allow("Notifications", []string{"codestar-notifications:DescribeNotificationRule"}, []string{rules}).
			when("ArnEquals", "codestar-notifications:NotificationsForResource", pipeline).
			because("AWS makes the ids of notification rules up; the condition holds it to those of the one pipeline.", rules),
	}
	if len(s.projects) > 0 {
		lists = append(lists, "codebuild:ListProjects", "codebuild:ListReportGroups")
		statements = append(statements, s.builds(p)...)
	}
	if len(s.logGroups) > 0 {
		lists = append(lists, "logs:DescribeLogGroups")
		statements = append(statements, s.logs(p))
	}
	if len(s.stacks) > 0 {
		lists = append(lists, "cloudformation:ListStacks")
		statements = append(statements, s.deployedStacks(p))
	}
	if len(s.applications) > 0 {
		lists = append(lists, "codedeploy:BatchGetDeploymentTargets", "codedeploy:GetDeploymentTarget", "codedeploy:ListApplications", "codedeploy:ListDeploymentTargets")
		statements = append(statements, s.deployments(p)...)
	}
	return append(statements, allow("Lists", lists, []string{"*"}).because(listReason, "*"))
}

func (s viewer) builds(p place) []statement {
	projects := p.arns("codebuild", "project/", s.projects)
	reports := make([]string, len(s.projects))
	for i, name := range s.projects {
		// Builds name their report groups <project>-<group>.
		reports[i] = p.arn("codebuild", "report-group/"+strings.TrimSuffix(name, "*")+"*")
		if !strings.HasSuffix(name, "*") {
			reports[i] = p.arn("codebuild", "report-group/"+name+"-*")
		}
	}
	return []statement{
		allow("Builds", []string{
			"codebuild:BatchGetBuildBatches", "codebuild:BatchGetBuilds", "codebuild:BatchGetProjects", "codebuild:ListBuildBatchesForProject",
			"codebuild:ListBuildsForProject",
		}, projects).because("The projects of the pipeline by the beginning of their names, which are made up when it is.", starred(projects)...),
		allow("Reports", []string{
			"codebuild:BatchGetReportGroups", "codebuild:BatchGetReports", "codebuild:DescribeCodeCoverages", "codebuild:DescribeTestCases",
			"codebuild:GetReportGroupTrend", "codebuild:ListReportsForReportGroup",
		}, reports).because("Report groups are named after their project and made by its builds.", reports...),
	}
}

// logs are read by group and by stream.
func (s viewer) logs(p place) statement {
	var groups []string
	for _, name := range s.logGroups {
		groups = append(groups, p.arn("logs", "log-group:"+name), p.arn("logs", "log-group:"+name+":*"))
	}
	return allow("Logs", []string{"logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"}, groups).
		because("The streams of the named log groups, whose names are made up when a build starts.", starred(groups)...)
}

func (s viewer) deployedStacks(p place) statement {
	var stacks []string
	for _, name := range s.stacks {
		stacks = append(stacks, p.arn("cloudformation", "stack/"+name+"/*"))
	}
	return allow("Stacks", []string{
		"cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResource",
		"cloudformation:DescribeStackResources", "cloudformation:DescribeStacks", "cloudformation:ListChangeSets", "cloudformation:ListStackResources",
	}, stacks).because("The id at the end of a stack's ARN is made up when the stack is.", stacks...)
}

func (s viewer) deployments(p place) []statement {
	var groups []string
	for _, name := range s.applications {
		groups = append(groups, p.arn("codedeploy", "deploymentgroup:"+name+"/*"))
	}
	return []statement{
		allow("Applications", []string{
			"codedeploy:BatchGetApplications", "codedeploy:GetApplication", "codedeploy:GetApplicationRevision", "codedeploy:ListApplicationRevisions",
			"codedeploy:ListDeploymentGroups",
		}, p.arns("codedeploy", "application:", s.applications)),
		allow("Deployments", []string{
			"codedeploy:BatchGetDeploymentGroups", "codedeploy:BatchGetDeployments", "codedeploy:GetDeployment", "codedeploy:GetDeploymentGroup",
			"codedeploy:ListDeployments",
		}, groups).because("The deployment groups of the named applications.", groups...),
	}
}
