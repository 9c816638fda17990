// Package test holds what crosses packages: the library as its users meet it, judged by software that we did not write.
//
//   - judge, a command that reads a synthesized assembly without using the library
//   - iam, where a policy simulator compares apps before and after the baseline
//   - bench, the benchmarks and their limits
//   - this package: the examples under the real CDK CLI, cfn-lint and the cdk-nag packs, exit codes, the README, and the
//     binary of the functions under the Runtime API of AWS Lambda
//
// What has to be fetched for that (the CDK CLI, the simulator) is pinned in internal/tool.
package test
