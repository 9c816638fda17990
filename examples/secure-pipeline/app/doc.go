// Package app is the workload of the example: the Orders stack.
//
// It is written the way an app team writes when nobody watches: not one encryption key, bucket policy, VPC or access log
// is mentioned. What makes it compliant is the baseline that the pipeline applies to each of its Stages. The package
// can be imported, so that tests can build the stack with the baseline and without.
package app
