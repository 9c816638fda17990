package bench

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// plainAspect is an aspect as the CDK's documentation shows it: the CDK calls it for each node of the tree.
type plainAspect struct{ fix func(constructs.IConstruct) }

func (a *plainAspect) Visit(node constructs.IConstruct) { a.fix(node) }

// shared is what the aspects give each stack, made beforehand.
type shared struct {
	vpc   awsec2.IVpc
	key   awskms.Key
	logs  awss3.Bucket
	group awsec2.SecurityGroup
}

// addPlainAspects adds one aspect for each requirement that this app breaks: eight, with the fixes that the baseline makes.
func addPlainAspects(app awscdk.App) {
	of := map[string]shared{}
	for _, child := range *app.Node().Children() {
		stack, ok := child.(awscdk.Stack)
		if !ok {
			continue
		}
		s := shared{vpc: awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), vpcAttributes())}
		s.key = awskms.NewKey(stack, jsii.String("SharedKey"), nil)
		s.group = awsec2.NewSecurityGroup(stack, jsii.String("Group"), &awsec2.SecurityGroupProps{Vpc: s.vpc})
		s.logs = awss3.NewBucket(stack, jsii.String("Logs"), nil)
		of[*stack.Node().Path()] = s
	}
	at := func(node constructs.IConstruct) shared { return of[*awscdk.Stack_Of(node).Node().Path()] }
	for _, fix := range []func(constructs.IConstruct){
		func(n constructs.IConstruct) {
			if b, ok := n.(awss3.CfnBucket); ok {
				b.SetVersioningConfiguration(&awss3.CfnBucket_VersioningConfigurationProperty{Status: jsii.String("Enabled")})
			}
		},
		func(n constructs.IConstruct) {
			if b, ok := n.(awss3.CfnBucket); ok {
				b.SetPublicAccessBlockConfiguration(&awss3.CfnBucket_PublicAccessBlockConfigurationProperty{
					BlockPublicAcls: jsii.Bool(true), BlockPublicPolicy: jsii.Bool(true), IgnorePublicAcls: jsii.Bool(true), RestrictPublicBuckets: jsii.Bool(true),
				})
			}
		},
		func(n constructs.IConstruct) { logAccess(n, at) },
		func(n constructs.IConstruct) { encryptBucket(n, at) },
		func(n constructs.IConstruct) { demandTLS(n) },
		func(n constructs.IConstruct) {
			if k, ok := n.(awskms.CfnKey); ok {
				k.SetEnableKeyRotation(jsii.Bool(true))
			}
		},
		func(n constructs.IConstruct) { moveIntoVPC(n, at) },
		func(n constructs.IConstruct) {
			if p, ok := n.(awscodebuild.CfnProject); ok {
				s := at(n)
				p.SetEncryptionKey(s.key.KeyArn())
				if l2, ok := n.Node().Scope().(awscodebuild.Project); ok {
					s.key.GrantEncryptDecrypt(l2)
				}
			}
		},
	} {
		awscdk.Aspects_Of(app).Add(&plainAspect{fix}, nil)
	}
}

func logAccess(n constructs.IConstruct, at func(constructs.IConstruct) shared) {
	b, ok := n.(awss3.CfnBucket)
	if !ok {
		return
	}
	logs := at(n).logs
	if *b.Node().Path() == *logs.Node().DefaultChild().Node().Path() {
		return
	}
	b.SetLoggingConfiguration(&awss3.CfnBucket_LoggingConfigurationProperty{DestinationBucketName: logs.BucketName(), LogFilePrefix: b.Node().Path()})
}

func encryptBucket(n constructs.IConstruct, at func(constructs.IConstruct) shared) {
	b, ok := n.(awss3.CfnBucket)
	if !ok {
		return
	}
	s := at(n)
	if *b.Node().Path() == *s.logs.Node().DefaultChild().Node().Path() {
		return
	}
	b.SetBucketEncryption(&awss3.CfnBucket_BucketEncryptionProperty{ServerSideEncryptionConfiguration: []any{
		&awss3.CfnBucket_ServerSideEncryptionRuleProperty{ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{
			SseAlgorithm: jsii.String("aws:kms"), KmsMasterKeyId: s.key.KeyArn(),
		}},
	}})
}

func demandTLS(n constructs.IConstruct) {
	bucket, ok := n.(awss3.Bucket)
	if !ok {
		return
	}
	bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()}, Actions: jsii.Strings("s3:*"),
		Resources:  &[]*string{bucket.BucketArn(), bucket.ArnForObjects(jsii.String("*"))},
		Conditions: &map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}))
}

func moveIntoVPC(n constructs.IConstruct, at func(constructs.IConstruct) shared) {
	p, ok := n.(awscodebuild.CfnProject)
	if !ok {
		return
	}
	s := at(n)
	p.SetVpcConfig(&awscodebuild.CfnProject_VpcConfigProperty{
		VpcId: s.vpc.VpcId(), Subnets: s.vpc.SelectSubnets(nil).SubnetIds, SecurityGroupIds: &[]*string{s.group.SecurityGroupId()},
	})
	l2, ok := n.Node().Scope().(awscodebuild.Project)
	if !ok {
		return
	}
	l2.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface", "ec2:DescribeSubnets",
			"ec2:DescribeSecurityGroups", "ec2:DescribeDhcpOptions", "ec2:DescribeVpcs"),
		Resources: jsii.Strings("*"),
	}))
	l2.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("ec2:CreateNetworkInterfacePermission"), Resources: jsii.Strings("arn:aws:ec2:eu-west-1:111111111111:network-interface/*"),
		Conditions: &map[string]any{"StringEquals": map[string]any{
			"ec2:Subnet":            jsii.Strings("arn:aws:ec2:eu-west-1:111111111111:subnet/subnet-0123456789abcdef0", "arn:aws:ec2:eu-west-1:111111111111:subnet/subnet-0123456789abcdef1"),
			"ec2:AuthorizedService": "codebuild.amazonaws.com",
		}},
	}))
}
