package secured

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/fault"
)

// FindVpc asks the provider for the VPC of a construct's stack. It panics with a fault that names the field Vpc unless that
// has subnets without a public address.
func FindVpc(c constructs.Construct, provider aspects.VpcProvider) awsec2.IVpc {
	vpc := provider(awscdk.Stack_Of(c))
	if vpc == nil {
		panic(fault.New(*c.Node().Path(), "Vpc", nil, "a VPC from the provider", "make the provider return the VPC of the account and region of the stack"))
	}
	if len(*vpc.PrivateSubnets()) == 0 && len(*vpc.IsolatedSubnets()) == 0 {
		panic(fault.New(*c.Node().Path(), "Vpc", vpc.VpcId(), "a VPC with private subnets", "name its private subnets (PrivateSubnetIds); builds and functions in a public subnet have no way out"))
	}
	return vpc
}

// NewSecurityGroup lets nothing in, and out TLS and the ports of package registries and HTTP proxies.
func NewSecurityGroup(scope constructs.Construct, id, description string, vpc awsec2.IVpc, ports []int) awsec2.SecurityGroup {
	group := awsec2.NewSecurityGroup(scope, &id, &awsec2.SecurityGroupProps{Vpc: vpc, Description: &description, AllowAllOutbound: jsii.Bool(false)})
	group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(443)), jsii.String("TLS"), nil)
	for _, port := range ports {
		group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(port)), jsii.String("Package registry or HTTP proxy"), nil)
	}
	return group
}
