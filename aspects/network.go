package aspects

import (
	"slices"
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

// network is what the builds and functions of one top-level stack share: subnets, a security group, and one managed
// policy for each kind of role.
type network struct {
	home          awscdk.Stack // where what refers to the VPC lies
	vpcID         string
	subnets       []any
	securityGroup string
	wayOut        constructs.IDependable // the routes of a VPC that this app makes
	refusal       string                 // why the stack can't use the VPC
}

// networkOf returns the network of a stack's environment, or one with a refusal. It panics when no provider is configured
// or the VPC that it gives has no private subnets: a function in a public subnet reaches nothing.
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
	n := r.newNetwork(stack, path, vpc)
	r.networks[path] = n
	if n.refusal != "" {
		return n
	}
	selected := vpc.SelectSubnets(nil)
	n.wayOut = selected.InternetConnectivityEstablished
	for _, id := range *selected.SubnetIds {
		n.subnets = append(n.subnets, *id)
	}
	if groups == nil {
		groups = newSecurityGroup
	}
	n.securityGroup = *groups(n.home, vpc).SecurityGroupId()
	return n
}

// newNetwork decides where the security group lies: beside a VPC of a nested stack, whose own functions would otherwise
// make the nested stack and its parent wait for each other.
func (r *run) newNetwork(stack awscdk.Stack, path string, vpc awsec2.IVpc) *network {
	n := &network{home: stack, vpcID: *vpc.VpcId()}
	place := r.PlaceOf(vpc, path)
	if place.Top == path && place.Stack != path {
		n.home = awscdk.Stack_Of(vpc)
	}
	if slices.Contains(place.Needs, path) {
		n.refusal = "its VPC lies in stack " + place.Top + ", which is deployed after this one. Make the VPC in a stack that needs no other, or import it with aspects.VpcFromSsm(…)"
	}
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

// allowBuildInterfaces lets the role of a build manage its network interfaces. The policy names subnets, so it lies where
// the project does. It returns why that can't be.
func (r *run) allowBuildInterfaces(n *network, project *bulk.Resource) string {
	role, home := r.roleOf(project, project.Properties["ServiceRole"]), r.StackOf(project).Top
	if why := r.refusal(role, home); why != "" {
		return why
	}
	r.attach(grant{role, project, buildInterfacesID, home, func(id string) awsiam.IManagedPolicy {
		return once(n.home, id, func(id *string) awsiam.ManagedPolicy { return n.newBuildPolicy(id) })
	}})
	return ""
}

// allowFunctionInterfaces does the same for a function. Its policy names nothing, so it lies where the role does.
func (r *run) allowFunctionInterfaces(function *bulk.Resource) string {
	role := r.roleOf(function, function.Properties["Role"])
	if role == nil {
		return r.refusal(nil, "")
	}
	home := r.StackOf(role).Top
	if why := r.refusal(role, home); why != "" {
		return why
	}
	r.attach(grant{role, function, lambdaInterfacesID, home, func(id string) awsiam.IManagedPolicy {
		stack := r.TopLevelStack(home)
		return once(stack, id, func(id *string) awsiam.ManagedPolicy { return newFunctionPolicy(stack, id) })
	}})
	return ""
}

// newBuildPolicy holds what "Use CodeBuild with Amazon Virtual Private Cloud" (AWS CodeBuild User Guide) asks for. The
// EC2 actions on "*" know no resource-level permission that would be known before the interface exists.
func (n *network) newBuildPolicy(id *string) awsiam.ManagedPolicy {
	interfaces := *n.home.FormatArn(&awscdk.ArnComponents{Service: jsii.String("ec2"), Resource: jsii.String("network-interface"), ResourceName: jsii.String("*")})
	subnets := make([]*string, len(n.subnets))
	for i, subnet := range n.subnets {
		subnets[i] = n.home.FormatArn(&awscdk.ArnComponents{Service: jsii.String("ec2"), Resource: jsii.String("subnet"), ResourceName: jsii.String(subnet.(string))})
	}
	policy := awsiam.NewManagedPolicy(n.home, id, &awsiam.ManagedPolicyProps{
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
		nag.Rule{ID: "AwsSolutions-IAM5", Finding: "Resource::" + plainArn(n.home, "ec2", "network-interface/*"), Reason: "The interface's id is unknown beforehand; the conditions hold it to CodeBuild and to the subnets of this VPC."},
	)
	return policy
}

// newFunctionPolicy holds the network part of AWSLambdaVPCAccessExecutionRole (AWS Lambda Developer Guide, "Giving Lambda
// functions access to resources in an Amazon VPC").
func newFunctionPolicy(stack awscdk.Stack, id *string) awsiam.ManagedPolicy {
	policy := awsiam.NewManagedPolicy(stack, id, &awsiam.ManagedPolicyProps{
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
