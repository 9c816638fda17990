package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/securecdk/securecdk/controls"
)

func newControls() *cobra.Command {
	var asJSON bool
	list := &cobra.Command{
		Use:   "list",
		Short: "List the controls",
		Args:  arguments(0, 0, "none"),
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return listJSON(c.OutOrStdout())
			}
			return listTable(c.OutOrStdout())
		},
	}
	list.Flags().BoolVar(&asJSON, "json", false, "as JSON, with all that show says")
	show := &cobra.Command{
		Use:   "show ID",
		Short: "Show what a control demands, why, and how to meet it",
		Args:  arguments(1, 1, "the id of one control"),
		RunE: func(c *cobra.Command, args []string) error {
			chosen, err := controlByID(args[0])
			if err != nil {
				return err
			}
			_, err = io.WriteString(c.OutOrStdout(), showText(chosen))
			return err
		},
	}
	docs := &cobra.Command{
		Use:   "docs DIR",
		Short: "Write a Markdown page for each control, and an index",
		Args:  arguments(1, 1, "the folder to write to"),
		RunE:  func(_ *cobra.Command, args []string) error { return writeDocs(args[0]) },
	}
	return group("controls", "The catalogue of controls", list, show, docs)
}

func listTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CONTROL\tSEVERITY\tTITLE")
	for _, c := range controls.All() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", c.ID, c.Severity, c.Title)
	}
	return t.Flush()
}

// jsonControl is a control as list --json writes it. Fields are added, never renamed.
type jsonControl struct {
	ID        string              `json:"id"`
	Title     string              `json:"title"`
	Severity  string              `json:"severity"`
	Needed    map[string]string   `json:"neededFrom"` // by quality of the data, the rating from which on it is needed
	Types     []string            `json:"types"`
	Story     string              `json:"story"`
	Scenarios []jsonScenario      `json:"scenarios"`
	Rationale string              `json:"rationale"`
	Remedy    string              `json:"remedy"`
	Mappings  map[string][]string `json:"mappings"` // ids by framework
}

type jsonScenario struct {
	Given   string `json:"given"`
	When    string `json:"when"`
	Then    string `json:"then"`
	Fixture string `json:"fixture"`
}

func listJSON(w io.Writer) error {
	var all []jsonControl
	for _, c := range controls.All() {
		j := jsonControl{
			ID: c.ID, Title: c.Title, Severity: c.Severity.String(), Needed: map[string]string{}, Types: c.Types, Story: c.Story,
			Rationale: c.Rationale, Remedy: c.Remedy, Mappings: map[string][]string{},
		}
		for _, n := range needs(c.Needed) {
			j.Needed[n.quality] = n.rating
		}
		for _, s := range c.Scenarios {
			j.Scenarios = append(j.Scenarios, jsonScenario(s))
		}
		for _, m := range c.Mappings {
			j.Mappings[string(m.Framework)] = m.IDs
		}
		all = append(all, j)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}

// need is the rating of a quality of the data from which on a control is needed.
type need struct{ quality, rating string }

func needs(p controls.Profile) []need {
	names := map[controls.Rating]string{controls.RatedLow: "low", controls.RatedMedium: "medium", controls.RatedHigh: "high"}
	var all []need
	for _, q := range []struct {
		quality string
		rating  controls.Rating
	}{{"confidentiality", p.Confidentiality}, {"integrity", p.Integrity}, {"availability", p.Availability}} {
		if q.rating != controls.Unrated {
			all = append(all, need{q.quality, names[q.rating]})
		}
	}
	return all
}
