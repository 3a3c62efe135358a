package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rione/ingest"
)

// feed is a client of the live feed.
type feed struct {
	t      testing.TB
	lines  *bufio.Scanner
	resp   *http.Response
	cancel context.CancelFunc
	id     string // the last one received

	greeting sentEvent
}

// sentEvent is one server-sent event.
type sentEvent struct {
	kind, id, data string
}

func (r *rig) follow(query, lastID string) *feed {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Addr().String()+"/v1/live"+query, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		cancel()
		r.t.Fatal(err)
	}
	f := &feed{t: r.t, lines: bufio.NewScanner(resp.Body), resp: resp, cancel: cancel}
	f.lines.Buffer(nil, 16<<20)
	r.t.Cleanup(f.close)
	if resp.StatusCode == http.StatusOK {
		f.greeting = f.next()
	}
	return f
}

func (f *feed) close() {
	f.cancel()
	f.resp.Body.Close()
}

// next returns the next event; comments are passed over.
func (f *feed) next() sentEvent {
	f.t.Helper()
	var e sentEvent
	for f.lines.Scan() {
		name, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch name {
		case "event":
			e.kind = value
		case "id":
			e.id, f.id = value, value
		case "data":
			e.data = value
		case "":
			if e != (sentEvent{}) {
				return e
			}
		}
	}
	f.t.Fatalf("the feed ended: %v", f.lines.Err())
	return e
}

// devices reads events until it has heard of n devices.
func (f *feed) devices(n int) map[string]DeviceLatest {
	f.t.Helper()
	heard := make(map[string]DeviceLatest)
	for len(heard) < n {
		e := f.next()
		if e.kind != "latest" {
			f.t.Fatalf("event %+v", e)
		}
		for _, d := range decode[[]DeviceLatest](f.t, []byte(e.data)) {
			heard[d.DeviceID] = d
		}
	}
	return heard
}

func liveRig(t testing.TB) *rig {
	t.Helper()
	r := newRig(t, demoCity())
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}

// say stores one reading of each of the first n devices.
func (r *rig) say(n int, at time.Time) {
	for _, d := range r.registry.Snapshot().All()[:n] {
		r.latest.Stored([]ingest.Point{demoPoint(r.t, d, at)})
	}
}

func TestLive(t *testing.T) {
	r := liveRig(t)
	r.say(5, time.Now().Add(-time.Hour)) // before anybody listens
	f := r.follow("", "")
	if ct := f.resp.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Fatalf("content type %s", ct)
	}
	r.say(300, time.Now())
	heard := f.devices(300)
	d := heard[r.registry.Snapshot().All()[0].ID]
	if d.State != Online || len(d.Readings) != 1 || d.Lat == 0 || len(d.Readings[0].Fields) == 0 {
		t.Errorf("%+v", d)
	}
	if !strings.HasPrefix(f.id, r.boot+"-") {
		t.Errorf("id %s", f.id)
	}
}

func TestLiveFilter(t *testing.T) {
	r := liveRig(t)
	f := r.follow("?kind=air&comune=082053", "")
	r.say(326, time.Now())
	for _, d := range f.devices(5) {
		if d.Kind != "air" || d.Comune != "082053" {
			t.Errorf("%+v", d)
		}
	}
	resp := r.follow("?kind=toaster", "").resp
	if resp.StatusCode != 400 || resp.Header.Get("Content-Type") != problemType {
		t.Errorf("%s", resp.Status)
	}
	if resp := r.follow("?since=1", "").resp; resp.StatusCode != 400 {
		t.Errorf("%s", resp.Status)
	}
}

// TestLiveResume leaves and comes back, within what the ring keeps and beyond.
func TestLiveResume(t *testing.T) {
	for _, ticks := range []int{3, ringTicks + 5} {
		t.Run(fmt.Sprint(ticks), func(t *testing.T) {
			r := liveRig(t)
			f := r.follow("", "")
			r.say(10, time.Now())
			f.devices(10)
			f.close()
			for i := range ticks {
				r.say(1+i%7, time.Now())
				r.live.tick()
			}
			heard := r.follow("", f.id).devices(min(ticks, 7))
			if len(heard) != min(ticks, 7) {
				t.Errorf("heard of %d devices", len(heard))
			}
		})
	}
}

func TestLiveResumeOfAnotherRun(t *testing.T) {
	r := liveRig(t)
	for _, id := range []string{"0123456789abcdef-7", r.boot + "-999999", "nonsense", r.boot + "-"} {
		if f := r.follow("", id); f.greeting.kind != "reset" {
			t.Errorf("%s: %+v", id, f.greeting)
		}
	}
	f := r.follow("", "")
	if again := r.follow("", f.id); f.greeting.kind != "" || again.greeting.kind != "" {
		t.Errorf("%+v, %+v", f.greeting, again.greeting)
	}
}

// TestSlowClientSlowsNobody has a client that reads nothing while ten thousand
// updates come, and another that hears them all.
func TestSlowClientSlowsNobody(t *testing.T) {
	r := liveRig(t)
	slow := r.follow("", "")
	quick := r.follow("", "")
	for i := range 40 {
		r.say(326, time.Now().Add(time.Duration(i)*time.Millisecond))
		r.live.tick()
	}
	quick.devices(326)
	r.live.mu.Lock()
	size, kept := r.live.size, len(r.live.ring)
	r.live.mu.Unlock()
	if size > ringBudget+1<<20 || kept > ringTicks {
		t.Errorf("the ring holds %d bytes in %d ticks", size, kept)
	}
	newest := r.latest.Seen(r.registry.Snapshot().All()[0].ID)
	for {
		d := slow.devices(1)[r.registry.Snapshot().All()[0].ID]
		if d.Seen != nil && d.Seen.Equal(newest) {
			return // the slow one ends where the quick one is
		}
	}
}

func TestCloseEndsFeeds(t *testing.T) {
	r := liveRig(t)
	f := r.follow("", "")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if f.lines.Scan() {
		t.Errorf("after the end: %s", f.lines.Text())
	}
}

// TestDescribedLiveEvents checks that the feed's objects are those of the
// description.
func TestDescribedLiveEvents(t *testing.T) {
	r := liveRig(t)
	f := r.follow("", "")
	r.say(1, time.Now())
	e := f.next()
	if e.kind != "latest" || !json.Valid([]byte(e.data)) {
		t.Errorf("%+v", e)
	}
	decode[[]DeviceLatest](t, []byte(e.data))
}
