package controls

// judged is the scenario that a template, judged, gives a verdict.
func judged(given string, verdict Verdict, fixture string) Scenario {
	return Scenario{
		Given: given, When: "the template is judged", Then: "the verdict is " + verdict.String(), Fixture: fixture,
	}
}

// accepted is the scenario that an exception covers what is wrong with a template.
func accepted(given, fixture string) Scenario {
	return Scenario{
		Given: given + ", and an entry of the exception register for it", When: "the template is judged",
		Then: "the finding stands with the entry beside it, and calls for no action", Fixture: fixture,
	}
}
