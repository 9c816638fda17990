package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/internal/fault"
)

// checkFlags are the flags of check as they were typed.
type checkFlags struct {
	profile    string
	controls   []string
	exceptions string
	at         string
	formats    []string
	failOn     string
	unknown    string
	partial    bool
	jobs       int
}

// settings are the flags of check, understood.
type settings struct {
	controls    []*controls.Control
	at          time.Time
	outputs     []output
	failOn      controls.Severity
	failUnknown bool
	extent      controls.Extent
	jobs        int
}

// settings reports all that is wrong with the flags at once. args are the files to judge.
func (f *checkFlags) settings(args []string, now time.Time) (settings, error) {
	var faults fault.List
	s := settings{at: parseDay(f.at, now, &faults), jobs: f.jobs, extent: controls.Whole}
	if f.partial {
		s.extent = controls.Part
	}
	s.controls = f.chosen(&faults)
	s.outputs = parseOutputs(f.formats, append([]string{f.exceptions}, args...), &faults)
	s.failOn = oneOf("--fail-on", f.failOn, severities, &faults)
	s.failUnknown = oneOf("--unknown", f.unknown, map[string]bool{"fail": true, "pass": false}, &faults)
	if f.jobs < 1 {
		faults.Add("--jobs", f.jobs, "1 or more", "")
	}
	return s, fault.Join(faults)
}

// chosen are the controls to judge by.
func (f *checkFlags) chosen(faults *fault.List) []*controls.Control {
	if len(f.controls) == 0 {
		return parseProfile(f.profile, faults).Controls()
	}
	if f.profile != "" {
		faults.Add("--profile", f.profile, "either --profile or --control", "leave one of them out")
	}
	var chosen []*controls.Control
	for _, id := range f.controls {
		if c, ok := controls.ByID(strings.ToUpper(id)); ok {
			chosen = append(chosen, c)
		} else {
			faults.Add("--control", id, "the id of a control", "see securecdk controls list")
		}
	}
	return chosen
}

// parseDay reads a day; "" is today. The time is an input, so that a run can be repeated.
func parseDay(text string, now time.Time, faults *fault.List) time.Time {
	if text == "" {
		return now
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 2000 {
		faults.Add("--at", text, "a day such as 2027-03-31", "")
	}
	return day
}

var severities = map[string]controls.Severity{
	"low": controls.Low, "medium": controls.Medium, "high": controls.High, "critical": controls.Critical,
}

var ratings = map[string]controls.Rating{
	"low": controls.RatedLow, "medium": controls.RatedMedium, "high": controls.RatedHigh,
}

// parseProfile reads C=high,I=medium,A=low. What is left out is unrated, which counts as high.
func parseProfile(text string, faults *fault.List) controls.Profile {
	const flag, expected = "--profile", "ratings such as C=high,I=medium,A=low"
	var p controls.Profile
	if text == "" {
		return p
	}
	for _, part := range strings.Split(strings.ToLower(text), ",") {
		quality, rating, _ := strings.Cut(strings.TrimSpace(part), "=")
		var into *controls.Rating
		switch quality {
		case "c", "confidentiality":
			into = &p.Confidentiality
		case "i", "integrity":
			into = &p.Integrity
		case "a", "availability":
			into = &p.Availability
		default:
			faults.Add(flag, part, expected, "")
			continue
		}
		if *into != controls.Unrated {
			faults.Add(flag, part, "one rating a quality", "leave one of them out")
		}
		*into = oneOf(flag+" "+quality, rating, ratings, faults)
	}
	return p
}

func oneOf[T any](flag, value string, meanings map[string]T, faults *fault.List) T {
	meaning, ok := meanings[value]
	if !ok {
		faults.Add(flag, value, "one of "+strings.Join(slices.Sorted(maps.Keys(meanings)), ", "), "")
	}
	return meaning
}
