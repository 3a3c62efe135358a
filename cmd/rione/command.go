package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newDevicesCommand() *cobra.Command {
	var expires, wait time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "command DEVICE [NAME [JSON]]", Short: "Send a command to a device, or list those that were sent",
		Long: "The command leaves by the door and the network that the device came by: a native device gets it on …/cmd/{id}, a LoRaWAN device by\n" +
			"ChirpStack's or The Things Stack's downlink queue (arguments {\"f_port\": 2, \"data\": \"base64\"}). Its states are queued, sent,\n" +
			"acknowledged and expired. Without NAME the commands to the device are listed.",
		Args: cobra.RangeArgs(1, 3),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := runningHere(c)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return listCommands(c, cl, args[0], asJSON)
			}
			return sendCommand(c, cl, args, expires, wait, asJSON)
		},
	}
	cmd.Flags().DurationVar(&expires, "expires", time.Hour, "how long the command is good")
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait so long until it is acknowledged; fails when it is not")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func commandsPath(device string) string { return "/v1/devices/" + url.PathEscape(device) + "/commands" }

func sendCommand(c *cobra.Command, cl *client, args []string, expires, wait time.Duration, asJSON bool) error {
	body := map[string]any{"name": args[1], "expires_s": expires.Seconds()}
	if len(args) == 3 {
		if !json.Valid([]byte(args[2])) {
			return usageError{errors.New("the arguments must be JSON, such as '{\"on\": true}'")}
		}
		body["args"] = json.RawMessage(args[2])
	}
	var sent api.DeviceCommand
	if err := cl.post(c.Context(), commandsPath(args[0]), body, &sent); err != nil {
		return err
	}
	acknowledged, err := awaitCommand(c.Context(), cl, &sent, wait)
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(c, sent)
	} else {
		fmt.Fprintf(c.OutOrStdout(), "%s %s %s\n", sent.ID, sent.State, sent.Detail)
	}
	if err == nil && wait > 0 && !acknowledged {
		return silentError{}
	}
	return err
}

// awaitCommand looks after a command until it ends or the time is over.
func awaitCommand(ctx context.Context, cl *client, sent *api.DeviceCommand, wait time.Duration) (acknowledged bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for sent.State == "queued" || sent.State == "sent" {
		select {
		case <-ctx.Done():
			return false, nil
		case <-tick.C:
		}
		var list api.CommandList
		if err := cl.get(context.WithoutCancel(ctx), commandsPath(sent.Device), nil, &list); err != nil {
			return false, err
		}
		for _, one := range list.Commands {
			if one.ID == sent.ID {
				*sent = one
			}
		}
	}
	return sent.State == "acknowledged", nil
}

func listCommands(c *cobra.Command, cl *client, device string, asJSON bool) error {
	var list api.CommandList
	if err := cl.get(c.Context(), commandsPath(device), nil, &list); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c, list.Commands)
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CREATED\tNAME\tSTATE\tBY\tDETAIL\tID")
	for _, one := range list.Commands {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", one.Created.Format(time.RFC3339), one.Name, one.State, one.Author, cmp.Or(one.Detail, "-"), one.ID)
	}
	return w.Flush()
}
