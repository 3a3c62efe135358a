package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/ingest"
)

// memoryReplays is one replay in memory.
type memoryReplays struct {
	mu  sync.Mutex
	now *ReplayView
	err error
}

func (m *memoryReplays) Start(_ context.Context, r ReplayRequest, author string) (ReplayView, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return ReplayView{}, m.err
	}
	m.now = &ReplayView{ID: "1", Request: r, Author: author, State: "running", Counts: ReplayCounts{Refused: map[string]int64{}}}
	return *m.now, nil
}

func (m *memoryReplays) Get(_ context.Context, id string) (ReplayView, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now == nil || m.now.ID != id {
		return ReplayView{}, ErrNotFound
	}
	return *m.now, nil
}

func (m *memoryReplays) List(context.Context) ([]ReplayView, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now == nil {
		return nil, nil
	}
	return []ReplayView{*m.now}, nil
}

func (m *memoryReplays) Cancel(ctx context.Context, id string) (ReplayView, error) {
	v, err := m.Get(ctx, id)
	v.State = "cancelled"
	return v, err
}

func TestReplays(t *testing.T) {
	replays := &memoryReplays{}
	r := newRig(t, nil, func(o *Options) { o.Replays = replays })
	f := func(method, path, body string, status int, want string) {
		t.Helper()
		w := r.do(request{method: method, path: path, body: body, token: "work"})
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %s %s: %d %s, want %d %q", method, path, body, w.Code, w.Body, status, want)
		}
	}
	f("GET", "/v1/replays", "", 200, `"replays":[]`)
	f("GET", "/v1/replays/1", "", 404, "")
	f("POST", "/v1/replays", `{"since":"yesterday"}`, 422, "since")
	f("POST", "/v1/replays", `{"sinse":"2026-03-01T00:00:00Z"}`, 422, "sinse")
	replays.err = fmt.Errorf("%w: it is too old", ErrReplayRefused)
	f("POST", "/v1/replays", `{"since":"2026-03-01T00:00:00Z"}`, 422, "too old")
	replays.err = ErrReplayBusy
	f("POST", "/v1/replays", `{}`, 409, "running already")
	replays.err = nil
	f("POST", "/v1/replays", `{"since":"2026-03-01T00:00:00Z","devices":["air-1"],"dry_run":true,"note":"why"}`, 202, `"author":"hands"`)
	f("GET", "/v1/replays/1", "", 200, `"note":"why"`)
	f("GET", "/v1/replays", "", 200, `"dry_run":true`)
	f("DELETE", "/v1/replays/1", "", 200, "cancelled")
	f("DELETE", "/v1/replays/2", "", 404, "")
	none := newRig(t, nil)
	if w := none.do(request{path: "/v1/replays", token: "work"}); w.Code != http.StatusNotImplemented {
		t.Errorf("without replays: %d", w.Code)
	}
}

// spoken tells some messages and ends with an error.
type spoken struct {
	messages []string
	err      error
}

func (s spoken) Tail(_ context.Context, id string, since time.Time, follow bool, tell func([]byte) error) error {
	for _, m := range s.messages {
		if err := tell(fmt.Appendf(nil, `{"id":%q,"since":%q,"follow":%v,"m":%q}`, id, since.Format(time.RFC3339), follow, m)); err != nil {
			return err
		}
	}
	return s.err
}

func TestTailEvents(t *testing.T) {
	f := func(s spoken, query string, status int, want ...string) {
		t.Helper()
		r := newRig(t, nil, func(o *Options) { o.Tails = s })
		w := r.do(request{path: "/v1/devices/air-1/tail" + query, token: "work"})
		if w.Code != status {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
		for _, words := range want {
			if !strings.Contains(w.Body.String(), words) {
				t.Errorf("%s lacks %q:\n%s", query, words, w.Body)
			}
		}
	}
	f(spoken{messages: []string{"a", "b"}}, "?since=2026-03-01T00:00:00Z&follow=false", 200,
		"event: message\ndata: {\"id\":\"air-1\",\"since\":\"2026-03-01T00:00:00Z\",\"follow\":false,\"m\":\"a\"}\n\n", `"m":"b"`, "event: end\ndata: {}\n\n")
	f(spoken{}, "", 200, "event: end")
	f(spoken{messages: []string{"a"}, err: errors.New("secret detail")}, "", 200, "event: problem\ndata: {\"detail\":")
	f(spoken{err: fmt.Errorf("%w: it begins later", ErrTailTooOld)}, "", 422, "it begins later")
	f(spoken{err: errors.New("secret detail")}, "", 503, "cannot be read")
	f(spoken{}, "?since=yesterday", 400, "since")
	f(spoken{}, "?follow=perhaps", 400, "follow")
	f(spoken{}, "?format=native", 400, "format")
	r := newRig(t, nil)
	if w := r.do(request{path: "/v1/devices/air-1/tail", token: "work"}); w.Code != http.StatusNotImplemented {
		t.Errorf("without a journal: %d", w.Code)
	}
	if w := r.do(request{path: "/v1/devices/air-1/tail", token: "read-only"}); w.Code != http.StatusForbidden {
		t.Errorf("a reader: %d", w.Code)
	}
}

func TestLatestDrop(t *testing.T) {
	fleet := demoCity()[:2]
	r := newRig(t, fleet)
	at := time.Now()
	for i := range fleet {
		p := demoPoint(t, &fleet[i], at)
		r.latest.Stored([]ingest.Point{p})
	}
	r.latest.Drop([]string{fleet[0].ID, "nobody"})
	if seen := r.latest.Seen(fleet[0].ID); !seen.IsZero() {
		t.Errorf("%s is dropped and was seen at %v", fleet[0].ID, seen)
	}
	if seen := r.latest.Seen(fleet[1].ID); seen.IsZero() {
		t.Errorf("%s went too", fleet[1].ID)
	}
}

func TestUnknownFields(t *testing.T) {
	r := newRig(t, nil, func(o *Options) {
		o.Unknown = func() []UnknownField { return []UnknownField{{"air-1", "mood", 7}, {"air-2", "mood", 3}} }
	})
	for path, want := range map[string]string{
		"/v1/unknown-fields":              `{"fields":[{"device":"air-1","field":"mood","count":7},{"device":"air-2","field":"mood","count":3}]}`,
		"/v1/unknown-fields?device=air-2": `{"fields":[{"device":"air-2","field":"mood","count":3}]}`,
		"/v1/unknown-fields?limit=1":      `{"fields":[{"device":"air-1","field":"mood","count":7}]}`,
		"/v1/unknown-fields?device=air-3": `{"fields":[]}`,
	} {
		if w := r.do(request{path: path, token: "work"}); w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := newRig(t, nil).do(request{path: "/v1/unknown-fields", token: "work"}); w.Code != http.StatusNotImplemented {
		t.Errorf("without a processor: %d", w.Code)
	}
}
