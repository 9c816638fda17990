package exceptions

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("register.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("register.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// jsonOf is the register as a validator sees it: YAML 1.2 without the timestamps of YAML 1.1.
func jsonOf(t *testing.T, data string) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Load([]byte(data), &n); err != nil {
		t.Fatal(err)
	}
	return valueOf(t, &n)
}

func valueOf(t *testing.T, n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return valueOf(t, n.Content[0])
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, valueOf(t, item))
		}
		return list
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = valueOf(t, n.Content[i+1])
		}
		return m
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int", "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return n.Value
}

func TestSchemaAndParserAgree(t *testing.T) {
	s := compiled(t)
	replace := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("no %q to replace", from)
		}
		return strings.Replace(good, from, to, 1)
	}
	const path, day = "Prod/Data/Landing/Resource", "2027-03-31"
	tests := map[string]struct {
		data       string
		parser, by bool // whether the parser takes it, and the schema
	}{
		"an entry":                            {good, true, true},
		"two entries":                         {good + replace("S3.LOGGING", "S3.TLS"), true, true},
		"no entries":                          {"[]", true, true},
		"nothing":                             {"# none yet\nnull", true, true},
		"a subtree":                           {replace(path, "Prod/Data/**"), true, true},
		"a ticket that is a number":           {replace("RISK-1423", "1423"), true, true},
		"a day in quotes":                     {replace(day, `"2027-03-31"`), true, true},
		"blanks around a control":             {replace("S3.LOGGING", `" S3.LOGGING "`), true, true},
		"no list":                             {"control: S3.LOGGING", false, false},
		"a text for an entry":                 {"- S3.LOGGING", false, false},
		"a field that doesn't exist":          {replace("ticket:", "tickets:"), false, false},
		"a field that is one too many":        {good + "  note: see the ticket\n", false, false},
		"an empty reason":                     {replace("reason: Vendor writes 40 TB a day; access is logged by CloudTrail data events instead.", "reason:"), false, false},
		"a blank owner":                       {replace("data-platform", `"  "`), false, false},
		"an owner that is true":               {replace("data-platform", "true"), false, false},
		"a list as scope":                     {replace(path, "[a, b]"), false, false},
		"no day":                              {replace(day, "next year"), false, false},
		"a day that doesn't exist":            {replace(day, "2027-02-30"), false, false},
		"a day with the time":                 {replace(day, "2027-03-31T00:00:00Z"), false, false},
		"blanks around a day":                 {replace(day, `" 2027-03-31"`), false, false},
		"a control in lower case":             {replace("S3.LOGGING", "s3.logging"), false, false},
		"every control":                       {replace("S3.LOGGING", `"*"`), false, false},
		"the whole app":                       {replace(path, "/**"), false, false},
		"a star in the middle":                {replace(path, "Prod/*/Resource"), false, false},
		"two slashes":                         {replace(path, "Prod//Resource"), false, false},
		"an owner who approves":               {replace("ciso-office", "Data-Platform"), false, true},
		"the same control and scope a second": {good + good, false, true},
	}
	for _, field := range fields {
		without := regexp.MustCompile(`(?m)^(- |  )`+field+`: .*\n`).ReplaceAllString(good, "")
		if field == "control" {
			without = "- " + strings.TrimPrefix(without, "  ")
		}
		tests["no "+field] = struct {
			data       string
			parser, by bool
		}{without, false, false}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			reg, err := Parse("x.yaml", []byte(tt.data))
			if got := err == nil && len(reg.Problems) == 0; got != tt.parser {
				t.Errorf("the parser takes it: %v, want %v (%v, %+v)", got, tt.parser, err, reg)
			}
			if err := s.Validate(jsonOf(t, tt.data)); (err == nil) != tt.by {
				t.Errorf("the schema: %v, want to pass: %v", err, tt.by)
			}
		})
	}
}

// TestSchemaAndParserAgreeOnEveryShortScope tries all texts of up to six characters that the grammar of scopes knows.
func TestSchemaAndParserAgreeOnEveryShortScope(t *testing.T) {
	doc, ok := jsonOf(t, string(Schema())).(map[string]any)
	if !ok {
		t.Fatal("no schema")
	}
	pattern := doc["items"].(map[string]any)["properties"].(map[string]any)["scope"].(map[string]any)["pattern"].(string)
	form := regexp.MustCompile(pattern)
	texts, all := []string{""}, []string{}
	for range 6 {
		var longer []string
		for _, text := range texts {
			for _, c := range "a /*?" {
				longer = append(longer, text+string(c))
			}
		}
		texts, all = longer, append(all, longer...)
	}
	passed := 0
	for _, scope := range all {
		p := parser{reg: &Register{}, entry: &Entry{Control: "S3.TLS", Owner: "a", Approver: "b"}}
		p.set("scope", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: scope})
		if p.ok() {
			p.check()
		}
		if p.ok() {
			passed++
		}
		if p.ok() != form.MatchString(scope) {
			t.Errorf("%q: the parser takes it: %v, the schema does not agree", scope, p.ok())
		}
	}
	if passed < 50 {
		t.Errorf("only %d of %d scopes are good", passed, len(all))
	}
}

func TestTheSchemaIsACopy(t *testing.T) {
	Schema()[0] = 'x'
	if Schema()[0] != '{' {
		t.Error("a caller can change the schema")
	}
}
