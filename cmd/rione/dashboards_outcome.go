package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/dashboards"
)

// reconcileCommand is in what plan, apply and drift differ.
type reconcileCommand struct {
	name, short string
	do          func(*cobra.Command, *dashboards.Reconciler, *outcome) (dashboards.Plan, error)
	print       func(io.Writer, *outcome) // what was found in one organisation
	next        func(changes int) string  // what to do now, of all organisations together; nil says nothing
}

// outcome is what a command found in one organisation, for --json.
type outcome struct {
	Organisation string `json:"organisation,omitempty"`
	dashboards.Plan
	Exported int    `json:"exported,omitempty"` // dashboards, by drift --export
	Error    string `json:"error,omitempty"`

	w      io.Writer // where changes are told while they are made
	made   map[dashboards.Action]int
	failed int
}

// heard tells of a change while it is made.
func (o *outcome) heard(c dashboards.Change, err error) {
	if err != nil {
		o.failed++
		fmt.Fprintf(o.w, "! %s: not made\n", c)
		return
	}
	o.made[c.Action]++
	fmt.Fprint(o.w, c.Details())
}

// sum tells what an apply made of its plan.
func (o *outcome) sum() string {
	text := fmt.Sprintf("%d created, %d changed, %d deleted, %d were as they should be",
		o.made[dashboards.Create], o.made[dashboards.Update], o.made[dashboards.Delete], o.Unchanged)
	if o.failed > 0 {
		tried := o.made[dashboards.Create] + o.made[dashboards.Update] + o.made[dashboards.Delete] + o.failed
		text += fmt.Sprintf("; %d failed, %d not tried: the errors say why, and apply can be run again", o.failed, len(o.Changes)-tried)
	}
	return text + "\n"
}

// newReconcile makes a command that works on every organisation, or on one.
// An organisation that fails does not keep the others from theirs.
func newReconcile(r reconcileCommand) *cobra.Command {
	var asJSON bool
	var only string
	cmd := &cobra.Command{Use: r.name, Short: r.short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		organisations, err := organisations(c, only)
		if err != nil {
			return err
		}
		w := c.OutOrStdout()
		if asJSON {
			w = io.Discard
		}
		var errs []error
		outcomes := make([]outcome, len(organisations))
		for i := range organisations {
			if len(organisations) > 1 {
				fmt.Fprintf(w, "[%d/%d] %s\n", i+1, len(organisations), nameOf(organisations[i].Name))
			}
			outcomes[i] = outcome{Organisation: organisations[i].Name, w: w, made: map[dashboards.Action]int{}}
			if err := r.run(c, &organisations[i], &outcomes[i]); err != nil {
				errs = append(errs, fmt.Errorf("%s%w", heading(organisations[i].Name), err))
			}
		}
		if asJSON {
			return errors.Join(append(errs, printOutcomes(c, outcomes))...)
		}
		fmt.Fprint(w, r.conclusion(outcomes))
		return errors.Join(errs...)
	}}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&only, "organisation", "", "only this tenant of RIONE_GRAFANA_TENANTS, or @NAME of RIONE_INFLUX_TARGETS")
	return cmd
}

// run does the command's work in one organisation and tells what it found.
func (r *reconcileCommand) run(c *cobra.Command, at *app.Organisation, o *outcome) error {
	o.Changes = []dashboards.Change{} // a list in JSON, whatever happens
	reconciler, err := at.Reconciler()
	if err == nil {
		var p dashboards.Plan
		if p, err = r.do(c, reconciler, o); p.Changes != nil {
			o.Plan = p
		}
	}
	if err != nil {
		o.Error = err.Error()
	}
	if err == nil || len(o.Changes) > 0 {
		r.print(o.w, o)
	}
	return err
}

// conclusion sums up the organisations, where there are several, and says what
// to do now.
func (r *reconcileCommand) conclusion(all []outcome) string {
	changes, failed := 0, []string{}
	for _, o := range all {
		changes += len(o.Changes)
		if o.Error != "" {
			failed = append(failed, nameOf(o.Organisation))
		}
	}
	text := ""
	switch {
	case len(all) > 1 && len(failed) > 0:
		text = fmt.Sprintf("%d of %d organisations failed: %s\n", len(failed), len(all), strings.Join(failed, ", "))
	case len(all) > 1:
		text = fmt.Sprintf("%d organisations, none failed\n", len(all))
	}
	if r.next == nil || len(failed) == len(all) {
		return text
	}
	if next := r.next(changes); next != "" {
		text += next + "\n"
	}
	return text
}

// nameOf names an organisation to people.
func nameOf(organisation string) string {
	if organisation == "" {
		return "all comuni" // or those of no InfluxDB of their own
	}
	return organisation
}

func heading(organisation string) string {
	if organisation == "" {
		return ""
	}
	return organisation + ": "
}

// printOutcomes prints one object, or a list where there are several.
func printOutcomes(c *cobra.Command, all []outcome) error {
	if len(all) == 1 {
		return printJSON(c, all[0])
	}
	return printJSON(c, all)
}
