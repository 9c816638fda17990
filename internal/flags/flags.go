// Package flags is the one list of CDK feature flags that securecdk rests on.
package flags

import (
	"maps"
	"strings"
)

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

// locked are those that what securecdk promises rests on, with what would happen without them.
var locked = map[string]string{
	"@aws-cdk/core:annotationsInValidationReport":               "error annotations in Stages would not end the build",
	"@aws-cdk/core:aspectStabilization":                         "aspects would not see what other aspects add",
	"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy":           "access logs would need ACLs, which the log buckets refuse",
	"@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope":      "keys would trust roles of every Region",
	"@aws-cdk/pipelines:reduceAssetRoleTrustScope":              "every principal of the account could assume the asset roles",
	"@aws-cdk/pipelines:reduceStageRoleTrustScope":              "every principal of the account could assume the stage roles",
	"@aws-cdk/pipelines:reduceCrossAccountActionRoleTrustScope": "every principal of the account could assume the action roles",
}

// Safe returns a copy of the safe flags, as context of an app.
func Safe() map[string]any { return maps.Clone(safe) }

// Locked returns a copy of the locked flags.
func Locked() map[string]string { return maps.Clone(locked) }

// Pipeline returns the locked flags without those of core, which a pipeline does without: they are about the app.
func Pipeline() map[string]string {
	flags := maps.Clone(locked)
	maps.DeleteFunc(flags, func(flag, _ string) bool { return strings.HasPrefix(flag, "@aws-cdk/core:") })
	return flags
}
