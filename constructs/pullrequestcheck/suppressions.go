package pullrequestcheck

import "github.com/securecdk/securecdk/internal/nag"

func (b *builder) suppress(out *built) {
	nag.Suppress(out.project, nag.InPacks("CodeBuildProjectSourceRepoUrl",
		"The source is AWS CodeCommit, read with the role of the build, or a host behind AWS CodeConnections: no token and no password stands in the project.",
		"HIPAA.Security", "PCI.DSS.321")...)
}
