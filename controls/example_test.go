package controls_test

import (
	"fmt"
	"os"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/report"
	"github.com/securecdk/securecdk/controls/template"
)

func ExampleEvaluate() {
	tpl, err := template.Parse("Shop.yaml", []byte(`
Resources:
  Orders:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
  Returns:
    Type: AWS::S3::Bucket
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	versioning, _ := controls.ByID("S3.VERSIONING")
	result := controls.Evaluate([]*template.Template{tpl}, []*controls.Control{versioning}, nil, time.Now())
	for _, f := range result.Findings {
		fmt.Printf("%s is %s: %s\n", f.Resource.ID(), f.Verdict, f.Message)
	}
	// Output:
	// Shop/Orders is compliant: versioning is enabled
	// Shop/Returns is non-compliant: found nothing, expected Enabled
}

// An exception stands beside the finding: it is still non-compliant, and doesn't call for action.
func ExampleEvaluate_exceptions() {
	tpl, _ := template.Parse("Shop.yaml", []byte("Resources: {Scratch: {Type: 'AWS::S3::Bucket'}}"))
	register, _ := exceptions.Parse("exceptions.yaml", []byte(`
- control: S3.VERSIONING
  scope: Shop/Scratch
  reason: Holds what a run can make again.
  owner: shop
  approver: ciso-office
  ticket: RISK-12
  expires: 2027-03-31
`))
	versioning, _ := controls.ByID("S3.VERSIONING")
	day := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	result := controls.Evaluate([]*template.Template{tpl}, []*controls.Control{versioning}, register, day)
	f := result.Findings[0]
	fmt.Println(f.Verdict, f.Exception.Ticket, result.Err())
	// Output:
	// non-compliant RISK-12 <nil>
}

// A control of one's own is judged beside the catalogue's.
func ExampleEvaluate_ownControl() {
	timeout := &controls.Control{
		ID: "LAMBDA.TIMEOUT", Title: "Functions end within a minute", Types: []string{"AWS::Lambda::Function"},
		Severity: controls.Low, Remedy: "Timeout: 60",
		Check: func(p *controls.Pass) {
			switch v := p.Get("Timeout"); {
			case v.Unknown():
				p.Unknown("Timeout", "%s", v.Reason())
			case v.Absent():
				p.Compliant("Timeout", "the default is 3 seconds")
			default:
				p.NonCompliant("Timeout", "found %s, expected the default", v)
			}
		},
	}
	tpl, _ := template.Parse("Shop.json", []byte(`{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 900}}}}`))
	result := controls.Evaluate([]*template.Template{tpl}, append(controls.All(), timeout), nil, time.Now())
	for _, f := range result.Failures() {
		if f.Control == timeout {
			fmt.Println(f.Message)
		}
	}
	// Output:
	// found 900, expected the default
}

// A profile picks controls by what the data needs.
func ExampleProfile() {
	open := controls.Profile{
		Confidentiality: controls.RatedLow, Integrity: controls.RatedLow, Availability: controls.RatedMedium,
	}
	for _, c := range open.Controls() {
		fmt.Println(c.ID)
	}
	// Output:
	// S3.PUBLIC
	// S3.TLS
	// S3.VERSIONING
}

func Example_console() {
	tpl, _ := template.Parse("Shop.yaml", []byte("Resources: {Key: {Type: 'AWS::KMS::Key'}}"))
	result := controls.Evaluate([]*template.Template{tpl}, controls.All(), nil, time.Now())
	if err := report.Console(os.Stdout, result); err != nil {
		fmt.Println(err)
	}
	// Output:
	// KMS.ROTATION  KMS keys rotate every year (medium)
	//   non-compliant: Shop/Key
	//     AWS::KMS::Key Key in Shop.yaml
	//     EnableKeyRotation: found nothing, expected true
	//   fix: CDK: KeyProps.EnableKeyRotation: jsii.Bool(true). CloudFormation: EnableKeyRotation: true.
	//
	// 1 non-compliant
}
