package controls

import "slices"

// catalogue lists every control, ordered by id.
var catalogue = []*Control{
	codebuildCMK,
	codebuildVpc,
	codepipelineCMK,
	dynamodbCMK,
	ecrCMK,
	kmsRotation,
	lambdaCMK,
	lambdaVpc,
	logsCMK,
	s3CMK,
	s3Logging,
	s3Public,
	s3TLS,
	s3Versioning,
	secretsManagerCMK,
	snsCMK,
	sqsCMK,
}

// All returns the catalogue, ordered by id.
func All() []*Control { return slices.Clone(catalogue) }

// ByID returns the catalogue's control with the id.
func ByID(id string) (*Control, bool) {
	for _, c := range catalogue {
		if c.ID == id {
			return c, true
		}
	}
	return nil, false
}
