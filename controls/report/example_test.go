package report_test

import (
	"fmt"
	"os"
	"time"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/report"
	"github.com/securecdk/securecdk/controls/template"
)

func ExampleMarkdown() {
	tpl, _ := template.Parse("Shop.yaml", []byte("Resources: {Key: {Type: 'AWS::KMS::Key'}}"))
	result := controls.Evaluate([]*template.Template{tpl}, controls.All(), nil, time.Now())
	if err := report.Markdown(os.Stdout, result); err != nil {
		fmt.Println(err)
	}
	// Output:
	// **1 thing calls for action:** 1 non-compliant
	//
	// **KMS.ROTATION** (medium): KMS keys rotate every year
	// Fix: `CDK: KeyProps.EnableKeyRotation: jsii.Bool(true). CloudFormation: EnableKeyRotation: true.`
	//
	// - `Shop/Key` (`AWS::KMS::Key` in `Shop.yaml`) is non-compliant: `EnableKeyRotation: found nothing, expected true`
}

// A command line that lets its user choose needs no list of its own.
func ExampleFormats() {
	for _, f := range report.Formats() {
		fmt.Println(f.Name, f.File)
	}
	// Output:
	// console securecdk.console.txt
	// junit securecdk.junit.xml
	// json securecdk.report.json
	// sarif securecdk.sarif.json
	// markdown securecdk.report.md
}
