package exceptions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const good = `- control: S3.LOGGING
  scope: Prod/Data/Landing/Resource
  reason: Vendor writes 40 TB a day; access is logged by CloudTrail data events instead.
  owner: data-platform
  approver: ciso-office
  ticket: RISK-1423
  expires: 2027-03-31
`

func TestWhatIsWrongWithAnEntryIsAProblemAndCoversNothing(t *testing.T) {
	tests := []struct {
		name, from, to string
		kind           Kind
		line           int
		message        string
	}{
		{"no ticket", "  ticket: RISK-1423\n", "", Incomplete, 1, "ticket is missing"},
		{"empty reason", "reason: Vendor writes 40 TB a day; access is logged by CloudTrail data events instead.", "reason:", Incomplete, 3, "reason is empty"},
		{"blank owner", "data-platform", `"  "`, Incomplete, 4, "owner is empty"},
		{"a field that doesn't exist", "ticket:", "tickets:", UnknownField, 6, `"tickets" is no field`},
		{"a field twice", "owner: data-platform", "owner: a\n  owner: b", Incomplete, 5, "owner stands twice"},
		{"a list as scope", "scope: Prod/Data/Landing/Resource", "scope: [a, b]", Incomplete, 2, "scope: expected a text"},
		{"a truth value as owner", "data-platform", "true", Incomplete, 4, "owner: expected a text"},
		{"blanks around the day", "2027-03-31", `" 2027-03-31"`, Incomplete, 7, "expected a day"},
		{"no day", "2027-03-31", "next year", Incomplete, 7, `expected a day such as 2027-03-31, found "next year"`},
		{"a day that doesn't exist", "2027-03-31", "2027-02-30", Incomplete, 7, "expected a day"},
		{"a control in lower case", "S3.LOGGING", "s3.logging", Incomplete, 1, "expected a control's id"},
		{"every control", "S3.LOGGING", `"*"`, Incomplete, 1, "expected a control's id"},
		{"the whole app", "Prod/Data/Landing/Resource", "/**", OverBroad, 1, "is the whole app"},
		{"the whole app, otherwise", "Prod/Data/Landing/Resource", `"**"`, OverBroad, 1, "is the whole app"},
		{"the whole app, with one star", "Prod/Data/Landing/Resource", `"*"`, OverBroad, 1, "is the whole app"},
		{"a star in the middle", "Prod/Data/Landing/Resource", "Prod/*/Landing/Resource", OverBroad, 1, "the only wildcard"},
		{"a star at the end", "Prod/Data/Landing/Resource", "Prod/*", OverBroad, 1, "the only wildcard"},
		{"a slash at the front", "Prod/Data/Landing/Resource", "/Prod/Data", Incomplete, 1, "expected a construct path"},
		{"a slash at the end", "Prod/Data/Landing/Resource", "Prod/Data/", Incomplete, 1, "expected a construct path"},
		{"approved by the owner, in other letters", "ciso-office", "Data-Platform", Incomplete, 1, "owner and approver are both data-platform"},
		{"approved by the owner", "ciso-office", "data-platform", Incomplete, 1, "owner and approver are both data-platform"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(good, tt.from) {
				t.Fatal("nothing to replace")
			}
			reg, err := Parse("x.yaml", []byte(strings.Replace(good, tt.from, tt.to, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if len(reg.Problems) == 0 || len(reg.Entries) != 0 {
				t.Fatalf("entries %v, problems %v", reg.Entries, reg.Problems)
			}
			p := reg.Problems[0]
			if p.Kind != tt.kind || p.Line != tt.line || p.Name != "x.yaml" || !strings.Contains(p.Message, tt.message) {
				t.Errorf("problem %+v, want %s in line %d: %s", p, tt.kind, tt.line, tt.message)
			}
			if reg.Covers("S3.LOGGING", "Prod/Data/Landing/Resource", time.Now()) {
				t.Error("the entry covers something")
			}
		})
	}
}

func TestADuplicateIsAProblem(t *testing.T) {
	reg, err := Parse("x.yaml", []byte(good+good))
	if err != nil || len(reg.Entries) != 1 || len(reg.Problems) != 1 {
		t.Fatalf("%+v, %v", reg, err)
	}
	if p := reg.Problems[0]; p.Kind != Duplicate || p.Line != 8 {
		t.Errorf("%+v", p)
	}
}

func TestAFileThatIsNoRegisterIsAnError(t *testing.T) {
	for data, want := range map[string]string{
		"control: S3.LOGGING": "x.yaml:1: expected a list of exceptions",
		"- control: [":        "x.yaml:",
		"just text":           "x.yaml:1: expected a list of exceptions",
		"[]\n---\n[]\n":       "x.yaml: expected one list of exceptions, found 2 documents",
	} {
		if _, err := Parse("x.yaml", []byte(data)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", data, err, want)
		}
	}
	reg, err := Parse("x.yaml", []byte("- just text"))
	if err != nil || len(reg.Problems) != 1 {
		t.Errorf("%+v, %v", reg, err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that isn't there gives no error")
	}
}

func TestAnEmptyRegisterCoversNothing(t *testing.T) {
	for _, data := range []string{"", "\n", "# none yet\n", "[]", "---\n"} {
		reg, err := Parse("x.yaml", []byte(data))
		if err != nil || len(reg.Entries)+len(reg.Problems) != 0 {
			t.Errorf("%q: %+v, %v", data, reg, err)
		}
	}
	var none *Register
	if none.Covers("S3.LOGGING", "a/b", time.Now()) {
		t.Error("a nil register covers something")
	}
}

func TestAnEntryHoldsToTheEndOfItsLastDayInUTC(t *testing.T) {
	reg := load(t, good)
	for at, want := range map[string]bool{
		"2026-11-24T00:00:00Z":      true,
		"2027-03-31T00:00:00Z":      true,
		"2027-03-31T23:59:59Z":      true,
		"2027-04-01T00:00:00Z":      false,
		"2027-04-01T01:00:00+02:00": true,
		"2027-03-31T23:00:00-05:00": false,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := reg.Covers("S3.LOGGING", "Prod/Data/Landing/Resource", now); got != want {
			t.Errorf("at %s: %v, want %v", at, got, want)
		}
	}
}

func TestAnEntryHoldsForTwoYearsAtMost(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for expires, want := range map[string]bool{"2026-11-23": false, "2026-11-24": true, "2028-11-24": true, "2028-11-25": false, "9999-12-31": false} {
		reg := load(t, strings.Replace(good, "2027-03-31", expires, 1))
		if got := reg.Covers("S3.LOGGING", "Prod/Data/Landing/Resource", now); got != want {
			t.Errorf("until %s: %v, want %v", expires, got, want)
		}
	}
}

func TestNoTimeIsThePresent(t *testing.T) {
	year := time.Now().AddDate(1, 0, 0)
	for expires, want := range map[time.Time]bool{year: true, year.AddDate(9, 0, 0): false, year.AddDate(-3, 0, 0): false} {
		reg := load(t, strings.Replace(good, "2027-03-31", expires.Format(time.DateOnly), 1))
		if got := reg.Covers("S3.LOGGING", "Prod/Data/Landing/Resource", time.Time{}); got != want {
			t.Errorf("until %s: %v, want %v", expires.Format(time.DateOnly), got, want)
		}
	}
}

func TestScopes(t *testing.T) {
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		scope, path string
		want        bool
	}{
		{"Prod/Data/Landing/Resource", "Prod/Data/Landing/Resource", true},
		{"Prod/Data/Landing/Resource", "Prod/Data/Landing/Resource2", false},
		{"Prod/Data/Landing/Resource", "Prod/Data/Landing", false},
		{"Prod/Data/Landing", "Prod/Data/Landing/Resource", false},
		{"Prod/Data/**", "Prod/Data/Landing/Resource", true},
		{"Prod/Data/**", "Prod/Data", true},
		{"Prod/Data/**", "Prod/Database/Resource", false},
		{"Prod/Data/**", "Dev/Prod/Data/x", false},
		{"Stack/Bucket", "Stack/Bucket", true},
	}
	for _, tt := range tests {
		reg := load(t, strings.Replace(good, "Prod/Data/Landing/Resource", tt.scope, 1))
		if got := reg.Covers("S3.LOGGING", tt.path, now); got != tt.want {
			t.Errorf("%s covers %s: %v, want %v", tt.scope, tt.path, got, tt.want)
		}
		if reg.Covers("S3.TLS", tt.path, now) {
			t.Errorf("%s covers another control", tt.scope)
		}
	}
}

func load(t *testing.T, data string) *Register {
	t.Helper()
	name := filepath.Join(t.TempDir(), "exceptions.yaml")
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	reg, err := Load(name)
	if err != nil || len(reg.Problems) != 0 {
		t.Fatalf("%v, %v", err, reg)
	}
	return reg
}

func TestAnEntryIsWarnedOfInItsLastDays(t *testing.T) {
	reg := load(t, good) // to the end of 2027-03-31
	for at, want := range map[string]struct {
		left     int
		expiring bool
	}{
		"2027-02-28T23:59:59Z":      {31, false},
		"2027-03-01T00:00:00Z":      {30, true},
		"2027-03-01T01:00:00+02:00": {31, false},
		"2027-03-31T23:59:59Z":      {0, true},
		"2027-04-01T00:00:00Z":      {-1, false},
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if e := reg.Entries[0]; e.DaysLeft(now) != want.left || e.Expiring(now) != want.expiring {
			t.Errorf("at %s: %d days left, expiring %v, want %+v", at, e.DaysLeft(now), e.Expiring(now), want)
		}
	}
	e := &Entry{Expires: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 5)}
	if !e.Expiring(time.Time{}) {
		t.Error("no time is not the present")
	}
}
