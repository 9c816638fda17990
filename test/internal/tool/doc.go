// Package tool runs the software that the tests judge this library with: the real CDK CLI, cfn-lint, Node programs.
//
// What comes from npm is pinned in npm/package-lock.json, with the checksum of each package, and fetched on first use
// into the user's cache folder. It never enters the module's go.mod, and users of the library never need it.
package tool
