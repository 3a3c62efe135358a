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
	header := http.Header{"Content-Type": {mediaOf(i.file)}, "Accept": {"application/x-ndjson"}}
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
	read := devices.ReadCSV
	if isGeoJSON(i.file) {
		read = devices.ReadGeoJSON
	}
	in, err := read(i.progress.Reader(i.file), gazetteer)
	if err != nil {
		return api.ImportResult{}, listed(err)
	}
	in.Progress = i.progress
	set, summary := devices.Plan(a.Snapshot(), in)
	r := api.ImportResult{Summary: summary, Rows: len(in.Rows), DryRun: i.dryRun, Revision: a.Snapshot().Revision}
	if i.dryRun || len(set.Put) == 0 {
		return r, nil
	}
	set.Author = commandLine
	i.progress.Tell(devices.Storing, 0, len(set.Put))
	after, err := a.Apply(ctx, set)
	if err != nil {
		return r, err
	}
	i.progress.Tell(devices.Storing, len(set.Put), len(set.Put))
	r.Revision = after.Revision
	return r, nil
}

// isGeoJSON tells the two kinds of files apart: a CSV file begins with the name
// of a column.
func isGeoJSON(file []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(file), []byte("{")) }

func mediaOf(file []byte) string {
	if isGeoJSON(file) {
		return "application/geo+json"
	}
	return "text/csv"
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
