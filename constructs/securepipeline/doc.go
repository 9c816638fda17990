// Package securepipeline is a delivery pipeline on pipelines.CodePipeline that passes an enterprise security review with
// nothing configured but what to deploy and where.
//
// # The least
//
//	securepipeline.NewPipeline(stack, jsii.String("Pipeline"), &securepipeline.PipelineProps{
//		Source: securepipeline.CodeCommit(&securepipeline.CodeCommitSourceProps{
//			RepositoryName: jsii.String("orders"), Branch: jsii.String("main"),
//		}),
//		Vpc:      aspects.VpcFromSsm(&aspects.VpcFromSsmProps{…}),
//		Baseline: baseline,
//		Stages: []*securepipeline.StageProps{
//			{Name: jsii.String("Dev"), Env: dev, Build: orders},
//			{Name: jsii.String("Prod"), Env: prod, Build: orders, Production: jsii.Bool(true)},
//		},
//	})
//
// # What it gives
//
// Builds: every CodeBuild project, those of the CDK's self-mutation, asset publishing and permission check included, runs in
// the private subnets of the VPC, in one security group that lets TLS out and nothing in, with a customer managed key
// and a log group of its own that is encrypted and kept. None is privileged unless DockerAssets says why. The CDK CLI and
// cdk-assets are pinned.
//
// Artifacts: a key with rotation; buckets that are versioned, access-logged, TLS-only and private, in every region that the
// pipeline deploys to.
//
// Packages: Registries and Proxy, of the package buildsetup, reach the buildspec of every project. Credentials are read from
// Secrets Manager or fetched as a CodeArtifact token when a build runs; no secret value is ever in a template.
//
// Stages: each is fixed by the Baseline before it is synthesized. Before a stage is deployed its Before steps must pass;
// then a change that broadens permissions waits for a confirmation; then production waits for a person. Its After
// steps must pass before the next stage begins. NotificationTopic tells of runs, ApprovalTopic asks for decisions.
//
// Permissions: where the CDK grants more than the job needs, they are taken back. The function that confirms harmless
// changes can't give the approval of production. The project that compares may look at the environments of this pipeline and
// change nothing; what the build put together can't have it run something else. The builds that publish assets can't start
// other builds. What a step's own RolePolicyStatements say is left as it is.
//
// # What it needs
//
// The feature flags that secureapp.Run sets; environments that are bootstrapped to trust the pipeline's account (`cdk
// bootstrap --trust`); a VPC whose private subnets reach AWS and the registries, by NAT, a proxy or endpoints.
//
// A VPC without NAT needs endpoints for what builds call: s3, logs, sts, kms, ssm, secretsmanager, codebuild, codepipeline,
// git-codecommit, codeartifact.api and .repositories, ecr.api and .dkr, cloudformation, events, sns, lambda. A proxy does not
// take the place of the one for codepipeline: the function that confirms harmless changes runs in the VPC and knows no
// proxy, so without it every confirmation waits for a person. The security group lets out TLS and the ports of
// registries and proxy alone; name servers other than Amazon's need a rule of your own (Pipeline.SecurityGroup).
//
// # What it is not
//
// A pipeline deploys whatever its source says, with the rights of the deployment roles, so it is no security boundary.
// Whoever may push to the branch may change what is deployed, the pipeline included; and a build may write to the bucket in
// which the artifacts of other runs wait. What must hold whatever happens belongs into service control policies,
// permissions boundaries and AWS Config rules of the target accounts.
package securepipeline
