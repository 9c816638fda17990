package securepipeline

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/bulk"
	"github.com/securecdk/securecdk/internal/nag"
	"github.com/securecdk/securecdk/internal/secured"
)

// newKey makes the pipeline's key. Who may use it is added where it is used: NotifyOn lets the notification service in, and
// the CDK grants it to the roles of this account and to the deployment roles of the target accounts that fetch artifacts,
// each by name.
func (p *Pipeline) newKey() awskms.Key {
	return secured.NewKey(p, "Key", &secured.KeyProps{
		Description: fmt.Sprintf("Artifacts, logs and notifications of the pipeline %s", *p.Node().Path()),
		LogsSid:     "BuildLogs",
	})
}

// newArtifactBucket makes the bucket of the pipeline's own region.
func (p *Pipeline) newArtifactBucket(s *settings) awss3.Bucket {
	bucket := awss3.NewBucket(p, jsii.String("Artifacts"), &awss3.BucketProps{
		BlockPublicAccess:      awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:             awss3.BucketEncryption_KMS,
		EncryptionKey:          p.key,
		BucketKeyEnabled:       jsii.Bool(true),
		EnforceSSL:             jsii.Bool(true),
		ObjectOwnership:        awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		RemovalPolicy:          awscdk.RemovalPolicy_RETAIN,
		ServerAccessLogsBucket: p.accessLogs,
		ServerAccessLogsPrefix: jsii.String("artifacts/"),
		Versioned:              jsii.Bool(true),
		LifecycleRules:         &[]*awss3.LifecycleRule{artifactLifecycle(s)},
	})
	nag.Suppress(bucket, replicationFindings()...)
	return bucket
}

func artifactLifecycle(s *settings) *awss3.LifecycleRule {
	expiration := s.ArtifactExpiration
	if expiration == nil {
		expiration = awscdk.Duration_Days(jsii.Number(90))
	}
	return &awss3.LifecycleRule{
		Id:                                  jsii.String("ExpireArtifacts"),
		Expiration:                          expiration,
		NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(30)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
	}
}

func replicationFindings() []nag.Rule {
	return secured.ReplicationFindings("Artifacts are made from the source at any time and expire after weeks; the pipeline itself copies them to the regions that it deploys to.")
}

// hardenReplicas brings the buckets that the CDK made in the other regions up to what the pipeline's own bucket is. They
// have a key with rotation and are TLS-only and private already; versioning and access logs come from the guardrails.
func (p *Pipeline) hardenReplicas(s *settings) {
	support := *p.pipeline.Pipeline().CrossRegionSupport()
	for _, region := range sortedKeys(support) {
		stack := support[region].Stack
		if *stack.Node().Path() == *awscdk.Stack_Of(p).Node().Path() || !bulk.Enter(stack, "securepipeline") {
			continue // several pipelines share the support of a region
		}
		var bucket awss3.Bucket
		jsii.UnsafeCast(support[region].ReplicationBucket, &bucket)
		bucket.AddLifecycleRule(artifactLifecycle(s))
		bucket.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
		nag.Suppress(bucket, replicationFindings()...)
		retainKeys(stack)
		aspects.NewBaseline(nil).Enforce(stack)
	}
}

// retainKeys keeps the key of a support stack as long as what it encrypts. The CDK keeps its alias instead, which has a fixed
// name and would be in the way when the stack is made again.
func retainKeys(stack awscdk.Stack) {
	selector := awscdk.ConstructSelector_ResourcesOfType(jsii.String("AWS::KMS::Key"), jsii.String("AWS::KMS::Alias"))
	for _, c := range *awscdk.Mixins_Of(stack, selector).SelectedConstructs() {
		switch resource := c.(type) {
		case awskms.CfnKey:
			resource.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		case awskms.CfnAlias:
			resource.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil)
		}
	}
}
