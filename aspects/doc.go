// Package aspects makes the resources of a CDK app meet the controls of package controls.
//
// # The whole set
//
// A Baseline is configured once and applied when the tree is complete:
//
//	baseline := aspects.NewBaseline(&aspects.BaselineProps{
//		Vpc: aspects.VpcFromSsm(&aspects.VpcFromSsmProps{
//			VpcId:            jsii.String("/network/vpc-id"),
//			PrivateSubnetIds: jsii.Strings("/network/private-subnet-a", "/network/private-subnet-b"),
//		}),
//	})
//	changes := baseline.ApplyTo(app)
//
// ApplyTo fixes and verifies. Fixing changes constructs; verifying judges the synthesized templates with the controls,
// in plain Go, whatever was or was not fixed, and fails the synthesis with a list of what is wrong. What a fix missed,
// the verification finds.
//
// BaselineProps.Controls are a team's own controls: the verification judges by them as by the catalogue's. Package
// controls/controlstest tests them.
//
// # One at a time
//
// Each requirement has its aspect: NewBucketAccessLogging, NewBucketVersioning, NewCodeBuildInVpc, NewKeyRotation,
// NewKmsEncryption, NewLambdaInVpc, NewPublicAccess, NewTLSOnly. Enforce applies any of them in bulk; awscdk.Aspects_Of
// takes them as well. Both give the same template. They differ in one thing: the CDK synthesizes Stages before it visits
// the app with aspects, so an aspect on an app never reaches into a Stage, while Enforce does.
//
// # What a fix promises
//
// It asks the control, so it changes only what is non-compliant: a stricter setting stays, a value that only the
// deployment knows stays and is reported. It is idempotent. It keeps the app working: whoever could use a resource
// before can use it after, what was created or deleted in an order still is. It never replaces a resource that holds data
// unless BaselineProps.Replacements says so. What it may not or can't change it leaves, with a warning beside the resource
// that says what to do:
//
//   - builds and functions whose role is imported, or whose VPC lies in a stack that is deployed after theirs;
//   - buckets that are public on purpose, which neither the block on public access nor a key would leave so;
//   - buckets that are read through an origin access identity, by canonical users or by a network alone, or written by load
//     balancers and Redshift: none of them can use a key;
//   - buckets that replicate to where the key is not known, and tables whose replicas the CDK makes (ReplicationRegions).
//
// A principal of another account needs the key allowed in that account, too. A role of this app gets that; for others a
// warning (securecdk:ForeignKeyUse) says whom to tell.
//
// # What stacks share
//
// A resource of one environment can't be used in another, so stacks get their VPC, key and access-log bucket from a
// provider: a function from stack to construct. VpcFromSsm, VpcFromAttributes, SameVpc; KeyPerStack, KeyFromArn, SameKey;
// LogBucketPerStack, LogBucketFromName; or one of your own.
//
// # Speed
//
// A property read or written through jsii costs about a third of a millisecond, an aspect's visit about a millisecond a
// node. Enforce takes a few requests in all, however large the app is: it reads every resource in one, decides in Go, and
// writes in one.
package aspects
