package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
)

// finding is one thing that doctor looked at.
type finding struct {
	What   string `json:"what"`
	Well   bool   `json:"well"`
	Advice string `json:"advice,omitempty"`
}

func newDoctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "doctor", Short: "Look for what is wrong, and say what to do", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		findings := examine(c.Context(), cfg)
		if asJSON {
			if err := printJSON(c, findings); err != nil {
				return err
			}
		}
		bad := 0
		for _, f := range findings {
			mark := "ok  "
			if !f.Well {
				mark = "BAD "
				bad++
			}
			if asJSON {
				continue
			}
			fmt.Fprintln(c.OutOrStdout(), mark, f.What)
			if f.Advice != "" {
				fmt.Fprintln(c.OutOrStdout(), "     ", f.Advice)
			}
		}
		if bad > 0 {
			return silentError{}
		}
		return nil
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func examine(ctx context.Context, cfg config.Config) []finding {
	out := []finding{examineFolder(cfg), examineStatus(ctx, cfg), examineStore(ctx, cfg)}
	if !cfg.JournalSync {
		out = append(out, finding{What: "journal sync", Advice: "RIONE_JOURNAL_SYNC=false: a power cut loses messages that were acknowledged; unset it"})
	}
	out = append(out, examineTargets(ctx, cfg)...)
	out = append(out, examineRetention(ctx, cfg)...)
	if len(cfg.Brokers()) > 0 {
		out = append(out, finding{What: "external broker", Well: true, Advice: "its queue for rione must not be bounded below an outage: on Mosquitto set max_queued_messages 0 and max_inflight_messages 1000; who publishes there is vouched for by that broker alone"})
	}
	if cfg.NATSURL != "" {
		out = append(out, finding{What: "external NATS", Well: true, Advice: "set sync_interval: always, or three replicas; max_payload 8MB; version 2.12 or newer"})
	}
	return out
}

func examineFolder(cfg config.Config) finding {
	f := finding{What: "data folder " + cfg.DataDir}
	if _, err := os.Stat(cfg.DataDir); errors.Is(err, fs.ErrNotExist) {
		defer func() { _ = os.Remove(cfg.DataDir) }() // it was made to see whether it can be
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		f.Advice = err.Error() + "; set RIONE_DATA_DIR to a folder that you may write"
		return f
	}
	probe, err := os.CreateTemp(cfg.DataDir, "doctor-*")
	if err != nil {
		f.Advice = err.Error() + "; set RIONE_DATA_DIR to a folder that you may write"
		return f
	}
	probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		f.Advice = err.Error()
		return f
	}
	f.Well = true
	return f
}

func examineStatus(ctx context.Context, cfg config.Config) finding {
	at, err := app.Running(cfg.DataDir)
	if err != nil {
		return finding{What: "rione is not running on this data folder", Well: true, Advice: "start it with `rione up`"}
	}
	f := finding{What: "rione at " + at.HTTP}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.HTTP+"/status", nil)
	if err != nil {
		f.Advice = err.Error()
		return f
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.Advice = err.Error() + "; look at its log"
		return f
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		f.Advice = problemOf(resp).Error()
		return f
	}
	f.Well = true
	return f
}

func examineStore(ctx context.Context, cfg config.Config) finding {
	if cfg.InfluxURL != "" {
		return askStore(ctx, "InfluxDB at "+cfg.InfluxURL, app.StoresOf(cfg)[0])
	}
	if path, err := exec.LookPath("influxd"); err == nil {
		return finding{What: "InfluxDB of its own, " + path, Well: true}
	}
	if _, err := exec.LookPath("go"); err != nil {
		return finding{What: "InfluxDB", Advice: "there is no influxd on PATH and no go to build one; install InfluxDB, or set RIONE_INFLUX_URL"}
	}
	return finding{What: "InfluxDB of its own, built at the first start", Well: true, Advice: "for production set RIONE_INFLUX_URL to an InfluxDB 2.x"}
}
