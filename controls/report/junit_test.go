package report_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/report"
	"github.com/securecdk/securecdk/controls/template"
)

const wantJUnit = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="securecdk" tests="5" failures="3" errors="0" skipped="1" time="0">
  <testsuite name="ProdShop.template.yaml" tests="4" failures="2" errors="0" skipped="1" time="0">
    <testcase classname="ProdShop.template.yaml" name="SNS.CMK Prod/Shop/Orders/Resource" time="0">
      <failure message="non-compliant: KmsMasterKeyId: found nothing, expected a customer managed KMS key; fix: CDK: TopicProps.MasterKey: key. CloudFormation: KmsMasterKeyId: !GetAtt Key.Arn." type="medium"><![CDATA[
SNS topics are encrypted with a customer managed KMS key
non-compliant: KmsMasterKeyId: found nothing, expected a customer managed KMS key
AWS::SNS::Topic Orders in ProdShop.template.yaml
fix: CDK: TopicProps.MasterKey: key. CloudFormation: KmsMasterKeyId: !GetAtt Key.Arn.
]]></failure>
    </testcase>
    <testcase classname="ProdShop.template.yaml" name="SNS.CMK Prod/Shop/Returns/Resource" time="0">
      <failure message="unknown: KmsMasterKeyId: the parameter Key has no default, expected a customer managed KMS key; fix: CDK: TopicProps.MasterKey: key. CloudFormation: KmsMasterKeyId: !GetAtt Key.Arn." type="medium"><![CDATA[
SNS topics are encrypted with a customer managed KMS key
unknown: KmsMasterKeyId: the parameter Key has no default, expected a customer managed KMS key
AWS::SNS::Topic Returns in ProdShop.template.yaml
fix: CDK: TopicProps.MasterKey: key. CloudFormation: KmsMasterKeyId: !GetAtt Key.Arn.
]]></failure>
    </testcase>
    <testcase classname="ProdShop.template.yaml" name="LOGS.CMK Prod/Shop/Audit/Resource" time="0">
      <skipped message="accepted until 2027-03-31 (RISK-7, approved by ciso): Holds nothing but counters.; non-compliant: KmsKeyId: found nothing, expected a customer managed KMS key"></skipped>
    </testcase>
    <testcase classname="ProdShop.template.yaml" name="SQS.CMK Prod/Shop/Private/Resource" time="0"></testcase>
  </testsuite>
  <testsuite name="exceptions" tests="1" failures="1" errors="0" skipped="0" time="0">
    <testcase classname="exceptions.yaml" name="exception exceptions.yaml:3" time="0">
      <failure message="unused: nothing at Prod/Shop/Private/Resource breaks SQS.CMK: remove the entry" type="unused"><![CDATA[
unused: nothing at Prod/Shop/Private/Resource breaks SQS.CMK: remove the entry
]]></failure>
    </testcase>
  </testsuite>
</testsuites>
`

func TestJUnit(t *testing.T) {
	for range 20 { // the same each time
		if diff := cmp.Diff(wantJUnit, junit(t, judge(t))); diff != "" {
			t.Fatal(diff)
		}
	}
}

// read is the report as a reader of JUnit XML sees it.
type read struct {
	counted
	Suites []struct {
		counted
		Name  string `xml:"name,attr"`
		Cases []struct {
			Class   string `xml:"classname,attr"`
			Name    string `xml:"name,attr"`
			Failure *said  `xml:"failure"`
			Skipped *said  `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type counted struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type said struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

const hostile = "\x00\x1b[2K\n\t\"'<&>]]></failure>\ufffe\xff\u202e é"

func TestJUnitOfHostileText(t *testing.T) {
	tpl := &template.Template{Name: hostile + ".json"}
	control := &controls.Control{ID: "X.Y", Title: hostile, Remedy: hostile, Severity: controls.High}
	finding := func(e *exceptions.Entry) controls.Finding {
		r := &template.Resource{LogicalID: hostile, Type: hostile, Path: hostile, Template: tpl}
		return controls.Finding{Control: control, Resource: r, Verdict: controls.Unknown, Property: hostile, Message: hostile, Exception: e}
	}
	entry := &exceptions.Entry{Reason: hostile, Ticket: hostile, Approver: hostile, Expires: day}
	text := junit(t, &controls.Result{
		Findings: []controls.Finding{finding(nil), finding(entry)},
		Problems: []exceptions.Problem{{Kind: hostile, Name: hostile, Line: 1, Message: hostile}},
	})
	got := parse(t, text)
	want := `\x00\x1b[2K\n\t"'<&>]]></failure>\ufffe` + "\ufffd" + `\u202e é`
	for _, s := range got.Suites {
		for _, c := range s.Cases {
			for _, part := range []*said{c.Failure, c.Skipped} {
				if part != nil && (!strings.Contains(part.Message, want) || !strings.Contains(c.Name+c.Class, want)) {
					t.Errorf("%+v %+v", c, part)
				}
			}
			if c.Failure != nil && !strings.Contains(c.Failure.Text, want) {
				t.Errorf("%q", c.Failure.Text)
			}
		}
	}
	if (got.counted != counted{3, 2, 1}) {
		t.Errorf("%+v in\n%s", got.counted, text)
	}
}

// A report in CodeBuild is cut off after 500 test cases.
func TestJUnitBeginsWithWhatCallsForAction(t *testing.T) {
	result := judge(t)
	passing, err := template.Parse("A.template.yaml", []byte(`{Resources: {Q: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: alias/shop}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	more := controls.Evaluate([]*template.Template{passing}, controls.All(), nil, day)
	result.Findings = append(more.Findings, result.Findings...)
	tests, green := 0, false
	for _, s := range parse(t, junit(t, result)).Suites {
		var order string
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil:
				order += "failed "
			case c.Skipped != nil:
				order += "accepted "
			default:
				order += "passed "
			}
		}
		failures := strings.Count(order, "failed")
		if !strings.HasPrefix(order, strings.Repeat("failed ", failures)+strings.Repeat("accepted ", s.Skipped)) {
			t.Errorf("%s: %s", s.Name, order)
		}
		if failures != s.Failures || len(s.Cases) != s.Tests || strings.Count(order, "accepted") != s.Skipped {
			t.Errorf("%s: counted %+v in %s", s.Name, s.counted, order)
		}
		if green && failures > 0 {
			t.Errorf("%s comes too late", s.Name)
		}
		green = failures == 0
		tests += s.Tests
	}
	if tests != 6 || !green {
		t.Errorf("%d test cases, the one of the green template last: %t", tests, green)
	}
}

func TestJUnitTellsCasesOfOneNameApart(t *testing.T) {
	tpl, err := template.Parse("A.yaml", []byte(`{Resources: {
		A: {Type: AWS::SNS::Topic, Metadata: {"aws:cdk:path": P}}, B: {Type: AWS::SNS::Topic, Metadata: {"aws:cdk:path": P}},
		C: {Type: AWS::SNS::Topic, Metadata: {"aws:cdk:path": P (2)}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := parse(t, junit(t, controls.Evaluate([]*template.Template{tpl}, controls.All(), nil, day)))
	names := map[string]bool{}
	for _, c := range got.Suites[0].Cases {
		names[c.Name] = true
	}
	if len(names) != 3 {
		t.Errorf("%v", names)
	}
}

func TestJUnitOfNothingIsOnePass(t *testing.T) {
	for _, verdict := range []controls.Verdict{0, controls.NotApplicable} {
		result, want := &controls.Result{}, "nothing to judge"
		if verdict != 0 {
			result.Findings = []controls.Finding{{Control: controls.All()[0], Resource: &template.Resource{}, Verdict: verdict}}
			want = "1 not applicable"
		}
		got := parse(t, junit(t, result))
		if (got.counted != counted{1, 0, 0}) || got.Suites[0].Cases[0].Name != want {
			t.Errorf("%+v", got)
		}
	}
}

// failsAfter is a full disk.
type failsAfter struct{ left int }

func (f *failsAfter) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, fmt.Errorf("no space left")
	}
	return len(p), nil
}

func TestJUnitSaysWhenItCannotWrite(t *testing.T) {
	for _, room := range []int{0, len(xml.Header), len(wantJUnit) - 1} {
		if err := report.JUnit(&failsAfter{room}, judge(t)); err == nil {
			t.Errorf("no error with room for %d bytes", room)
		}
	}
}

func junit(t *testing.T, result *controls.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.JUnit(&b, result); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parse(t *testing.T, text string) read {
	t.Helper()
	var r read
	if err := xml.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return r
}
