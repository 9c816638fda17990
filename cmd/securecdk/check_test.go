package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/template"
	"github.com/securecdk/securecdk/controls/testdata"
)

const (
	good    = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties: {EnableKeyRotation: true}\n"
	bad     = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"
	unsure  = "Parameters: {Rotate: {Type: String}}\nResources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties: {EnableKeyRotation: !Ref Rotate}\n"
	keys    = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties: {EnableKeyRotation: true}\nOutputs:\n  Arn: {Value: !GetAtt Key.Arn, Export: {Name: key}}\n"
	topic   = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties: {KmsMasterKeyId: !ImportValue key}\n"
	accepts = "- {control: KMS.ROTATION, scope: bad/Key, reason: Rotated by hand., owner: shop, approver: ciso, ticket: RISK-7, expires: 2027-03-31}\n"
)

// assemblyOf is a cloud assembly with the templates keys and topic in a Stage, and one bad template outside of it.
func assemblyOf(dir string) map[string]string {
	stack := func(names ...string) string {
		var artifacts []string
		for _, n := range names {
			artifacts = append(artifacts, fmt.Sprintf(`"%s": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "%[1]s.template.json"}}`, n))
		}
		return strings.Join(artifacts, ",")
	}
	return map[string]string{
		dir + "/manifest.json": `{"artifacts": {` + stack("bad") +
			`, "assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}}}`,
		dir + "/bad.template.json":                 `{"Resources": {"Key": {"Type": "AWS::KMS::Key", "Metadata": {"aws:cdk:path": "Bad/Key/Resource"}}}}`,
		dir + "/assembly-Prod/manifest.json":       `{"artifacts": {` + stack("keys", "topic") + `}}`,
		dir + "/assembly-Prod/keys.template.json":  `{"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": true}}}, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}, "Export": {"Name": "key"}}}}`,
		dir + "/assembly-Prod/topic.template.json": `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": {"Fn::ImportValue": "key"}}}}}`,
	}
}

func files() map[string]string {
	all := assemblyOf("cdk.out")
	for name, text := range map[string]string{
		"good.yaml": good, "bad.yaml": bad, "unsure.yaml": unsure, "keys.yaml": keys, "topic.yaml": topic, "accepts.yaml": accepts,
		"broken.yaml": "Resources:\n  Key: [", "broken.json": "{\n\"Resources\": {", "empty.yaml": "", "other.yaml": "services: {web: {image: x}}\n",
		"untyped.yaml": "Resources: {Key: {}}\n", "roles.yaml": "Resources: {R: {Type: AWS::IAM::Role}}\n",
		"register.yaml": "control: S3.TLS\n", "wrong.yaml": "- {control: S3.TLS}\n", "folder/x.txt": "",
		"web/manifest.json": `{"name": "a web app"}`, "web/good.yaml": good,
	} {
		all[name] = text
	}
	return all
}

func TestCheck(t *testing.T) {
	folder(t, files())
	tests := []struct {
		name, args string
		code       int
		want       string
	}{
		{"a good template", "good.yaml", 0, "1 compliant"},
		{"a bad template", "bad.yaml", 1, "KMS.ROTATION  KMS keys rotate every year (medium)\n  non-compliant: bad/Key\n    AWS::KMS::Key Key in bad.yaml\n"},
		{"nothing to judge in it", "roles.yaml", 0, "nothing to judge"},
		{"standard input", "-", 1, "non-compliant: stdin/Key"},
		{"the same twice", "bad.yaml ./bad.yaml", 1, "1 non-compliant"},
		{"templates that only an assembly would join", "keys.yaml topic.yaml", 1, "unknown: topic/Topic"},
		{"an unknown verdict", "unsure.yaml", 1, "unknown: unsure/Key"},
		{"an unknown verdict that passes", "--unknown pass unsure.yaml", 0, "1 do not fail the check"},
		{"unknown passes, and something is wrong", "--unknown=pass unsure.yaml bad.yaml", 1, "1 non-compliant, 1 unknown"},
		{"less than what fails", "--fail-on high bad.yaml", 0, "1 do not fail the check"},
		{"as much as what fails", "--fail-on medium bad.yaml", 1, ""},
		{"by a control that is not broken", "--control S3.TLS bad.yaml", 0, "nothing to judge"},
		{"by two controls", "--control S3.TLS --control kms.rotation bad.yaml", 1, "KMS.ROTATION"},
		{"with a profile that does not ask for it", "--profile C=low,I=high,A=high bad.yaml", 0, "nothing to judge"},
		{"with a profile that does", "--profile confidentiality=medium bad.yaml", 1, "KMS.ROTATION"},
		{"an accepted risk", "--exceptions accepts.yaml bad.yaml", 0, "accepted until 2027-03-31"},
		{"an accepted risk on its last day", "--exceptions accepts.yaml --at 2027-03-31 bad.yaml", 0, "1 accepted"},
		{"an accepted risk the day after", "--exceptions accepts.yaml --at 2027-04-01 bad.yaml", 1, "is expired"},
		{"an exception for one of two", "--exceptions accepts.yaml bad.yaml good.yaml", 0, "1 compliant, 1 accepted"},
		{"an exception for none", "--exceptions accepts.yaml good.yaml", 1, "is unused"},
		{"an exception for what is elsewhere", "--partial --exceptions accepts.yaml good.yaml", 0, "1 compliant"},
		{"an entry that is wrong", "--exceptions wrong.yaml good.yaml", 1, "exception wrong.yaml:1 is incomplete"},
		{"an assembly", "cdk.out", 1, "non-compliant: Bad/Key/Resource\n    AWS::KMS::Key Key in cdk.out/bad.template.json"},
		{"the templates of a Stage, joined", "cdk.out", 1, "2 compliant, 1 non-compliant"},
		{"an assembly by its manifest", "cdk.out/manifest.json", 1, "2 compliant, 1 non-compliant"},
		{"a Stage", "cdk.out/assembly-Prod", 0, "2 compliant"},
		{"one file of an assembly, in its context", "cdk.out/assembly-Prod/topic.template.json", 0, "1 compliant"},
		{"an assembly and its parts", "cdk.out/assembly-Prod cdk.out cdk.out/bad.template.json", 1, "2 compliant, 1 non-compliant"},
		{"a folder with the manifest of something else", "web/good.yaml", 0, "1 compliant"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			command(t, bad, append([]string{"check"}, strings.Fields(tt.args)...)...).expect(t, tt.code, tt.want)
		})
	}
}

func TestWhatCannotBeJudged(t *testing.T) {
	folder(t, files())
	tests := []struct {
		name, args, want string
	}{
		{"a file that is not there", "none.yaml", "none.yaml: no such file or directory; correct the name"},
		{"YAML that ends too early", "broken.yaml", "broken.yaml:3:1: did not find expected node content; correct the template"},
		{"JSON that ends too early", "broken.json", "broken.json:2:15: the file ends in the middle of a value; correct the template, or leave it out"},
		{"an empty file", "empty.yaml", "empty.yaml: expected a template, found an empty file"},
		{"another kind of file", "other.yaml", "other.yaml: Resources: expected a map of logical ids to resources, found nothing"},
		{"a resource without type", "untyped.yaml", "untyped.yaml: Resources.Key.Type: expected a resource type"},
		{"a folder that is no assembly", "folder", "folder: no manifest.json in the folder: name the folder that cdk synth wrote"},
		{"the manifest of something else", "web", "web/manifest.json: no stack in the cloud assembly"},
		{"a register that is not there", "--exceptions none.yaml good.yaml", "none.yaml: no such file or directory; correct the register or its name"},
		{"a register that is none", "--exceptions register.yaml good.yaml", "register.yaml:1: expected a list of exceptions"},
		{"a day that is none", "--at tomorrow good.yaml", `--at: got "tomorrow", expected a day such as 2027-03-31`},
		{"no day at all", "--at 0001-01-01 good.yaml", `--at: got "0001-01-01"`},
		{"a severity that is none", "--fail-on none good.yaml", `--fail-on: got "none", expected one of critical, high, low, medium`},
		{"unknown as what is neither", "--unknown maybe good.yaml", `--unknown: got "maybe", expected one of fail, pass`},
		{"a quality that is none", "--profile X=high good.yaml", `--profile: got "x=high", expected ratings such as C=high,I=medium,A=low`},
		{"a rating that is none", "--profile C=huge good.yaml", `--profile c: got "huge", expected one of high, low, medium`},
		{"a quality twice", "--profile C=high,C=low good.yaml", "one rating a quality"},
		{"a control that is none", "--control S3.NONE good.yaml", `--control: got "S3.NONE", expected the id of a control; see securecdk controls list`},
		{"a profile and a control", "--profile C=low --control S3.TLS good.yaml", "either --profile or --control"},
		{"a format that is none", "--format pdf good.yaml", `--format: got "pdf", expected NAME or NAME=FILE, with one of the names ` + formatNames()},
		{"no file after the =", "--format junit= good.yaml", "expected a file after the ="},
		{"two formats on stdout", "--format junit --format console good.yaml", "expected one format on standard output; name a file for the others: console=FILE"},
		{"two formats in one file", "--format junit=x --format console=./x good.yaml", "expected a file that nothing else is in"},
		{"a report in a template", "--format junit=good.yaml ./good.yaml", "expected a file that nothing else is in"},
		{"a report in the register", "--format junit=accepts.yaml --exceptions accepts.yaml good.yaml", "expected a file that nothing else is in"},
		{"no jobs", "-j 0 good.yaml", "--jobs: got 0, expected 1 or more"},
		{"a report that cannot be written", "--format junit=none/x.xml good.yaml", "none/x.xml: no such file or directory; name a file that can be written"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			command(t, bad, append([]string{"check"}, strings.Fields(tt.args)...)...).expect(t, exitUnjudged, "securecdk: ", tt.want)
		})
	}
}

func TestAllThatIsWrongWithTheFlagsIsSaidAtOnce(t *testing.T) {
	c := command(t, "", "check", "--at=x", "--fail-on=x", "--format=x", "--control=x", "x")
	c.expect(t, exitUnjudged, "--at: ", "--fail-on: ", "--format: ", "--control: ")
	if n := strings.Count(c.stderr, "securecdk: --"); n != 4 {
		t.Errorf("%d lines", n)
	}
}

func TestWhatCanBeJudgedIsShownBesideWhatCannot(t *testing.T) {
	folder(t, files())
	if err := os.WriteFile("report.xml", []byte("of an earlier run"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := command(t, "", "check", "--format=junit=report.xml", "--exceptions=accepts.yaml", "broken.json", "unsure.yaml", "none.yaml")
	c.expect(t, exitUnjudged, "unknown: unsure/Key", "securecdk: broken.json:2:15: ", "securecdk: none.yaml: ")
	if strings.Contains(c.stdout, "unused") {
		t.Error("an exception may be for what could not be judged")
	}
	if _, err := os.Stat("report.xml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the report of an earlier run stands: %v", err)
	}
	if err := os.WriteFile("report.xml", []byte("of an earlier run"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, "", "check", "--format=junit=report.xml", "--exceptions=register.yaml", "good.yaml").expect(t, exitUnjudged)
	if _, err := os.Stat("report.xml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the report of an earlier run stands after a bad register: %v", err)
	}
	if c := command(t, "", "check", "--format=junit", "broken.json", "bad.yaml"); c.code != exitUnjudged || c.stdout != "" {
		t.Errorf("a report that lacks a template: %d, %s", c.code, c.stdout)
	}
}

func TestFormats(t *testing.T) {
	folder(t, files())
	c := command(t, "", "check", "--format", "junit", "--format", "console=report.txt", "bad.yaml")
	c.expect(t, exitFindings, `<testsuite name="bad.yaml"`)
	if text, err := os.ReadFile("report.txt"); err != nil || !strings.HasSuffix(string(text), "1 non-compliant\n") {
		t.Errorf("%s, %v", text, err)
	}
	c = command(t, "", "check", "--format", "junit=report.xml", "bad.yaml")
	c.expect(t, exitFindings, "KMS.ROTATION  KMS keys rotate every year (medium)")
	if text, err := os.ReadFile("report.xml"); err != nil || !strings.HasPrefix(string(text), "<?xml") {
		t.Errorf("%s, %v", text, err)
	}
	command(t, "", "check", "--format", "junit="+os.DevNull, "good.yaml", "none.yaml").expect(t, exitUnjudged)
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Error(err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAReportThatCannotBeWrittenIsNotGreen(t *testing.T) {
	var errs bytes.Buffer
	env := environment{stdin: strings.NewReader(good), stdout: full{}, stderr: &errs, now: time.Now}
	if code := run([]string{"check", "-"}, env); code != exitUnjudged || !strings.Contains(errs.String(), "writing console to standard output: no space left") {
		t.Errorf("%d, %s", code, errs.String())
	}
}

// Each template that proves a scenario gets the verdict there as well, and the order is that of the arguments however many
// are judged at a time.
func TestTheOrderIsThatOfTheArguments(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "controls", "testdata"))
	var args []string
	for _, c := range controls.All() {
		for _, s := range c.Scenarios {
			if strings.HasSuffix(s.Fixture, ".yaml") || strings.HasSuffix(s.Fixture, ".json") {
				args = append(args, s.Fixture)
			}
		}
	}
	one := command(t, "", append([]string{"check", "-j", "1", "--format", "junit"}, args...)...)
	one.expect(t, exitFindings, args[0], args[len(args)-1])
	for range 5 {
		eight := command(t, "", append([]string{"check", "-j", "8", "--format", "junit"}, args...)...)
		if diff := cmp.Diff(one, eight, cmp.AllowUnexported(call{})); diff != "" {
			t.Fatalf("-j 1 and -j 8 differ:\n%s", diff)
		}
	}
}

// The findings must not keep the templates that they are about in memory.
func TestFindingsLetGoOfTheirTemplates(t *testing.T) {
	folder(t, files())
	inputs, errs := plan([]string{"bad.yaml", "cdk.out"})
	if len(inputs) != 2 || len(errs) > 0 {
		t.Fatal(inputs, errs)
	}
	j := judge{controls: controls.All()}
	findings, _ := j.all(inputs, 2)
	byName := map[string]*template.Template{}
	for _, f := range findings {
		r := f.Resource
		if r.Properties != nil || r.Metadata != nil || r.Template.Resources != nil || r.Template.Outputs != nil {
			t.Errorf("%s holds on to the template", r.ID())
		}
		if known := byName[r.Template.Name]; known != nil && known != r.Template {
			t.Errorf("%s: two templates of one name", r.Template.Name)
		}
		byName[r.Template.Name] = r.Template
	}
	if len(findings) != 4 {
		t.Errorf("%d findings", len(findings))
	}
}

func TestATemplateLargerThanAnyIsNotReadWhole(t *testing.T) {
	c := command(t, "Resources: {"+strings.Repeat(" ", maxTemplate), "check", "-")
	c.expect(t, exitUnjudged, "stdin: more than 16 MiB, and CloudFormation takes 1 MB; split the template")
}

func TestTheNameOfAFileCannotForgeAReport(t *testing.T) {
	c := command(t, "", "check", "none\n0 findings\x1b[2K.yaml")
	c.expect(t, exitUnjudged, `none\n0 findings\x1b[2K.yaml`)
	if strings.Count(c.stderr, "\n") != 1 {
		t.Errorf("%q", c.stderr)
	}
}

// A fixture that is a folder with templates of one app makes an assembly, and gets the same verdict.
func TestFixturesAsAssemblies(t *testing.T) {
	for _, tt := range []struct {
		fixture, want string
		code          int
	}{
		{"S3.TLS/cross-stack.compliant", "compliant", 0},
		{"S3.CMK/nested-parameter.compliant", "compliant", 0},
		{"S3.CMK/nested-output.compliant", "compliant", 0},
		{"S3.TLS/same-name.non-compliant", "non-compliant", 1},
		{"S3.CMK/ambiguous-import.unknown", "unknown", 1},
	} {
		t.Run(tt.fixture, func(t *testing.T) {
			id, _, _ := strings.Cut(tt.fixture, "/")
			files := map[string]string{}
			var artifacts []string
			entries, err := testdata.Fixtures.ReadDir(tt.fixture)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				text, err := testdata.Fixtures.ReadFile(tt.fixture + "/" + e.Name())
				if err != nil {
					t.Fatal(err)
				}
				files[e.Name()] = string(text)
				if !strings.Contains(e.Name(), ".nested.") {
					artifacts = append(artifacts, fmt.Sprintf("%q: {\"type\": \"aws:cloudformation:stack\", \"properties\": {\"templateFile\": %[1]q}}", e.Name()))
				}
			}
			files["manifest.json"] = `{"artifacts": {` + strings.Join(artifacts, ",") + `}}`
			folder(t, files)
			command(t, "", "check", "--control", id, ".").expect(t, tt.code, tt.want)
		})
	}
}
