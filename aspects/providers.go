package aspects

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/nag"
)

// Construct ids of what providers add to a stack. They decide logical ids: changing one replaces a key or a bucket.
const (
	keyID       = "GuardrailKey"
	logBucketID = "GuardrailAccessLogs"
	vpcID       = "GuardrailVpc"
)

// VpcProvider gives a stack the VPC of its environment. It is called at most a few times a stack and must return the
// same VPC for the same stack.
type VpcProvider func(awscdk.Stack) awsec2.IVpc

// SecurityGroupProvider gives a stack the security group of its builds and functions in the VPC.
type SecurityGroupProvider func(awscdk.Stack, awsec2.IVpc) awsec2.ISecurityGroup

// KeyProvider gives a stack the customer managed key that encrypts what it holds.
type KeyProvider func(awscdk.Stack) awskms.IKey

// LogBucketProvider gives a stack the target bucket of its S3 server access logs: same account and region as the stack.
type LogBucketProvider func(awscdk.Stack) awss3.IBucket

// VpcFromAttributes imports one VPC by its ids, for stacks that all live in the environment of that VPC.
func VpcFromAttributes(attributes *awsec2.VpcAttributes) VpcProvider {
	if attributes == nil || attributes.VpcId == nil {
		return refusing[awsec2.IVpc](fault.New("", "VpcFromAttributes", nil, "the attributes of a VPC", "set VpcId, AvailabilityZones and PrivateSubnetIds"))
	}
	copied := *attributes
	return func(stack awscdk.Stack) awsec2.IVpc {
		return once(stack, vpcID+fingerprint(copied), func(id *string) awsec2.IVpc {
			return withoutRoutes(awsec2.Vpc_FromVpcAttributes(stack, id, &copied))
		})
	}
}

// VpcFromSsmProps names the Systems Manager parameters that tell an account's VPC. A landing zone that writes the same
// parameters into every account makes one provider serve all of them.
type VpcFromSsmProps struct {
	// VpcId is the name of the parameter that holds the VPC's id: "/network/vpc-id".
	VpcId *string
	// PrivateSubnetIds are the names of the parameters that hold the ids of the private subnets, one subnet each, each
	// in an Availability Zone of its own.
	PrivateSubnetIds *[]*string
}

// VpcFromSsm imports a VPC whose ids CloudFormation reads from Systems Manager parameters when it deploys, so that no
// id stands in code and no look-up is needed at synth.
func VpcFromSsm(props *VpcFromSsmProps) VpcProvider {
	if props == nil || props.VpcId == nil || props.PrivateSubnetIds == nil || len(*props.PrivateSubnetIds) == 0 {
		return refusing[awsec2.IVpc](fault.New("", "VpcFromSsm", nil, "the names of the parameters", "set VpcId and at least one of PrivateSubnetIds"))
	}
	for _, name := range append([]*string{props.VpcId}, *props.PrivateSubnetIds...) {
		if name == nil || !parameterName.MatchString(*name) || resourceIDs.MatchString(*name) {
			return refusing[awsec2.IVpc](fault.New("", "VpcFromSsm", name, "the name of a parameter, such as /network/vpc-id", "name the parameter that holds the id; for ids use VpcFromAttributes"))
		}
	}
	name, subnets := *props.VpcId, append([]*string(nil), *props.PrivateSubnetIds...)
	return func(stack awscdk.Stack) awsec2.IVpc {
		return once(stack, vpcID+fingerprint(name, subnets), func(id *string) awsec2.IVpc {
			zones, ids := make([]*string, len(subnets)), make([]*string, len(subnets))
			for i, subnet := range subnets {
				zones[i] = awscdk.Fn_Select(jsii.Number(i), awscdk.Fn_GetAzs(nil))
				ids[i] = awsssm.StringParameter_ValueForStringParameter(stack, subnet, nil)
			}
			return withoutRoutes(awsec2.Vpc_FromVpcAttributes(stack, id, &awsec2.VpcAttributes{
				VpcId:             awsssm.StringParameter_ValueForStringParameter(stack, &name, nil),
				AvailabilityZones: &zones,
				PrivateSubnetIds:  &ids,
			}))
		})
	}
}

// withoutRoutes keeps the CDK from warning, once a subnet, that it does not know the route tables: builds and functions
// need none.
func withoutRoutes(vpc awsec2.IVpc) awsec2.IVpc {
	awscdk.Annotations_Of(vpc).AcknowledgeWarning(jsii.String("@aws-cdk/aws-ec2:noSubnetRouteTableId"), jsii.String("route tables are not used"))
	return vpc
}

// SameVpc serves every stack with one VPC object, which must be of the same environment as they are. A stack that the
// stack of the VPC needs (for a bucket of its flow logs, say) can't use it and is left. The security group of the stack
// that a VPC in a nested stack belongs to is made in the nested stack.
func SameVpc(vpc awsec2.IVpc) VpcProvider {
	return func(awscdk.Stack) awsec2.IVpc { return vpc }
}

// KeyPerStackProps tunes the key that KeyPerStack makes.
type KeyPerStackProps struct {
	// PendingWindow is how long a deleted key can be restored, 7 to 30 days. Default 30 days.
	PendingWindow awscdk.Duration
	// RemovalPolicy is what becomes of the key when it leaves the stack. Default RETAIN: without its key the data is lost.
	RemovalPolicy awscdk.RemovalPolicy
}

// KeyPerStack makes one customer managed key for each stack that needs one, with yearly rotation.
//
// Its key policy is written by the fixes that use it: principals of the account may use the key, but only through the
// services whose resources it encrypts (kms:ViaService), as the policies of AWS managed keys do. So whoever was granted
// a bucket before the bucket had this key can still use the bucket.
func KeyPerStack(props *KeyPerStackProps) KeyProvider {
	p := KeyPerStackProps{}
	if props != nil {
		p = *props
	}
	if p.RemovalPolicy == "" {
		p.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	}
	return func(stack awscdk.Stack) awskms.IKey {
		return once(stack, keyID, func(id *string) awskms.IKey {
			return awskms.NewKey(stack, id, &awskms.KeyProps{
				Description:       jsii.Sprintf("Encrypts the data of stack %s", *stack.Node().Path()),
				EnableKeyRotation: jsii.Bool(true),
				PendingWindow:     p.PendingWindow,
				RemovalPolicy:     p.RemovalPolicy,
			})
		})
	}
}

// KeyFromArn serves every stack with an existing key, named by its ARN.
//
// Its policy can't be changed from here. It must let the account's principals use the key through the services
// (kms:ViaService s3, sqs, sns, dynamodb, secretsmanager, ecr, lambda of the region, with kms:CallerAccount), let
// logs.<region>.amazonaws.com encrypt log groups, and let the services that publish to topics and queues or deliver logs
// to buckets generate data keys: what the policy of a KeyPerStack key shows.
func KeyFromArn(arn *string) KeyProvider {
	if arn == nil || !keyArn.MatchString(*arn) && !*awscdk.Token_IsUnresolved(arn) {
		return refusing[awskms.IKey](fault.New("", "KeyFromArn", arn, "the ARN of a key", "give arn:aws:kms:<region>:<account>:key/<id>"))
	}
	copied := *arn
	return func(stack awscdk.Stack) awskms.IKey {
		return once(stack, keyID+fingerprint(copied), func(id *string) awskms.IKey {
			return awskms.Key_FromKeyArn(stack, id, &copied)
		})
	}
}

// SameKey serves every stack with one key object, which must be of the same environment as they are.
func SameKey(key awskms.IKey) KeyProvider {
	if key == nil {
		return refusing[awskms.IKey](fault.New("", "SameKey", nil, "a key", "give the awskms.IKey that serves every stack"))
	}
	return func(awscdk.Stack) awskms.IKey { return key }
}

// LogBucketPerStackProps tunes the bucket that LogBucketPerStack makes.
type LogBucketPerStackProps struct {
	// Expiration is how long access logs are kept. Default 400 days, a year and the time to look at it.
	Expiration awscdk.Duration
	// RemovalPolicy is what becomes of the bucket when it leaves the stack. Default RETAIN.
	RemovalPolicy awscdk.RemovalPolicy
}

// LogBucketPerStack makes one target bucket for server access logs in each stack that needs one: versioned, private,
// TLS-only, kept, writable for the logging service on behalf of this account's buckets alone.
//
// It is encrypted with SSE-S3, not with a customer managed key, and does not log its own access: S3 delivers server
// access logs to no bucket whose default encryption is SSE-KMS, and a target that logs to itself grows without end
// (Amazon S3 User Guide, "Enabling Amazon S3 server access logging").
func LogBucketPerStack(props *LogBucketPerStackProps) LogBucketProvider {
	p := LogBucketPerStackProps{}
	if props != nil {
		p = *props
	}
	if p.RemovalPolicy == "" {
		p.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	}
	return func(stack awscdk.Stack) awss3.IBucket {
		return once(stack, logBucketID, func(id *string) awss3.IBucket { return newLogBucket(stack, id, p) })
	}
}

func newLogBucket(stack awscdk.Stack, id *string, p LogBucketPerStackProps) awss3.IBucket {
	expiration := p.Expiration
	if expiration == nil {
		expiration = awscdk.Duration_Days(jsii.Number(400))
	}
	bucket := awss3.NewBucket(stack, id, &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		RemovalPolicy:     p.RemovalPolicy,
		Versioned:         jsii.Bool(true),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("ExpireAccessLogs"),
			Expiration:                          expiration,
			NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(30)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
		}},
	})
	bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("ServerAccessLogs"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logging.s3.amazonaws.com"), nil)},
		Actions:    jsii.Strings("s3:PutObject"),
		Resources:  &[]*string{bucket.ArnForObjects(jsii.String("*"))},
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()},
			"ArnLike":      map[string]any{"aws:SourceArn": jsii.Sprintf("arn:%s:s3:::*", *stack.Partition())},
		},
	}))
	nag.Suppress(bucket, logBucketFindings()...)
	return bucket
}

func logBucketFindings() []nag.Rule {
	var rules []nag.Rule
	for _, pack := range []string{"NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321"} {
		rules = append(rules,
			nag.Rule{ID: pack + "-S3BucketReplicationEnabled", Reason: "Server access logs are evidence, not business data: they are versioned and retained, and replicating them would copy personal data to a second region."},
			nag.Rule{ID: pack + "-S3DefaultEncryptionKMS", Reason: "S3 does not deliver server access logs to a bucket whose default encryption is SSE-KMS; SSE-S3 is the strongest that works for their target bucket."},
		)
	}
	return rules
}

// LogBucketFromName serves every stack with an existing bucket, named. It must lie in the stack's account and region,
// use SSE-S3, and its policy must let logging.s3.amazonaws.com put objects.
func LogBucketFromName(name *string) LogBucketProvider {
	if name == nil || !bucketName.MatchString(*name) && !*awscdk.Token_IsUnresolved(name) {
		return refusing[awss3.IBucket](fault.New("", "LogBucketFromName", name, "the name of a bucket", "give the target bucket of the account's access logs"))
	}
	copied := *name
	return func(stack awscdk.Stack) awss3.IBucket {
		return once(stack, logBucketID+fingerprint(copied), func(id *string) awss3.IBucket {
			return awss3.Bucket_FromBucketName(stack, id, &copied)
		})
	}
}

var (
	parameterName = regexp.MustCompile(`^[\w./-]+$`)
	resourceIDs   = regexp.MustCompile(`^(vpc|subnet)-[0-9a-f]+$`)
	keyArn        = regexp.MustCompile(`^arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key/[\w-]+$`)
	bucketName    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// refusing is a provider that panics with a fault when it is asked. A provider is made in main, where nobody turns a panic
// into a line; it is asked when secureapp.Run looks on.
func refusing[T any](f *fault.Error) func(awscdk.Stack) T {
	return func(awscdk.Stack) T { panic(f) }
}

// once returns the construct that was made with the id in an earlier call, or makes it.
func once[T any](stack awscdk.Stack, id string, create func(id *string) T) T {
	found := stack.Node().TryFindChild(&id)
	if found == nil {
		return create(&id)
	}
	var v T
	jsii.UnsafeCast(found, &v)
	return v
}

// fingerprint tells imports of different things apart. It reaches no logical id: imports make no resources.
func fingerprint(of ...any) string {
	data, err := json.Marshal(of)
	if err != nil {
		panic(err) // strings and slices of them
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:4])
}
