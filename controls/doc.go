// Package controls is the catalogue of security requirements, and judges CloudFormation templates by it.
//
// A [Control] is one requirement, written once: what it demands, why, how to meet it, what it is called in AWS Security
// Hub, NIST SP 800-53, cdk-nag and AWS Config, and the check. [All] lists them, [ByID] finds one, and a [Profile] picks
// those that the data's confidentiality, integrity and availability call for.
//
// # Judging
//
// [Evaluate] judges finished templates, in plain Go: no construct library, no AWS call, no file. It takes all the
// templates of an app together, because a bucket's policy, its key or its access-log bucket may stand in another
// stack:
//
//	result := controls.Evaluate(templates, controls.All(), register, time.Now())
//
// Package template reads them: [github.com/securecdk/securecdk/controls/template.Parse] from JSON or YAML, New from a
// decoded map.
//
// # Verdicts
//
// Each control gives each resource that it judges one [Finding], with a [Verdict]: compliant, non-compliant, not
// applicable or unknown. Unknown is honest: a value that only the deployment can know is never counted as a pass, and
// the message says what could not be known. A parameter is worth its default. What a macro may rewrite before
// it is deployed never passes. Where a verdict hangs on a condition that the template leaves open, it stands if it is
// the same either way.
//
// # Exceptions
//
// Package exceptions is the register of accepted risks. An entry stands beside the finding that it covers and never
// hides it. Entries that are expired, unused, too broad, incomplete or for a control that is non-exemptible are in
// [Result.Problems]; those that will expire within 30 days are in [Result.Expiring].
//
// # Reports
//
// Package report writes a result for people, pull requests, build servers, code scanning and programs.
//
// # A control of one's own
//
// A team's control is a value in a package of the team, made as those of the catalogue are. A check reads properties
// through a [Pass] and reports through it. Its id begins with something that the catalogue will not use, such as TEAM.
// Package controlstest tests it as the catalogue's are tested:
//
//	func TestTimeout(t *testing.T) { controlstest.Run(t, os.DirFS("testdata"), house.Timeout) }
//
// From there on it is a control like any other, for exceptions and reports, too. Evaluate judges by it:
//
//	result := controls.Evaluate(templates, append(controls.All(), house.Timeout), register, time.Now())
//
// and so does an app, by a Baseline of package aspects, under secureapp or alone:
//
//	baseline := aspects.NewBaseline(&aspects.BaselineProps{Controls: []*controls.Control{house.Timeout}})
//	secureapp.Run(&secureapp.Props{Baseline: baseline}, build)
//
// # A control more in the catalogue
//
// It is a value in a file of its own, with its fixtures under testdata and its line in catalogue.go.
package controls
