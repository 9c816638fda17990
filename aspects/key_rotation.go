package aspects

import "github.com/securecdk/securecdk/internal/bulk"

// KeyRotationProps configures NewKeyRotation. It has no settings yet; nil will do.
type KeyRotationProps struct{}

// NewKeyRotation turns on yearly rotation for customer managed keys (control KMS.ROTATION). Asymmetric and HMAC keys, and
// keys whose material does not come from AWS KMS, can't rotate and are left alone: EnableKeyRotation on them synthesizes
// and then fails to deploy (AWS KMS Developer Guide, "Rotating AWS KMS keys").
func NewKeyRotation(*KeyRotationProps) *Aspect {
	return newAspect(func(r *run, key *bulk.Resource) {
		if r.finding.Property != "EnableKeyRotation" {
			r.leave(key, "its RotationPeriodInDays is longer than a year. Set one of at most 365, or leave it out.")
			return
		}
		r.set(key, newProperty("EnableKeyRotation", true, "true"), NoInterruption)
	}, nil, "KMS.ROTATION")
}
