// Package exceptions is the register of accepted risks: which control need not hold where, why, who answers for it and
// until when.
//
// The register is one reviewed YAML file, a list of entries:
//
//	# exceptions.yaml
//	- control: S3.LOGGING
//	  scope: Prod/Data/Landing/Resource
//	  reason: Vendor writes 40 TB a day; access is logged by CloudTrail data events instead.
//	  owner: data-platform
//	  approver: ciso-office
//	  ticket: RISK-1423
//	  expires: 2027-03-31
//
// The scope is a construct path, or StackName/LogicalId in a template without construct paths. Prod/Data/** is that
// construct and everything under it. No other wildcard is understood. The expiry is a day, no further
// ahead than [MaxTerm]; the entry holds to the end of it in UTC.
//
// An entry that is incomplete, too broad or otherwise wrong covers nothing, and stays in [Register.Problems] until it
// is corrected. An exception never hides a finding: it stands beside it. [Notice] days before its end the entry is in
// controls.Result.Expiring, which warns and fails nothing.
//
// # In an editor
//
// [Schema] is a JSON Schema of the register, in schema/register.schema.json. An editor that knows the YAML language server
// completes and checks the file by it when the file begins with
//
//	# yaml-language-server: $schema=https://raw.githubusercontent.com/securecdk/securecdk/main/controls/exceptions/schema/register.schema.json
package exceptions
