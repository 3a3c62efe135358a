package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rione/api"
	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/devices"
)

// importLimit bounds an import by the API. A hundred thousand short secrets take
// minutes to hash.
const importLimit = time.Hour

// deviceImport is a file of devices on its way into the registry.
type deviceImport struct {
	file          []byte
	dryRun, force bool
	progress      devices.Progress // nil: nobody looks on
}

// run goes through the API of the running rione; where none runs, it opens the
// registry in the data folder itself.
func (i deviceImport) run(ctx context.Context, cfg config.Config) (api.ImportResult, error) {
	if cl, err := running(cfg); err == nil {
		return i.send(ctx, cl)
	}
	var r api.ImportResult
	err := withRegistry(ctx, cfg, func(a *app.Registry) (err error) {
		r, err = i.store(ctx, a)
		return err
	})
	return r, err
}

// send imports the file by the API, which says how far it is, line by line.
func (i deviceImport) send(ctx context.Context, cl *client) (api.ImportResult, error) {
	cl.http.Timeout = importLimit
	q := url.Values{"dry_run": {fmt.Sprint(i.dryRun)}, "force": {fmt.Sprint(i.force)}}
	header := http.Header{"Content-Type": {fileFormatOf(i.file).Media}, "Accept": {"application/x-ndjson"}}
	resp, err := cl.ask(ctx, http.MethodPost, "/v1/devices/import", q, header, i.file)
	if err != nil {
		return api.ImportResult{}, err
	}
	defer resp.Body.Close()
	lines := json.NewDecoder(resp.Body)
	for {
		var line struct {
			api.ImportLine
			Problem *problem `json:"problem"`
		}
		switch err := lines.Decode(&line); {
		case err != nil:
			return api.ImportResult{}, fmt.Errorf("the answer broke off, so nobody knows whether the file was imported; import it again, what is there is not changed: %w", err)
		case line.Problem != nil:
			return api.ImportResult{}, line.Problem.err()
		case line.Result != nil:
			return *line.Result, nil
		}
		i.progress.Tell(line.Stage, line.Done, line.Total)
	}
}

// store imports the file into a registry that no rione runs on.
func (i deviceImport) store(ctx context.Context, a *app.Registry) (api.ImportResult, error) {
	gazetteer := a.Gazetteer()
	if i.force {
		gazetteer = devices.Unchecked(gazetteer)
	}
	in, err := fileFormatOf(i.file).Read(i.progress.Reader(i.file), gazetteer)
	if err != nil {
		return api.ImportResult{}, listed(err)
	}
	in.Progress = i.progress
	set, r, err := api.PlanImport(a.Snapshot(), in)
	if err != nil {
		return api.ImportResult{}, listed(err)
	}
	if r.DryRun = i.dryRun; i.dryRun || len(set.Put) == 0 {
		return *r, nil
	}
	set.Author = commandLine
	i.progress.Tell(devices.Storing, 0, len(set.Put))
	after, err := a.Apply(ctx, set)
	if err != nil {
		return *r, err
	}
	i.progress.Tell(devices.Storing, len(set.Put), len(set.Put))
	r.Revision = after.Revision
	return *r, nil
}

// fileFormatOf tells the kinds of files apart: a CSV file begins with the name of a
// column, and the first line of an NDJSON file is a device.
func fileFormatOf(file []byte) devices.FileFormat {
	name, text := "csv", bytes.TrimSpace(file)
	if bytes.HasPrefix(text, []byte("{")) {
		name = "geojson"
		line, _, _ := bytes.Cut(text, []byte("\n"))
		var device struct {
			ID *string `json:"device_id"`
		}
		if json.Unmarshal(line, &device) == nil && device.ID != nil {
			name = "ndjson"
		}
	}
	format, _ := devices.FileFormatOf(name)
	return format
}

// listed puts every bad line of an import on a line of its own.
func listed(err error) error {
	var bad *devices.ImportError
	if !errors.As(err, &bad) {
		return err
	}
	out := fmt.Sprintf("nothing was imported: %d mistakes", len(bad.Lines))
	for _, l := range bad.Lines {
		out += "\n  " + l.Error()
	}
	return errors.New(out)
}

// progressOn shows how far an import is on a terminal, and nowhere else.
func progressOn(w io.Writer) devices.Progress {
	if !isTerminal(w) {
		return nil
	}
	return newProgressLine(w).hear
}

// namedDevices is how many devices a line for people names.
const namedDevices = 10

// tellLeftToDo says what an import does not do by itself.
func tellLeftToDo(w io.Writer, r *api.ImportResult) {
	if len(r.Retired) > 0 {
		fmt.Fprintf(w, "%d of them are retired and stay so (%s): state approved in the file brings them back, or `rione devices change DEVICE --retired=false`\n",
			len(r.Retired), firstOf(r.Retired))
	}
	if len(r.Backdated) > 0 {
		since := "start"
		if !r.Since.IsZero() {
			since = r.Since.Format(time.RFC3339Nano)
		}
		fmt.Fprintf(w, "%d of them are changed since %s (%s): what is stored of that time is as it was until `rione replay --restate --since %s --device DEVICE`\n",
			len(r.Backdated), since, firstOf(r.Backdated), since)
	}
}

// firstOf names the first of a list.
func firstOf(ids []string) string {
	text := strings.Join(ids[:min(len(ids), namedDevices)], " ")
	if more := len(ids) - namedDevices; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
