package main

import (
	"errors"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newDevicesChange() *cobra.Command {
	var name, format, model, group, via, speaks, note string
	var interval time.Duration
	var premises, moving, retired, asJSON bool
	cmd := &cobra.Command{
		Use: "change DEVICE", Short: "Change what is known of a device, or bring a retired one back", Args: cobra.ExactArgs(1),
		Long: "Only what is given changes; an empty text takes a value away. A gateway speaks for the devices whose ids or external identities\n" +
			"begin as --speaks says. Where it stands is changed by move, its hardware by replace.",
		RunE: func(c *cobra.Command, args []string) error {
			body := map[string]any{}
			for _, f := range []struct {
				flag, member string
				value        any
			}{
				{"name", "name", name}, {"format", "format", format}, {"model", "model", model}, {"group", "group", group},
				{"gateway", "via", via}, {"speaks", "speaks", speaks}, {"interval", "interval_s", interval.Seconds()},
				{"premises", "premises", premises}, {"moving", "moving", moving}, {"retired", "retired", retired},
			} {
				if c.Flags().Changed(f.flag) {
					body[f.member] = f.value
				}
			}
			if len(body) == 0 {
				return usageError{errors.New("say what changes, such as --name; `rione devices change --help` lists what can")}
			}
			body["note"] = note
			return changeOne(c, args[0], body, asJSON)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "for people")
	cmd.Flags().StringVar(&format, "format", "", "of its payloads, where the route does not say it")
	cmd.Flags().StringVar(&model, "model", "", "maker's name of it")
	cmd.Flags().StringVar(&group, "group", "", "such as a lot or a contract")
	cmd.Flags().StringVar(&via, "gateway", "", "that speaks for it")
	cmd.Flags().StringVar(&speaks, "speaks", "", "of a gateway: beginnings, separated by spaces")
	cmd.Flags().DurationVar(&interval, "interval", 0, "expected time between two readings")
	cmd.Flags().BoolVar(&premises, "premises", false, "it stands in a home")
	cmd.Flags().BoolVar(&moving, "moving", false, "it has no fixed place")
	cmd.Flags().BoolVar(&retired, "retired", false, "it is out of service; --retired=false brings it back")
	cmd.Flags().StringVar(&note, "note", "", "why, for people")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// changeOne changes members of a device at the revision that it has now.
func changeOne(c *cobra.Command, id string, members map[string]any, asJSON bool) error {
	cl, err := runningHere(c)
	if err != nil {
		return err
	}
	var changed api.DeviceView
	if err := cl.changeDevice(c.Context(), http.MethodPatch, id, "", members, &changed); err != nil || !asJSON {
		return err
	}
	return printJSON(c, changed)
}
