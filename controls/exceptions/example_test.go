package exceptions_test

import (
	"fmt"
	"time"

	"github.com/securecdk/securecdk/controls/exceptions"
)

func ExampleParse() {
	reg, err := exceptions.Parse("exceptions.yaml", []byte(`
- control: S3.LOGGING
  scope: Prod/Data/Landing/**
  reason: Vendor writes 40 TB a day; access is logged by CloudTrail data events instead.
  owner: data-platform
  approver: ciso-office
  ticket: RISK-1423
  expires: 2027-03-31
- control: S3.VERSIONING
  scope: Prod/Data/Scratch/Resource
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	day := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	fmt.Println(reg.Covers("S3.LOGGING", "Prod/Data/Landing/Bucket/Resource", day))
	fmt.Println(reg.Covers("S3.VERSIONING", "Prod/Data/Scratch/Resource", day))
	p := reg.Problems[0]
	fmt.Printf("%s:%d: %s: %s\n", p.Name, p.Line, p.Kind, p.Message)
	// Output:
	// true
	// false
	// exceptions.yaml:9: incomplete: reason is missing
}
