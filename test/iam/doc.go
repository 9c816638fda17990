// Package iam tests that an app still works after the guardrails have encrypted it, and that access control controls access.
//
// Each test of the guardrails synthesizes one app twice, as its authors wrote it and under the baseline, and lets @cloud-copilot/iam-simulate,
// a policy simulator of others, evaluate identity policies, resource policies and key policies together. Whatever was
// allowed before must be allowed after, on the resource and on the key that now encrypts it; a stranger of another
// account must get neither.
//
// The roles, keys, topics and queues of a pull-request check are evaluated with every call that none of its roles may make and with
// those that each of them has to.
//
// The policies of accesscontrol are evaluated the same way: what people may do under them, and what an insider with an
// administrator's rights tries in vain.
//
// The account, the physical names and the ARNs are made up by world.go, the same way for both templates.
package iam
