package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rione/ingest/influx/influxtest"
)

// The drills prove that what was acked is stored or accounted for. Their short
// form runs always; the long one by
//
//	go test ./cmd/rione -run Drill -timeout 60m -v -args -kills 20 -rate 4000 -outage 60s
var (
	drillKills  = flag.Int("kills", 3, "kills of a drill")
	drillRate   = flag.Float64("rate", 1000, "messages a second of a drill")
	drillOutage = flag.Duration("outage", 5*time.Second, "how long InfluxDB is away in a drill")
)

// drillDevices is how many devices a drill has; each has one message under way.
const drillDevices = 100

// settle ends the load and proves that everything is there.
func (r *rig) settle(s *steady) {
	r.t.Helper()
	all := s.finish()
	total := r.awaitBalance(s.acked.Load())
	if lost := total.Acked - total.Stored - total.Duplicate; lost != 0 {
		r.t.Errorf("the ledger counts %d messages that are neither stored nor duplicates: %+v", lost, total)
	}
	r.proveStored(all, s.base)
	r.proveMemory()
}

// drillMemory bounds what rione takes in a drill, however long the store is
// away: the records ahead, two works, and the engine's caches. The journal is
// on the disk.
const drillMemory = 512 << 20

// proveMemory checks the peak of rione's resident memory.
func (r *rig) proveMemory() {
	r.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		r.t.Logf("the memory of rione cannot be read here: %v", err)
		return
	}
	var kib int64
	_, after, _ := strings.Cut(string(b), "VmHWM:")
	if _, err := fmt.Sscan(after, &kib); err != nil {
		r.t.Fatal(err)
	}
	r.t.Logf("rione took %d MiB at most", kib>>10)
	if kib<<10 > drillMemory {
		r.t.Errorf("that is more than %d MiB", drillMemory>>20)
	}
}

func (r *rig) register(n int) []string {
	ids, file := fleet(n)
	r.must(file, "devices", "import", "-")
	return ids
}

// fixedPort makes a listener come back at the same place after a kill. The port
// lies below those that systems hand out by themselves, so nobody else gets it
// in between.
func fixedPort(t *testing.T, name string) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 15_000+rand.N(15_000)))
		if err == nil {
			defer l.Close()
			return "RIONE_" + name + "=" + l.Addr().String()
		}
	}
	t.Fatal("no free port between 15,000 and 30,000")
	return ""
}

func drillBase() time.Time { return time.Now().Add(-2 * time.Hour).Truncate(time.Second) }

// rione and its InfluxDB are killed with -9, in turn, under load.
func TestDrillKills(t *testing.T) {
	r := newRig(t, fixedPort(t, "MQTT_LISTEN"))
	ids := r.register(drillDevices)
	r.up()
	s := r.startLoad(ids, 5000, *drillRate, drillBase())
	for i := range *drillKills {
		s.awaitAcked(t, s.acked.Load()+int64(*drillRate))
		if i%3 == 2 {
			r.killStore()
			continue
		}
		r.kill()
		r.up()
	}
	s.awaitAcked(t, s.acked.Load()+int64(*drillRate))
	r.settle(s)
}

// killStore kills the child InfluxDB; rione starts it again.
func (r *rig) killStore() {
	r.t.Helper()
	for _, pid := range r.children() {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone already
	}
}

// InfluxDB goes away and comes back; acks go on meanwhile.
func TestDrillOutage(t *testing.T) {
	store := influxtest.Start(t)
	r := newRig(t, "RIONE_INFLUX_URL="+store.URL, "RIONE_INFLUX_TOKEN="+store.Token)
	r.storeURL, r.storeToken = store.URL, store.Token
	ids := r.register(drillDevices)
	r.up()
	s := r.startLoad(ids, 20_000, *drillRate, drillBase())
	s.awaitAcked(t, int64(*drillRate))
	store.Kill()
	before, away := s.acked.Load(), time.Now()
	s.awaitAcked(t, before+int64(*drillRate*drillOutage.Seconds()*0.8))
	t.Logf("%d messages acked in %v without InfluxDB", s.acked.Load()-before, time.Since(away).Round(time.Second))
	back := time.Now()
	store.Restart()
	r.settle(s)
	t.Logf("all stored %v after InfluxDB was back", time.Since(back).Round(100*time.Millisecond))
}

// faulty is an InfluxDB that answers badly on writes for a while.
type faulty struct {
	*httputil.ReverseProxy
	mode   atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	faults atomic.Int64
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if mode := f.mode.Load(); mode != nil && strings.HasSuffix(r.URL.Path, "/write") {
		f.faults.Add(1)
		if (*mode)(w, r) {
			return
		}
	}
	f.ReverseProxy.ServeHTTP(w, r)
}

func TestDrillFaultyStore(t *testing.T) {
	store := influxtest.Start(t)
	target, err := url.Parse(store.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &faulty{ReverseProxy: httputil.NewSingleHostReverseProxy(target)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: proxy}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(l) }() // ends with Close
	t.Cleanup(func() { server.Close(); <-served })

	r := newRig(t, "RIONE_INFLUX_URL=http://"+l.Addr().String(), "RIONE_INFLUX_TOKEN="+store.Token)
	r.storeURL, r.storeToken = store.URL, store.Token
	ids := r.register(drillDevices)
	r.up()
	s := r.startLoad(ids, 20_000, *drillRate, drillBase())
	answer := func(status int, header ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			if len(header) == 2 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(status)
			return true
		}
	}
	hang := func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-r.Context().Done():
		case <-time.After(3 * time.Second):
		}
		panic(http.ErrAbortHandler)
	}
	// One per cent of its speed: an answer takes a hundred times as long.
	slow := func(w http.ResponseWriter, r *http.Request) bool {
		answer, started := httptest.NewRecorder(), time.Now()
		proxy.ReverseProxy.ServeHTTP(answer, r)
		select {
		case <-time.After(99 * time.Since(started)):
		case <-r.Context().Done():
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // the client may have gone
		return true
	}
	f := func(name string, mode func(http.ResponseWriter, *http.Request) bool) {
		t.Helper()
		s.awaitAcked(t, s.acked.Load()+int64(*drillRate)/2)
		before := proxy.faults.Load()
		proxy.mode.Store(&mode)
		s.awaitAcked(t, s.acked.Load()+int64(*drillRate))
		r.await("the fault to happen", time.Minute, func() bool { return proxy.faults.Load() > before })
		proxy.mode.Store(nil)
		t.Logf("%s: %d faulty answers so far", name, proxy.faults.Load())
	}
	f("429", answer(http.StatusTooManyRequests))
	f("503 with Retry-After", answer(http.StatusServiceUnavailable, "Retry-After", "1"))
	f("401, then right again", answer(http.StatusUnauthorized))
	f("hang", hang)
	f("one per cent of its speed", slow)
	r.settle(s)
}

// The disk of the journal runs full and is given room again: acks stop and go
// on, without a restart by hand.
func TestDrillDiskFull(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: a small disk cannot be made here (%s); run as root", strings.TrimSpace(string(out)))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	store := influxtest.Start(t)
	r := newRig(t, "RIONE_INFLUX_URL="+store.URL, "RIONE_INFLUX_TOKEN="+store.Token, "RIONE_DATA_DIR="+filepath.Join(dir, "data"))
	r.dir = filepath.Join(dir, "data")
	r.storeURL, r.storeToken = store.URL, store.Token
	ids := r.register(drillDevices)
	r.up()
	s := r.startLoad(ids, 20_000, *drillRate, drillBase())
	s.awaitAcked(t, int64(*drillRate))
	filler := filepath.Join(dir, "filler")
	fill(filler)
	r.await("the journal to refuse", time.Minute, func() bool { return strings.Contains(r.log(), "journal takes no records") })
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.awaitAcked(t, s.acked.Load()+int64(*drillRate))
	r.settle(s)
}

// fill writes until the disk is full.
func fill(path string) {
	f, err := os.Create(path)
	if err != nil {
		return
	}
	defer f.Close()
	for block := make([]byte, 64<<10); err == nil; {
		_, err = f.Write(block)
	}
	for block := make([]byte, 64); ; {
		if _, err := f.Write(block); err != nil {
			return
		}
	}
}
