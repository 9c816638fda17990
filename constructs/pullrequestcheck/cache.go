package pullrequestcheck

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/nag"
	"github.com/securecdk/securecdk/internal/secured"
)

// cache makes the bucket of the cache. CodeBuild keeps no cache on its machines for builds in a VPC, so a bucket it is.
func (b *builder) cache(out *built) awscodebuild.Cache {
	if b.settings.Cache == nil {
		return nil
	}
	expiration := b.settings.Cache.Expiration
	if expiration == nil {
		expiration = awscdk.Duration_Days(jsii.Number(30))
	}
	out.cache = awss3.NewBucket(b.scope, jsii.String("Cache"), &awss3.BucketProps{
		BlockPublicAccess:      awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:             awss3.BucketEncryption_KMS,
		EncryptionKey:          b.key,
		BucketKeyEnabled:       jsii.Bool(true),
		EnforceSSL:             jsii.Bool(true),
		ObjectOwnership:        awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		RemovalPolicy:          awscdk.RemovalPolicy_RETAIN,
		ServerAccessLogsBucket: b.accessLogs(awscdk.Stack_Of(b.scope)),
		ServerAccessLogsPrefix: jsii.String("pull-request-cache/"),
		Versioned:              jsii.Bool(true),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("ExpireCache"),
			Expiration:                          expiration,
			NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(7)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
		}},
	})
	nag.Suppress(out.cache, secured.ReplicationFindings("A cache of builds: what is lost is made again by the next build.")...)
	return awscodebuild.Cache_Bucket(out.cache, nil)
}
