package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/report"
	"github.com/securecdk/securecdk/controls/template"
)

var day = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const stack = `
Parameters:
  Key: {Type: String}
Resources:
  Orders:
    Type: AWS::SNS::Topic
    Metadata: {"aws:cdk:path": Prod/Shop/Orders/Resource}
  Returns:
    Type: AWS::SNS::Topic
    Metadata: {"aws:cdk:path": Prod/Shop/Returns/Resource}
    Properties: {KmsMasterKeyId: !Ref Key}
  Audit:
    Type: AWS::Logs::LogGroup
    Metadata: {"aws:cdk:path": Prod/Shop/Audit/Resource}
  Private:
    Type: AWS::SQS::Queue
    Metadata: {"aws:cdk:path": Prod/Shop/Private/Resource}
    Properties: {KmsMasterKeyId: alias/shop}
`

const register = `
- {control: LOGS.CMK, scope: Prod/Shop/Audit/Resource, reason: Holds nothing but counters., owner: shop, approver: ciso, ticket: RISK-7, expires: 2027-03-31}
- {control: SQS.CMK, scope: Prod/Shop/Private/Resource, reason: Not needed., owner: shop, approver: ciso, ticket: RISK-8, expires: 2027-03-31}
`

const want = `SNS.CMK  SNS topics are encrypted with a customer managed KMS key (medium)
  non-compliant: Prod/Shop/Orders/Resource
    AWS::SNS::Topic Orders in ProdShop.template.yaml
    KmsMasterKeyId: found nothing, expected a customer managed KMS key
  unknown: Prod/Shop/Returns/Resource
    AWS::SNS::Topic Returns in ProdShop.template.yaml
    KmsMasterKeyId: the parameter Key has no default, expected a customer managed KMS key
  fix: CDK: TopicProps.MasterKey: key. CloudFormation: KmsMasterKeyId: !GetAtt Key.Arn.

accepted until 2027-03-31: LOGS.CMK non-compliant at Prod/Shop/Audit/Resource (RISK-7, approved by ciso): Holds nothing but counters.

exception exceptions.yaml:3 is unused: nothing at Prod/Shop/Private/Resource breaks SQS.CMK: remove the entry

1 compliant, 1 non-compliant, 1 unknown, 1 accepted, 1 wrong in the exceptions
`

func TestConsole(t *testing.T) {
	var got bytes.Buffer
	if err := report.Console(&got, judge(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestConsoleWarnsOfExceptionsThatSoonExpire(t *testing.T) {
	result := judge(t)
	result.Expiring = []exceptions.Problem{{Kind: exceptions.Expiring, Name: "exceptions.yaml", Line: 2, Message: "LOGS.CMK at Prod/Shop/Audit/Resource expires at the end of 2026-12-01, in 7 days: fix the resource"}}
	var got bytes.Buffer
	if err := report.Console(&got, result); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"breaks SQS.CMK: remove the entry\nwarning: exception exceptions.yaml:2: LOGS.CMK at Prod/Shop/Audit/Resource expires at the end of 2026-12-01, in 7 days: fix the resource\n\n",
		", 1 accepted, 1 expiring soon, 1 wrong in the exceptions\n",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no %q in\n%s", want, got.String())
		}
	}
}

func TestConsoleIsTheSameEachTime(t *testing.T) {
	for range 20 {
		var got bytes.Buffer
		if err := report.Console(&got, judge(t)); err != nil || got.String() != want {
			t.Fatalf("%v, or another text:\n%s", err, got.String())
		}
	}
}

func TestSummaryOfNothing(t *testing.T) {
	if got := report.Summary(&controls.Result{}); got != "nothing to judge" {
		t.Error(got)
	}
}

func TestConsoleEscapesWhatWouldForgeAReport(t *testing.T) {
	tpl, err := template.Parse("A\x1b[2K.json", []byte(`{"Resources": {"B": {"Type": "AWS::SNS::Topic",
		"Metadata": {"aws:cdk:path": "Prod/B\n12 compliant\u001b[2K\u202e é"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := report.Console(&got, controls.Evaluate([]*template.Template{tpl}, controls.All(), nil, day)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.String(), `: Prod/B\n12 compliant\x1b[2K\u202e é`+"\n") || !strings.Contains(got.String(), `in A\x1b[2K.json`) {
		t.Errorf("%q", got.String())
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestConsoleSaysWhenItCannotWrite(t *testing.T) {
	if err := report.Console(brokenPipe{}, judge(t)); err == nil {
		t.Error("no error")
	}
}

func judge(t *testing.T) *controls.Result {
	t.Helper()
	tpl, err := template.Parse("ProdShop.template.yaml", []byte(stack))
	if err != nil {
		t.Fatal(err)
	}
	reg, err := exceptions.Parse("exceptions.yaml", []byte(register))
	if err != nil {
		t.Fatal(err)
	}
	return controls.Evaluate([]*template.Template{tpl}, controls.All(), reg, day)
}
