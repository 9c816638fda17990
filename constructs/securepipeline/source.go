package securepipeline

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipelineactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/nag"
)

// Source is where a pipeline's code comes from. CodeCommit, Connection and S3 make one.
type Source struct {
	check func() []*fault.Error
	// bind makes the CDK's source; trigger, when there is one, is called with the pipeline that was built.
	bind func(scope constructs.Construct) (input pipelines.CodePipelineSource, trigger func(awscodepipeline.Pipeline))
}

// CodeCommitSourceProps names a branch of a CodeCommit repository in the pipeline's account and region.
type CodeCommitSourceProps struct {
	// RepositoryName of an existing repository. Give this or Repository.
	RepositoryName *string
	// Repository is one that the app has already. Give this or RepositoryName.
	Repository awscodecommit.IRepository
	// Branch is required: what is released is named, not inherited.
	Branch *string
}

var (
	branchForm    = regexp.MustCompile(`^[^\s~^:?*\[\\]{1,255}$`)
	ownerRepoForm = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+$`)
	bucketForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// CodeCommit is a source in AWS CodeCommit. A push starts the pipeline through EventBridge; nothing polls. The action
// may read this repository and nothing else.
func CodeCommit(props *CodeCommitSourceProps) *Source {
	p := CodeCommitSourceProps{}
	if props != nil {
		p = *props
	}
	return &Source{
		check: func() []*fault.Error {
			var l fault.List
			if (p.RepositoryName == nil) == (p.Repository == nil) {
				l.Add("Source.RepositoryName", p.RepositoryName, "either RepositoryName or Repository", "name the repository")
			}
			l.Match("Source.RepositoryName", p.RepositoryName, fault.RepositoryForm, "the name of a CodeCommit repository", false)
			l.Match("Source.Branch", p.Branch, branchForm, "the name of a branch, without refs/heads/", true)
			return l
		},
		bind: func(scope constructs.Construct) (pipelines.CodePipelineSource, func(awscodepipeline.Pipeline)) {
			repository := p.Repository
			if repository == nil {
				repository = awscodecommit.Repository_FromRepositoryName(scope, jsii.String("Repository"), p.RepositoryName)
			}
			return pipelines.CodePipelineSource_CodeCommit(repository, p.Branch, &pipelines.CodeCommitSourceOptions{
				Trigger: awscodepipelineactions.CodeCommitTrigger_EVENTS,
			}), func(pipeline awscodepipeline.Pipeline) { suppressRule(repository, pipeline, *p.Branch) }
		},
	}
}

// suppressRule accepts what cdk-nag finds in the rule that starts the pipeline, which the CDK makes below the repository: that
// need not be below the pipeline.
func suppressRule(repository awscodecommit.IRepository, pipeline awscodepipeline.Pipeline, branch string) {
	id := jsii.Sprintf("%s-%s-EventRule", *awscdk.Names_NodeUniqueId(pipeline.Node()), branch)
	if rule := repository.Node().TryFindChild(id); rule != nil {
		nag.Suppress(rule, startRuleFindings()...)
	}
}

// ConnectionSourceProps names a branch of a repository behind AWS CodeConnections: GitHub, GitLab, Bitbucket, each also
// self-managed.
type ConnectionSourceProps struct {
	// ConnectionArn of a connection that somebody has authorized in the console.
	ConnectionArn *string
	// Repository is "owner/name", on GitLab with its groups: "group/subgroup/name".
	Repository *string
	// Branch is required.
	Branch *string
}

// Connection is a source behind AWS CodeConnections. The host tells of a push; the action may use this connection and
// nothing else. The code comes as an artifact, without its history.
func Connection(props *ConnectionSourceProps) *Source {
	p := ConnectionSourceProps{}
	if props != nil {
		p = *props
	}
	return &Source{
		check: func() []*fault.Error {
			var l fault.List
			l.Match("Source.ConnectionArn", p.ConnectionArn, fault.ConnectionForm, "the ARN of a connection, arn:aws:codeconnections:<region>:<account>:connection/<id>", true)
			l.Match("Source.Repository", p.Repository, ownerRepoForm, "owner/name", true)
			l.Match("Source.Branch", p.Branch, branchForm, "the name of a branch, without refs/heads/", true)
			return l
		},
		bind: func(constructs.Construct) (pipelines.CodePipelineSource, func(awscodepipeline.Pipeline)) {
			return pipelines.CodePipelineSource_Connection(p.Repository, p.Branch, &pipelines.ConnectionSourceOptions{ConnectionArn: p.ConnectionArn}), nil
		},
	}
}

// S3SourceProps names an object of a versioned bucket in the pipeline's account and region, a ZIP file.
type S3SourceProps struct {
	// BucketName of the bucket.
	BucketName *string
	// ObjectKey of the ZIP file.
	ObjectKey *string
	// KeyArn of the customer managed key that encrypts the bucket.
	KeyArn *string
}

// S3 is a source in a bucket. A new version of the object starts the pipeline through EventBridge, so the bucket must send
// its events there (its EventBridge configuration); nothing polls.
func S3(props *S3SourceProps) *Source {
	p := S3SourceProps{}
	if props != nil {
		p = *props
	}
	return &Source{
		check: func() []*fault.Error {
			var l fault.List
			l.Match("Source.BucketName", p.BucketName, bucketForm, "the name of a bucket", true)
			l.Match("Source.KeyArn", p.KeyArn, fault.KeyArnForm, "the ARN of the bucket's customer managed key", true)
			if p.ObjectKey == nil || *p.ObjectKey == "" {
				l.Add("Source.ObjectKey", p.ObjectKey, "the key of a ZIP file", "name the object")
			}
			return l
		},
		bind: func(scope constructs.Construct) (pipelines.CodePipelineSource, func(awscodepipeline.Pipeline)) {
			bucket := awss3.Bucket_FromBucketAttributes(scope, jsii.String("SourceBucket"), &awss3.BucketAttributes{
				BucketName:    p.BucketName,
				EncryptionKey: awskms.Key_FromKeyArn(scope, jsii.String("SourceKey"), p.KeyArn),
			})
			source := pipelines.CodePipelineSource_S3(bucket, p.ObjectKey, &pipelines.S3SourceOptions{Trigger: awscodepipelineactions.S3Trigger_NONE})
			return source, func(pipeline awscodepipeline.Pipeline) {
				awsevents.NewRule(scope, jsii.String("SourceChanged"), &awsevents.RuleProps{
					Description: jsii.String("Starts the pipeline when its source object has a new version"),
					EventPattern: &awsevents.EventPattern{
						Source:     jsii.Strings("aws.s3"),
						DetailType: jsii.Strings("Object Created"),
						Detail: &map[string]any{
							"bucket": map[string]any{"name": []*string{p.BucketName}},
							"object": map[string]any{"key": []*string{p.ObjectKey}},
						},
					},
					Targets: &[]awsevents.IRuleTarget{awseventstargets.NewCodePipeline(pipeline, nil)},
				})
			}
		},
	}
}
