package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/devices"
)

// exported says which devices an export writes, and how.
type exported struct {
	format, comune, kind string
	retired              bool
}

func newDevicesExport() *cobra.Command {
	var e exported
	cmd := &cobra.Command{
		Use: "export [FILE]", Short: "Write the registry into a file that import reads (without FILE or with -: standard output)",
		Long: "Devices in service and pending ones with their placements, calibrations, invalid periods, external identities and homes' places,\n" +
			"without secrets. " +
			"Import of the file changes nothing, and rebuilds the registry where there is none. FILE ends in .csv, .geojson or .ndjson.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file := "-"
			if len(args) > 0 {
				file = args[0]
			}
			e.format = cmp.Or(e.format, strings.TrimPrefix(filepath.Ext(file), "."), "csv")
			if _, ok := devices.FileFormatOf(e.format); !ok {
				return usageError{fmt.Errorf("there is no format %s; --format is csv, geojson or ndjson", e.format)}
			}
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			if file == "-" {
				return exportDevices(c.Context(), cfg, e, c.OutOrStdout())
			}
			return wholeFile(file, func(w io.Writer) error { return exportDevices(c.Context(), cfg, e, w) })
		},
	}
	cmd.Flags().StringVar(&e.format, "format", "", "csv, geojson or ndjson; as FILE ends when not given")
	cmd.Flags().StringVar(&e.comune, "comune", "", "only of this comune (ISTAT code)")
	cmd.Flags().StringVar(&e.kind, "kind", "", "only of this kind")
	cmd.Flags().BoolVar(&e.retired, "retired", false, "retired devices too, with their state")
	return cmd
}

// wholeFile writes a file that is there only when all of it is.
func wholeFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".rione-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // once it was renamed there is nothing to remove
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// exportDevices goes through the API of the running rione; where none runs, it
// opens the registry in the data folder itself.
func exportDevices(ctx context.Context, cfg config.Config, e exported, w io.Writer) error {
	if cl, err := running(cfg); err == nil {
		q := url.Values{"format": {e.format}, "retired": {fmt.Sprint(e.retired)}}
		for name, v := range map[string]string{"comune": e.comune, "kind": e.kind} {
			if v != "" {
				q.Set(name, v)
			}
		}
		return cl.download(ctx, "/v1/devices/export", q, w)
	}
	return lookInRegistry(ctx, cfg, func(a *app.Registry) error {
		list := slices.DeleteFunc(slices.Clone(a.Snapshot().All()), func(d *devices.Device) bool {
			return d.Retired && !e.retired || e.comune != "" && d.Current().Comune != e.comune || e.kind != "" && string(d.Kind) != e.kind
		})
		format, _ := devices.FileFormatOf(e.format)
		return format.Write(w, list)
	})
}
