package main

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// latencies are times from publish to queryable.
type latencies []time.Duration

// String gives their percentiles, by the nearest rank.
func (l latencies) String() string {
	if len(l) == 0 {
		return "no probes"
	}
	sorted := slices.Sorted(slices.Values(l))
	at := func(percent int) time.Duration {
		return sorted[(len(sorted)*percent+99)/100-1].Round(time.Millisecond)
	}
	return fmt.Sprintf("p50 %v, p99 %v of %d probes", at(50), at(99), len(l))
}

// probe publishes readings of a device, one at a time, until enough says so, and
// looks for each in the store until it is there. The look-ups bound what can be
// told apart: some 5 ms.
func (r *rig) probe(id string, enough func(done int) bool) (out latencies) {
	r.t.Helper()
	c, _ := r.client(id)
	defer c.Disconnect(0)
	topic := fmt.Sprintf("sc/v1/%s/air/%s/up", comuneOf(id), id)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !enough(len(out)) {
		published := time.Now()
		r.publish(c, topic, fmt.Sprintf(`{"ts":%d,"pm10_ugm3":7}`, published.UnixMilli()))
		q := fmt.Sprintf("SELECT pm10_ugm3 FROM air WHERE device_id='%s' AND time = %dms", id, published.UnixMilli())
		for deadline := published.Add(time.Minute); len(r.askStore(q, "")) == 0; <-tick.C {
			if time.Now().After(deadline) {
				r.t.Fatalf("%s: no query finds its reading of %v\n%s", id, published, r.log())
			}
		}
		out = append(out, time.Since(published))
	}
	return out
}

func TestLatencies(t *testing.T) {
	f := func(want string, list ...time.Duration) {
		t.Helper()
		if got := latencies(list).String(); got != want {
			t.Errorf("%v: %s, want %s", list, got, want)
		}
	}
	f("no probes")
	f("p50 7ms, p99 7ms of 1 probes", 7*time.Millisecond)
	f("p50 2ms, p99 3ms of 3 probes", 3*time.Millisecond, time.Millisecond, 2*time.Millisecond)
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1)*time.Millisecond)
	}
	f("p50 50ms, p99 99ms of 100 probes", hundred...)
}
