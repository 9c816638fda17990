package controls

import (
	"slices"
	"strings"

	"github.com/securecdk/securecdk/controls/template"
)

var s3TLS = &Control{
	ID:    "S3.TLS",
	Title: "S3 buckets refuse requests without TLS",
	Story: "As a data owner I want every request to a bucket to use TLS so that nobody on the way reads or" +
		" changes data.",
	Scenarios: []Scenario{
		judged("a bucket whose policy denies every action without TLS", Compliant, "S3.TLS/deny-all.compliant.yaml"),
		judged("a bucket whose policy stands in another stack", Compliant, "S3.TLS/cross-stack.compliant"),
		judged("a bucket with two policy statements, for the bucket and for its objects", Compliant, "S3.TLS/two-statements.compliant.yaml"),
		judged("a policy that names the bucket by the same literal name", Compliant, "S3.TLS/literal-name.compliant.json"),
		judged("a bucket without policy", NonCompliant, "S3.TLS/no-policy.non-compliant.yaml"),
		judged("a policy that denies PutObject only", NonCompliant, "S3.TLS/put-only.non-compliant.yaml"),
		judged("a policy that covers the objects only", NonCompliant, "S3.TLS/objects-only.non-compliant.yaml"),
		judged("a policy that denies one role only", NonCompliant, "S3.TLS/one-principal.non-compliant.yaml"),
		judged("a policy with a further condition that narrows the denial", NonCompliant, "S3.TLS/narrowed.non-compliant.yaml"),
		judged("a policy that denies requests with TLS", NonCompliant, "S3.TLS/inverted.non-compliant.yaml"),
		judged("the policy of another bucket", NonCompliant, "S3.TLS/other-bucket.non-compliant.yaml"),
		judged("a second policy of the bucket without the denial", NonCompliant, "S3.TLS/second-policy.non-compliant.yaml"),
		judged("the policy of another stage's bucket of the same name but for the account", NonCompliant, "S3.TLS/account-name-of-another-stage.non-compliant"),
		judged("a policy that is attached only when a condition on the region holds", Unknown, "S3.TLS/condition.unknown.yaml"),
		judged("a policy whose effect is a parameter without default", Unknown, "S3.TLS/parameter.unknown.yaml"),
		accepted("a bucket that old devices read", "S3.TLS/old-devices.excepted"),
	},
	Severity: High,
	Needed:   Profile{Confidentiality: RatedLow, Integrity: RatedLow},
	Types:    []string{"AWS::S3::Bucket"},
	Rationale: "S3 answers plain HTTP unless the bucket's policy forbids it. The denial must be for everyone, for" +
		" every action (s3:*; denying PutObject alone leaves reading open), for the bucket and its objects," +
		" and on no further condition. Of several policies that are attached to one bucket S3 keeps the last, so each" +
		" must have the denial.",
	Remedy: "CDK: BucketProps.EnforceSSL: jsii.Bool(true). CloudFormation: an AWS::S3::BucketPolicy with the" +
		" statement {Effect: Deny, Principal: '*', Action: 's3:*', Resource: [!GetAtt Bucket.Arn, !Sub" +
		" '${Bucket.Arn}/*'], Condition: {Bool: {'aws:SecureTransport': 'false'}}}.",
	Mappings: []Mapping{
		{SecurityHub, []string{"S3.5"}},
		{NIST80053, []string{"SC-8", "SC-8(1)", "SC-23"}},
		{CIS, []string{"v3.0.0/2.1.1", "v5.0.0/2.1.1"}},
		{PCI, []string{"v4.0.1/4.2.1"}},
		{CDKNag, []string{"AwsSolutions-S10", "NIST.800.53.R5-S3BucketSSLRequestsOnly"}},
		{AWSConfig, []string{"S3_BUCKET_SSL_REQUESTS_ONLY"}},
	},
	Check: checkS3TLS,
}

func checkS3TLS(p *Pass) {
	const expected = "expected a bucket policy that denies s3:* to everyone, on the bucket and its objects, when aws:SecureTransport is false"
	policies := p.index.policiesOf(p.world, p.Resource)
	if len(policies) == 0 {
		p.NonCompliant("", "found no policy of the bucket; %s", expected)
		return
	}
	for _, policy := range policies {
		denied := denial{keys: bucketKeys(p.world, p.Resource)}
		statements, unknown := statementsOf(p.world, policy)
		for _, s := range statements {
			denied.add(s)
		}
		switch {
		case min(denied.bucket, denied.objects) == surely:
			p.Compliant("", "the bucket's policy denies requests without TLS")
		case min(denied.bucket, denied.objects) == perhaps || unknown != "":
			p.Unknown("", "parts of %s aren't known; %s", policy.ID(), expected)
		case denied.bucket == never && denied.objects == never:
			p.NonCompliant("", "%s has no such statement; %s", policy.ID(), expected)
		case denied.bucket == never:
			p.NonCompliant("", "%s doesn't cover the bucket itself; %s", policy.ID(), expected)
		default:
			p.NonCompliant("", "%s doesn't cover the bucket's objects; %s", policy.ID(), expected)
		}
	}
}

// denial is how surely requests without TLS are denied.
type denial struct {
	keys            []string // of the texts that name the bucket
	bucket, objects certainty
}

func (d *denial) add(s statement) {
	sure := min(s.effect("Deny"), s.everyone(), s.everyAction(), s.plainTransport())
	if sure == never {
		return
	}
	for _, resource := range s.Get("Resource").OneOrMore() {
		bucket, objects := d.covers(resource)
		d.bucket = max(d.bucket, min(sure, bucket))
		d.objects = max(d.objects, min(sure, objects))
	}
}

// covers tells whether a statement's resource is the bucket, or all its objects.
func (d *denial) covers(resource template.Value) (bucket, objects certainty) {
	key := resource.Key()
	if key == "*" {
		return surely, surely
	}
	name, isARN := bucketInARN(key)
	for _, k := range d.keys {
		rest, same := strings.CutPrefix(name, k)
		if !isARN || !same {
			continue
		}
		switch rest {
		case "":
			return surely, never
		case "/*":
			return never, surely
		case "*":
			return surely, surely
		}
	}
	if mayName(resource) {
		return perhaps, perhaps
	}
	return never, never
}

// mayName tells whether a text that isn't known may be any bucket's: what it is made of is neither known nor a bucket.
func mayName(v template.Value) bool {
	return slices.ContainsFunc(v.Parts(), func(p template.Part) bool {
		return p.Unknown != "" || p.Resource != nil && p.Resource.Type != bucketType
	})
}

func (d *denial) coversObjects(resource template.Value) certainty {
	_, objects := d.covers(resource)
	return objects
}

// coversLogs tells whether a statement's resource is all the bucket's objects, or those under a prefix.
func (d *denial) coversLogs(resource template.Value) certainty {
	if name, isARN := bucketInARN(resource.Key()); isARN && strings.HasSuffix(name, "*") {
		for _, k := range d.keys {
			if strings.HasPrefix(name, k+"/") {
				return surely
			}
		}
	}
	return d.coversObjects(resource)
}

// bucketInARN is what follows arn:partition:s3:::, whatever the partition.
func bucketInARN(key string) (string, bool) {
	rest, isARN := strings.CutPrefix(key, "arn:")
	if !isARN {
		return "", false
	}
	if after, pseudo := strings.CutPrefix(rest, "${AWS::Partition}"); pseudo {
		return strings.CutPrefix(after, ":s3:::")
	}
	_, after, _ := strings.Cut(rest, ":")
	return strings.CutPrefix(after, "s3:::")
}
