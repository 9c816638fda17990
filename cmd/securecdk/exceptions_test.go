package main

import (
	"strings"
	"testing"
)

const entry = "- {control: S3.LOGGING, scope: Prod/Data/Landing/Resource, reason: r, owner: data, approver: ciso, ticket: RISK-1, expires: 2026-12-24}\n"

func TestExceptionsCheck(t *testing.T) {
	folder(t, map[string]string{
		"good.yaml":    entry,
		"none.yaml":    "# none yet\n",
		"control.yaml": strings.Replace(entry, "S3.LOGGING", "S3.LOGS", 1),
		"long.yaml":    strings.Replace(entry, "2026-12-24", "2036-12-24", 1),
		"twice.yaml":   entry + entry,
		"ticket.yaml":  strings.Replace(entry, "ticket: RISK-1, ", "", 1),
		"broad.yaml":   strings.Replace(entry, "Prod/Data/Landing/Resource", "/**", 1),
		"map.yaml":     "control: S3.TLS\n",
		"broken.yaml":  "- {control: [\n",
		"forged.yaml":  strings.Replace(entry, "owner: data", `owner: "data\e[2K\nall is well"`, 1),
	})
	tests := []struct {
		args string
		code int
		want string
	}{
		{"good.yaml", 0, "S3.LOGGING  Prod/Data/Landing/Resource  data   RISK-1  2026-12-24  30\n"},
		{"good.yaml --at 2026-12-23", 0, "2026-12-24  1\n"},
		{"good.yaml --at 2026-12-24", 0, "2026-12-24  0\n"},
		{"good.yaml --at 2026-12-25", 1, "2026-12-24  expired\ngood.yaml:1 is expired: S3.LOGGING at Prod/Data/Landing/Resource expired"},
		{"none.yaml", 0, "no entry that could hold"},
		{"control.yaml", 1, "control.yaml:1 is unknown control: there is no control S3.LOGS"},
		{"long.yaml", 1, "long.yaml:1 is over-long: "},
		{"twice.yaml", 1, "twice.yaml:2 is duplicate: line 1 has the same control and scope"},
		{"ticket.yaml", 1, "no entry that could hold\nticket.yaml:1 is incomplete: ticket is missing"},
		{"broad.yaml", 1, "broad.yaml:1 is over-broad: "},
		{"forged.yaml", 0, `data\x1b[2K\nall is well`},
		{"map.yaml", 2, "map.yaml:1: expected a list of exceptions"},
		{"broken.yaml", 2, "broken.yaml:"},
		{"absent.yaml", 2, "absent.yaml: no such file or directory; correct the register or its name"},
		{"good.yaml --at soon", 2, `--at: got "soon", expected a day`},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			command(t, "", append([]string{"exceptions", "check"}, strings.Fields(tt.args)...)...).expect(t, tt.code, tt.want)
		})
	}
}
