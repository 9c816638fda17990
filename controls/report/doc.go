// Package report writes the result of an evaluation: Console for people, Markdown for a pull request, JUnit for build
// servers, SARIF for code scanning, and JSON for programs, with a published schema, see JSONSchema.
//
// Formats lists them, for whatever lets its user choose one by name.
//
// All but JSON escape what templates and exception registers say: who is judged must not be able to write the report.
package report
