// Package controlstest tests controls by example templates, those of a team's own module as those of the catalogue.
//
// [Run] takes a folder of fixtures and the controls that they are about:
//
//	func TestControls(t *testing.T) {
//		controlstest.Run(t, os.DirFS("testdata"), controls...)
//	}
//
// # Fixtures
//
// The fixtures of a control lie in the folder with its id. The name of a fixture says what it shows and, after a dot, the
// verdict; the verdict is expected of each resource whose logical id begins with Subject, and there must be one:
//
//	testdata/TEAM.TIMEOUT/default.compliant.yaml
//	testdata/TEAM.TIMEOUT/an-hour.non-compliant.json
//	testdata/TEAM.TIMEOUT/container.not-applicable.yaml
//	testdata/TEAM.TIMEOUT/parameter.unknown.yaml
//	testdata/TEAM.TIMEOUT/two-stacks.compliant/    templates that are judged together
//	testdata/TEAM.TIMEOUT/batch.excepted/          templates, and exceptions.yaml that accepts the risk
//
// Every control needs a fixture that is compliant, one that is non-compliant and one that is unknown: a control that
// never says unknown passes, or fails, what only the deployment can know.
//
// An excepted fixture is a folder whose register covers what is wrong with each subject, and holds nothing else. Its
// scopes are construct paths from the templates' metadata, or StackName/LogicalId, where the stack is called as the file.
// It is judged on [Day], so entries that expire stay good.
package controlstest
