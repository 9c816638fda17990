// Package testdata holds the fixtures of the controls, for commands and pages that show them. It is a package of its own so
// that apps, functions and whatever else judges by package controls need not carry them.
package testdata

import "embed"

// Fixtures has a folder for each control, named after its id, and in it the templates that its scenarios name.
//
//go:embed */*
var Fixtures embed.FS
