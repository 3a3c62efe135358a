package influx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rione/ingest"
	"rione/ingest/influx"
)

// good returns n lines of one integer field, a millisecond apart.
func good(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("wifi_ap,device_id=ap-%d clients=%di,cpu_pct=%d.5 %d", i%50, i, i, noon.UnixNano()+int64(i)*1e6)
	}
	return lines
}

// What the encoder writes, the store gives back.
func TestPointsReadBack(t *testing.T) {
	s := newStore(t)
	d := device("ap-1", `Zona d'oro, n=1\2`)
	b := influx.NewBatch()
	b.Add(point(d, "event", []ingest.Tag{{Name: "type", Value: "porta aperta"}},
		value("event", "text", "disse \"sì\",\n a=b \\ fine"), value("event", "severity", 3)))
	b.Add(point(d, "net_if", []ingest.Tag{{Name: "ifname", Value: "eth0"}, {Name: "role", Value: "wan"}},
		value("net_if", "rx_bytes", math.MaxInt64), value("net_if", "speed_mbps", 0.30000000000000004)))
	rejects, err := s.writer.Write(t.Context(), bucket, b)
	if err != nil || len(rejects) > 0 {
		t.Fatal(rejects, err)
	}
	f := func(q string, want ...any) {
		t.Helper()
		all, err := s.client.Query(t.Context(), bucket, q)
		if err != nil || len(all) != 1 || len(all[0].Values) != 1 {
			t.Fatalf("%s: %v, %v", q, all, err)
		}
		if got := all[0].Values[0]; !slices.Equal(got, want) {
			t.Errorf("%s:\n got %#v\nwant %#v", q, got, want)
		}
	}
	f("SELECT text, severity, type, zone, lat, lon, q FROM event",
		noon, "disse \"sì\",\n a=b \\ fine", int64(3), "porta aperta", "Zona d'oro, n=1/2", 41.9, 12.5, int64(0))
	f("SELECT rx_bytes, speed_mbps, comune, device_id, ifname, role, s2_cell_id FROM net_if",
		noon, int64(math.MaxInt64), 0.30000000000000004, "058091", "ap-1", "eth0", "wan", d.Placements[0].Cell)
}

func TestPoisonIsNarrowedDown(t *testing.T) {
	const (
		conflict   = `wifi_ap,device_id=bad clients=1.5 1777896000000000000`
		unparsable = `wifi_ap,device_id=bad clients= 1777896000000000000`
		noFields   = `wifi_ap,device_id=bad 1777896000000000000`
		text       = `wifi_ap,device_id=bad cpu_pct="high" 1777896000000000000`
	)
	s := newStore(t)
	if rejects := s.write(t, `wifi_ap,device_id=first clients=1i,cpu_pct=1 1777896000000000000`); len(rejects) > 0 {
		t.Fatal(rejects)
	}
	f := func(name string, bound int, poison map[int]string) {
		t.Run(name, func(t *testing.T) {
			before := s.requests(t)
			lines := good(5000)
			for i, line := range poison {
				lines[i] = line
			}
			rejects := s.write(t, lines...)
			var want, got []int
			for i := range poison {
				want = append(want, i)
			}
			slices.Sort(want)
			for _, r := range rejects {
				got = append(got, r.Line)
				if r.Expired || r.Detail == "" {
					t.Errorf("line %d: expired %v, detail %q", r.Line, r.Expired, r.Detail)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("rejected %v, want %v", got, want)
			}
			if stored := s.count(t, "wifi_ap", "clients"); stored < 5000-len(poison) {
				t.Errorf("%d lines stored of %d good ones", stored, 5000-len(poison))
			}
			if n := s.requests(t) - before; n > bound {
				t.Errorf("%d requests for %d poison lines, want at most %d", n, len(poison), bound)
			}
		})
	}
	f("none", 1, nil)
	for _, at := range []int{0, 1, 2500, 4998, 4999} {
		f(fmt.Sprintf("a conflict at %d", at), 3, map[int]string{at: conflict})
		f(fmt.Sprintf("unparsable at %d", at), 2, map[int]string{at: unparsable})
	}
	f("several of all sorts", 12, map[int]string{0: conflict, 7: unparsable, 1234: noFields, 1235: text, 4999: conflict})
	every := map[int]string{}
	for i := 0; i < 5000; i += 2 {
		every[i] = conflict
	}
	f("every other one", 3, every)
	for i := range 5000 {
		every[i] = unparsable
	}
	f("all", 1, every)
}

func TestExpiredLinesAreTold(t *testing.T) {
	s := newStore(t)
	if err := s.client.EnsureBuckets(t.Context(), []influx.Bucket{{Name: "short", Retention: time.Hour}}); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixNano()
	lines := make([]string, 1000)
	for i := range lines {
		lines[i] = fmt.Sprintf("wifi_ap,device_id=ap-%d clients=%di %d", i, i, now)
		if i%10 == 3 {
			lines[i] = fmt.Sprintf("wifi_ap,device_id=ap-%d clients=%di %d", i, i, now-int64(i)*int64(time.Hour))
		}
	}
	write := func() (expired, rejected []int) {
		t.Helper()
		rejects, err := s.writer.Write(t.Context(), "short", batchOf(lines...))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rejects {
			if r.Expired {
				expired = append(expired, r.Line)
			} else {
				rejected = append(rejected, r.Line)
			}
		}
		return expired, rejected
	}
	expired, rejected := write()
	if len(expired) != 100 || len(rejected) != 0 || expired[0] != 3 || expired[99] != 993 {
		t.Fatalf("expired %v, rejected %v", expired, rejected)
	}
	if n := countIn(t, s.client, "short", "wifi_ap", "clients"); n != 900 {
		t.Errorf("%d lines stored, want 900", n)
	}
	if n := s.requests(t); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}

	if stored, expired := s.lines(t, "stored"), s.lines(t, "expired"); stored != 900 || expired != 100 {
		t.Errorf("the metrics count %d stored, %d expired", stored, expired)
	}

	// The two sorts together.
	lines[500] = fmt.Sprintf("wifi_ap,device_id=bad clients=1.5 %d", now)
	lines[501] = fmt.Sprintf("wifi_ap,device_id=bad clients %d", now)
	expired, rejected = write()
	if len(expired) != 100 || !slices.Equal(rejected, []int{500, 501}) {
		t.Errorf("%d expired, rejected %v", len(expired), rejected)
	}
}

func TestTooLargeIsSplit(t *testing.T) {
	s := newStore(t, "INFLUXDB_HTTP_MAX_BODY_SIZE=20000")
	if s.Generation != 1 {
		t.Skip("SKIPPED: InfluxDB 2.x has no limit that can be set; run with 1.8")
	}
	lines := good(5000)
	lines[77] = `wifi_ap,device_id=long note="` + strings.Repeat("x", 30_000) + `" 1777896000000000000`
	rejects := s.write(t, lines...)
	if len(rejects) != 1 || rejects[0].Line != 77 {
		t.Errorf("rejects %v, want the line that is too large by itself", len(rejects))
	}
	if n := s.count(t, "wifi_ap", "clients"); n != 4999 {
		t.Errorf("%d lines stored, want 4999", n)
	}
}

// Bodies of megabytes are refused unread; the answer must still be heard.
func TestHugeIsSplit(t *testing.T) {
	s := newStore(t, "INFLUXDB_HTTP_MAX_BODY_SIZE=2000000")
	lines := make([]string, 20_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("event,device_id=ap note=%q %d", strings.Repeat("x", 400), noon.UnixNano()+int64(i))
	}
	if rejects := s.write(t, lines...); len(rejects) > 0 {
		t.Errorf("%d rejects, the first: %.300s", len(rejects), rejects[0].Detail)
	}
	if n := s.count(t, "event", "note"); n != len(lines) {
		t.Errorf("%d lines stored, want %d", n, len(lines))
	}
}

func TestRemoteStoreGetsGzip(t *testing.T) {
	s := newStore(t)
	faults := newFaults(t, s.URL)
	var encoding string
	var size int64
	faults.set(func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		encoding, size = r.Header.Get("Content-Encoding"), r.ContentLength
		return false
	})
	s.connect(t, faults.URL, 10*time.Second)
	s.client.TreatAsRemote()
	lines := good(5000)
	for range 2 {
		if rejects := s.write(t, lines...); len(rejects) > 0 {
			t.Fatal(rejects)
		}
		if encoding != "gzip" || size > 100_000 {
			t.Errorf("sent %d bytes as %q", size, encoding)
		}
	}
	if n := s.count(t, "wifi_ap", "clients"); n != 5000 {
		t.Errorf("%d lines stored", n)
	}
}

func TestWriteOutlivesTheStore(t *testing.T) {
	s := newStore(t)
	s.Kill()
	var writers errgroup.Group
	lines := good(5000)
	for piece := range slices.Chunk(lines, 250) {
		writers.Go(func() error {
			_, err := s.writer.Write(t.Context(), bucket, batchOf(piece...))
			return err
		})
	}
	until(t, "the writer says that the store is down", func() bool { return s.writer.Down() != nil })
	s.Restart()
	until(t, "the writer goes on", func() bool { return s.writer.Down() == nil })
	s.Kill()
	s.Restart()
	if err := writers.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := s.count(t, "wifi_ap", "clients"); n != 5000 {
		t.Errorf("%d lines stored, want 5000", n)
	}
}

// until waits for a condition that must come.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Each fault comes before a real store; afterwards everything must be in it.
func TestWriteOutlivesFaults(t *testing.T) {
	s := newStore(t)
	faults := newFaults(t, s.URL)
	s.connect(t, faults.URL, 500*time.Millisecond)
	answer := func(status int, retryAfter, body string) func(int, http.ResponseWriter, *http.Request) bool {
		first := true
		return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			if !first {
				return false
			}
			first = false
			w.Header().Set("Retry-After", retryAfter)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	f := func(name string, fault func(int, http.ResponseWriter, *http.Request) bool) {
		t.Run(name, func(t *testing.T) {
			faults.set(fault)
			before := faults.writes.Load()
			measurement := strings.ReplaceAll(name, " ", "_")
			lines := make([]string, 100)
			for i := range lines {
				lines[i] = fmt.Sprintf("%s v=%di %d", measurement, i, noon.UnixNano()+int64(i))
			}
			if rejects := s.write(t, lines...); len(rejects) > 0 {
				t.Errorf("rejects: %v", rejects)
			}
			if faults.writes.Load() == before+1 {
				t.Error("the fault did not happen")
			}
			if n := s.count(t, measurement, "v"); n != len(lines) {
				t.Errorf("%d lines stored, want %d", n, len(lines))
			}
			if err := s.writer.Down(); err != nil {
				t.Errorf("down after a success: %v", err)
			}
		})
	}
	f("overload", answer(429, "1", `{"code":"too many requests","message":"slow down"}`))
	f("unavailable", answer(503, "0", "<html>a proxy's page</html>"))
	f("internal error", answer(500, "", `{"error":"timeout"}`))
	f("bad gateway", answer(502, "", ""))
	f("wrong organisation", answer(400, "", `{"code":"invalid","message":"please provide either orgID or org"}`))
	f("no such bucket", answer(404, "", `{"code":"not found","message":"bucket \"city\" not found"}`))
	f("shard going away", answer(400, "", `{"error":"partial write: shard 3 is pending deletion dropped=100"}`))
	wrongToken := true
	f("wrong token", func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		if wrongToken {
			r.Header.Set("Authorization", "Token rione:wrong")
		}
		wrongToken = false
		return false
	})
	cut := true
	f("cut off", func(int, http.ResponseWriter, *http.Request) bool {
		if cut {
			cut = false
			panic(http.ErrAbortHandler)
		}
		return false
	})
	hangs := 3
	f("hangs", func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		if hangs--; hangs < 0 {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client left
		<-r.Context().Done()
		return true
	})
}

func TestWriteEndsWithItsContext(t *testing.T) {
	s := newStore(t)
	s.Kill()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := s.writer.Write(ctx, bucket, batchOf(good(10)...))
		done <- err
	}()
	until(t, "the writer says that the store is down", func() bool { return s.writer.Down() != nil })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestEmptyBatch(t *testing.T) {
	c, err := influx.NewClient(influx.Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := influx.NewWriter(c)
	if err != nil {
		t.Fatal(err)
	}
	if rejects, err := w.Write(t.Context(), bucket, influx.NewBatch()); err != nil || rejects != nil {
		t.Error(rejects, err)
	}
}

func BenchmarkBatchAdd(b *testing.B) {
	batch, p := influx.NewBatch(), typical()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%5000 == 0 {
			batch.Reset()
		}
		batch.Add(p)
	}
}
