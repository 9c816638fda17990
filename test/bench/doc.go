// Package bench measures what the guardrails cost, and fails when they cost more than this project allows itself:
//
//	go test -run '^$' -bench . -timeout 30m ./test/...
//
// BenchmarkGuardrails builds and synthesizes 3,000 L2 constructs (1,000 buckets, 1,000 keys, 1,000 CodeBuild projects in
// ten stacks) in five ways, verification included, and compares them:
//
//   - by-hand: the unsecured app under Baseline.ApplyTo, against the same app with the same settings written by hand
//   - compliant: that hand-written app under ApplyTo, against itself without guardrails
//   - aspects: what one plain Go aspect per requirement adds to the unsecured app, against what ApplyTo adds
//
// BenchmarkJudge compares reading and judging 200 templates of 400 resources with decoding the same bytes by
// encoding/json.
//
// The CDK's own template validation is off: it costs the same either way and would hide the differences.
package bench
