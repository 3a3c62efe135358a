package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/geo"
)

// changeDevice changes a device at the revision that it has now, so that what
// somebody else changed meanwhile is not overwritten. suffix is what follows the
// device's address.
func (c *client) changeDevice(ctx context.Context, method, id, suffix string, body, out any) error {
	var d api.DeviceView
	path := "/v1/devices/" + url.PathEscape(id)
	if err := c.get(ctx, path, nil, &d); err != nil {
		return err
	}
	header := http.Header{"If-Match": {strconv.Quote(strconv.FormatUint(d.Revision, 10))}}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
		header.Set("Content-Type", "application/json")
	}
	return c.send(ctx, method, path+suffix, nil, header, text, out)
}

// whereFlags are the flags that say where a device stands.
type whereFlags struct{ at, since string }

func (f *whereFlags) add(cmd *cobra.Command, w *api.Where) {
	cmd.Flags().StringVar(&w.Comune, "comune", "", "ISTAT code")
	cmd.Flags().StringVar(&w.Zone, "zone", "", "municipio or quartiere; looked up when not given")
	cmd.Flags().StringVar(&f.at, "at", "", "LAT,LON in degrees")
	cmd.Flags().StringVar(&f.since, "since", "", "date (2026-11-22) or RFC 3339 time since when it stands there")
	cmd.Flags().BoolVar(&w.Force, "force", false, "take a position that does not look right")
}

// read fills w from the flags.
func (f *whereFlags) read(w *api.Where) error {
	if f.at != "" {
		p, err := geo.ParsePoint(f.at)
		if err != nil {
			return usageError{fmt.Errorf("--at: %w", err)}
		}
		w.Lat, w.Lon = &p.Lat, &p.Lon
	}
	if f.since == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, f.since); err == nil {
			w.ValidFrom = t
			return nil
		}
	}
	return usageError{errors.New("--since must be a date (2026-11-22) or a time with offset (2026-11-22T08:00:00+01:00)")}
}

// newDevice is what registers a device, in the terms of the API.
type newDevice struct {
	api.Where
	DeviceID   string  `json:"device_id"`
	Kind       string  `json:"kind"`
	Name       string  `json:"name,omitempty"`
	IntervalS  float64 `json:"interval_s,omitempty"`
	Format     string  `json:"format,omitempty"`
	ExternalID string  `json:"external_id,omitempty"`
	Model      string  `json:"model,omitempty"`
	Group      string  `json:"group,omitempty"`
	Via        string  `json:"via,omitempty"`
	Premises   bool    `json:"premises,omitempty"`
	Moving     bool    `json:"moving,omitempty"`
	Secret     bool    `json:"secret,omitempty"`
	Note       string  `json:"note,omitempty"`
}

func newDevicesAdd() *cobra.Command {
	var d newDevice
	var where whereFlags
	var interval time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "add DEVICE", Short: "Register one device (import takes many)", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if d.Kind == "" || d.Comune == "" {
				return usageError{errors.New("say of which --kind and in which --comune the device is")}
			}
			if err := where.read(&d.Where); err != nil {
				return err
			}
			d.DeviceID, d.IntervalS = args[0], interval.Seconds()
			cl, err := runningHere(c)
			if err != nil {
				return err
			}
			var made api.InstalledDevice
			if err := cl.post(c.Context(), "/v1/devices", d, &made); err != nil {
				return err
			}
			return printInstalled(c, &made, asJSON)
		},
	}
	where.add(cmd, &d.Where)
	cmd.Flags().StringVar(&d.Kind, "kind", "", "what it is: wifi_ap, air, …")
	cmd.Flags().StringVar(&d.Name, "name", "", "for people")
	cmd.Flags().DurationVar(&interval, "interval", 0, "expected time between two readings")
	cmd.Flags().StringVar(&d.Format, "format", "", "of its payloads, where the route does not say it")
	cmd.Flags().StringVar(&d.ExternalID, "serial", "", "under which a network knows it: devEUI, serial number")
	cmd.Flags().StringVar(&d.Model, "model", "", "maker's name of it")
	cmd.Flags().StringVar(&d.Group, "group", "", "such as a lot or a contract")
	cmd.Flags().StringVar(&d.Via, "gateway", "", "that speaks for it")
	cmd.Flags().BoolVar(&d.Premises, "premises", false, "it stands in a home")
	cmd.Flags().BoolVar(&d.Moving, "moving", false, "it has no fixed place")
	cmd.Flags().BoolVar(&d.Secret, "secret", false, "draw a secret and show it this once")
	cmd.Flags().StringVar(&d.Note, "note", "", "why, for people")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newDevicesMove() *cobra.Command {
	var body struct {
		api.Where
		Note string `json:"note,omitempty"`
	}
	var where whereFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "move DEVICE", Short: "Say where a device stands from a time on; its history stays", Args: cobra.ExactArgs(1),
		Long: "Within 10 m of where it stood then this corrects the position, else it is a move. Readings that are stored keep their place until `rione replay`.",
		RunE: func(c *cobra.Command, args []string) error {
			if where.at == "" && body.Comune == "" {
				return usageError{errors.New("say where it stands: --at LAT,LON, or at least --comune")}
			}
			if err := where.read(&body.Where); err != nil {
				return err
			}
			cl, err := runningHere(c)
			if err != nil {
				return err
			}
			var moved api.DeviceView
			if err := cl.changeDevice(c.Context(), http.MethodPost, args[0], "/move", body, &moved); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, moved)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s stands in %s %s\n", moved.DeviceID, moved.ComuneName, moved.Zone)
			return nil
		},
	}
	where.add(cmd, &body.Where)
	cmd.Flags().StringVar(&body.Note, "note", "", "why, for people")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newDevicesReplace() *cobra.Command {
	var body struct {
		ExternalID string `json:"external_id,omitempty"`
		Model      string `json:"model,omitempty"`
		Secret     bool   `json:"secret,omitempty"`
		Note       string `json:"note,omitempty"`
	}
	var asJSON bool
	cmd := &cobra.Command{
		Use: "replace DEVICE", Short: "Put new hardware in a device's place; it keeps its id and history", Args: cobra.ExactArgs(1),
		Long: "Secrets and certificates of the old hardware are void at once.",
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := runningHere(c)
			if err != nil {
				return err
			}
			var made api.InstalledDevice
			if err := cl.changeDevice(c.Context(), http.MethodPost, args[0], "/replace", body, &made); err != nil {
				return err
			}
			return printInstalled(c, &made, asJSON)
		},
	}
	cmd.Flags().StringVar(&body.ExternalID, "serial", "", "of the new hardware: devEUI, serial number")
	cmd.Flags().StringVar(&body.Model, "model", "", "of the new hardware, when it is another")
	cmd.Flags().BoolVar(&body.Secret, "secret", false, "draw a secret and show it this once")
	cmd.Flags().StringVar(&body.Note, "note", "", "why, for people")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newDevicesHistory() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "history DEVICE", Short: "Who changed a device, when and what", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cl, err := runningHere(c)
		if err != nil {
			return err
		}
		var h api.DeviceHistory
		if err := cl.get(c.Context(), "/v1/devices/"+url.PathEscape(args[0])+"/history", nil, &h); err != nil {
			return err
		}
		if asJSON {
			return printJSON(c, h.Changes)
		}
		for _, change := range h.Changes {
			fmt.Fprintf(c.OutOrStdout(), "%s  %s  %s\n", change.Time.Format(time.RFC3339), change.Author, change.Note)
			for _, d := range change.Differences {
				fmt.Fprintf(c.OutOrStdout(), "    %s: %q becomes %q\n", d.Field, d.Before, d.After)
			}
		}
		return nil
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// printInstalled prints the device's id, and its secret when one was drawn.
func printInstalled(c *cobra.Command, made *api.InstalledDevice, asJSON bool) error {
	if asJSON {
		return printJSON(c, made)
	}
	fmt.Fprintln(c.OutOrStdout(), strings.TrimSpace(made.DeviceID+" "+made.Secret))
	return nil
}
