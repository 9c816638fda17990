package controls

// judged is the scenario that a template, judged, gives a verdict.
func judged(given string, verdict Verdict, fixture string) Scenario {
	return Scenario{
		Given: given, When: "the template is judged", Then: "the verdict is " + verdict.String(), Fixture: fixture,
	}
}
