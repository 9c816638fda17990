// Package report writes the result of an evaluation: Console for people, JUnit for build servers.
package report
