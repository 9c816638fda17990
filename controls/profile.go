package controls

// Rating says how much one quality of the data matters, as a business impact analysis gives it.
type Rating int

// The ratings, in rising order. Unrated data is treated as rated High: nobody has said that less will do.
const (
	Unrated Rating = iota
	RatedLow
	RatedMedium
	RatedHigh
)

// Profile rates what an app's data needs.
//
// In a Control it says from which rating on the control is needed; a field left Unrated means that the control does
// nothing for that quality.
type Profile struct {
	Confidentiality, Integrity, Availability Rating
}

// Controls returns the catalogue's controls that the profile calls for, ordered by id. The zero Profile calls for all.
func (p Profile) Controls() []*Control {
	var needed []*Control
	for _, c := range All() {
		if p.needs(c.Needed) {
			needed = append(needed, c)
		}
	}
	return needed
}

func (p Profile) needs(from Profile) bool {
	return reaches(p.Confidentiality, from.Confidentiality) ||
		reaches(p.Integrity, from.Integrity) ||
		reaches(p.Availability, from.Availability)
}

func reaches(rating, from Rating) bool {
	if from == Unrated {
		return false
	}
	return rating == Unrated || rating >= from
}
