// Package report writes the result of an evaluation for people.
package report
