package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/ingest/influx/influxtest"
	"rione/simulator"
	"rione/simulator/readback"
)

// spoiler stands between rione and a real InfluxDB, and spoils what is written:
// rione does not know, and only a read-back can find out.
type spoiler struct {
	mu     sync.Mutex
	bug    func(line string) []string
	failed error
}

// startSpoiler returns a spoiler and where it takes writes and queries.
func startSpoiler(t *testing.T, store string) (*spoiler, string) {
	t.Helper()
	to, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	s, proxy := &spoiler{}, httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // of queries that are given up
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/write") {
			s.spoil(r)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return s, server.URL
}

// plant changes the bug and tells what went wrong with the one before.
func (s *spoiler) plant(t *testing.T, bug func(line string) []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bug = bug; s.failed != nil {
		t.Fatal(s.failed)
	}
}

// spoil rewrites the lines of a request.
func (s *spoiler) spoil(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := written(r)
	if err != nil {
		s.failed = err
		return
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(body)) {
		for _, l := range s.bug(strings.TrimSuffix(line, "\n")) {
			out.WriteString(l + "\n")
		}
	}
	r.Header.Del("Content-Encoding")
	r.Body, r.ContentLength = io.NopCloser(&out), int64(out.Len())
}

// written returns the line protocol of a request.
func written(r *http.Request) ([]byte, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	return io.ReadAll(body)
}

// restamped returns a line with its time, ns, changed.
func restamped(line string, change func(ns int64) int64) string {
	cut := strings.LastIndexByte(line, ' ') + 1
	ns, err := strconv.ParseInt(line[cut:], 10, 64)
	if err != nil {
		return line
	}
	return line[:cut] + strconv.FormatInt(change(ns), 10)
}

// factor returns a line with a field multiplied.
func factor(line, field string, by float64) string {
	return regexp.MustCompile(`\b`+field+`=(-?[0-9.]+)`).ReplaceAllStringFunc(line, func(found string) string {
		v, _ := strconv.ParseFloat(found[len(field)+1:], 64) // by the pattern
		return fmt.Sprintf("%s=%v", field, v*by)
	})
}

var coordinates = regexp.MustCompile(`\blat=([-0-9.]+),lon=([-0-9.]+)`)

// Bugs are planted behind a real rione, before a real InfluxDB, and everything
// else goes as ever: the doors ack, the ledger balances. The verdict is FAIL, and
// names each of them.
func TestPlantedBugsAreCaughtInARealRun(t *testing.T) {
	t.Parallel()
	store := influxtest.Start(t)
	s, at := startSpoiler(t, store.URL)
	faithful := func(line string) []string { return []string{line} }
	s.plant(t, faithful)
	r := newRig(t, "RIONE_INFLUX_URL="+at, "RIONE_INFLUX_TOKEN="+store.Token, "RIONE_INFLUX_ORG="+store.Org)
	r.up()

	seed := 100
	f := func(bug string, rate int, plant func(line string) []string, check func(*simulator.Summary) bool, kind readback.Kind, cause string) {
		t.Helper()
		seed++ // devices of its own
		s.plant(t, plant)
		code := 1
		if kind == "" {
			code = 0
		}
		sum := r.simulate(code, "--seed", fmt.Sprint(seed), "--devices", "40", "--formats", "native", "--rate", fmt.Sprint(rate), "--for", "4s",
			"--influx", store.URL, "--influx-token", store.Token, "--influx-wait", "10s")
		if sum.Failed != 0 || !sum.Accounted || !check(sum) {
			t.Errorf("%s: acked %d, stored %d, lost %d, wrong %d, twice %d, restamped %d; accounted %v", bug, sum.Acked, sum.Stored, sum.Lost, sum.Wrong, sum.StoredTwice, sum.Restamped, sum.Accounted)
		}
		if text := fmt.Sprintf("%+v", sum.Causes); !strings.Contains(text, cause) {
			t.Errorf("%s: causes %s, want %q", bug, text, cause)
		}
		if text := fmt.Sprintf("%+v", sum.Findings); !strings.Contains(text, string(kind)) {
			t.Errorf("%s: findings without %s: %.300s", bug, kind, text)
		}
	}
	of := func(measurement string, change func(line string) []string) func(string) []string {
		return func(line string) []string {
			if strings.HasPrefix(line, measurement+",") {
				return change(line)
			}
			return []string{line}
		}
	}
	f("none", 100, faithful, func(s *simulator.Summary) bool { return s.Clean() && s.Stored == s.Acked }, "", "")
	rows := 0
	f("loses 1 in 10,000", 1500, func(line string) []string {
		if strings.Contains(line, "device_id=sim") {
			if rows++; rows == 5000 {
				return nil
			}
		}
		return []string{line}
	}, func(s *simulator.Summary) bool {
		return rows >= 5000 && s.Readings > 5000 && s.Lost == 1 && s.Wrong == 0 && s.Stored == s.Acked-1
	}, readback.Lost, "acked and not stored")
	f("shifts a unit", 100, of("air", func(line string) []string { return []string{factor(line, "press_hpa", 100)} }),
		func(s *simulator.Summary) bool { return s.Wrong > 0 && s.Lost == 0 }, readback.WrongValue, "air.press_hpa has another value: shifted unit? 100 times too much")
	f("swaps lat and lon", 100, func(line string) []string {
		return []string{coordinates.ReplaceAllString(line, "lat=$2,lon=$1")}
	}, func(s *simulator.Summary) bool { return s.Wrong == s.Acked && s.Lost == 0 }, readback.WrongPlace, "lat and lon are swapped")
	f("restamps when received", 100, of("noise", func(line string) []string {
		return []string{restamped(line, func(int64) int64 { return time.Now().UnixNano() })}
	}), func(s *simulator.Summary) bool { return s.Lost > 0 && s.Restamped > 0 && s.Wrong == 0 }, readback.Restamped, "as if stamped when received")
	f("restamps by an hour", 100, of("noise", func(line string) []string {
		return []string{restamped(line, func(ns int64) int64 { return ns + int64(time.Hour) })}
	}), func(s *simulator.Summary) bool { return s.Lost > 0 && s.Restamped > 0 && s.Wrong == 0 }, readback.Restamped, "as a time zone read wrongly would be")
	f("stores twice", 100, of("traffic", func(line string) []string {
		return []string{line, restamped(line, func(ns int64) int64 { return ns + 1 })}
	}), func(s *simulator.Summary) bool { return s.StoredTwice > 0 && s.Lost == 0 && s.Wrong == 0 }, readback.StoredTwice, "stored twice at traffic")
	s.plant(t, faithful)
}
