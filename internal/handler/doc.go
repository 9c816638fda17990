// Package handler makes the Lambda functions of this library's constructs.
//
// The functions are one Go program, github.com/securecdk/securecdk/lambda; the environment variable SECURECDK_HANDLER says
// which of its handlers a function is. It is compiled at synth, by the user's own go command in the user's own module, so
// what is deployed is what go.sum says and nobody ships a binary. The first time takes about a minute, afterwards the go
// command's cache makes it a second. Nothing is compiled for commands that need no code (cdk ls, cdk destroy).
//
// New makes a function as an audit wants it: in private subnets, encrypted, traced, with bounded concurrency and retries, a
// dead-letter queue, a log group that outlives it, and a role that allows what the handler does and no more.
package handler
