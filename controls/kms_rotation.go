package controls

import (
	"cmp"
	"strconv"
)

var kmsRotation = &Control{
	ID:    "KMS.ROTATION",
	Title: "KMS keys rotate every year",
	Story: "As a security officer I want key material to be replaced regularly so that what one generation of" +
		" it encrypts stays bounded.",
	Scenarios: []Scenario{
		judged("a symmetric key with rotation", Compliant, "KMS.ROTATION/enabled.compliant.yaml"),
		judged("a symmetric key without rotation", NonCompliant, "KMS.ROTATION/missing.non-compliant.json"),
		judged("a key with rotation switched off", NonCompliant, "KMS.ROTATION/false.non-compliant.yaml"),
		judged("a key that rotates every seven years", NonCompliant, "KMS.ROTATION/seven-years.non-compliant.yaml"),
		judged("an asymmetric key", NotApplicable, "KMS.ROTATION/asymmetric.not-applicable.yaml"),
		judged("an HMAC key", NotApplicable, "KMS.ROTATION/hmac.not-applicable.yaml"),
		judged("a key with imported material", NotApplicable, "KMS.ROTATION/external.not-applicable.yaml"),
		judged("a key whose spec is a parameter without default", Unknown, "KMS.ROTATION/spec-parameter.unknown.yaml"),
		judged("a key whose spec is an attribute of another resource", Unknown, "KMS.ROTATION/spec-attribute.unknown.yaml"),
		judged("a key whose rotation is a parameter without default", Unknown, "KMS.ROTATION/parameter.unknown.yaml"),
		accepted("a key that is replaced by hand", "KMS.ROTATION/by-hand.excepted"),
	},
	Severity: Medium,
	Needed:   Profile{Confidentiality: RatedMedium},
	Types:    []string{"AWS::KMS::Key"},
	Rationale: "Automatic rotation costs nothing and changes neither the key's id nor its policy. It exists for" +
		" symmetric encryption keys whose material KMS generates; asymmetric and HMAC keys, and keys with" +
		" imported material or in a custom key store, can't rotate automatically, and asking for it fails" +
		" at deployment (AWS KMS developer guide, \"Rotate AWS KMS keys\").",
	Remedy: "CDK: KeyProps.EnableKeyRotation: jsii.Bool(true). CloudFormation: EnableKeyRotation: true.",
	Mappings: []Mapping{
		{SecurityHub, []string{"KMS.4"}},
		{NIST80053, []string{"SC-12", "SC-12(2)"}},
		{CIS, []string{"v3.0.0/3.6", "v5.0.0/3.6"}},
		{PCI, []string{"v4.0.1/3.7.4"}},
		{CDKNag, []string{"AwsSolutions-KMS5", "NIST.800.53.R5-KMSBackingKeyRotationEnabled"}},
		{AWSConfig, []string{"CMK_BACKING_KEY_ROTATION_ENABLED"}},
	},
	Check: checkKMSRotation,
}

func checkKMSRotation(p *Pass) {
	can := []struct{ property, value, otherwise string }{
		{"KeySpec", "SYMMETRIC_DEFAULT", "asymmetric and HMAC keys can't rotate automatically"},
		{"KeyUsage", "ENCRYPT_DECRYPT", "only keys that encrypt and decrypt can rotate automatically"},
		{"Origin", "AWS_KMS", "only key material that KMS generates can rotate automatically"},
	}
	for _, c := range can {
		v := p.Get(c.property)
		s, known := v.Literal()
		if !known && !v.Absent() {
			p.Unknown(c.property, "%s, so whether the key can rotate isn't known", cmp.Or(unsure(v), "found "+v.String()))
			return
		}
		if known && s != c.value {
			p.NotApplicable(c.property + " is " + v.String() + ": " + c.otherwise)
			return
		}
	}
	rotation := p.Get("EnableKeyRotation")
	if why := unsure(rotation); why != "" {
		p.Unknown("EnableKeyRotation", "%s; expected true", why)
		return
	}
	if on, _ := rotation.Bool(); !on {
		p.NonCompliant("EnableKeyRotation", "found %s, expected true", rotation)
		return
	}
	checkRotationPeriod(p)
	p.Compliant("EnableKeyRotation", "the key rotates")
}

// checkRotationPeriod holds the period against the year that it is when the key sets none.
func checkRotationPeriod(p *Pass) {
	const property, year = "RotationPeriodInDays", 365
	period := p.Get(property)
	if why := unsure(period); why != "" {
		p.Unknown(property, "%s; expected at most %d", why, year)
		return
	}
	s, _ := period.Literal()
	if days, err := strconv.Atoi(s); !period.Absent() && (err != nil || days > year) {
		p.NonCompliant(property, "found %s, expected at most %d", period, year)
	}
}
