package influx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// faulty is a store that only has faults. It needs no network, so time can be
// a test's own.
type faulty func(r *http.Request, body []byte) (status int, header, said string)

func (f faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return nil, err
	}
	status, header, said := f(r, body)
	if status == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(said)), Request: r}
	if header != "" {
		resp.Header.Set("Retry-After", header)
	}
	return resp, nil
}

func faultyWriter(t *testing.T, f faulty) *Writer {
	t.Helper()
	c, err := NewClient(Options{URL: "http://127.0.0.1:1", Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c.http.Transport = f
	w, err := NewWriter(c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// numbered returns a batch of n lines, each of a measurement of its number.
func numbered(n int) *Batch {
	b := NewBatch()
	for i := range n {
		b.AddLine([]byte("m" + strconv.Itoa(i) + " v=1 " + strconv.Itoa(1000+i)))
	}
	return b
}

func TestRetryAfterIsKept(t *testing.T) {
	f := func(header string, atLeast, atMost time.Duration) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			w := faultyWriter(t, func(*http.Request, []byte) (int, string, string) {
				if tries++; tries == 1 {
					return http.StatusServiceUnavailable, header, "busy"
				}
				return http.StatusNoContent, "", ""
			})
			started := time.Now()
			if _, err := w.Write(t.Context(), "b", numbered(1)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(started); took < atLeast || took > atMost {
				t.Errorf("Retry-After %q: tried again after %v", header, took)
			}
		})
	}
	f("7", 7*time.Second, 7*time.Second)
	f("", minPause/2, minPause)
	f("soon", minPause/2, minPause)
	f("86400", maxRetryAfter, maxRetryAfter)
	// The clock of a synctest bubble starts at midnight, 1 January 2000.
	f("Sat, 01 Jan 2000 00:00:30 GMT", 30*time.Second, 30*time.Second)
	f("Fri, 31 Dec 1999 00:00:00 GMT", minPause/2, minPause)
}

func TestPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		w := faultyWriter(t, func(*http.Request, []byte) (int, string, string) {
			tries++
			return http.StatusInternalServerError, "", "no"
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := w.Write(ctx, "b", numbered(1))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if low, high := int(time.Hour/maxPause), int(2*time.Hour/maxPause)+10; tries < low || tries > high {
			t.Errorf("%d tries in an hour, want %d to %d", tries, low, high)
		}
		if w.Down() == nil {
			t.Error("not down")
		}
	})
}

// A store so slow that only small bodies are answered in time gets small ones.
func TestSlowStoreGetsSmallerBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stored := map[string]bool{}
		w := faultyWriter(t, func(r *http.Request, body []byte) (int, string, string) {
			lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
			if len(lines) > 100 {
				return 0, "", ""
			}
			for _, line := range lines {
				stored[string(line)] = true
			}
			return http.StatusNoContent, "", ""
		})
		rejects, err := w.Write(t.Context(), "b", numbered(1000))
		if err != nil || len(rejects) > 0 || len(stored) != 1000 {
			t.Errorf("%d stored, rejects %v, %v", len(stored), rejects, err)
		}
	})
}

// A line alone that gets no answer is tried for ever, not rejected.
func TestHangingStoreLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := faultyWriter(t, func(*http.Request, []byte) (int, string, string) { return 0, "", "" })
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if rejects, err := w.Write(ctx, "b", numbered(2)); !errors.Is(err, context.DeadlineExceeded) || rejects != nil {
			t.Errorf("rejects %v, %v", rejects, err)
		}
	})
}

// mystery refuses whole bodies that hold one of the lines, in words that help
// in nothing.
func mystery(requests *int, stored map[string]bool, poison ...string) faulty {
	return func(_ *http.Request, body []byte) (int, string, string) {
		*requests++
		for _, name := range poison {
			if bytes.Contains(body, []byte(name+" ")) {
				return http.StatusUnprocessableEntity, "", `{"message":"partial write: out of sorts"}`
			}
		}
		for line := range bytes.Lines(body) {
			stored[string(line)] = true
		}
		return http.StatusNoContent, "", ""
	}
}

func TestNarrowingIsLogarithmic(t *testing.T) {
	const lines, bound = 5000, 2*13 + 1 // 2^13 > 5000
	for _, at := range []int{0, 1, 2499, 2500, 4999} {
		requests, stored := 0, map[string]bool{}
		w := faultyWriter(t, mystery(&requests, stored, "m"+strconv.Itoa(at)))
		rejects, err := w.Write(t.Context(), "b", numbered(lines))
		if err != nil || len(rejects) != 1 || rejects[0].Line != at || len(stored) != lines-1 {
			t.Errorf("poison at %d: %d stored, rejects %v, %v", at, len(stored), rejects, err)
		}
		if requests > bound {
			t.Errorf("poison at %d: %d requests, want at most %d", at, requests, bound)
		}
	}
}

func TestNarrowingIsBounded(t *testing.T) {
	requests, stored := 0, map[string]bool{}
	w := faultyWriter(t, func(_ *http.Request, body []byte) (int, string, string) {
		requests++
		return http.StatusUnprocessableEntity, "", `{"message":"partial write: out of sorts"}`
	})
	rejects, err := w.Write(t.Context(), "b", numbered(5000))
	if err != nil || len(rejects) != 5000 || len(stored) != 0 {
		t.Errorf("%d rejects, %v", len(rejects), err)
	}
	if requests > maxNarrowing+1 {
		t.Errorf("%d requests", requests)
	}
	for i, r := range rejects {
		if r.Line != i || r.Detail == "" {
			t.Fatalf("reject %d: %+v", i, r)
		}
	}
}

func TestAboutLines(t *testing.T) {
	f := func(status int, detail string, want bool) {
		t.Helper()
		if got := (&Error{Status: status, Detail: detail}).aboutLines(); got != want {
			t.Errorf("%d %q: %v", status, detail, got)
		}
	}
	f(413, "Request Entity Too Large", true)
	f(400, `unable to parse 'x': missing fields`, true)
	f(400, `partial write: field type conflict: input field "v" on measurement "m" is type float, already exists as type integer dropped=1`, true)
	f(422, "failure writing points to database: partial write: dropped 1 points outside retention policy of duration 1h0m0s", true)
	f(400, "partial write: shard 3 is pending deletion dropped=100", false)
	f(400, "please provide either orgID or org", false)
	f(400, "unable to parse authentication credentials", false)
	for _, status := range []int{301, 401, 403, 404, 405, 429, 500, 502, 503, 504} {
		f(status, "partial write: whatever", false)
	}
}

func TestExpiredIsTold(t *testing.T) {
	f := func(detail string, count int, ok bool) {
		t.Helper()
		if got, is := (&Error{Detail: detail}).expired(); is != ok || ok && got != count {
			t.Errorf("%q: %d, %v", detail, got, is)
		}
	}
	f("partial write: points beyond retention policy dropped=12", 12, true)
	f("failure writing points to database: partial write: dropped 5 points outside retention policy of duration 1h0m0s - oldest point m at 2026 dropped=5 for database: x", 5, true)
	// Some lay outside a window for writes: which ones is not told.
	f("failure writing points to database: partial write: dropped 2 points outside retention policy of duration 1h0m0s dropped=5", 0, false)
	f("partial write: field type conflict: … dropped=3", 0, false)
	f("unable to parse 'x': missing fields", 0, false)
}

func TestTypeOf(t *testing.T) {
	f := func(line, field, want string) {
		t.Helper()
		if got := typeOf([]byte(line+"\n"), field); got != want {
			t.Errorf("%s of %q is %q, want %q", field, line, got, want)
		}
	}
	f("m,a=1 v=1i 5", "v", "integer")
	f("m,a=1 u=2,v=-1i,w=2 5", "v", "integer")
	f("m,a=1 v=1.5 5", "v", "float")
	f("m,a=1 v=1e3,u=1i", "v", "float")
	f(`m,a=1 v="1i" 5`, "v", "string")
	f("m,a=1 v=true 5", "v", "boolean")
	f("m,a=1 vv=1i 5", "v", "")
	f("m v=", "v", "float") // no value: a hint of any kind, and no panic
}

// FuzzHints: whatever the lines and the answers hold, nothing panics and every
// line is either rejected or sent again.
func FuzzHints(f *testing.F) {
	f.Add("m v=1 1", `unable to parse 'm v=1 1': x`)
	f.Add("m v=", `input field "v" on measurement "m" is type float, already exists as type integer dropped=1`)
	f.Add("m v=1", "points beyond retention policy dropped=99999999999999999999")
	f.Fuzz(func(t *testing.T, line, detail string) {
		if line == "" {
			t.Skip("lines are not empty")
		}
		first := true
		var stored bytes.Buffer
		w := faultyWriter(t, func(_ *http.Request, body []byte) (int, string, string) {
			if first {
				first = false
				return http.StatusUnprocessableEntity, "", "partial write: " + detail
			}
			stored.Write(body)
			return http.StatusNoContent, "", ""
		})
		b := numbered(3)
		b.AddLine([]byte(line))
		rejects, err := w.Write(t.Context(), "b", b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			rejected := slices.ContainsFunc(rejects, func(r Reject) bool { return r.Line == i })
			if !rejected && !bytes.Contains(stored.Bytes(), b.Line(i)) {
				t.Errorf("line %d, %q, is nowhere", i, b.Line(i))
			}
		}
	})
}

// accepting is a store that takes everything and looks at nothing.
type accepting struct{}

func (accepting) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// BenchmarkWrite is what a write of 5,000 points costs this side.
func BenchmarkWrite(b *testing.B) {
	f := func(name string, loopback bool) {
		b.Run(name, func(b *testing.B) {
			c, err := NewClient(Options{URL: "http://127.0.0.1:1"})
			if err != nil {
				b.Fatal(err)
			}
			c.http.Transport, c.loopback = accepting{}, loopback
			w, err := NewWriter(c)
			if err != nil {
				b.Fatal(err)
			}
			batch := NewBatch()
			for i := range 5000 {
				batch.AddLine([]byte("air,comune=058091,device_id=ap-" + strconv.Itoa(i) + ",s2_cell_id=132f61a4,zone=Municipio\\ I pm10_ugm3=21.4,temp_c=18.25,rh_pct=48,lat=41.9,lon=12.5,q=0i 1777896000000000017"))
			}
			b.SetBytes(int64(batch.Size()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Write(b.Context(), "city", batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	f("loopback", true)
	f("gzip", false)
}
