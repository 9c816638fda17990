package exceptions

import (
	"strings"
	"time"
)

// Entry is one accepted risk.
type Entry struct {
	Control  string    // the control's id, such as S3.LOGGING
	Scope    string    // construct path or StackName/LogicalId, with /** at its end for everything below too
	Reason   string    // why the risk is accepted
	Owner    string    // who answers for it
	Approver string    // who accepted it; not the owner
	Ticket   string    // where the decision is recorded
	Expires  time.Time // midnight UTC at the beginning of the last day on which the entry holds
	File     string    // the register's file name
	Line     int       // where the entry begins in the file; the first line is 1
}

// Register holds the entries of one file. A nil *Register is an empty one.
type Register struct {
	// Name is the register's file name.
	Name string
	// Entries are those with nothing wrong in themselves, in the order of the file. Whether one has expired depends on
	// the day; ask Expired.
	Entries []*Entry
	// Problems are the entries that are wrong in themselves. They cover nothing.
	Problems []Problem
}

// Kind says what is wrong with an entry.
type Kind string

// The kinds of problems. Those that need the resources or the catalogue to be seen are found by controls.Evaluate.
const (
	Incomplete     Kind = "incomplete"      // a field is missing or malformed
	UnknownField   Kind = "unknown field"   // a field that the register does not have
	Duplicate      Kind = "duplicate"       // the same control and scope as an earlier entry
	OverBroad      Kind = "over-broad"      // the scope is, or amounts to, the whole app
	Expired        Kind = "expired"         // the last day is over
	OverLong       Kind = "over-long"       // the last day is further ahead than MaxTerm
	UnknownControl Kind = "unknown control" // no control has this id
	Unused         Kind = "unused"          // nothing in the scope breaks the control
	Ambiguous      Kind = "ambiguous"       // several resources claim the path of an entry that is meant for one
	NonExemptible  Kind = "non-exemptible"  // nobody may accept the risk of this control
	Expiring       Kind = "expiring"        // a warning, not an error: the last day is no further ahead than Notice
)

// MaxTerm is how far ahead an entry may expire: two years, a leap day included. A risk that is accepted for longer is
// one that nobody looks at again.
const MaxTerm = (2*365 + 1) * 24 * time.Hour

// Notice is how many days before its last one an entry is warned of.
const Notice = 30

// Problem is something wrong with one entry, or to be warned of.
type Problem struct {
	Kind    Kind
	Name    string // the register's file name
	Line    int    // where the entry, or the field, stands
	Entry   *Entry // the entry as far as it could be read
	Message string // what is wrong and what to do
}

// Expired tells whether the entry's last day, in UTC, is over. A zero time stands for the present.
func (e *Entry) Expired(now time.Time) bool {
	return !orPresent(now).Before(e.Expires.AddDate(0, 0, 1))
}

// OverLong tells whether the entry's last day is further ahead than MaxTerm. A zero time stands for the present.
func (e *Entry) OverLong(now time.Time) bool {
	return e.Expires.After(orPresent(now).Add(MaxTerm))
}

// DaysLeft is how many days the entry holds after this one, in UTC: 0 on its last day, less than 0 when that is over. A
// zero time stands for the present.
func (e *Entry) DaysLeft(now time.Time) int {
	y, m, d := orPresent(now).UTC().Date()
	return int(e.Expires.Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}

// Expiring tells whether the entry holds and has no more than Notice days left. A zero time stands for the present.
func (e *Entry) Expiring(now time.Time) bool {
	left := e.DaysLeft(now)
	return left >= 0 && left <= Notice
}

// orPresent keeps a time that somebody forgot to set from making every entry hold, or none.
func orPresent(now time.Time) time.Time {
	if now.IsZero() {
		return time.Now()
	}
	return now
}

// Matches tells whether the path lies in the entry's scope.
func (e *Entry) Matches(path string) bool {
	root, subtree := strings.CutSuffix(e.Scope, "/**")
	if !subtree {
		return path == e.Scope
	}
	rest, under := strings.CutPrefix(path, root)
	return under && (rest == "" || rest[0] == '/')
}

// Subtree tells whether the entry covers everything under a construct, not one resource.
func (e *Entry) Subtree() bool { return strings.HasSuffix(e.Scope, "/**") }

// Find returns the first entry that covers the control at the path now, or nil. A zero time stands for the present.
func (r *Register) Find(controlID, path string, now time.Time) *Entry {
	if r == nil {
		return nil
	}
	for _, e := range r.Entries {
		if e.Control == controlID && e.Matches(path) && !e.Expired(now) && !e.OverLong(now) {
			return e
		}
	}
	return nil
}

// Covers tells whether an entry exempts the path from the control today. What fixes resources asks it, so as not to
// touch what somebody decided to leave.
func (r *Register) Covers(controlID, path string, now time.Time) bool {
	return r.Find(controlID, path, now) != nil
}
