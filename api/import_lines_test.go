package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"rione/devices"
)

// importByLines imports a file and returns what was said on the way, and in the
// last line.
func (r *rig) importByLines(query, token, file string) (stages []string, last ImportLine) {
	r.t.Helper()
	w := r.do(request{method: http.MethodPost, path: "/v1/devices/import" + query, token: token, body: file,
		header: map[string]string{"Content-Type": "text/csv", "Accept": linesType}})
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != linesType {
		r.t.Fatalf("%d %s: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	for i, text := range lines {
		var line ImportLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			r.t.Fatalf("line %q: %v", text, err)
		}
		if end := line.Result != nil || line.Problem != nil; end != (i == len(lines)-1) || end == (line.Stage != "") {
			r.t.Errorf("line %d of %d is %s", i+1, len(lines), text)
		}
		if line.Stage != "" && (line.Total <= 0 || line.Done < 0 || line.Done > line.Total) {
			r.t.Errorf("progress %s", text)
		}
		if n := len(stages); line.Stage != "" && (n == 0 || stages[n-1] != string(line.Stage)) {
			stages = append(stages, string(line.Stage))
		}
		last = line
	}
	return stages, last
}

// An import says how far it is, stage by stage, and at last what was done.
func TestImportByLines(t *testing.T) {
	r := newRig(t, smallFleet())
	var file strings.Builder
	file.WriteString("device_id,kind,comune,lat,lon\n")
	for i := range 5000 {
		fmt.Fprintf(&file, "many-%04d,bin,058091,41.9,12.5\n", i)
	}
	f := func(query, want string, result ImportResult) {
		t.Helper()
		stages, last := r.importByLines(query, adminToken, file.String())
		if got := strings.Join(stages, " "); got != want {
			t.Errorf("stages are %q, want %q", got, want)
		}
		if last.Result == nil {
			t.Fatalf("last line is %+v", last)
		}
		result.Rows, result.Revision = 5000, r.registry.Snapshot().Revision
		if !reflect.DeepEqual(*last.Result, result) {
			t.Errorf("result is %+v, want %+v", *last.Result, result)
		}
	}
	f("?dry_run=true", "read secrets", ImportResult{Summary: devices.Summary{Added: 5000}, DryRun: true})
	f("", "read secrets store", ImportResult{Summary: devices.Summary{Added: 5000}})
	f("", "read secrets", ImportResult{Summary: devices.Summary{Unchanged: 5000}})
}

// What is wrong stands in the last line as it would be answered without lines,
// since the status is sent before anything is known.
func TestImportByLinesFails(t *testing.T) {
	r := newRig(t, smallFleet())
	const header = "device_id,kind,comune,lat,lon,external_id\n"
	f := func(file, media string, status int, words ...string) {
		t.Helper()
		plain := r.do(request{method: http.MethodPost, path: "/v1/devices/import", token: adminToken, body: file, header: map[string]string{"Content-Type": media}})
		if plain.Code != status || plain.Header().Get("Content-Type") != problemType {
			t.Errorf("without lines: %d %s %s", plain.Code, plain.Header().Get("Content-Type"), plain.Body)
		}
		w := r.do(request{method: http.MethodPost, path: "/v1/devices/import", token: adminToken, body: file, header: map[string]string{"Content-Type": media, "Accept": linesType}})
		lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
		var last struct{ Problem json.RawMessage }
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d, %v: %s", w.Code, err, w.Body)
		}
		if got, want := string(last.Problem), strings.TrimSpace(plain.Body.String()); got != want {
			t.Errorf("problem is\n %s\nwithout lines\n %s", got, want)
		}
		for _, word := range words {
			if !strings.Contains(string(last.Problem), word) {
				t.Errorf("problem %s does not say %q", last.Problem, word)
			}
		}
	}
	f(header+"A B,air,058091,41.9,12.5,\nair-4,air,058091,0,0,\n", "text/csv", 422, "2 mistakes", "body.line[2].device_id", "body.line[3]")
	f(header+"air-9,air,058091,41.9,12.5,48575443aabbccdd\n", "text/csv", 422, "bb-home-1")
	f(header, "text/html", 415, "text/csv")
	r.registry.refuse = errors.New("disk full at /secret")
	f(header+"air-9,air,058091,41.9,12.5,\n", "text/csv", 500, "log")
	if r.registry.Snapshot().Device("air-9") != nil {
		t.Error("something was imported")
	}
}

// An import may take longer than other requests: it ends with its client, and
// not before.
func TestImportHasNoDeadline(t *testing.T) {
	r := newRig(t, smallFleet())
	registry := &deadlineRegistry{memoryRegistry: r.registry}
	r.o.Registry = registry
	const file = "device_id,kind,comune\nair-9,air,058091\n"
	if code, body := r.importCSV("", file); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	if registry.bounded {
		t.Error("the store is given less time than an import may need")
	}
}

// deadlineRegistry notes whether a change was to be done by a time.
type deadlineRegistry struct {
	*memoryRegistry
	bounded bool
}

func (r *deadlineRegistry) Apply(ctx context.Context, c devices.ChangeSet) (*devices.Snapshot, error) {
	_, r.bounded = ctx.Deadline()
	return r.memoryRegistry.Apply(ctx, c)
}
