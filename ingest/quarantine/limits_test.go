package quarantine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
	"rione/ingest/quarantine"
)

// many returns entries from the n-th to before the end, all of one device.
func many(from, end int, device, comune string) []quarantine.Entry {
	var list []quarantine.Entry
	for n := from; n < end; n++ {
		e := entry(n, ingest.Clock, device)
		e.Comune = comune
		e.Payload = make([]byte, 1000)
		list = append(list, e)
	}
	return list
}

func held(q *quarantine.Quarantine, f quarantine.Filter) int { return len(q.List(f)) }

func TestALoudDeviceDoesNotPushOutOthers(t *testing.T) {
	f := func(name string, o quarantine.Options, most int) {
		t.Run(name, func(t *testing.T) {
			metrics := prometheus.NewRegistry()
			o.Metrics = metrics
			nc := connect(t)
			q := open(t, nc, o)
			add(t, q, many(0, 3, "quiet", "058091")...)
			add(t, q, many(3, 5, "far", "015146")...)
			for from := 10; from < 310; from += 50 {
				add(t, q, many(from, from+50, "loud", "058091")...)
			}
			if held(q, quarantine.Filter{Device: "quiet"}) != 3 || held(q, quarantine.Filter{Device: "far"}) != 2 {
				t.Errorf("left: %s; want 0-3 to 4-3 among them", ids(q.List(quarantine.Filter{})))
			}
			loud := q.List(quarantine.Filter{Device: "loud"})
			if len(loud) == 0 || len(loud) > most || loud[0].ID != "309-3" || loud[len(loud)-1].ID != fmt.Sprintf("%d-3", 310-len(loud)) {
				t.Errorf("%d of the loud one: %s; want its newest %d at most", len(loud), ids(loud), most)
			}
			if got, want := counter(t, metrics, "rione_quarantine_expired_total"), 305-q.Len(); got != want {
				t.Errorf("%d counted as expired, want %d", got, want)
			}
			o.Metrics = nil
			if again := open(t, nc, o); ids(again.List(quarantine.Filter{})) != ids(q.List(quarantine.Filter{})) {
				t.Errorf("after a restart: %s", ids(again.List(quarantine.Filter{})))
			}
		})
	}
	f("by number", quarantine.Options{PerIdentity: quarantine.Limit{Entries: 20}}, 20)
	f("by size", quarantine.Options{PerIdentity: quarantine.Limit{Bytes: 20_000}}, 20)
	f("by its part of all", quarantine.Options{MaxEntries: 200}, 20)
	f("by its comune's number", quarantine.Options{PerComune: quarantine.Limit{Entries: 40}, PerIdentity: quarantine.Limit{Entries: 30}}, 30)
}

func TestAComuneHasItsShare(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{PerComune: quarantine.Limit{Entries: 40}})
	add(t, q, many(0, 10, "far", "015146")...)
	for i := range 30 { // each of them is within its own limit
		add(t, q, many(100+i*5, 105+i*5, fmt.Sprintf("air-%d", i), "058091")...)
	}
	if got := held(q, quarantine.Filter{Comune: "058091"}); got == 0 || got > 40 {
		t.Errorf("%d of the loud comune, want 40 at most", got)
	}
	if got := held(q, quarantine.Filter{Comune: "015146"}); got != 10 {
		t.Errorf("%d of the quiet comune, want all 10", got)
	}
}

func TestWhoNamesNoDeviceIsItsPublisher(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{PerIdentity: quarantine.Limit{Entries: 20}})
	list := many(0, 60, "probe", "058091")
	for i := range list {
		list[i].Device = ""
		list[i].Client = "noisy"
		if i%20 == 0 {
			list[i].Client = "calm"
		}
	}
	add(t, q, list...)
	calm := 0
	for _, e := range q.List(quarantine.Filter{}) {
		if e.Client == "calm" {
			calm++
		}
	}
	if calm != 3 || q.Len() > 23 {
		t.Errorf("%d of the calm one, %d in all; want 3 and 23 at most", calm, q.Len())
	}
}

func TestTheOldExpire(t *testing.T) {
	metrics := prometheus.NewRegistry()
	now := time.Now()
	o := quarantine.Options{MaxAge: time.Hour, Now: func() time.Time { return now }, Metrics: metrics}
	nc := connect(t)
	q := open(t, nc, o)
	add(t, q, entry(1, ingest.Clock, "air-1"), entry(2, ingest.Clock, "air-2"))
	now = now.Add(50 * time.Minute)
	add(t, q, entry(3, ingest.Clock, "air-1"), entry(1, ingest.Clock, "air-1")) // the first one anew
	now = now.Add(20 * time.Minute)
	add(t, q, entry(4, ingest.Clock, "air-1"))
	if got := ids(q.List(quarantine.Filter{})); got != "4-3 3-3 1-3" {
		t.Errorf("left: %q; want those that came within the hour, however old their messages are", got)
	}
	if got := counter(t, metrics, "rione_quarantine_expired_total"); got != 1 {
		t.Errorf("%d counted as expired, want 1", got)
	}
	now = now.Add(24 * time.Hour)
	o.Metrics = nil
	if again := open(t, nc, o); again.Len() != 0 {
		t.Errorf("a day later a start finds %s", ids(again.List(quarantine.Filter{})))
	}
}
