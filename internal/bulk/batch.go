package bulk

// Batch collects writes. The zero value is ready to use.
type Batch struct {
	ops     []map[string]any
	objects []any
	known   map[any]int
}

// Len returns how many writes are waiting.
func (b *Batch) Len() int { return len(b.ops) }

// Set sets one property. name and value are those of the typed L1 ("bucketEncryption"), property and cfnValue those of
// CloudFormation ("BucketEncryption"), for a raw CfnResource and for properties that an escape hatch had set.
func (b *Batch) Set(r *Resource, name string, value any, property string, cfnValue any) {
	b.add(map[string]any{"op": "set", "index": r.Index, "name": name, "value": value, "property": property, "cfnValue": cfnValue})
}

// Override sets a value deep inside a property by CfnResource.addPropertyOverride; path is CloudFormation's.
func (b *Batch) Override(r *Resource, path string, value any) {
	b.add(map[string]any{"op": "override", "index": r.Index, "property": path, "value": value})
}

// AttachManagedPolicy adds an IManagedPolicy to a role resource that is not Sealed.
func (b *Batch) AttachManagedPolicy(role *Resource, policy any) {
	b.add(map[string]any{"op": "attach", "index": role.Index, "object": b.object(policy)})
}

// AttachToRole adds a role resource to the roles of an awsiam.ManagedPolicy.
func (b *Batch) AttachToRole(policy any, role *Resource) {
	b.add(map[string]any{"op": "attachTo", "index": role.Index, "object": b.object(policy)})
}

// AddKeyStatement adds a statement to the key policy of an IKey, unless one of its Sid is there. An imported key's
// policy can't be changed: Write then tells so.
func (b *Batch) AddKeyStatement(key any, statement map[string]any) {
	b.add(map[string]any{"op": "keyStatement", "object": b.object(key), "statement": statement})
}

// AddBucketStatement adds a statement to a bucket's policy; policy is the AWS::S3::BucketPolicy that the bucket has, or
// nil. "$bucket" in the statement's resources stands for the bucket's ARN.
func (b *Batch) AddBucketStatement(bucket, policy *Resource, statement map[string]any) {
	op := map[string]any{"op": "bucketStatement", "index": bucket.Index, "statement": statement}
	if policy != nil {
		op["policy"] = policy.Index
	}
	b.add(op)
}

// ReplaceStatement puts statements in the place of the one at an index of a policy's document, as it was read. Replace from
// the last to the first: the indices are those of the snapshot.
func (b *Batch) ReplaceStatement(policy *Resource, at int, statements []map[string]any) {
	b.add(map[string]any{"op": "replaceStatement", "index": policy.Index, "at": at, "statements": statements})
}

// AddDependency makes the resource be created after, and deleted before, everything in the construct.
func (b *Batch) AddDependency(r *Resource, on any) {
	b.add(map[string]any{"op": "depend", "index": r.Index, "object": b.object(on)})
}

// Warn attaches a warning to the resource, which the CDK CLI prints.
func (b *Batch) Warn(r *Resource, id, text string) {
	b.add(map[string]any{"op": "warn", "index": r.Index, "id": id, "text": text})
}

func (b *Batch) add(op map[string]any) { b.ops = append(b.ops, op) }

func (b *Batch) object(o any) int {
	if i, ok := b.known[o]; ok {
		return i
	}
	if b.known == nil {
		b.known = map[any]int{}
	}
	b.known[o] = len(b.objects)
	b.objects = append(b.objects, o)
	return b.known[o]
}
