// Package flags lists the CDK feature flags that the constructs of this module rest on.
//
// A feature flag is a context value that switches the CDK from an older default to a safer one. Apps made by a recent
// "cdk init" have most of them in their cdk.json; an app that has no cdk.json has none.
package flags

import "maps"

// safe holds each flag with the value that the CDK recommends for new apps ("AWS CDK feature flags" in the AWS CDK
// Developer Guide), for the flags that decide about permissions, encryption, logging and the work of aspects.
var safe = map[string]any{
	"@aws-cdk/aws-codepipeline:crossAccountKeyAliasStackSafeResourceName": true,
	"@aws-cdk/aws-codepipeline:defaultPipelineTypeToV2":                   true,
	"@aws-cdk/aws-iam:importedRoleStackSafeDefaultPolicyName":             true,
	"@aws-cdk/aws-iam:minimizePolicies":                                   true,
	"@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope":                true,
	"@aws-cdk/aws-s3:createDefaultLoggingPolicy":                          true,
	"@aws-cdk/aws-s3:publicAccessBlockedByDefault":                        true,
	"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy":                     true,
	"@aws-cdk/core:annotationsInValidationReport":                         true,
	"@aws-cdk/core:aspectPrioritiesMutating":                              true,
	"@aws-cdk/core:aspectStabilization":                                   true,
	"@aws-cdk/core:checkSecretUsage":                                      true,
	"@aws-cdk/core:enablePartitionLiterals":                               true,
	"@aws-cdk/pipelines:reduceAssetRoleTrustScope":                        true,
	"@aws-cdk/pipelines:reduceCrossAccountActionRoleTrustScope":           true,
	"@aws-cdk/pipelines:reduceStageRoleTrustScope":                        true,
}

// Safe returns the flags and their values, as context for an app. The map is the caller's.
func Safe() map[string]any { return maps.Clone(safe) }
