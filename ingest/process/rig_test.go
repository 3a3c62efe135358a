package process_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/journal"
	"rione/ingest/process"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

// rig is a processor between a real journal and a real InfluxDB. The test is the
// intake: it writes the records.
type rig struct {
	t          *testing.T
	influx     *influxtest.Server
	client     *influx.Client
	bucket     string
	nc         *nats.Conn
	journal    *journal.Journal
	quarantine *quarantine.Quarantine
	totals     *record.Totals
	page       uint64
	records    int
	sent       int64 // messages

	store    process.Store
	reader   func(process.Reader) process.Reader
	refusals process.Quarantine
	opt      func(*process.Options)
	running  *prometheus.Registry // of the processor that was started last
	unknown  *process.UnknownFields

	mu      sync.Mutex
	fleet   []devices.Device
	now     *devices.Snapshot
	routes  *ingest.Routes
	stop    context.CancelFunc
	stopped chan error
}

var receipt = time.Date(2026, 3, 1, 10, 0, 0, 123456789, time.UTC)

func newRig(t *testing.T, server *influxtest.Server) *rig {
	t.Helper()
	ctx := t.Context()
	e, err := journal.StartEngine(ctx, journal.EngineOptions{Dir: t.TempDir(), NoSync: true, Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	r := &rig{
		t: t, influx: server, nc: nc, totals: record.NewTotals(1),
		bucket: strings.ToLower(strings.Map(letters, t.Name())), unknown: process.NewUnknownFields(discard()),
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if r.journal, err = journal.Open(ctx, js, journal.Options{}); err != nil {
		t.Fatal(err)
	}
	if r.quarantine, err = quarantine.Open(ctx, nc, quarantine.Options{}); err != nil {
		t.Fatal(err)
	}
	r.refusals = r.quarantine
	server.Buckets(r.bucket)
	r.client = server.Client()
	if r.store, err = influx.NewWriter(r.client); err != nil {
		t.Fatal(err)
	}
	r.route(ingest.DefaultRoutes()...)
	r.register(fleet()...)
	return r
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

// fleet has a device of each kind that the tests speak of.
func fleet() []devices.Device {
	of := func(id string, kind devices.Kind) devices.Device {
		return devices.Device{ID: id, Kind: kind, Placements: []devices.Placement{{
			Comune: "058091", Zone: "Municipio I", Point: geo.Point{Lat: 41.9, Lon: 12.5}, Cell: "132f61",
		}}}
	}
	lora := of("air-lora", devices.Air)
	lora.ExternalID = "0102030405060708"
	return []devices.Device{
		of("air-1", devices.Air), of("air-2", devices.Air), lora, of("light-1", devices.Light), of("park-1", devices.Parking),
		of("people-1", devices.People), of("traffic-1", devices.Traffic), of("ap-1", devices.WifiAP), of("probe-1", devices.BBProbe),
		of("gw-1", devices.Gateway), of("link-1", devices.BBNode),
	}
}

func (r *rig) register(list ...devices.Device) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fleet = append(r.fleet, list...)
	var err error
	if r.now, err = devices.NewSnapshot(uint64(len(r.fleet)), slices.Clone(r.fleet)); err != nil {
		r.t.Fatal(err)
	}
}

// Snapshot implements process.Registry.
func (r *rig) Snapshot() *devices.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) route(list ...ingest.Route) {
	r.t.Helper()
	routes, err := ingest.NewRoutes(list)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.routes = routes
}

// start runs a processor, from where the last one committed.
func (r *rig) start() {
	r.t.Helper()
	reader, err := r.journal.Reader(r.t.Context(), 0)
	if err != nil {
		r.t.Fatal(err)
	}
	r.running = prometheus.NewRegistry()
	o := process.Options{
		Reader: reader, Registry: r, Targets: []process.Target{{Store: r.store, Bucket: r.bucket}}, Quarantine: r.refusals, Records: r.journal,
		Routes:  func() *ingest.Routes { r.mu.Lock(); defer r.mu.Unlock(); return r.routes },
		Decoder: decoderOf, Metrics: process.NewMetrics(r.running), Unknown: r.unknown, Logger: slog.New(slog.NewTextHandler(r.t.Output(), nil)),
	}
	if r.reader != nil {
		o.Reader = r.reader(reader)
	}
	if r.opt != nil {
		r.opt(&o)
	}
	p, err := process.New(o)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		defer p.Close()
		done <- p.Run(ctx)
	}()
	r.stop, r.stopped = cancel, done
	r.t.Cleanup(cancel)
}

// end stops the processor and expects it to go without an error.
func (r *rig) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.stopped; err != nil {
		r.t.Errorf("the processor ended with: %v", err)
	}
}

func decoderOf(format string) ingest.Decoder {
	if f, ok := decode.Lookup(format); ok {
		return f.New()
	}
	return nil
}

// say is a message of a native device, received at receipt.
func say(kind, id, payload string) ingest.Message {
	return ingest.Message{
		Received: receipt, Door: "mqtt", Route: "native", Client: id,
		Topic: "sc/v1/058091/" + kind + "/" + id + "/up", Payload: []byte(payload),
	}
}

// send appends one record.
func (r *rig) send(list ...ingest.Message) {
	r.t.Helper()
	var b record.Builder
	for i := range list {
		b.Append(&list[i])
	}
	h := r.totals.Header(&b, r.page)
	r.append(b.Seal(nil, h))
	r.totals.Commit(h, b.Count())
	r.sent += int64(b.Count())
}

func (r *rig) append(data []byte) {
	r.t.Helper()
	r.records++
	if err := r.journal.Append(r.t.Context(), 0, data, fmt.Sprintf("%s-%d", r.bucket, r.records)); err != nil {
		r.t.Fatal(err)
	}
}

// turn begins a new page; settle ends the page and waits until everything is
// committed.
func (r *rig) turn() { r.page++ }

func (r *rig) settle() {
	r.t.Helper()
	r.turn()
	r.send()
	r.await("the journal processed", func() bool {
		s, err := r.journal.Status(r.t.Context())
		return err == nil && s.Pending == 0
	})
	r.await("the ledger balanced", func() bool { // it is written after the commit
		l := r.ledger()
		return l["acked"] >= r.sent && l["acked"] == l["stored"]+l["partial"]+l["duplicate"]+l["quarantined"]+l["expired"]
	})
}

// await polls until f is true.
func (r *rig) await(what string, f func() bool) {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !f() {
		select {
		case <-tick.C:
		case err := <-r.stopped:
			r.stopped <- err
			r.t.Fatalf("the processor ended (%v) before: %s", err, what)
		case <-deadline:
			r.t.Fatalf("waited in vain for: %s; ledger %v", what, r.ledger())
		}
	}
}

func (r *rig) query(q string) []ingest.Series {
	r.t.Helper()
	out, err := r.client.Query(r.t.Context(), r.bucket, q)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// ledger sums the ledger's fields.
func (r *rig) ledger() map[string]int64 {
	r.t.Helper()
	out := map[string]int64{}
	for _, s := range r.query("SELECT sum(*) FROM ledger") {
		for i, name := range s.Columns {
			if n, ok := s.Values[0][i].(int64); ok {
				out[strings.TrimPrefix(name, "sum_")] = n
			}
		}
	}
	return out
}

// expectLedger compares what is named, such as "acked 3 stored 2 quarantined 1".
// What is not named must be nothing; points and bytes may be left out.
func (r *rig) expectLedger(want string) {
	r.t.Helper()
	expected := map[string]int64{}
	for words := strings.Fields(want); len(words) > 1; words = words[2:] {
		var n int64
		if _, err := fmt.Sscan(words[1], &n); err != nil {
			r.t.Fatal(err)
		}
		expected[words[0]] = n
	}
	got := r.ledger()
	for _, name := range []string{"acked", "stored", "partial", "duplicate", "quarantined", "expired", "points"} {
		if _, named := expected[name]; (named || name != "points") && got[name] != expected[name] {
			r.t.Errorf("ledger: %v, want %s", got, want)
			return
		}
	}
}

// rows returns the points of a measurement as text, in the order of their time:
// "2026-03-01T10:00:00.123456789Z name=value …" with tags and fields by name;
// place and position are left out.
func (r *rig) rows(measurement string) []string {
	r.t.Helper()
	var out []string
	for _, s := range r.query("SELECT * FROM " + measurement) {
		for _, row := range s.Values {
			var words []string
			for i, name := range s.Columns {
				switch name {
				case "time", "comune", "device_id", "s2_cell_id", "zone", "lat", "lon":
				default:
					if row[i] != nil {
						words = append(words, fmt.Sprintf("%s=%v", name, row[i]))
					}
				}
			}
			slices.Sort(words)
			out = append(out, row[0].(time.Time).Format(time.RFC3339Nano)+" "+strings.Join(words, " "))
		}
	}
	return out
}

// metric returns a counter's value over all its labels.
func metric(t *testing.T, g prometheus.Gatherer, name string) int {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0.0
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return int(n)
}

var errCrash = errors.New("the processor dies here")
