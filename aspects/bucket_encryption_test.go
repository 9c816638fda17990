package aspects

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsredshift"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/internal/cdktest"
)

func openBucket(stack awscdk.Stack) awss3.Bucket {
	return awss3.NewBucket(stack, jsii.String("B"), &awss3.BucketProps{BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ACLS_ONLY()})
}

func TestBucketsWhoseReadersCanUseNoKeyGetNone(t *testing.T) {
	anyone := func(conditions map[string]any) func(awscdk.Stack) {
		return func(stack awscdk.Stack) { allowOn(openBucket(stack), awsiam.NewAnyPrincipal(), conditions) }
	}
	cases := map[string]struct {
		fill func(awscdk.Stack)
		why  string
	}{
		"anyone":                     {anyone(nil), "credentials"},
		"anyone with a referer":      {anyone(map[string]any{"StringLike": map[string]any{"aws:Referer": "https://example.com/*"}}), "credentials"},
		"anyone in a network":        {anyone(map[string]any{"StringEquals": map[string]any{"aws:SourceVpce": "vpce-1"}}), "credentials"},
		"anyone but an organization": {anyone(map[string]any{"StringNotEquals": map[string]any{"aws:PrincipalOrgID": "o-1"}}), "credentials"},
		"anyone of any organization": {anyone(map[string]any{"StringLike": map[string]any{"aws:PrincipalOrgID": "*"}}), "credentials"},
		"a website": {func(stack awscdk.Stack) {
			awss3.NewBucket(stack, jsii.String("B"), &awss3.BucketProps{
				PublicReadAccess: jsii.Bool(true), WebsiteIndexDocument: jsii.String("i.html"), BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ACLS_ONLY(),
			})
		}, "credentials"},
		"a public ACL": {func(stack awscdk.Stack) {
			awss3.NewCfnBucket(stack, jsii.String("B"), &awss3.CfnBucketProps{AccessControl: jsii.String("AuthenticatedRead")})
		}, "AuthenticatedRead"},
		"an origin access identity": {func(stack awscdk.Stack) {
			awscloudfront.NewDistribution(stack, jsii.String("D"), &awscloudfront.DistributionProps{DefaultBehavior: &awscloudfront.BehaviorOptions{
				Origin: awscloudfrontorigins.S3BucketOrigin_WithOriginAccessIdentity(awss3.NewBucket(stack, jsii.String("B"), nil), nil),
			}})
		}, "origin access control"},
		"an origin access identity by its ARN": {func(stack awscdk.Stack) {
			allowOn(awss3.NewBucket(stack, jsii.String("B"), nil), awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1")), nil)
		}, "origin access control"},
		"the audit logs of Redshift": {func(stack awscdk.Stack) {
			bucket := awss3.NewBucket(stack, jsii.String("B"), nil)
			awsredshift.NewCfnCluster(stack, jsii.String("C"), &awsredshift.CfnClusterProps{
				ClusterType: jsii.String("single-node"), DbName: jsii.String("d"), MasterUsername: jsii.String("u"), NodeType: jsii.String("ra3.large"),
				LoggingProperties: &awsredshift.CfnCluster_LoggingPropertiesProperty{BucketName: bucket.BucketName()},
			})
		}, "Redshift"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			c.fill(stack)
			if changes := Enforce(app, NewKmsEncryption(nil)); len(changes) != 0 {
				t.Errorf("%+v", changes)
			}
			if why := warned(t, app, "S3.CMK"); !strings.Contains(why, c.why) {
				t.Errorf("said %q", why)
			}
			if keys := cdktest.Resources(cdktest.Template(t, app, stack), "AWS::KMS::Key"); len(keys) != 0 {
				t.Error("a key that nothing uses")
			}
		})
	}
}

func TestAPolicyThatIsBlockedKeepsNoKeyAway(t *testing.T) {
	app, stack := newStack(t)
	allowOn(awss3.NewBucket(stack, jsii.String("B"), &awss3.BucketProps{BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL()}), awsiam.NewAnyPrincipal(), nil)
	if changes := Enforce(app, NewKmsEncryption(nil)); len(changes) != 1 {
		t.Errorf("%+v", changes)
	}
}

func TestPublicByS3sMeaning(t *testing.T) {
	cases := map[string]struct {
		conditions map[string]any
		public     bool
	}{
		"nothing":                      {nil, true},
		"a referer":                    {map[string]any{"StringLike": map[string]any{"aws:Referer": "https://example.com/*"}}, true},
		"an encrypted connection":      {map[string]any{"Bool": map[string]any{"aws:SecureTransport": "true"}}, true},
		"all addresses":                {map[string]any{"IpAddress": map[string]any{"aws:SourceIp": "0.0.0.0/1"}}, true},
		"some addresses":               {map[string]any{"IpAddress": map[string]any{"aws:SourceIp": []any{"203.0.113.0/24", "2001:db8::/48"}}}, false},
		"some and all addresses":       {map[string]any{"IpAddress": map[string]any{"aws:SourceIp": []any{"203.0.113.0/24", "::/0"}}}, true},
		"all but some addresses":       {map[string]any{"NotIpAddress": map[string]any{"aws:SourceIp": "203.0.113.0/24"}}, true},
		"an endpoint":                  {map[string]any{"StringEquals": map[string]any{"aws:SourceVpce": "vpce-1"}}, false},
		"any endpoint":                 {map[string]any{"StringLike": map[string]any{"aws:sourceVpce": "vpce-*"}}, true},
		"an endpoint, if one is named": {map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceVpce": "vpce-1"}}, true},
		"an organization":              {map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-1234567890"}}, false},
		"a unit of an organization":    {map[string]any{"ForAnyValue:StringEquals": map[string]any{"aws:PrincipalOrgPaths": "o-1/r-1/ou-1/"}}, false},
		"access points of an account":  {map[string]any{"ArnLike": map[string]any{"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:111111111111:accesspoint/*"}}, false},
		"any access points":            {map[string]any{"ArnLike": map[string]any{"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*"}}, true},
		"a resource of the app":        {map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": awscdk.Aws_PARTITION()}}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			allowOn(openBucket(stack), awsiam.NewAnyPrincipal(), c.conditions)
			if changes := Enforce(app, NewPublicAccess(nil)); (len(changes) == 0) != c.public {
				t.Errorf("%+v", changes)
			}
		})
	}
}

func TestBlockedEncryptionTypesStayBlocked(t *testing.T) {
	app, stack := newStack(t)
	blocked := map[string]any{"EncryptionType": []any{"SSE-C"}}
	awss3.NewCfnBucket(stack, jsii.String("B"), nil).AddPropertyOverride(jsii.String("BucketEncryption.ServerSideEncryptionConfiguration"), []any{
		map[string]any{"BlockedEncryptionTypes": blocked, "ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "AES256"}},
	})
	Enforce(app, NewKmsEncryption(nil))
	rule := list(dig(one(t, app, stack, "AWS::S3::Bucket"), "BucketEncryption", "ServerSideEncryptionConfiguration"))[0]
	if diff := cmp.Diff(blocked, dig(rule, "BlockedEncryptionTypes")); diff != "" {
		t.Error(diff)
	}
	if dig(rule, "ServerSideEncryptionByDefault", "SSEAlgorithm") != "aws:kms" {
		t.Errorf("%s", text(t, rule))
	}
}

func TestAKeyBesideAnEscapeHatchSurvives(t *testing.T) {
	app, stack := newStack(t)
	bucket := awss3.NewBucket(stack, jsii.String("B"), &awss3.BucketProps{EncryptionKey: awskms.NewKey(stack, jsii.String("Own"), nil)})
	bucket.Node().DefaultChild().(awss3.CfnBucket).AddPropertyOverride(jsii.String("BucketEncryption.ServerSideEncryptionConfiguration.0.BucketKeyEnabled"), true)
	if changes := Enforce(app, NewKmsEncryption(nil)); len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
}

func replicated(stack awscdk.Stack, destination awss3.IBucket) {
	awss3.NewBucket(stack, jsii.String("Source"), &awss3.BucketProps{
		Versioned: jsii.Bool(true), ReplicationRules: &[]*awss3.ReplicationRule{{Destination: destination}},
	})
}

func TestReplicationGoesOnUnderTheKeys(t *testing.T) {
	for name, of := range map[string][]string{"in a stack": {"One", "One"}, "between stacks": {"Source", "Destination"}} {
		t.Run(name, func(t *testing.T) {
			app := cdktest.App(t, nil)
			byID := map[string]awscdk.Stack{}
			for _, id := range of {
				if byID[id] == nil {
					byID[id] = awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{Env: cdktest.Env(account, region)})
				}
			}
			replicated(byID[of[0]], awss3.NewBucket(byID[of[1]], jsii.String("Destination"), &awss3.BucketProps{Versioned: jsii.Bool(true)}))
			baseline := testBaseline()
			baseline.ApplyTo(app)
			if again := baseline.ApplyTo(app); len(again) != 0 {
				t.Errorf("second run: %+v", again)
			}
			for id, bucket := range cdktest.Resources(cdktest.Template(t, app, byID[of[0]]), "AWS::S3::Bucket") {
				if !strings.HasPrefix(id, "Source") {
					continue
				}
				rule := list(dig(bucket, "ReplicationConfiguration", "Rules"))[0]
				if dig(rule, "SourceSelectionCriteria", "SseKmsEncryptedObjects", "Status") != "Enabled" ||
					dig(rule, "Destination", "EncryptionConfiguration", "ReplicaKmsKeyID") == nil || dig(rule, "Destination", "Bucket") == nil {
					t.Errorf("%s", text(t, rule))
				}
			}
		})
	}
}

func TestReplicationToAnUnknownKeyLeavesTheSource(t *testing.T) {
	for name, destination := range map[string]func(stack awscdk.Stack) awss3.IBucket{
		"a bucket of elsewhere": func(stack awscdk.Stack) awss3.IBucket {
			return awss3.Bucket_FromBucketName(stack, jsii.String("D"), jsii.String("elsewhere"))
		},
		"a bucket with a key of its own": func(stack awscdk.Stack) awss3.IBucket {
			return awss3.NewBucket(stack, jsii.String("D"), &awss3.BucketProps{EncryptionKey: awskms.NewKey(stack, jsii.String("Own"), nil), Versioned: jsii.Bool(true)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			app, stack := newStack(t)
			replicated(stack, destination(stack))
			if changes := Enforce(app, NewKmsEncryption(nil)); len(changes) != 0 {
				t.Errorf("%+v", changes)
			}
			if why := warned(t, app, "S3.CMK"); !strings.Contains(why, "replication rule") {
				t.Errorf("said %q", why)
			}
			for id := range cdktest.Resources(cdktest.Template(t, app, stack), "AWS::KMS::Key") {
				if strings.HasPrefix(id, keyID) {
					t.Error("a key that nothing uses")
				}
			}
		})
	}
}
