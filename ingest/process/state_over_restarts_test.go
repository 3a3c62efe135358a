package process_test

import (
	"context"
	"encoding/binary"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/process"
)

// numbering is a decoder that gives every message the number of those it has
// decoded. Its state can be made large.
type numbering struct {
	n    uint64
	size int
}

var _ process.Stateful = (*numbering)(nil)

func (d *numbering) Decode(m *ingest.Message, out *ingest.Readings) error {
	d.n++
	r := out.Next()
	r.Device, r.Measurement = "air-1", "air"
	r.Time = receipt.Add(time.Duration(d.n) * time.Second)
	r.Number("pm10_ugm3", float64(d.n), 0)
	return nil
}

func (d *numbering) State() []byte {
	return append(binary.LittleEndian.AppendUint64(nil, d.n), make([]byte, d.size)...)
}

func (d *numbering) Restore(state []byte) { d.n = binary.LittleEndian.Uint64(state) }

// committed counts the commits of a reader.
type committed struct {
	process.Reader
	n *atomic.Int32
}

func (c committed) Commit(ctx context.Context, seq uint64, state []byte) error {
	c.n.Add(1)
	return c.Reader.Commit(ctx, seq, state)
}

// What a decoder remembers fits the record that comes next, whenever a processor
// dies.
func TestDecodersRememberOverCrashes(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.opt = func(o *process.Options) { o.Decoder = func(string) ingest.Decoder { return &numbering{} } }
	for range 12 {
		r.send(slices.Repeat([]ingest.Message{say("air", "air-1", "any")}, 5)...)
		r.turn()
	}
	store := r.store
	for steps := int64(0); steps < 12; steps++ {
		f := &fuse{after: steps%2 == 0}
		f.left.Store(steps)
		r.store, r.reader = fusedStore{store, f}, func(next process.Reader) process.Reader { return fusedReader{next, f} }
		r.start()
		r.awaitCrash(func() bool { return r.ledger()["acked"] == 60 })
	}
	r.store, r.reader = store, nil
	r.start()
	r.settle()
	r.end()
	r.expectLedger("acked 60 stored 60 points 60")
	if rows := r.query("SELECT count(pm10_ugm3), max(pm10_ugm3) FROM air"); rows[0].Values[0][1] != int64(60) || rows[0].Values[0][2] != int64(60) {
		t.Errorf("%v, want the numbers 1 to 60, each once", rows[0].Values)
	}
}

// A large state is not committed with every page, and nothing depends on that.
func TestALargeStateIsCommittedSeldom(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.opt = func(o *process.Options) {
		o.Decoder = func(string) ingest.Decoder { return &numbering{size: 400 << 10} }
	}
	var commits atomic.Int32
	r.reader = func(next process.Reader) process.Reader { return committed{next, &commits} }
	for range 20 {
		r.send(say("air", "air-1", "any"))
		r.turn()
	}
	r.start()
	r.settle()
	r.end()
	r.expectLedger("acked 20 stored 20 points 20")
	if n := commits.Load(); n >= 10 {
		t.Errorf("%d commits of 400 KiB for 20 pages", n)
	}
}
