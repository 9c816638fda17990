package aspects

import "github.com/securecdk/securecdk/internal/bulk"

// BucketVersioningProps configures NewBucketVersioning. It has no settings yet; nil will do.
type BucketVersioningProps struct{}

// NewBucketVersioning turns on versioning for S3 buckets (control S3.VERSIONING). Versioning is turned on without
// interruption; old versions cost storage until a lifecycle rule of the bucket ends them.
func NewBucketVersioning(*BucketVersioningProps) *Aspect {
	return newAspect(func(r *run, bucket *bulk.Resource) {
		r.set(bucket, newProperty("VersioningConfiguration", map[string]any{"status": "Enabled"}, "Status Enabled"), NoInterruption)
	}, nil, "S3.VERSIONING")
}
