package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/devices"
	"rione/devices/access"
)

// commandLine is the author of changes that are made without the API.
const commandLine = "command line"

func newDevicesApprove() *cobra.Command {
	var rule devices.Rule
	var asJSON bool
	cmd := &cobra.Command{
		Use: "approve [DEVICE …]", Short: "Approve devices that enrolled by themselves, named or by a rule",
		Long: "What they said meanwhile waits in quarantine and is processed now. With several conditions, all must hold.",
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			rule.IDs = args
			if _, err := devices.Approve(&devices.Snapshot{}, rule); err != nil && len(args) == 0 {
				return usageError{err}
			}
			approved, err := approveDevices(c.Context(), cfg, rule)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, approved.Devices)
			}
			for _, id := range approved.Devices {
				fmt.Fprintln(c.OutOrStdout(), id)
			}
			fmt.Fprintf(c.OutOrStdout(), "%d approved\n", len(approved.Devices))
			return nil
		},
	}
	cmd.Flags().StringVar(&rule.Prefix, "prefix", "", "those whose id begins so")
	cmd.Flags().StringVar(&rule.Model, "model", "", "those of this model")
	cmd.Flags().StringVar(&rule.Via, "gateway", "", "those that this gateway speaks for")
	cmd.Flags().StringVar(&rule.Comune, "comune", "", "those of this comune (ISTAT code)")
	cmd.Flags().StringVar(&rule.Group, "group", "", "put them into this group")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func approveDevices(ctx context.Context, cfg config.Config, rule devices.Rule) (out api.Approval, err error) {
	cl, err := running(cfg)
	if err == nil {
		request := map[string]any{"prefix": rule.Prefix, "model": rule.Model, "gateway": rule.Via, "comune": rule.Comune, "group": rule.Group}
		if len(rule.IDs) > 0 {
			request["ids"] = rule.IDs
		}
		return out, cl.post(ctx, "/v1/devices/approve", request, &out)
	}
	err = lookInRegistry(ctx, cfg, func(r *app.Registry) error {
		out.Devices, err = access.Approve(ctx, r, commandLine, rule)
		return err
	})
	return out, err
}

func newDevicesRotate() *cobra.Command {
	var overlap time.Duration
	var revoke, asJSON bool
	cmd := &cobra.Command{
		Use: "rotate DEVICE", Short: "Give a device a new secret, which is shown this once",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			rotated, err := rotateDevice(c.Context(), cfg, args[0], overlap, revoke)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, rotated)
			}
			if !revoke {
				fmt.Fprintln(c.OutOrStdout(), rotated.Secret)
			}
			return nil
		},
	}
	cmd.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the secret before stays good")
	cmd.Flags().BoolVar(&revoke, "revoke", false, "only make every secret and certificate void, at once")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func rotateDevice(ctx context.Context, cfg config.Config, id string, overlap time.Duration, revoke bool) (out api.Rotation, err error) {
	cl, err := running(cfg)
	if err == nil {
		request := map[string]any{"overlap_s": overlap.Seconds(), "revoke": revoke}
		return out, cl.post(ctx, "/v1/devices/"+url.PathEscape(id)+"/rotate", request, &out)
	}
	out.DeviceID = id
	err = lookInRegistry(ctx, cfg, func(r *app.Registry) error {
		if revoke {
			return access.Revoke(ctx, r, commandLine, id)
		}
		out.Secret, err = access.Rotate(ctx, r, commandLine, id, overlap)
		return err
	})
	return out, err
}
