package secured

import "github.com/securecdk/securecdk/internal/nag"

// ReplicationFindings accepts that a bucket is not copied to another region, for the reason given.
func ReplicationFindings(reason string) []nag.Rule {
	return nag.InPacks("S3BucketReplicationEnabled", reason, "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")
}
