// Package flags is the one list of CDK feature flags that securecdk rests on.
package flags

import "maps"

// safe are flags of the CDK that narrow what the generated templates allow. None of them changes a logical id or
// replaces a resource of a stack that is deployed already.
var safe = map[string]any{
	// Trust: only the services and roles that need it may assume the pipeline's roles, or use its keys.
	"@aws-cdk/pipelines:reduceAssetRoleTrustScope":                                          true,
	"@aws-cdk/pipelines:reduceStageRoleTrustScope":                                          true,
	"@aws-cdk/pipelines:reduceCrossAccountActionRoleTrustScope":                             true,
	"@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope":                                  true,
	"@aws-cdk/aws-codepipeline:defaultPipelineTypeToV2":                                     true,
	"@aws-cdk/aws-iam:minimizePolicies":                                                     true,
	"@aws-cdk/aws-iam:oidcRejectUnauthorizedConnections":                                    true,
	"@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption":                                 true,
	"@aws-cdk/s3-notifications:addS3TrustKeyPolicyForSnsSubscriptions":                      true,
	"@aws-cdk/aws-secretsmanager:useAttachedSecretResourcePolicyForSecretTargetAttachments": true,
	// Buckets: private unless said otherwise, access logs by bucket policy, since log buckets refuse ACLs.
	"@aws-cdk/aws-s3:publicAccessBlockedByDefault":    true,
	"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": true,
	// Synthesis: aspects see what other aspects add, secrets are not printed, errors end the build.
	"@aws-cdk/core:aspectStabilization":           true,
	"@aws-cdk/core:aspectPrioritiesMutating":      true,
	"@aws-cdk/core:checkSecretUsage":              true,
	"@aws-cdk/core:annotationsInValidationReport": true,
	"@aws-cdk/core:validateSnapshotRemovalPolicy": true,
}

// pipeline are those without which a pipeline would be wider open than securepipeline promises.
var pipeline = []string{
	"@aws-cdk/pipelines:reduceAssetRoleTrustScope",
	"@aws-cdk/pipelines:reduceStageRoleTrustScope",
	"@aws-cdk/pipelines:reduceCrossAccountActionRoleTrustScope",
	"@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope",
	"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy",
}

// Safe returns a copy of the safe flags, as context of an app.
func Safe() map[string]any { return maps.Clone(safe) }

// Pipeline returns the names of the flags that a pipeline needs.
func Pipeline() []string { return append([]string(nil), pipeline...) }
