'use strict';
// The other end of package bulk: it runs inside the jsii kernel, beside the CDK, and does in one request what would take
// Go one request a resource. It decides nothing. It reads resources as CloudFormation would see them, and carries out
// the list of writes that Go made from what it read, with the CDK's own setters and methods.

// A require costs a search of the file system each time, and these are asked for thousands of times.
const lazy = (name) => {
  let loaded;
  return () => loaded || (loaded = require(name));
};
const cdk = lazy('aws-cdk-lib');
const iam = lazy('aws-cdk-lib/aws-iam');
const s3 = lazy('aws-cdk-lib/aws-s3');

// Properties that no requirement looks at and that are costly to render, with what is rendered in their place: the L1s
// check that what they require is there. Policy documents among them matter twice over: resolving one freezes its
// statements, and what a guardrail only looks at, it must not change.
const SKIPPED = {
  'AWS::KMS::Key': { keyPolicy: {} },
  'AWS::Lambda::Function': { code: {} },
  'AWS::CodePipeline::Pipeline': { stages: [] },
  'AWS::CodeBuild::Project': {
    source: { type: '' }, artifacts: { type: '' }, environment: { computeType: '', image: '', type: '' },
  },
};

// Resources that are only referred to. Of a role it is also told whether a policy can be added to it, and its name.
const BARE = new Set(['AWS::IAM::Role']);

const PLAIN_ELEMENTS = ['CfnParameter', 'CfnCondition', 'CfnMapping'];

class Session {
  constructor(scope, enterStages) {
    this.scope = scope;
    this.enterStages = enterStages;
    this.constructs = [];
    this.byPath = new Map();
    this.stacks = new Map();
    this.known = new Map();
    this.resolutions = new Map();
    this.pending = [];
    this.references = new Map();
  }

  // read writes {stacks, resources} as JSON into a file: through the pipe to Go it would be encoded once more, as the
  // text that it is there, which takes half as long again. Resources keep their index for write().
  read(types, file) {
    const { CfnResource, Stack, Stage } = cdk();
    const want = new Set(types);
    const out = [];
    const visit = (c) => {
      if (CfnResource.isCfnResource(c)) {
        if (want.has(c.cfnResourceType)) out.push(this.describe(c, false));
      } else if (PLAIN_ELEMENTS.includes(c.constructor.name)) {
        this.plainElement(c);
      }
      for (const child of c.node.children) {
        if (this.enterStages || !Stage.isStage(child)) visit(child);
      }
    };
    visit(this.scope);
    // What is referred to from another stack may lie outside the scope: it is described, to be judged against, not fixed.
    while (this.pending.length > 0) {
      const target = this.pending.pop();
      if (!this.byPath.has(target.node.path)) out.push(this.describe(target, true));
    }
    const accounts = new Set([...this.stacks.values()].map((s) => s.account));
    if (accounts.size > 1) out.filter((r) => BARE.has(r.type)).forEach((r) => this.nameOf(r));
    require('fs').writeFileSync(file, JSON.stringify({ stacks: [...this.stacks.values()], resources: out }));
  }

  describe(c, outside) {
    const { Stack } = cdk();
    const stack = Stack.of(c);
    const parent = c.node.scope;
    const r = {
      index: this.constructs.length,
      path: c.node.path,
      type: c.cfnResourceType,
      stack: this.stackOf(stack).path,
      logicalId: this.logicalId(c, stack),
      l2: !!parent && parent !== stack && parent.node.defaultChild === c,
      outside,
    };
    this.constructs.push(c);
    this.byPath.set(r.path, r.index);
    try {
      if (!BARE.has(r.type)) {
        r.properties = this.properties(c, stack);
      } else {
        r.sealed = !takesPolicies(c);
        r.conditional = !!(c.cfnOptions.condition || (c.rawOverrides && c.rawOverrides.Condition));
      }
    } catch (e) {
      r.unreadable = String(e.message).split('\n')[0];
    }
    return r;
  }

  // nameOf reads the name by which other accounts refer to a role, last of all: the CDK makes one up when one does.
  nameOf(r) {
    const c = this.constructs[r.index];
    const name = 'roleName' in c ? c.roleName : c.cfnProperties.RoleName;
    const known = name !== undefined && this.resolve(name, cdk().Stack.of(c));
    if (typeof known === 'string') r.properties = { RoleName: known };
  }

  logicalId(c, stack) {
    // What the token of c.logicalId asks for, without a resolution for each. A function's version computes its own.
    const id = typeof c._synthesizeLogicalId === 'function' ? c._synthesizeLogicalId() : c.logicalId;
    return id.includes('${Token[') ? stack.resolve(id) : id;
  }

  stackOf(stack) {
    let s = this.known.get(stack);
    if (!s) {
      const { Token } = cdk();
      const path = stack.node.path;
      const top = topLevel(stack);
      s = {
        path,
        name: stack.stackName && !Token.isUnresolved(stack.stackName) ? stack.stackName : stack.node.id,
        top: top.node.path,
        account: known(stack.account),
        region: known(stack.region),
        doc: {},
        exports: {},
      };
      Object.defineProperty(s, 'construct', { value: stack, enumerable: false });
      this.known.set(stack, s);
      this.stacks.set(path, s);
      if (top !== stack) this.stackOf(top);
    }
    return s;
  }

  plainElement(c) {
    const stack = cdk().Stack.of(c);
    const doc = this.stackOf(stack).doc;
    for (const [section, entries] of Object.entries(stack.resolve(c._toCloudFormation()))) {
      doc[section] = { ...doc[section], ...entries };
    }
  }

  properties(c, stack) {
    const raw = { ...c.cfnProperties };
    for (const [name, plain] of Object.entries(SKIPPED[c.cfnResourceType] || {})) {
      if (raw[name] !== undefined) raw[name] = plain;
    }
    if ('tags' in raw) raw.tags = undefined;
    if (raw.policyDocument && typeof raw.policyDocument.toJSON === 'function') raw.policyDocument = raw.policyDocument.toJSON();
    const rendered = c.renderProperties(this.resolve(raw, stack)) || {};
    const overrides = overridesOf(c);
    return overrides ? this.overridden(rendered, overrides, stack) : rendered;
  }

  // overridden is what escape hatches make of properties, by the rules of the CDK: maps are merged, into the elements of
  // lists too, an intrinsic function takes the place of what was there, and what is set to nothing is gone.
  overridden(properties, overrides, stack) {
    const mergeable = typeof properties === 'object' && properties !== null && !isIntrinsic(properties);
    const out = !mergeable ? {} : Array.isArray(properties) ? [...properties] : { ...properties };
    for (const [key, v] of Object.entries(overrides)) {
      if (v === undefined || v === null) {
        delete out[key];
      } else if (isPlain(v) && typeof v.resolve !== 'function' && !isIntrinsic(v)) {
        out[key] = this.overridden(out[key], v, stack);
        if (Object.keys(out[key]).length === 0) delete out[key];
      } else {
        out[key] = this.resolve(v, stack);
      }
    }
    return out;
  }

  // resolve is Stack.resolve, but for two things. References to other stacks read as imports: before the CDK has made
  // exports of them they would read as references to resources of this stack. And the CDK's resolution, which costs
  // some fifty microseconds a value, is asked for tokens inside strings only, once for each.
  resolve(value, stack) {
    let resolution = this.resolutions.get(stack);
    if (!resolution) this.resolutions.set(stack, (resolution = new Resolution(this, stack)));
    return resolution.of(value);
  }

  importOf(reference, stack) {
    const { CfnResource, Stack } = cdk();
    const target = reference.target;
    if (!target || !CfnResource.isCfnResource(target)) return undefined;
    const home = Stack.of(target);
    this.refer(stack, home);
    // Across environments there are no exports: the CDK names the resource instead.
    if (home === stack || home.environment !== stack.environment) return undefined;
    const name = `${target.node.path}#${reference.displayName}`;
    this.stackOf(home).exports[name] = home.resolve(reference);
    this.pending.push(target);
    return { 'Fn::ImportValue': name };
  }

  refer(from, to) {
    if (!this.references.has(from)) this.references.set(from, new Set());
    this.references.get(from).add(to);
  }

  // place tells in which stack a construct stands and, unless it is that of the path, which top-level stacks have to be
  // deployed before it.
  place(construct, path) {
    const home = cdk().Stack.of(construct);
    const top = topLevel(home);
    return JSON.stringify({
      stack: home.node.path, top: top.node.path, needs: top.node.path === path ? [] : this.needs(top).map((s) => s.node.path),
    });
  }

  // needs are the top-level stacks that a top-level stack refers to or depends on, directly or not.
  needs(top) {
    const { CfnResource, Stack } = cdk();
    const found = new Set([top]);
    for (const stack of found) { // grows while it is walked
      const depend = (s) => found.add(topLevel(s));
      stack.dependencies.forEach(depend);
      for (const c of stack.node.findAll()) {
        c.node.dependencies.filter((d) => d.node.scopes.some(Stack.isStack)).forEach((d) => depend(Stack.of(d)));
        if (CfnResource.isCfnResource(c)) this.lookAt(c).forEach(depend);
      }
    }
    found.delete(top);
    return [...found];
  }

  // lookAt returns the stacks that the stack of a resource refers to, as far as is known after a look at the resource.
  lookAt(c) {
    const stack = cdk().Stack.of(c);
    const { PolicyDocument } = iam();
    const values = [...Object.values(c.cfnProperties), overridesOf(c) || {}];
    for (const v of values) {
      try {
        this.resolve(v instanceof PolicyDocument ? v.toJSON() : v, stack);
      } catch (e) {
        continue; // the synthesis will say what is wrong with it
      }
    }
    return this.references.get(stack) || [];
  }

  construct(index) {
    return this.constructs[index];
  }

  topLevelStack(path) {
    return topLevel(this.stacks.get(path).construct);
  }

  // write carries out the operations in order and returns, for each, whether what it asks for holds now.
  write(text, objects) {
    const done = [];
    for (const op of JSON.parse(text)) {
      try {
        done.push(this[`op_${op.op}`](op, objects) !== false);
      } catch (e) {
        const at = op.index === undefined ? '' : `${this.constructs[op.index].node.path}: `;
        throw new Error(`${at}${op.op} ${op.property || ''}: ${e.message}`);
      }
    }
    return JSON.stringify(done);
  }

  op_set({ index, name, property, value, cfnValue }) {
    const c = this.constructs[index];
    const overridden = c.rawOverrides && c.rawOverrides.Properties && property in c.rawOverrides.Properties;
    const typed = name in c;
    if (typed) c[name] = value;
    // An escape hatch wins over the typed property, so it has to be set where it was used.
    if (!typed || overridden) {
      if (overridden) delete c.rawOverrides.Properties[property];
      c.addPropertyOverride(property, cfnValue);
    }
  }

  // op_override goes into lists that an escape hatch has set, where CfnResource.addPropertyOverride would put a map.
  op_override({ index, property, value }) {
    const c = this.constructs[index];
    const path = ['Properties', ...property.split('.')];
    const last = path.pop();
    let at = c.rawOverrides;
    for (const key of path) at = typeof at[key] === 'object' && at[key] !== null ? at[key] : (at[key] = {});
    at[last] = value;
  }

  // op_attach adds a policy to the list of a role, where that list is written.
  op_attach({ index, object }, objects) {
    const c = this.constructs[index];
    const policy = objects[object];
    const arn = policy.managedPolicyArn;
    attached.set(arn, policy.node.path);
    const role = c.node.scope;
    const overrides = overridesOf(c);
    if (overrides && Array.isArray(overrides.ManagedPolicyArns)) {
      insert(overrides.ManagedPolicyArns, arn);
    } else if (role && role.node.defaultChild === c && typeof role.addManagedPolicy === 'function') {
      role.addManagedPolicy(policy);
      const policies = role.managedPolicies;
      if (Array.isArray(policies) && policies[policies.length - 1] === policy) insert(policies, policies.pop(), (p) => p.managedPolicyArn);
    } else if ('managedPolicyArns' in c) {
      c.managedPolicyArns = insert([...(c.managedPolicyArns || [])], arn);
    } else {
      c.addPropertyOverride('ManagedPolicyArns', insert([...(c.cfnProperties.ManagedPolicyArns || [])], arn));
    }
  }

  // op_attachTo adds a role to the list of a policy: the policy then refers to the role and not the other way round.
  op_attachTo({ index, object }, objects) {
    const c = this.constructs[index];
    const roleArn = typeof c.attrArn === 'string' ? c.attrArn : c.getAtt('Arn').toString();
    objects[object].attachToRole({ node: c.node, roleArn, roleRef: { roleName: c.ref, roleArn } });
  }

  op_keyStatement({ object, statement }, objects) {
    const key = objects[object];
    const { PolicyStatement } = iam();
    const document = key.policy;
    if (document && !document.isEmpty && document.toJSON().Statement.some((s) => s.Sid === statement.Sid)) return true;
    return key.addToResourcePolicy(PolicyStatement.fromJson(statement), true).statementAdded;
  }

  // op_bucketStatement adds a statement to the policy of a bucket: the policy that the bucket has, wherever it came from,
  // or a new one. "$bucket" in its resources stands for the bucket's ARN.
  op_bucketStatement({ index, policy, statement }) {
    const c = this.constructs[index];
    const { PolicyDocument, PolicyStatement } = iam();
    const l2 = c.node.scope;
    const arn = typeof c.attrArn === 'string' ? c.attrArn : c.getAtt('Arn').toString();
    const filled = { ...statement, Resource: statement.Resource.map((r) => r.replace('$bucket', arn)) };
    const isL2 = l2 && l2.node.defaultChild === c && typeof l2.addToResourcePolicy === 'function';
    if (isL2 && (l2.policy || policy === undefined && !l2.node.tryFindChild('Policy'))) {
      if (l2.addToResourcePolicy(PolicyStatement.fromJson(filled)).statementAdded) {
        if (policy === undefined) copyCondition(c, l2.policy.node.defaultChild);
        return;
      }
    }
    if (policy === undefined) {
      const made = new (s3().CfnBucketPolicy)(c.node.scope, freeId(c.node.scope, `${c.node.id}Policy`), {
        bucket: c.ref,
        policyDocument: { Version: '2012-10-17', Statement: [filled] },
      });
      copyCondition(c, made);
      return;
    }
    const p = this.constructs[policy];
    if (p.policyDocument instanceof PolicyDocument) {
      p.policyDocument.addStatements(PolicyStatement.fromJson(filled));
      return;
    }
    const stack = cdk().Stack.of(p);
    const present = this.properties(p, stack).PolicyDocument || {};
    const statements = [].concat(present.Statement || [], filled);
    const document = { Version: '2012-10-17', ...present, Statement: statements };
    if ('policyDocument' in p) p.policyDocument = document;
    else p.addPropertyOverride('PolicyDocument', document);
  }

  // op_replaceStatement puts statements in the place of one. The others stay the objects that they are, so that whoever
  // adds to the policy later still does.
  op_replaceStatement({ index, at, statements }) {
    const { PolicyDocument, PolicyStatement } = iam();
    const document = this.constructs[index].policyDocument;
    if (!(document instanceof PolicyDocument)) throw new Error('its policy document is none of the CDK');
    document.statements.splice(at, 1, ...statements.map((s) => PolicyStatement.fromJson(s)));
  }

  op_depend({ index, object }, objects) {
    this.constructs[index].node.addDependency(objects[object]);
  }

  op_warn({ index, id, text }) {
    // Once: a Stage that is synthesized already must not change, and a second run has nothing new to say.
    if (!Tree.mark(this.constructs[index], `${id} ${text}`)) return;
    cdk().Annotations.of(this.constructs[index]).addWarningV2(id, text);
  }
}

// Resolution resolves the values of one stack.
class Resolution {
  constructor(session, stack) {
    const { DefaultTokenResolver, Reference } = cdk();
    this.session = session;
    this.stack = stack;
    this.texts = new Map();
    class Resolver extends DefaultTokenResolver {
      resolveToken(token, context, postProcessor) {
        const imported = Reference.isReference(token) && session.importOf(token, stack);
        return imported || super.resolveToken(token, context, postProcessor);
      }
    }
    this.options = { scope: stack, resolver: new Resolver({ join }), preparing: false };
  }

  of(value) {
    if (typeof value === 'string') return value.includes('${Token[') ? this.text(value) : value;
    if (typeof value === 'number') return value < 0 ? this.byCdk(value) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return this.list(value);
    if (typeof value.resolve === 'function') return this.token(value);
    const out = {};
    for (const [key, v] of Object.entries(value)) {
      if (key.includes('${Token[')) return this.byCdk(value);
      const inner = this.of(v);
      if (inner !== undefined && inner !== null) out[key] = inner;
    }
    return out;
  }

  list(value) {
    if (value.some((v) => typeof v === 'string' && v.includes('#{Token['))) return this.byCdk(value);
    return value.map((v) => this.of(v)).filter((v) => v !== undefined && v !== null);
  }

  // text resolves a string with tokens in it.
  text(value) {
    if (!this.texts.has(value)) {
      const { fragments } = cdk().Tokenization.reverseString(value);
      const known = fragments.every((f) => f.type === 'token' || f.type === 'literal');
      const parts = known && fragments.map((f) => (f.type === 'token' ? this.token(f.token) : f.lit));
      this.texts.set(value, known ? parts.reduce(join) : this.byCdk(value));
    }
    return this.texts.get(value);
  }

  token(token) {
    const imported = cdk().Reference.isReference(token) && this.session.importOf(token, this.stack);
    if (imported) return imported;
    let post;
    const context = {
      scope: this.stack,
      preparing: false,
      documentPath: [],
      registerPostProcessor: (p) => { post = p; },
      resolve: (v) => this.of(v),
    };
    const value = this.of(token.resolve(context));
    return post ? post.postProcess(value, context) : value;
  }

  byCdk(value) {
    return cdk().Tokenization.resolve(value, this.options);
  }
}

// Identities and marks live as long as their construct.
const identities = new WeakMap();
const marks = new WeakMap();

class Tree {
  // identity tells constructs apart: of several apps in one process too, where paths are the same.
  static identity(construct) {
    if (!identities.has(construct)) identities.set(construct, require('crypto').randomUUID());
    return identities.get(construct);
  }

  // mark marks the construct and tells whether it was unmarked before.
  static mark(construct, name) {
    let names = marks.get(construct);
    if (!names) marks.set(construct, (names = new Set()));
    if (names.has(name)) return false;
    names.add(name);
    return true;
  }

  // paths tells the construct path of each resource: {stack path: {logical id: path}}.
  static paths(root) {
    const { CfnResource, Stack } = cdk();
    const found = {};
    const visit = (c) => {
      if (CfnResource.isCfnResource(c)) {
        const stack = Stack.of(c);
        const path = stack.node.path;
        (found[path] = found[path] || {})[stack.resolve(c.logicalId)] = c.node.path;
      }
      c.node.children.forEach(visit);
    };
    visit(root);
    return JSON.stringify(found);
  }

  // buildPipelines has the pipelines of pipelines.CodePipeline make their resources, which they put off to the synthesis.
  // It looks for their shape, so that an app without one need not load their module.
  static buildPipelines(root) {
    const visit = (c) => {
      if (typeof c.buildPipeline === 'function' && c.built === false) c.buildPipeline();
      c.node.children.forEach(visit);
    };
    visit(root);
    return '[]';
  }

  // nested tells which template belongs to which nested stack: [{stack, parent, logicalId, file}], parents first.
  static nested(root) {
    const { NestedStack } = cdk();
    const found = [];
    const visit = (c) => {
      if (NestedStack.isNestedStack(c)) {
        const parent = c.nestedStackParent;
        found.push({
          stack: c.node.path, parent: parent.node.path, file: c.templateFile,
          logicalId: parent.resolve(c.nestedStackResource.logicalId),
        });
      }
      c.node.children.forEach(visit);
    };
    visit(root);
    return JSON.stringify(found);
  }

  // enter tells whether the construct is new to the name, and if so marks it and all below it, up to the next Stage.
  static enter(construct, name) {
    if (!Tree.mark(construct, name)) return false;
    const { Stage } = cdk();
    const below = [...construct.node.children];
    while (below.length > 0) {
      const c = below.pop();
      if (Stage.isStage(c)) continue;
      Tree.mark(c, name);
      below.push(...c.node.children);
    }
    return true;
  }
}

// attached tells the path of each policy that was attached here, by its ARN.
const attached = new Map();

// insert keeps what was attached here in the order of its paths: the order in which aspects run shows in no template.
function insert(list, entry, arnOf = (e) => e) {
  if (list.some((e) => arnOf(e) === arnOf(entry))) return list;
  const path = attached.get(arnOf(entry));
  const next = list.findIndex((e) => attached.get(arnOf(e)) > path);
  list.splice(next < 0 ? list.length : next, 0, entry);
  return list;
}

// takesPolicies tells whether a role's list of managed policies is one that can be added to, and no intrinsic function.
function takesPolicies(c) {
  const overrides = overridesOf(c);
  if (overrides && 'ManagedPolicyArns' in overrides) return Array.isArray(overrides.ManagedPolicyArns);
  const role = c.node.scope;
  if (role && role.node.defaultChild === c && typeof role.addManagedPolicy === 'function') return true;
  const arns = 'managedPolicyArns' in c ? c.managedPolicyArns : c.cfnProperties.ManagedPolicyArns;
  return arns === undefined || Array.isArray(arns) && !cdk().Token.isUnresolved(arns);
}

function overridesOf(c) {
  return c.rawOverrides && c.rawOverrides.Properties;
}

function copyCondition(from, to) {
  to.cfnOptions.condition = from.cfnOptions.condition;
  if (from.rawOverrides && from.rawOverrides.Condition) to.addOverride('Condition', from.rawOverrides.Condition);
}

// freeId returns the id, or one like it where that is taken.
function freeId(scope, id) {
  let free = id;
  for (let i = 1; scope.node.tryFindChild(free); i++) free = `${id}${i}`;
  return free;
}

function topLevel(stack) {
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return stack;
}

function known(text) {
  return cdk().Token.isUnresolved(text) ? '' : text;
}

function join(left, right) {
  if (left === undefined) return right;
  if (right === undefined) return left;
  const parts = [];
  for (const side of [left, right]) {
    const inner = side && side['Fn::Join'];
    if (inner && inner[0] === '' && Array.isArray(inner[1])) parts.push(...inner[1]);
    else parts.push(side);
  }
  if (parts.every((p) => typeof p === 'string' || typeof p === 'number')) return parts.join('');
  return { 'Fn::Join': ['', parts] };
}

// isIntrinsic: an intrinsic function is replaced as a whole, not merged into.
function isIntrinsic(value) {
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'));
}

function isPlain(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

exports.Session = Session;
exports.Tree = Tree;
