package aspects

import "github.com/securecdk/securecdk/internal/bulk"

// LambdaInVpcProps configures NewLambdaInVpc.
type LambdaInVpcProps struct {
	// Vpc gives a stack its VPC, with private subnets. Needed as soon as a function is found outside a VPC.
	Vpc VpcProvider
	// SecurityGroups gives a stack the security group of its functions. Default one a stack, with nothing in and everything out.
	SecurityGroups SecurityGroupProvider
}

// NewLambdaInVpc puts Lambda functions into the private subnets of the stack's VPC (control LAMBDA.VPC), those of the CDK's
// own custom resources included, and gives their roles the network interface permissions.
//
// The VPC must have a way to what the functions call: a NAT gateway, or endpoints; the functions of custom resources need
// one to S3. A function whose role is not one of this app is left and reported.
func NewLambdaInVpc(props *LambdaInVpcProps) *Aspect {
	var vpc VpcProvider
	var groups SecurityGroupProvider
	if props != nil {
		vpc, groups = props.Vpc, props.SecurityGroups
	}
	return newAspect(func(r *run, function *bulk.Resource) {
		n := r.networkOf(vpc, groups, function)
		if n.refusal != "" {
			r.leave(function, "%s.", n.refusal)
			return
		}
		if why := r.allowFunctionInterfaces(function); why != "" {
			r.leave(function, "%s. Give that role the EC2 permissions of AWSLambdaVPCAccessExecutionRole and set the function's Vpc.", why)
			return
		}
		r.set(function, newProperty("VpcConfig", map[string]any{
			"subnetIds": n.subnets, "securityGroupIds": []any{n.securityGroup},
		}, "in the private subnets of the VPC"), NoInterruption)
		r.batch.AddDependency(function, n.wayOut)
	}, []string{"AWS::IAM::Role"}, "LAMBDA.VPC")
}
