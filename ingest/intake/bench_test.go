package intake_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest"
	"rione/ingest/intake"
	"rione/ingest/journal"
)

// openJournal starts an engine with sync in dir and opens the journal over it.
func openJournal(t testing.TB, dir string) *journal.Journal {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), js, journal.Options{MaxBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// nowhere is a journal that costs nothing.
type nowhere struct{}

func (nowhere) Append(context.Context, int, []byte, string) error { return nil }
func (nowhere) Partitions() int                                   { return 1 }

// silent is an acker that costs nothing.
type silent struct{ done sync.WaitGroup }

func (s *silent) Ack(uint64, error) { s.done.Done() }
func (s *silent) Flush()            {}

func benchmarkSubmit(b *testing.B, j intake.Journal) {
	in := start(b, intake.Options{Journal: j})
	m := message(`{"ts":1772350200123,"seq":17,"pm10_ugm3":21.5,"temp_c":18.25,"rh_pct":48}`)
	s := &silent{}
	b.ReportAllocs()
	for b.Loop() {
		s.done.Add(1)
		if err := in.Submit(m, s, 0); err != nil {
			b.Fatal(err)
		}
	}
	s.done.Wait()
}

func BenchmarkSubmit(b *testing.B)        { benchmarkSubmit(b, nowhere{}) }
func BenchmarkSubmitAndSync(b *testing.B) { benchmarkSubmit(b, openJournal(b, b.TempDir())) }

// timed is an acker that measures from submission to ack.
type timed struct {
	mu    sync.Mutex
	sent  []time.Time
	took  []time.Duration
	acked chan struct{}
}

func (d *timed) Ack(token uint64, _ error) {
	d.mu.Lock()
	d.took = append(d.took, time.Since(d.sent[token]))
	d.mu.Unlock()
	if d.acked != nil {
		d.acked <- struct{}{}
	}
}

func (d *timed) Flush() {}

func (d *timed) send(b *testing.B, in ingest.Intake, m *ingest.Message) {
	m.Received = time.Now()
	d.mu.Lock()
	token := uint64(len(d.sent))
	d.sent = append(d.sent, m.Received)
	d.mu.Unlock()
	if err := in.Submit(m, d, token); err != nil {
		b.Error(err)
	}
}

// BenchmarkWindow shows what the commit window costs and gives, on the real
// engine with sync: messages at a steady rate, and clients that wait for acks.
// Run it with -benchtime 3s.
func BenchmarkWindow(b *testing.B) {
	for _, rate := range []int{10, 100, 500, 2000, 20000} {
		b.Run(fmt.Sprintf("steady=%d", rate), func(b *testing.B) {
			measureWindow(b, func(in ingest.Intake, d *timed, n int) { steady(b, in, d, n, rate) })
		})
	}
	for _, c := range []struct{ clients, inFlight int }{{1, 1}, {1, 20}, {200, 1}, {200, 20}} {
		b.Run(fmt.Sprintf("clients=%d/inflight=%d", c.clients, c.inFlight), func(b *testing.B) {
			measureWindow(b, func(in ingest.Intake, d *timed, n int) { closedLoop(b, in, d, n, c.clients, c.inFlight) })
		})
	}
}

func steady(b *testing.B, in ingest.Intake, d *timed, n, rate int) {
	began := time.Now()
	for i := range n {
		if rest := time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(rate))); rest > 0 {
			time.Sleep(rest)
		}
		d.send(b, in, message(`{"ts":1772350200123,"seq":17,"pm10_ugm3":21.5,"temp_c":18.25,"rh_pct":48}`))
	}
}

func closedLoop(b *testing.B, in ingest.Intake, all *timed, n, clients, inFlight int) {
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			d := &timed{acked: make(chan struct{}, inFlight)}
			for i := range (n + clients - 1) / clients {
				if i >= inFlight {
					<-d.acked
				}
				d.send(b, in, message(`{"ts":1772350200123,"seq":17,"pm10_ugm3":21.5,"temp_c":18.25,"rh_pct":48}`))
			}
			for range min(inFlight, (n+clients-1)/clients) {
				<-d.acked
			}
			all.mu.Lock()
			all.took = append(all.took, d.took...)
			all.mu.Unlock()
		})
	}
	wg.Wait()
}

func measureWindow(b *testing.B, load func(in ingest.Intake, d *timed, n int)) {
	j := &counted{Journal: openJournal(b, b.TempDir())}
	in, err := intake.New(intake.Options{Journal: j})
	if err != nil {
		b.Fatal(err)
	}
	d := &timed{}
	b.ResetTimer()
	cpu := cpuTime()
	began := time.Now()
	load(in, d, b.N)
	in.Close(b.Context())
	took := time.Since(began)
	cpu = cpuTime() - cpu
	slices.Sort(d.took)
	at := func(p int) float64 { return d.took[(len(d.took)-1)*p/100].Seconds() * 1000 }
	b.ReportMetric(at(50), "p50-ms")
	b.ReportMetric(at(99), "p99-ms")
	b.ReportMetric(float64(j.appends)/took.Seconds(), "commits/s")
	b.ReportMetric(float64(len(d.took))/took.Seconds(), "msg/s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(len(d.took)), "cpu-µs/msg")
	b.ReportMetric(0, "ns/op")
}

type counted struct {
	intake.Journal
	appends int
}

func (c *counted) Append(ctx context.Context, partition int, data []byte, id string) error {
	c.appends++
	return c.Journal.Append(ctx, partition, data, id)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
