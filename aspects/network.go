package aspects

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/internal/bulk"
	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/nag"
)

const (
	securityGroupID    = "GuardrailSecurityGroup"
	buildInterfacesID  = "GuardrailBuildNetworkInterfaces"
	lambdaInterfacesID = "GuardrailFunctionNetworkInterfaces"
)

// network is what the builds and functions of one stack share: subnets, a security group, and one managed policy for
// each kind of role. Roles refer to the policy, not the other way round, so that a role has its permission from the moment
// it exists and loses it last: no order of creation or deletion has to be added, and no cycle can arise.
type network struct {
	stack         awscdk.Stack
	vpc           awsec2.IVpc
	vpcID         string
	subnets       []any
	securityGroup string
	wayOut        constructs.IDependable // the routes of a VPC that this app makes
	policies      map[string]awsiam.IManagedPolicy
}

// networkOf returns the network of a stack's environment. It panics when no provider is configured or the VPC that it
// gives has no private subnets: a function in a public subnet reaches nothing.
func (r *run) networkOf(provider VpcProvider, groups SecurityGroupProvider, res *bulk.Resource) *network {
	path := r.StackOf(res).Top
	if n, ok := r.networks[path]; ok {
		return n
	}
	if provider == nil {
		panic(fault.New(res.Path, "BaselineProps.Vpc", nil, "a VPC for "+res.Type, "set Vpc: aspects.VpcFromSsm(…), aspects.VpcFromAttributes(…) or aspects.SameVpc(vpc)"))
	}
	stack := r.TopLevelStack(path)
	vpc := provider(stack)
	if vpc == nil {
		panic(fault.New(path, "BaselineProps.Vpc", nil, "a VPC from the provider for this stack", "make the VpcProvider return the VPC of the stack's account and region"))
	}
	if len(*vpc.PrivateSubnets()) == 0 && len(*vpc.IsolatedSubnets()) == 0 {
		panic(fault.New(path, "BaselineProps.Vpc", vpc.VpcId(), "a VPC with private subnets", "name its private subnets (PrivateSubnetIds); builds and functions in a public subnet have no way out"))
	}
	selected := vpc.SelectSubnets(nil)
	n := &network{stack: stack, vpc: vpc, vpcID: *vpc.VpcId(), wayOut: selected.InternetConnectivityEstablished, policies: map[string]awsiam.IManagedPolicy{}}
	for _, id := range *selected.SubnetIds {
		n.subnets = append(n.subnets, *id)
	}
	if groups == nil {
		groups = newSecurityGroup
	}
	n.securityGroup = *groups(stack, vpc).SecurityGroupId()
	r.networks[path] = n
	return n
}

// newSecurityGroup lets everything out: a function that was not in a VPC before could reach any port.
func newSecurityGroup(stack awscdk.Stack, vpc awsec2.IVpc) awsec2.ISecurityGroup {
	return once(stack, securityGroupID, func(id *string) awsec2.ISecurityGroup {
		return awsec2.NewSecurityGroup(stack, id, &awsec2.SecurityGroupProps{
			Vpc:         vpc,
			Description: jsii.String("Builds and functions that the guardrails put into the VPC: nothing in, everything out"),
		})
	})
}

// allowInterfaces lets the role of a build or function manage its network interfaces. It returns false when the role is
// not one of this app, which can't be given a permission from here.
func (r *run) allowInterfaces(n *network, res *bulk.Resource, role any, policyID string) bool {
	target := r.resourceOf(res, role)
	if target == nil || target.Type != "AWS::IAM::Role" || target.Outside {
		return false
	}
	if r.StackOf(target).Account != r.StackOf(res).Account {
		return false
	}
	home := n
	if top := r.StackOf(target).Top; top != r.StackOf(res).Top {
		home = &network{stack: r.TopLevelStack(top), vpc: n.vpc, subnets: n.subnets, policies: map[string]awsiam.IManagedPolicy{}}
	}
	r.attachOnce(target, policyID, home.interfaces(policyID))
	return true
}

// attachOnce attaches a managed policy to a role, once in a run: several functions can share a role.
func (r *run) attachOnce(role *bulk.Resource, policyID string, policy awsiam.IManagedPolicy) {
	key := role.Path + "\x00" + policyID
	if !r.attached[key] {
		r.attached[key] = true
		r.batch.AttachManagedPolicy(role, policy)
	}
}

func (n *network) interfaces(policyID string) awsiam.IManagedPolicy {
	if p, ok := n.policies[policyID]; ok {
		return p
	}
	p := once(n.stack, policyID, func(id *string) awsiam.ManagedPolicy {
		if policyID == buildInterfacesID {
			return n.newBuildPolicy(id)
		}
		return n.newFunctionPolicy(id)
	})
	n.policies[policyID] = p
	return p
}

// newBuildPolicy holds what "Use CodeBuild with Amazon Virtual Private Cloud" (AWS CodeBuild User Guide) asks for. The
// EC2 actions on "*" know no resource-level permission that would be known before the interface exists.
func (n *network) newBuildPolicy(id *string) awsiam.ManagedPolicy {
	interfaces := *n.stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("ec2"), Resource: jsii.String("network-interface"), ResourceName: jsii.String("*")})
	subnets := make([]*string, len(n.subnets))
	for i, subnet := range n.subnets {
		subnets[i] = n.stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("ec2"), Resource: jsii.String("subnet"), ResourceName: jsii.String(subnet.(string))})
	}
	policy := awsiam.NewManagedPolicy(n.stack, id, &awsiam.ManagedPolicyProps{
		Description: jsii.String("Network interfaces for CodeBuild projects in the VPC"),
		Statements: &[]awsiam.PolicyStatement{
			allow("ManageNetworkInterfaces", []string{"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeDhcpOptions",
				"ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"}, "*", nil),
			allow("HandInterfacesToCodeBuild", []string{"ec2:CreateNetworkInterfacePermission"}, interfaces, &map[string]any{
				"StringEquals": map[string]any{"ec2:AuthorizedService": "codebuild.amazonaws.com", "ec2:Subnet": subnets},
			}),
		},
	})
	nag.Suppress(policy,
		nag.Rule{ID: "AwsSolutions-IAM5", Finding: "Resource::*", Reason: "EC2 offers no resource-level permission for these actions before the network interface exists; AWS CodeBuild User Guide, Use CodeBuild with Amazon VPC."},
		nag.Rule{ID: "AwsSolutions-IAM5", Finding: "Resource::" + plainArn(n.stack, "ec2", "network-interface/*"), Reason: "The interface's id is unknown beforehand; the conditions hold it to CodeBuild and to the subnets of this VPC."},
	)
	return policy
}

// newFunctionPolicy holds the network part of AWSLambdaVPCAccessExecutionRole (AWS Lambda Developer Guide, "Giving Lambda
// functions access to resources in an Amazon VPC").
func (n *network) newFunctionPolicy(id *string) awsiam.ManagedPolicy {
	policy := awsiam.NewManagedPolicy(n.stack, id, &awsiam.ManagedPolicyProps{
		Description: jsii.String("Network interfaces for Lambda functions in the VPC"),
		Statements: &[]awsiam.PolicyStatement{
			allow("ManageNetworkInterfaces", []string{"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
				"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"}, "*", nil),
		},
	})
	nag.Suppress(policy, nag.Rule{ID: "AwsSolutions-IAM5", Finding: "Resource::*", Reason: "EC2 offers no resource-level permission for these actions before the network interface exists; they are those of AWSLambdaVPCAccessExecutionRole."})
	return policy
}

func allow(sid string, actions []string, resource string, conditions *map[string]any) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: jsii.Strings(resource), Conditions: conditions,
	})
}

// plainArn writes an ARN of the stack's environment as cdk-nag writes it in a finding: references in angle brackets.
func plainArn(stack awscdk.Stack, service, resource string) string {
	account, region := "<AWS::AccountId>", "<AWS::Region>"
	if !*awscdk.Token_IsUnresolved(stack.Account()) {
		account = *stack.Account()
	}
	if !*awscdk.Token_IsUnresolved(stack.Region()) {
		region = *stack.Region()
	}
	return strings.Join([]string{"arn", "<AWS::Partition>", service, region, account, resource}, ":")
}
