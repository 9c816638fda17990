package main

import "github.com/securecdk/securecdk/controls/report"

// format is one way to write a result.
type format = report.Format

// formats returns those that --format knows.
func formats() []format { return report.Formats() }
