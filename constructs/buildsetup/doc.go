// Package buildsetup gives CodeBuild projects the internal package registries and the HTTP proxy of a company, with
// credentials that no template holds.
//
// securepipeline uses it for every build of a pipeline. A project of your own takes what New returns:
//
//	setup := buildsetup.New(stack, &buildsetup.Props{
//		Registries: []*buildsetup.Registry{
//			buildsetup.CodeArtifact(&buildsetup.CodeArtifactProps{
//				Domain: jsii.String("bank"), Repository: jsii.String("shared"), Formats: []buildsetup.PackageFormat{buildsetup.Npm},
//			}),
//		},
//		Proxy: &buildsetup.ProxyProps{Url: jsii.String("http://proxy.example.com:3128")},
//	})
//
// All four parts belong to it; without one of them builds fail when they run:
//
//   - Merge, or BuildSpec where something else merges: the commands and variables that point the tools at the registries.
//   - Statements, for the project's role: to read the secrets, tokens and packages of these registries.
//   - Environment, for the project: the proxy, which CodeBuild's own agent must know before it reads a buildspec.
//   - Ports, for the security group of the builds, beside 443.
//
// # Registries
//
// CodeArtifact serves npm, pip and Maven, and Go modules as an archive. NpmRegistry, PipIndex, MavenRepository and GoProxy are
// registries of your own: Artifactory, Nexus, Verdaccio, Athens. A tool is pointed at one registry and at nothing else, so
// that nobody outside decides what is built by publishing a package of the same name; two registries for one tool are an
// error.
//
// # Credentials
//
// A template has the names of secrets alone. CodeBuild reads them from Secrets Manager when a build starts and masks them in
// its logs; a token of CodeArtifact is fetched by the build. The one file with a secret in it is .netrc, for pip and Go, which
// the build's user alone can read; the files of npm and Maven name variables. A build can read what it builds with: whoever may
// change its commands may print the secret, so it should let read packages and nothing else.
//
// # What it needs
//
// An image with a shell, the AWS CLI for CodeArtifact, and the tools themselves: the standard images of CodeBuild have them all.
// A buildspec of version 0.2, in which variables last from one command to the next.
package buildsetup
