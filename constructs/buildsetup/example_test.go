package buildsetup_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/constructs/buildsetup"
)

// A CodeBuild project of one's own, which takes its Python packages from an internal index, by way of a proxy.
func ExampleNew() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Nightly"), nil)
	vpc := awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a"), PrivateSubnetIds: jsii.Strings("subnet-0123456789abcdef0"),
	})

	setup := buildsetup.New(stack, &buildsetup.Props{
		Registries: []*buildsetup.Registry{
			buildsetup.PipIndex(&buildsetup.PipIndexProps{
				Url:         jsii.String("https://packages.example.com:8443/pypi/simple"),
				Credentials: &buildsetup.SecretCredentials{SecretId: jsii.String("pip"), UsernameKey: jsii.String("user"), PasswordKey: jsii.String("password")},
			}),
		},
		Proxy: &buildsetup.ProxyProps{Url: jsii.String("http://proxy.example.com:3128"), NoProxy: jsii.Strings(".amazonaws.com")},
	})

	group := awsec2.NewSecurityGroup(stack, jsii.String("Builds"), &awsec2.SecurityGroupProps{Vpc: vpc, AllowAllOutbound: jsii.Bool(false)})
	for _, port := range append(setup.Ports(), 443) {
		group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(port)), nil, nil)
		fmt.Println("lets out to", port)
	}
	spec := setup.Merge(map[string]any{
		"version": "0.2",
		"phases": map[string]any{
			"install": map[string]any{"commands": "pip install -r requirements.txt"},
			"build":   map[string]any{"commands": []string{"pytest"}},
		},
	})
	environment := setup.Environment()
	project := awscodebuild.NewProject(stack, jsii.String("Tests"), &awscodebuild.ProjectProps{
		Source: awscodebuild.Source_CodeCommit(&awscodebuild.CodeCommitSourceProps{
			Repository: awscodecommit.Repository_FromRepositoryName(stack, jsii.String("Orders"), jsii.String("orders")),
		}),
		BuildSpec:            awscodebuild.BuildSpec_FromObject(&spec),
		EnvironmentVariables: &environment,
		Vpc:                  vpc,
		SecurityGroups:       &[]awsec2.ISecurityGroup{group},
	})
	for _, statement := range setup.Statements() {
		project.AddToRolePolicy(statement)
		fmt.Println("may", *(*statement.Actions())[0])
	}
	for _, command := range spec["phases"].(map[string]any)["install"].(map[string]any)["commands"].([]any) {
		fmt.Println("runs", command)
	}
	// Output:
	// lets out to 3128
	// lets out to 8443
	// lets out to 443
	// may secretsmanager:GetSecretValue
	// runs (umask 077 && printf 'machine %s login %s password %s\n' packages.example.com "$REGISTRY_USERNAME" "$REGISTRY_PASSWORD" >> "$HOME/.netrc")
	// runs (umask 077 && printf 'machine %s login %s password %s\n' packages.example.com:8443 "$REGISTRY_USERNAME" "$REGISTRY_PASSWORD" >> "$HOME/.netrc")
	// runs pip install -r requirements.txt
}

// Every build takes its npm packages from CodeArtifact and its Go modules from an internal proxy; the password stays in
// Secrets Manager.
func ExampleGoProxy() {
	_ = &buildsetup.Props{
		Registries: []*buildsetup.Registry{
			buildsetup.CodeArtifact(&buildsetup.CodeArtifactProps{
				Domain: jsii.String("bank"), DomainOwner: jsii.String("555555555555"), Repository: jsii.String("shared"),
				Formats: []buildsetup.PackageFormat{buildsetup.Npm, buildsetup.Pypi},
			}),
			buildsetup.GoProxy(&buildsetup.GoProxyProps{
				Url:            jsii.String("https://packages.example.com/go"),
				PrivateModules: jsii.Strings("example.com/team/*"),
				Credentials: &buildsetup.SecretCredentials{
					SecretId: jsii.String("go-proxy"), UsernameKey: jsii.String("user"), PasswordKey: jsii.String("password"),
				},
			}),
		},
		Proxy: &buildsetup.ProxyProps{Url: jsii.String("http://proxy.example.com:3128"), NoProxy: jsii.Strings(".amazonaws.com")},
	}
}

// A mistake is told before anything is made.
func ExampleProps_Validate() {
	props := &buildsetup.Props{
		Registries: []*buildsetup.Registry{buildsetup.NpmRegistry(&buildsetup.NpmRegistryProps{Url: jsii.String("https://me:secret@npm.example.com")})},
		Proxy:      &buildsetup.ProxyProps{UrlSecretId: jsii.String("proxy")},
	}
	fmt.Println(props.Validate())
	// Output:
	// Registries[0].Url: got "https://***@npm.example.com", expected an https URL without credentials, query or port 80
	// Proxy.Port: missing, expected the proxy's port, 1 to 65535; set it: the port in the secret can't be read at synth
}
