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
// hides it. Entries that are expired, unused, too broad or incomplete are in [Result.Problems].
//
// # Reports
//
// Package report writes a result for people, pull requests, build servers, code scanning and programs.
//
// # A control more
//
// A control is a value in a file of its own, with its fixtures under testdata and its line in catalogue.go. A check
// reads properties through a [Pass] and reports through it; see the example of Evaluate with a control of one's own.
package controls
