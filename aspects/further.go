package aspects

import (
	"fmt"
	"slices"
	"strings"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/internal/fault"
)

// furtherFaults tells what is wrong with controls that are judged beside those of the catalogue.
func furtherFaults(further []*controls.Control) []*fault.Error {
	var faults fault.List
	seen := map[string]int{}
	for i, c := range further {
		field := fmt.Sprintf("Controls[%d]", i)
		if c == nil {
			faults.Add(field, nil, "a control", "give one, or leave it out")
			continue
		}
		if _, taken := controls.ByID(c.ID); taken {
			faults.Add(field+".ID", c.ID, "an id that no control of the catalogue has", "choose another, such as TEAM."+c.ID+"; the catalogue is judged anyway")
		}
		if first, again := seen[c.ID]; again {
			faults.Add(field+".ID", c.ID, "an id of its own", fmt.Sprintf("Controls[%d] has it too", first))
		}
		seen[c.ID] = i
		if err := controls.Validate([]*controls.Control{c}, nil); err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				faults.Add(field, c.ID, "a complete control", "mend it: "+strings.TrimPrefix(line, c.ID+": "))
			}
		}
	}
	return faults
}

// nonExemptibleOf reads the ids of controls whose risk nobody may accept, and tells which are of no control.
func nonExemptibleOf(given *[]*string, further []*controls.Control) ([]string, []*fault.Error) {
	if given == nil {
		return nil, nil
	}
	var ids []string
	var faults fault.List
	for i, id := range *given {
		field := fmt.Sprintf("NonExemptible[%d]", i)
		if id == nil {
			faults.Add(field, nil, "the id of a control", "give one, or leave it out")
			continue
		}
		_, known := controls.ByID(*id)
		if !known && !slices.ContainsFunc(further, func(c *controls.Control) bool { return c != nil && c.ID == *id }) {
			faults.Add(field, id, "the id of a control, such as S3.PUBLIC", "correct it; controls.All lists the catalogue")
		}
		ids = append(ids, *id)
	}
	return ids, faults
}

// judgedBy are the controls that a verification judges by: the catalogue and the further ones, with those marked whose risk
// nobody may accept. What is marked is a copy, because a control belongs to whoever made it.
func judgedBy(further []*controls.Control, nonExemptible []string) []*controls.Control {
	all := append(controls.All(), further...)
	for i, c := range all {
		if slices.Contains(nonExemptible, c.ID) {
			marked := *c
			marked.NonExemptible = true
			all[i] = &marked
		}
	}
	return all
}

// without is the register less the entries for controls whose risk nobody may accept: they keep no fix away.
func without(register *exceptions.Register, nonExemptible []string) *exceptions.Register {
	if register == nil || len(nonExemptible) == 0 {
		return register
	}
	kept := *register
	kept.Entries = slices.DeleteFunc(slices.Clone(register.Entries), func(e *exceptions.Entry) bool {
		return slices.Contains(nonExemptible, e.Control)
	})
	return &kept
}
