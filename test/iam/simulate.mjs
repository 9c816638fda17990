// Evaluates the requests on stdin with @cloud-copilot/iam-simulate and prints one answer for each.
// Usage: node simulate.mjs <node_modules>
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const { runSimulation } = createRequire(process.argv[2] + '/')('@cloud-copilot/iam-simulate')

// What an organization allows as long as nobody attaches another policy; the request may bring one.
const fullAccess = {
  name: 'FullAWSAccess',
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
}
const above = (policy) => [{
  orgIdentifier: 'root',
  policies: policy ? [fullAccess, { name: 'serviceControl', policy }] : [fullAccess],
}]

// The simulator drops kms:EncryptionContext:<key>, a family of keys that it does not know. A tag key of any name it
// does know, so the family is renamed to one, in policies and requests alike. It compares the same strings.
const renamed = (text) =>
  text.replace(/kms:EncryptionContext:([\w:-]+)/gi, (_, key) => 'aws:RequestTag/EncryptionContext-' + key.replaceAll(':', '-'))

async function answer(request) {
  const result = await runSimulation({
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.account },
      contextVariables: request.context,
    },
    identityPolicies: request.identity.map((policy, i) => ({ name: 'policy' + i, policy })),
    serviceControlPolicies: above(request.serviceControl),
    resourceControlPolicies: [],
    resourcePolicy: request.resourcePolicy ?? undefined,
    permissionBoundaryPolicies: request.boundary ? [{ name: 'boundary', policy: request.boundary }] : undefined,
  }, {})
  if (result.resultType === 'error') return { error: JSON.stringify(result.errors) }
  const ignored = result.result?.ignoredContextKeys ?? []
  if (ignored.length > 0) return { error: 'context keys that were not looked at: ' + ignored.join(', ') }
  return { allowed: result.overallResult === 'Allowed' }
}

const answers = []
for (const request of JSON.parse(renamed(readFileSync(0, 'utf8')))) answers.push(await answer(request))
console.log(JSON.stringify(answers))
