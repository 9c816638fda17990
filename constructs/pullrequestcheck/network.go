package pullrequestcheck

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newSecurityGroup lets nothing in, and out TLS and the ports given.
func newSecurityGroup(scope constructs.Construct, id, description string, vpc awsec2.IVpc, ports []int) awsec2.SecurityGroup {
	group := awsec2.NewSecurityGroup(scope, &id, &awsec2.SecurityGroupProps{Vpc: vpc, Description: &description, AllowAllOutbound: jsii.Bool(false)})
	group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(443)), jsii.String("TLS"), nil)
	for _, port := range ports {
		group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(port)), jsii.String("Package registry or HTTP proxy"), nil)
	}
	return group
}
