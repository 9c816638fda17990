package aspects

import "github.com/securecdk/securecdk/internal/bulk"

// CodeBuildInVpcProps configures NewCodeBuildInVpc.
type CodeBuildInVpcProps struct {
	// Vpc gives a stack its VPC, with private subnets. Needed as soon as a project is found outside a VPC.
	Vpc VpcProvider
	// SecurityGroups gives a stack the security group of its projects. Default one a stack, with nothing in and everything out.
	SecurityGroups SecurityGroupProvider
}

// NewCodeBuildInVpc puts CodeBuild projects into the private subnets of the stack's VPC (control CODEBUILD.VPC), with one
// security group a stack that lets nothing in, and gives their roles the network interface permissions: without them
// before the project exists, CodeBuild refuses to create it ("Not authorized to perform DescribeSecurityGroups").
//
// A project whose role is not one of this app, or of another account, is left and reported, since its role can't be given that permission.
func NewCodeBuildInVpc(props *CodeBuildInVpcProps) *Aspect {
	var vpc VpcProvider
	var groups SecurityGroupProvider
	if props != nil {
		vpc, groups = props.Vpc, props.SecurityGroups
	}
	return newAspect(func(r *run, project *bulk.Resource) {
		n := r.networkOf(vpc, groups, project)
		if n.refusal != "" {
			r.leave(project, "%s.", n.refusal)
			return
		}
		if why := r.allowBuildInterfaces(n, project); why != "" {
			r.leave(project, "%s. Give that role the permissions of the AWS CodeBuild User Guide's \"Use CodeBuild with Amazon VPC\" and set the project's Vpc.", why)
			return
		}
		r.set(project, newProperty("VpcConfig", map[string]any{
			"vpcId": n.vpcID, "subnets": n.subnets, "securityGroupIds": []any{n.securityGroup},
		}, "in the private subnets of the VPC"), NoInterruption)
		r.batch.AddDependency(project, n.wayOut)
	}, []string{"AWS::IAM::Role"}, "CODEBUILD.VPC")
}
