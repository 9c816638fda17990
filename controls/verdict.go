package controls

// Verdict is what a control says of a resource.
type Verdict int

// The verdicts. Unknown is not a pass: the value depends on what only the deployment knows.
const (
	Compliant Verdict = iota + 1
	NonCompliant
	NotApplicable
	Unknown
)

// String is "compliant", "non-compliant", "not applicable" or "unknown".
func (v Verdict) String() string {
	switch v {
	case Compliant:
		return "compliant"
	case NonCompliant:
		return "non-compliant"
	case NotApplicable:
		return "not applicable"
	case Unknown:
		return "unknown"
	}
	return "no verdict"
}

// weight orders verdicts: of several reported about one resource, the heaviest stands.
func (v Verdict) weight() int {
	switch v {
	case NonCompliant:
		return 4
	case Unknown:
		return 3
	case Compliant:
		return 2
	case NotApplicable:
		return 1
	}
	return 0
}
