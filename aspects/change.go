package aspects

// Impact says what a change means for a stack that is already deployed, in the words of the CloudFormation resource
// reference ("Update requires: …").
type Impact int

// The three kinds of update that CloudFormation knows.
const (
	NoInterruption   Impact = iota // updated in place, nobody notices
	SomeInterruption               // updated in place, unavailable for a while
	Replacement                    // a new resource takes the old one's place; data of a stateful one is lost
)

// String returns CloudFormation's words for the impact.
func (i Impact) String() string {
	return [...]string{"no interruption", "some interruptions", "replacement"}[i]
}

// Change is one setting that a fix made.
type Change struct {
	Control      string // id of the requirement that was not met: "S3.VERSIONING"
	Path         string // construct path of the CloudFormation resource
	LogicalID    string
	ResourceType string // "AWS::S3::Bucket"
	Property     string // CloudFormation property that was set: "VersioningConfiguration"
	Description  string // what it was set to
	Impact       Impact // what it means for a stack that is already deployed
}
