package controls

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/template"
)

var day = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func parse(t *testing.T, name, data string) *template.Template {
	t.Helper()
	tpl, err := template.Parse(name, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func control(t *testing.T, id string) *Control {
	t.Helper()
	c, ok := ByID(id)
	if !ok {
		t.Fatalf("no control %s", id)
	}
	return c
}

// lines judges one template and shows the findings.
func lines(t *testing.T, data string, ids ...string) []string {
	t.Helper()
	var cs []*Control
	for _, id := range ids {
		cs = append(cs, control(t, id))
	}
	var got []string
	for _, f := range Evaluate([]*template.Template{parse(t, "S.yaml", data)}, cs, nil, day).Findings {
		got = append(got, fmt.Sprintf("%s %s: %s: %s", f.Resource.LogicalID, f.Control.ID, f.Verdict, f.Message))
	}
	return got
}

func TestFindingsAreOrderedByResourceAndControl(t *testing.T) {
	got := lines(t, "Resources: {B: {Type: 'AWS::S3::Bucket'}, A: {Type: 'AWS::S3::Bucket'}, C: {Type: 'AWS::EC2::VPC'}}",
		"S3.VERSIONING", "S3.PUBLIC", "S3.VERSIONING")
	want := []string{
		`A S3.PUBLIC: non-compliant: found nothing, expected true`,
		`A S3.VERSIONING: non-compliant: found nothing, expected Enabled`,
		`B S3.PUBLIC: non-compliant: found nothing, expected true`,
		`B S3.VERSIONING: non-compliant: found nothing, expected Enabled`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConditionsOnAResource(t *testing.T) {
	const doc = `
Parameters: {Stage: {Type: String, Default: dev}, Team: {Type: String}}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Core: !Equals [!Ref Team, core]
  Never: !And [!Condition Prod, !Condition Core]
Resources:
  NotMade: {Type: AWS::KMS::Key, Condition: Prod}
  NotMadeEither: {Type: AWS::KMS::Key, Condition: Never}
  Perhaps: {Type: AWS::KMS::Key, Condition: Core}
  Same: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: !If [Core, false, !Ref AWS::NoValue]}}
  Differs: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: !If [Core, true, false]}}
  DiffersOtherwise: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: !If [Core, false, true]}}
  EitherWayFine: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true, KeySpec: !If [Core, RSA_2048, !Ref AWS::NoValue]}}
`
	want := []string{
		`Differs KMS.ROTATION: unknown: depends on conditions that only the deployment decides; non-compliant when Core is false: found false, expected true`,
		`DiffersOtherwise KMS.ROTATION: unknown: depends on conditions that only the deployment decides; non-compliant: found false, expected true`,
		`EitherWayFine KMS.ROTATION: compliant: the key rotates`,
		`Perhaps KMS.ROTATION: non-compliant: found nothing, expected true`,
		`Same KMS.ROTATION: non-compliant: found false, expected true`,
	}
	if diff := cmp.Diff(want, lines(t, doc, "KMS.ROTATION")); diff != "" {
		t.Error(diff)
	}
}

func TestTooManyOpenConditionsArePassedByNobody(t *testing.T) {
	var conditions, rotation strings.Builder
	for i := range 8 {
		fmt.Fprintf(&conditions, "  C%d: !Equals [!Ref AWS::Region, r%d]\n", i, i)
		fmt.Fprintf(&rotation, "!If [C%d, true, ", i)
	}
	// Eight conditions, each asked only if the ones before don't hold, make 9 worlds; eight side by side make 256.
	doc := "Conditions:\n" + conditions.String() + "Resources:\n  K: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: " +
		rotation.String() + "true" + strings.Repeat("]", 8) + "}}\n"
	if got := lines(t, doc, "KMS.ROTATION"); got[0] != "K KMS.ROTATION: compliant: the key rotates" {
		t.Error(got)
	}
	var subnets strings.Builder
	for i := range 8 {
		fmt.Fprintf(&subnets, "!If [C%d, a, b], ", i)
	}
	doc = "Conditions:\n" + conditions.String() + "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: [" +
		strings.TrimSuffix(subnets.String(), ", ") + "], SecurityGroupIds: [sg]}}}\n"
	if got := lines(t, doc, "LAMBDA.VPC"); got[0] != "F LAMBDA.VPC: unknown: it depends on more conditions than can be tried" {
		t.Error(got)
	}
}

func TestAResourceThatNoWorldTriedHasIsUnknown(t *testing.T) {
	var conditions, either strings.Builder
	for i := range 7 {
		fmt.Fprintf(&conditions, "  C%d: !Equals [!Ref AWS::Region, r%d]\n", i, i)
		fmt.Fprintf(&either, "!Or [!Condition C%d, !Not [!Condition C%d]], ", i, i)
	}
	doc := "Conditions:\n" + conditions.String() + "  Late: !And [" + either.String() + "!Not [!Condition C0]]\n" +
		"Resources: {K: {Type: AWS::KMS::Key, Condition: Late}}"
	want := []string{"K KMS.ROTATION: unknown: whether it is created depends on more conditions than can be tried"}
	if diff := cmp.Diff(want, lines(t, doc, "KMS.ROTATION")); diff != "" {
		t.Error(diff)
	}
}

// TestOpenConditionsElsewhereDoNotMatter has seven stages whose resources hang on conditions, and one that doesn't.
func TestOpenConditionsElsewhereDoNotMatter(t *testing.T) {
	var templates []*template.Template
	for i := range 7 {
		templates = append(templates, parse(t, fmt.Sprintf("stage%d/Data.yaml", i), `
Conditions: {C: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
  B: {Type: AWS::S3::Bucket, Properties: {LoggingConfiguration: {DestinationBucketName: !If [C, a, b]}}}
  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !If [C, a, b], PolicyDocument: {Statement: []}}}
  R: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: "s3:*", Resource: !If [C, "arn:aws:s3:::a", b]}}}}
  D: {Type: AWS::CloudFront::Distribution, Condition: C, Properties: {DistributionConfig: {DefaultCacheBehavior: {}}}}
`))
	}
	templates = append(templates, parse(t, "here/Data.yaml", `
Resources:
  Logs: {Type: AWS::S3::Bucket}
  B: {Type: AWS::S3::Bucket, Properties: {LoggingConfiguration: {DestinationBucketName: !Ref Logs}}}
  F: {Type: AWS::Lambda::Function}
`))
	want := []string{
		"B S3.CMK non-compliant", "B S3.LOGGING compliant", "B S3.TLS non-compliant", "F LAMBDA.VPC non-compliant",
		"Logs S3.CMK not applicable", "Logs S3.LOGGING not applicable", "Logs S3.TLS non-compliant",
	}
	cs := []*Control{control(t, "S3.CMK"), control(t, "S3.LOGGING"), control(t, "S3.TLS"), control(t, "LAMBDA.VPC")}
	var got []string
	for _, f := range Evaluate(templates, cs, nil, day).Findings {
		if f.Resource.Template.Name == "here/Data.yaml" {
			got = append(got, fmt.Sprint(f.Resource.LogicalID, " ", f.Control.ID, " ", f.Verdict))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestACheckThatGoesWrongIsNoPass(t *testing.T) {
	tpl := parse(t, "S.yaml", "Resources: {K: {Type: AWS::KMS::Key}}")
	for name, check := range map[string]func(*Pass){
		"the check reported nothing": func(*Pass) {},
		"the check failed: oh":       func(*Pass) { panic("oh") },
		"the check failed: ":         func(p *Pass) { p.Compliant("", "fine"); panic("") },
	} {
		c := &Control{ID: "T.T", Types: []string{"AWS::KMS::Key"}, Check: check}
		f := Evaluate([]*template.Template{tpl}, []*Control{c}, nil, day).Findings[0]
		if f.Verdict != Unknown || f.Message != name {
			t.Errorf("%s: %s %q", name, f.Verdict, f.Message)
		}
	}
}

func TestACheckReadsOtherResources(t *testing.T) {
	tpl := parse(t, "S.yaml", "Resources: {K: {Type: AWS::KMS::Key}, A: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/x, TargetKeyId: !Ref K}}}")
	c := &Control{ID: "KMS.ALIAS", Types: []string{"AWS::KMS::Key"}, Check: func(p *Pass) {
		for _, alias := range p.Set().OfType("AWS::KMS::Alias") {
			if p.World().Get(alias, "TargetKeyId").Equal(p.World().Ref(p.Resource)) {
				p.Compliant("", "it has the alias "+alias.LogicalID)
			}
		}
	}}
	f := Evaluate([]*template.Template{tpl}, []*Control{c}, nil, day).Findings[0]
	if f.Verdict != Compliant || f.Message != "it has the alias A" {
		t.Errorf("%s %q", f.Verdict, f.Message)
	}
}

func TestTheHeaviestReportStands(t *testing.T) {
	p := &Pass{}
	for _, report := range []func(){
		func() { p.NotApplicable("n/a") }, func() { p.Compliant("", "c") }, func() { p.Unknown("", "u") },
		func() { p.NonCompliant("", "first") }, func() { p.NonCompliant("", "second") }, func() { p.Compliant("", "c") },
	} {
		report()
	}
	if p.verdict != NonCompliant || p.message != "first" {
		t.Errorf("%s %q", p.verdict, p.message)
	}
}

const twoStacks = `
Resources:
  Logs: {Type: AWS::S3::Bucket, Metadata: {"aws:cdk:path": App/Data/Logs}}
  Landing: {Type: AWS::S3::Bucket, Metadata: {"aws:cdk:path": App/Data/Landing/Resource}}
  Good: {Type: AWS::S3::Bucket, Metadata: {"aws:cdk:path": App/Data/Good/Resource}, Properties: {VersioningConfiguration: {Status: Enabled}}}
  Key: {Type: AWS::KMS::Key, Metadata: {"aws:cdk:path": App/Data/Keys/A/Resource}, Properties: {EnableKeyRotation: true}}
  Key2: {Type: AWS::KMS::Key, Metadata: {"aws:cdk:path": App/Data/Keys/B/Resource}, Properties: {EnableKeyRotation: true}}
  Twin: {Type: AWS::S3::Bucket, Metadata: {"aws:cdk:path": App/Twin/Resource}}
  Twin2: {Type: AWS::S3::Bucket, Metadata: {"aws:cdk:path": App/Twin/Resource}}
`

func TestExceptionsStandBesideFindings(t *testing.T) {
	tests := []struct {
		name, control, scope, expires string
		covered                       []string
		problem                       exceptions.Kind
	}{
		{"one resource", "S3.VERSIONING", "App/Data/Landing/Resource", "2027-01-01", []string{"Landing"}, ""},
		{"a subtree", "S3.VERSIONING", "App/Data/**", "2027-01-01", []string{"Landing", "Logs"}, ""},
		{"its last day", "S3.VERSIONING", "App/Data/Landing/Resource", "2026-11-24", []string{"Landing"}, ""},
		{"expired", "S3.VERSIONING", "App/Data/Landing/Resource", "2026-11-23", nil, exceptions.Expired},
		{"no such control", "S3.VERSIONS", "App/Data/Landing/Resource", "2027-01-01", nil, exceptions.UnknownControl},
		{"no such resource", "S3.VERSIONING", "App/Data/Nothing", "2027-01-01", nil, exceptions.Unused},
		{"a resource that complies", "S3.VERSIONING", "App/Data/Good/Resource", "2027-01-01", nil, exceptions.Unused},
		{"the plain name of a resource with a path", "S3.VERSIONING", "S/Landing", "2027-01-01", nil, exceptions.Unused},
		{"everything", "S3.VERSIONING", "App/**", "2027-01-01", nil, exceptions.OverBroad},
		{"for longer than two years", "S3.VERSIONING", "App/Data/Landing/Resource", "2029-01-01", nil, exceptions.OverLong},
		{"all that the control judges, deeper down", "KMS.ROTATION", "App/Data/Keys/**", "2027-01-01", nil, exceptions.OverBroad},
		{"a path that two claim", "S3.VERSIONING", "App/Twin/Resource", "2027-01-01", nil, exceptions.Ambiguous},
		{"a control that isn't asked for", "KMS.ROTATION", "App/Data/Nothing", "2027-01-01", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reg, err := exceptions.Parse("x.yaml", fmt.Appendf(nil,
				"- {control: %s, scope: %s, reason: r, owner: o, approver: a, ticket: t, expires: %s}", tt.control, tt.scope, tt.expires))
			if err != nil || len(reg.Problems) > 0 {
				t.Fatal(err, reg.Problems)
			}
			cs := []*Control{control(t, "S3.VERSIONING")}
			if tt.problem == exceptions.OverBroad {
				cs = append(cs, control(t, "KMS.ROTATION"))
			}
			result := Evaluate([]*template.Template{parse(t, "S.yaml", twoStacks)}, cs, reg, day)
			var covered []string
			for _, f := range result.Findings {
				if f.Exception != nil {
					covered = append(covered, f.Resource.LogicalID)
				}
			}
			if diff := cmp.Diff(tt.covered, covered); diff != "" {
				t.Errorf("covered: %s", diff)
			}
			if result.Count(NonCompliant) != 4 || len(result.Failures()) != 4-len(tt.covered) {
				t.Errorf("%d are non-compliant, %d call for action", result.Count(NonCompliant), len(result.Failures()))
			}
			if tt.problem == "" && len(result.Problems) > 0 {
				t.Errorf("problems %v", result.Problems)
			}
			if tt.problem != "" && (len(result.Problems) != 1 || result.Problems[0].Kind != tt.problem || result.Problems[0].Line != 1) {
				t.Errorf("problems %+v, want one that is %s", result.Problems, tt.problem)
			}
			if (result.Err() == nil) != (len(result.Failures())+len(result.Problems) == 0) {
				t.Errorf("Err() = %v", result.Err())
			}
		})
	}
}

func TestAnUnusedExceptionSaysWhatToDo(t *testing.T) {
	for scope, want := range map[string]string{
		"App/Data/Landing":       "App/Data/Landing is no resource; did you mean App/Data/Landing/Resource?",
		"App/Data/Landng":        "there is no resource at App/Data/Landng: correct the scope, or remove the entry",
		"App/Data/Good/Resource": "nothing at App/Data/Good/Resource breaks S3.VERSIONING: remove the entry",
	} {
		reg, err := exceptions.Parse("x.yaml", []byte("- {control: S3.VERSIONING, scope: "+scope+", reason: r, owner: o, approver: a, ticket: t, expires: 2027-01-01}"))
		if err != nil {
			t.Fatal(err)
		}
		result := Evaluate([]*template.Template{parse(t, "S.yaml", twoStacks)}, []*Control{control(t, "S3.VERSIONING")}, reg, day)
		if len(result.Problems) != 1 || result.Problems[0].Message != want || result.Problems[0].Name != "x.yaml" {
			t.Errorf("problems %+v, want %s", result.Problems, want)
		}
	}
}

func TestARegistersOwnProblemsAreInTheResult(t *testing.T) {
	reg, err := exceptions.Parse("x.yaml", []byte("- {control: S3.TLS}\n"))
	if err != nil {
		t.Fatal(err)
	}
	result := Evaluate(nil, All(), reg, day)
	if len(result.Problems) == 0 || result.Problems[0].Kind != exceptions.Incomplete || result.Err() == nil {
		t.Errorf("problems %v, err %v", result.Problems, result.Err())
	}
}

func TestValidateFindsWhatIsMissing(t *testing.T) {
	good := *control(t, "S3.TLS")
	fixtures := os.DirFS("testdata")
	tests := []struct {
		name   string
		change func(*Control)
		want   string
	}{
		{"id", func(c *Control) { c.ID = "s3" }, "the id is not of the form"},
		{"title", func(c *Control) { c.Title = " " }, "no title"},
		{"story", func(c *Control) { c.Story = "" }, "no story"},
		{"rationale", func(c *Control) { c.Rationale = "" }, "no rationale"},
		{"remedy", func(c *Control) { c.Remedy = "" }, "no remedy"},
		{"severity", func(c *Control) { c.Severity = 0 }, "no severity"},
		{"profile", func(c *Control) { c.Needed = Profile{} }, "no profile would select"},
		{"types", func(c *Control) { c.Types = nil }, "no resource types"},
		{"type", func(c *Control) { c.Types = []string{"S3 bucket"} }, `"S3 bucket" is no resource type`},
		{"check", func(c *Control) { c.Check = nil }, "no check"},
		{"scenarios", func(c *Control) { c.Scenarios = nil }, "no scenarios"},
		{"scenario's text", func(c *Control) { c.Scenarios = []Scenario{{Fixture: good.Scenarios[0].Fixture}} }, "Given, When and Then"},
		{"fixture", func(c *Control) { c.Scenarios = []Scenario{{"a", "b", "c", "S3.TLS/none.yaml"}} }, "S3.TLS/none.yaml does not exist"},
		{"mapping", func(c *Control) { c.Mappings = []Mapping{{SecurityHub, nil}} }, "an empty mapping"},
	}
	for _, tt := range tests {
		c := good
		tt.change(&c)
		err := Validate([]*Control{&c}, fixtures)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if err := Validate([]*Control{&good, &good}, fixtures); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("twice: %v", err)
	}
	if err := Validate([]*Control{&good, nil}, fixtures); err == nil || !strings.Contains(err.Error(), "control 2 of 2 is nil") {
		t.Errorf("nil: %v", err)
	}
	if err := Validate([]*Control{&good}, nil); err != nil {
		t.Error(err)
	}
}

func TestProfiles(t *testing.T) {
	if got := len(Profile{}.Controls()); got != len(All()) {
		t.Errorf("the zero profile calls for %d controls of %d", got, len(All()))
	}
	high := Profile{RatedHigh, RatedHigh, RatedHigh}
	if got := len(high.Controls()); got != len(All()) {
		t.Errorf("the highest profile calls for %d controls of %d", got, len(All()))
	}
	low, medium := Profile{RatedLow, RatedLow, RatedLow}.Controls(), Profile{RatedMedium, RatedMedium, RatedMedium}.Controls()
	if len(low) == 0 || len(low) >= len(medium) || len(medium) >= len(All()) {
		t.Errorf("low calls for %d, medium for %d, high for %d", len(low), len(medium), len(All()))
	}
}

func TestStringsOfVerdictsAndSeverities(t *testing.T) {
	got := fmt.Sprint(Compliant, NonCompliant, NotApplicable, Unknown, Verdict(0), Low, Medium, High, Critical, Severity(9))
	if want := "compliant non-compliant not applicable unknown no verdict low medium high critical severity 9"; got != want {
		t.Errorf("got %s", got)
	}
}

// TestSnapshotsNeedOnlyProperties judges what a program builds before there are templates: no parameters, no outputs.
func TestSnapshotsNeedOnlyProperties(t *testing.T) {
	tpl, err := template.New("Stack", map[string]any{"Resources": map[string]any{
		"B": map[string]any{"Type": "AWS::S3::Bucket", "Metadata": map[string]any{"aws:cdk:path": "Stack/B/Resource"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	result := Evaluate([]*template.Template{tpl}, All(), nil, time.Now())
	if result.Count(NonCompliant) != len(result.Findings) || len(result.Findings) != 5 {
		t.Errorf("%d of %d findings are non-compliant", result.Count(NonCompliant), len(result.Findings))
	}
}
