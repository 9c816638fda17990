package handler

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// code returns the program as the code of a function. The functions of an app share one asset by its hash. Where the CDK needs
// no assets (cdk ls, cdk destroy) nothing is built, and it puts a placeholder there by itself.
func code(scope constructs.Construct, path string) awslambda.Code {
	local := &bundler{}
	if *awscdk.Stack_Of(scope).BundlingRequired() {
		archive, failure := built()
		if failure != nil {
			f := *failure // the result is shared
			f.Path = path
			panic(&f)
		}
		local.archive = archive
	}
	sum := sha256.Sum256(local.archive)
	return awslambda.Code_FromAsset(jsii.String("."), &awss3assets.AssetOptions{
		AssetHashType: awscdk.AssetHashType_OUTPUT,
		Bundling: &awscdk.BundlingOptions{
			Image:      awscdk.DockerImage_FromRegistry(jsii.String("none")), // asked for, but never run
			Local:      local,
			OutputType: awscdk.BundlingOutput_ARCHIVED,
			// Part of the key under which the CDK finds what it has bundled before.
			Environment: &map[string]*string{"ARCHIVE": jsii.String(hex.EncodeToString(sum[:]))},
		},
	})
}

// bundler hands the archive to the CDK.
type bundler struct{ archive []byte }

// TryBundle writes the archive into a folder that the CDK has made. It always says that it did: the CDK complains of a
// folder that is still empty, and would otherwise start Docker.
func (b *bundler) TryBundle(outputDir *string, _ *awscdk.BundlingOptions) *bool {
	file := filepath.Join(*outputDir, executable+".zip")
	if err := os.WriteFile(file, b.archive, 0o644); err != nil {
		_ = os.Remove(file)
	}
	return jsii.Bool(true)
}
