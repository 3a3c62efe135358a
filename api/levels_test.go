package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// How far windows are is told as it is known, and who asks for windows again is
// heard word for word.
func TestRollups(t *testing.T) {
	var order RollupOrder
	var fails error
	until := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := newRig(t, nil, func(o *Options) {
		o.Rollups = func(context.Context) (RollupStatus, error) {
			return RollupStatus{Until: until, Behind: 900, Late: 3, Places: until.AddDate(-1, 0, 0), Failure: "the store is away"}, fails
		}
		o.RedoRollups = func(_ context.Context, in RollupOrder) (RollupOrdered, error) {
			order = in
			return RollupOrdered{Since: until.Add(-time.Hour), Until: until, Devices: 2, Measurements: 3, Quarters: 24}, fails
		}
	})
	f := func(method, path, body string, status int, want string) {
		t.Helper()
		w := r.do(request{method: method, path: path, body: body, token: "work"})
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %s %s: %d %s, want %d %q", method, path, body, w.Code, w.Body, status, want)
		}
	}
	if got, want := get[RollupStatus](r, "/v1/rollups"), (RollupStatus{Until: until, Behind: 900, Late: 3, Places: until.AddDate(-1, 0, 0), Failure: "the store is away"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	f("POST", "/v1/rollups/redo", `{"since":"2026-03-01T00:00:00Z","until":"2026-03-02T00:00:00+01:00","devices":["air-1"],"dry_run":true}`, 202, `"quarters":24`)
	want := RollupOrder{Since: until.Add(-12 * time.Hour), Until: until.Add(11 * time.Hour), Devices: []string{"air-1"}, DryRun: true}
	if !order.Since.Equal(want.Since) || !order.Until.Equal(want.Until) || !reflect.DeepEqual(order.Devices, want.Devices) || !order.DryRun || order.Comune != "" {
		t.Errorf("ordered %+v, want %+v", order, want)
	}
	f("POST", "/v1/rollups/redo", `{"comune":"058091"}`, 202, `"devices":2`)
	if order.Comune != "058091" || !order.Since.IsZero() || order.DryRun {
		t.Errorf("ordered %+v", order)
	}
	f("POST", "/v1/rollups/redo", `{"sinse":"2026-03-01T00:00:00Z"}`, 422, "sinse")
	f("POST", "/v1/rollups/redo", `{"since":"yesterday"}`, 422, "since")
	fails = fmt.Errorf("%w: there is no device", ErrRollupRefused)
	f("POST", "/v1/rollups/redo", `{}`, 422, "there is no device")
	fails = errors.New("10.0.0.7 does not answer")
	if w := r.do(request{method: "POST", path: "/v1/rollups/redo", body: `{}`, token: "work"}); w.Code != 500 || strings.Contains(w.Body.String(), "10.0.0.7") {
		t.Errorf("a failure: %d %s", w.Code, w.Body)
	}
	none := newRig(t, nil)
	for method, path := range map[string]string{"GET": "/v1/rollups", "POST": "/v1/rollups/redo"} {
		if w := none.do(request{method: method, path: path, body: `{}`, token: "work"}); w.Code != http.StatusNotImplemented {
			t.Errorf("%s %s without rollups: %d", method, path, w.Code)
		}
	}
}
