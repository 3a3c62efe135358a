package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/devices"
)

func newDevices() *cobra.Command {
	cmd := &cobra.Command{Use: "devices", Short: "The registry of devices"}
	cmd.AddCommand(newDevicesImport(), newDevicesExport(), newDevicesAdd(), newDevicesMove(), newDevicesChange(), newDevicesApplyPosition(), newDevicesReplace(), newDevicesList(), newDevicesShow(), newDevicesHistory(),
		newDevicesApprove(), newDevicesRotate(), newDevicesRetire(), newDevicesCommand(), newDevicesClaimCode(), newDevicesCalibrate(), newDevicesInvalidate())
	return cmd
}

func newDevicesImport() *cobra.Command {
	var dryRun, force, asJSON bool
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Register, change or move the devices of a file (- reads standard input)",
		Long: "CSV, whose header line names the columns: device_id,kind,comune,zone,name,lat,lon,interval_s,format,external_id,secret,premises,valid_from;\n" +
			"the first three are required. Columns that are known too: model,group,via,speaks,state,moving,calibrations,invalid.\n" +
			"Or GeoJSON, a FeatureCollection of Points with properties of these names, or NDJSON, an object with these members a line.\n" +
			"A retired device stays so unless its state says approved; state retired retires a device. Calibrations and invalid periods\n" +
			"are added to those that the device has.\n" +
			"All lines are taken or none. Works on a running rione and before the first start. A terminal is told how far it is.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			file, err := readFile(c, args[0])
			if err != nil {
				return err
			}
			i := deviceImport{file: file, dryRun: dryRun, force: force, progress: progressOn(c.ErrOrStderr())}
			r, err := i.run(c.Context(), cfg)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, r)
			}
			would := ""
			if r.DryRun {
				would = "would be: "
			}
			fmt.Fprintf(c.OutOrStdout(), "%s%d added, %d changed, %d moved, %d unchanged\n", would, r.Added, r.Changed, r.Moved, r.Unchanged)
			tellLeftToDo(c.ErrOrStderr(), &r)
			return nil
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be done")
	cmd.Flags().BoolVar(&force, "force", false, "take positions that do not look right")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// readFile reads a file, or standard input for "-".
func readFile(c *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(c.InOrStdin())
	}
	return os.ReadFile(name)
}

// withRegistry opens the registry of a data folder that no rione runs on.
func withRegistry(ctx context.Context, cfg config.Config, f func(*app.Registry) error) error {
	r, err := app.OpenRegistry(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(f(r), r.Close())
}

// lookInRegistry is withRegistry for what only looks: where there is no data
// folder it finds nothing, and leaves none behind.
func lookInRegistry(ctx context.Context, cfg config.Config, f func(*app.Registry) error) error {
	if _, err := os.Stat(cfg.DataDir); !errors.Is(err, fs.ErrNotExist) {
		return withRegistry(ctx, cfg, f)
	}
	empty, err := os.MkdirTemp("", "rione-")
	if err != nil {
		return err
	}
	cfg.DataDir = empty
	return errors.Join(withRegistry(ctx, cfg, f), os.RemoveAll(empty))
}

// listDevices lists the registry of the data folder, running or not.
func listDevices(ctx context.Context, cfg config.Config, f devices.Filter) ([]api.DeviceView, error) {
	cl, err := running(cfg)
	if err != nil {
		list := []api.DeviceView{}
		err := lookInRegistry(ctx, cfg, func(a *app.Registry) error {
			page, _ := a.Snapshot().List(f)
			for _, d := range page {
				list = append(list, viewOf(d))
			}
			return nil
		})
		return list, err
	}
	q := url.Values{"limit": {"1000"}, "pending": {fmt.Sprint(f.State == devices.Pending)}, "retired": {fmt.Sprint(f.State == devices.Retired)}}
	for name, v := range map[string]string{"comune": f.Comune, "zone": f.Zone, "kind": string(f.Kind), "group": f.Group, "q": f.Text} {
		if v != "" {
			q.Set(name, v)
		}
	}
	list := []api.DeviceView{}
	for {
		var page api.DevicePage
		if err := cl.get(ctx, "/v1/devices", q, &page); err != nil {
			return nil, err
		}
		list = append(list, page.Devices...)
		if page.Next == "" {
			return list, nil
		}
		q.Set("cursor", page.Next)
	}
}

// viewOf shows an entry as the API does, as far as the registry alone knows.
func viewOf(d *devices.Device) api.DeviceView {
	at := d.Current()
	return api.DeviceView{
		DeviceID: d.ID, Kind: d.Kind, Name: d.Name, Comune: at.Comune, Zone: at.Zone, Position: &at.Point, Uncertain: at.Uncertain,
		Premises: d.Premises, IntervalS: d.Interval.Seconds(), Format: d.Format, Model: d.Model, Pending: d.Pending, Retired: d.Retired, Revision: d.Revision, Updated: d.Updated,
	}
}

func newDevicesList() *cobra.Command {
	var f devices.Filter
	var kind string
	var pending, retired, asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List devices", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		f.Kind, f.State = devices.Kind(kind), devices.Approved
		switch {
		case pending && retired:
			return usageError{errors.New("--pending or --retired: a device is one of them")}
		case pending:
			f.State = devices.Pending
		case retired:
			f.State = devices.Retired
		}
		list, err := listDevices(c.Context(), cfg, f)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c, list)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "DEVICE\tKIND\tCOMUNE\tZONE\tPOSITION\tNAME")
		for _, d := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.DeviceID, d.Kind, d.Comune, d.Zone, d.Position, d.Name)
		}
		return w.Flush()
	}}
	cmd.Flags().StringVar(&f.Comune, "comune", "", "only of this comune (ISTAT code)")
	cmd.Flags().StringVar(&kind, "kind", "", "only of this kind")
	cmd.Flags().BoolVar(&pending, "pending", false, "those that wait for approval")
	cmd.Flags().BoolVar(&retired, "retired", false, "those out of service")
	cmd.Flags().StringVar(&f.Zone, "zone", "", "only of this municipio or quartiere")
	cmd.Flags().StringVar(&f.Group, "group", "", "only of this group")
	cmd.Flags().StringVar(&f.Text, "search", "", "only with this in id or name")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newDevicesShow() *cobra.Command {
	return showsJSON(&cobra.Command{Use: "show DEVICE", Short: "Show one device", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		cl, err := running(cfg)
		if err == nil {
			var d any
			if err := cl.get(c.Context(), "/v1/devices/"+url.PathEscape(args[0]), nil, &d); err != nil {
				return err
			}
			return printJSON(c, d)
		}
		return lookInRegistry(c.Context(), cfg, func(a *app.Registry) error {
			d := a.Snapshot().Device(args[0])
			if d == nil {
				return fmt.Errorf("there is no device %s; `rione devices list` shows what there is", args[0])
			}
			return printJSON(c, d)
		})
	}})
}

func newDevicesRetire() *cobra.Command {
	return &cobra.Command{Use: "retire DEVICE", Short: "Take a device out of service; its history stays", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cl, err := runningHere(c)
		if err != nil {
			return err
		}
		return cl.changeDevice(c.Context(), http.MethodDelete, args[0], "", nil, nil)
	}}
}
