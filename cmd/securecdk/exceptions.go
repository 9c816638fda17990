package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/exceptions"
	"github.com/securecdk/securecdk/controls/report"
	"github.com/securecdk/securecdk/internal/fault"
)

func newExceptions(env environment) *cobra.Command {
	var at string
	check := &cobra.Command{
		Use:   "check FILE",
		Short: "Validate a register and list its entries with the days that they have left",
		Long: `Validates a register of accepted risks and lists its entries with the days that they have left; 0 is the last day.
What needs the templates to be seen, such as an entry that covers nothing, is found by securecdk check.

` + exitCodes,
		Args: arguments(1, 1, "the file of one register"),
		RunE: func(_ *cobra.Command, args []string) error { return checkExceptions(args[0], at, env) },
	}
	check.Flags().StringVar(&at, "at", "", "`DATE` on which the entries must hold, such as 2027-03-31 (default today)")
	return group("exceptions", "Registers of accepted risks", check)
}

func checkExceptions(file, at string, env environment) error {
	var faults fault.List
	day := parseDay(at, env.now(), &faults)
	if err := fault.Join(faults); err != nil {
		return err
	}
	register, err := loadRegister(file)
	if err != nil {
		return err
	}
	// Without controls that were evaluated, what is wrong is what is wrong in any app.
	var result controls.Result
	result.Except(register, nil, day, controls.Part)
	if err := listEntries(env.stdout, register.Entries, day); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	for _, p := range result.Problems {
		fmt.Fprintf(env.stdout, "%s:%d is %s: %s\n", report.Printable(p.Name), p.Line, p.Kind, report.Printable(p.Message))
	}
	if len(result.Problems) > 0 {
		return errFindings
	}
	return nil
}

func listEntries(w io.Writer, entries []*exceptions.Entry, day time.Time) error {
	if len(entries) == 0 {
		_, err := fmt.Fprintln(w, "no entry that could hold")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LINE\tCONTROL\tSCOPE\tOWNER\tTICKET\tEXPIRES\tDAYS LEFT")
	for _, e := range entries {
		left := "expired"
		if !e.Expired(day) {
			left = strconv.Itoa(e.DaysLeft(day))
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Line, report.Printable(e.Control), report.Printable(e.Scope), report.Printable(e.Owner),
			report.Printable(e.Ticket), e.Expires.Format(time.DateOnly), left)
	}
	return t.Flush()
}
