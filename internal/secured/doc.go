// Package secured makes the resources that constructs of this library have in common, the way an audit wants them: a key
// that CloudWatch Logs may use, encrypted log groups that outlive what wrote them, topics and queues that take TLS only.
//
// Construct ids are the caller's: they decide logical ids, which are a public contract.
package secured
