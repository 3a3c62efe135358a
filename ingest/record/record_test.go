package record_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/record"
)

var at = time.Date(2026, 3, 1, 7, 30, 0, 123456789, time.UTC)

// sample is what stands in testdata/v1.bin. It must not change.
func sample() []ingest.Message {
	return []ingest.Message{
		{Received: at, Door: "mqtt", Route: "native", Client: "air-0001", Topic: "sc/v1/058091/air/air-0001/up", Payload: []byte(`{"pm10_ugm3":21.5}`)},
		{Received: at.Add(-time.Millisecond), Door: "broker", Route: "chirpstack", Topic: "application/1/device/2/event/up", Payload: []byte{0, 1, 0xff}},
		{Received: at.Add(time.Hour), Door: "mqtt", Client: "città", Topic: "è/un/nome"},
		{Received: at, Door: "http", Route: "http-senml", Client: "token:admin", Topic: "/ingest/v1/senml/058091", Payload: bytes.Repeat([]byte("abc "), 500)},
	}
}

var sampleHeader = record.Header{Epoch: 1772350200123456789, First: 41, Page: 7}

func seal(messages []ingest.Message, t *record.Totals, page uint64) []byte {
	var b record.Builder
	for i := range messages {
		b.Append(&messages[i])
	}
	h := t.Header(&b, page)
	data := b.Seal(nil, h)
	t.Commit(h, b.Count())
	return data
}

// read returns copies of everything in data.
func read(data []byte) (record.Header, []ingest.Message, error) {
	var r record.Record
	if err := r.Open(data); err != nil {
		return record.Header{}, nil, err
	}
	var out []ingest.Message
	var m ingest.Message
	for r.Next(&m) {
		m.Route, m.Client, m.Topic = strings.Clone(m.Route), strings.Clone(m.Client), strings.Clone(m.Topic)
		m.Payload = bytes.Clone(m.Payload)
		out = append(out, m)
	}
	return r.Header, out, r.Err()
}

func sameMessages(t *testing.T, got, want []ingest.Message) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for i := range want {
		w := want[i]
		g := got[i]
		if !g.Received.Equal(w.Received) || g.Received.Location() != time.UTC || g.Door != w.Door || g.Route != w.Route ||
			g.Client != w.Client || g.Topic != w.Topic || !bytes.Equal(g.Payload, w.Payload) || g.Index != i {
			t.Errorf("message %d is %+v, want %+v", i, g, w)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	h, got, err := read(seal(sample(), record.NewTotals(9), 3))
	if err != nil {
		t.Fatal(err)
	}
	sameMessages(t, got, sample())
	want := []record.DoorCount{{Door: "mqtt", Total: 2}, {Door: "broker", Total: 1}, {Door: "http", Total: 1}}
	if h.Epoch != 9 || h.First != 0 || h.Count != 4 || h.Page != 3 || !slices.Equal(h.Doors, want) {
		t.Errorf("header is %+v", h)
	}
}

func TestEmptyRecordKeepsTheTotals(t *testing.T) {
	totals := record.NewTotals(1)
	seal(sample(), totals, 0)
	h, got, err := read(seal(nil, totals, 1))
	if err != nil || len(got) != 0 {
		t.Fatalf("%d messages, error %v", len(got), err)
	}
	if h.Count != 0 || h.First != 4 || h.Page != 1 || len(h.Doors) != 3 || h.Doors[0] != (record.DoorCount{Door: "mqtt", Total: 2}) {
		t.Errorf("header is %+v", h)
	}
}

// The doors of a record stand in its own order, whatever the order of the
// records before, and their totals go on.
func TestTotalsGoOnOverRecords(t *testing.T) {
	totals := record.NewTotals(1)
	m := sample()
	for i, order := range [][]ingest.Message{{m[0], m[1]}, {m[1], m[0], m[1]}, {m[3]}} {
		h, got, err := read(seal(order, totals, uint64(i)))
		if err != nil {
			t.Fatal(err)
		}
		sameMessages(t, got, order)
		want := [][]record.DoorCount{
			{{Door: "mqtt", Total: 1}, {Door: "broker", Total: 1}},
			{{Door: "broker", Total: 3}, {Door: "mqtt", Total: 2}},
			{{Door: "http", Total: 1}, {Door: "broker", Total: 3}, {Door: "mqtt", Total: 2}},
		}[i]
		if !slices.Equal(h.Doors, want) || h.First != uint64([]int{0, 2, 5}[i]) {
			t.Errorf("record %d: first %d, doors %v, want %v", i, h.First, h.Doors, want)
		}
	}
}

// A header that was never committed leaves no trace in the next one.
func TestRefusedRecordIsNotCounted(t *testing.T) {
	totals := record.NewTotals(1)
	var b record.Builder
	b.Append(&sample()[0])
	totals.Header(&b, 0)
	if h := totals.Header(&b, 0); h.First != 0 || h.Doors[0].Total != 1 {
		t.Errorf("header is %+v", h)
	}
}

func TestBuilderIsReused(t *testing.T) {
	var b record.Builder
	for _, m := range sample() {
		b.Append(&m)
	}
	if b.Count() != 4 || b.Size() < 2000 || len(b.Doors()) != 3 {
		t.Fatalf("count %d, size %d, doors %v", b.Count(), b.Size(), b.Doors())
	}
	b.Reset()
	if b.Count() != 0 || b.Size() != 0 || len(b.Doors()) != 0 {
		t.Fatalf("after Reset: count %d, size %d, doors %v", b.Count(), b.Size(), b.Doors())
	}
	b.Append(&sample()[3])
	prefix := []byte("before")
	data := b.Seal(bytes.Clone(prefix), record.NewTotals(1).Header(&b, 0))
	if !bytes.HasPrefix(data, prefix) {
		t.Fatal("Seal does not append")
	}
	_, got, err := read(data[len(prefix):])
	if err != nil {
		t.Fatal(err)
	}
	sameMessages(t, got, sample()[3:])
}

func TestMessagesAreCopied(t *testing.T) {
	payload := []byte("first")
	var b record.Builder
	b.Append(&ingest.Message{Received: at, Door: "mqtt", Topic: "t", Payload: payload})
	copy(payload, "XXXXX")
	_, got, err := read(b.Seal(nil, record.NewTotals(1).Header(&b, 0)))
	if err != nil || string(got[0].Payload) != "first" {
		t.Fatalf("messages are %v, error %v", got, err)
	}
}

// Every older version stays readable for ever.
func TestOlderVersionsStayReadable(t *testing.T) {
	data, err := os.ReadFile("testdata/v1.bin")
	if err != nil {
		t.Fatal(err)
	}
	h, got, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	sameMessages(t, got, sample())
	if h.Epoch != sampleHeader.Epoch || h.First != 41 || h.Count != 4 || h.Page != 7 {
		t.Errorf("header is %+v", h)
	}
	want := []record.DoorCount{{Door: "mqtt", Total: 32}, {Door: "broker", Total: 11}, {Door: "http", Total: 2}}
	if !slices.Equal(h.Doors, want) {
		t.Errorf("doors are %v, want %v", h.Doors, want)
	}
}

func TestNewerVersionSaysWhatToDo(t *testing.T) {
	data := seal(sample(), record.NewTotals(1), 0)
	data[1] = 2
	_, _, err := read(data)
	if !errors.Is(err, record.ErrNewer) || errors.Is(err, record.ErrCorrupt) ||
		!strings.Contains(err.Error(), "version 2") || !strings.Contains(err.Error(), "written by a newer rione; upgrade") {
		t.Fatalf("error is %v", err)
	}
}

func TestCutShortAnywhereIsCorrupt(t *testing.T) {
	data := seal(sample(), record.NewTotals(1), 0)
	var r record.Record
	for n := range data {
		if err := r.Open(data[:n:n]); !errors.Is(err, record.ErrCorrupt) {
			t.Fatalf("cut at byte %d of %d: error is %v", n, len(data), err)
		}
		mustBeEmpty(t, &r)
	}
}

func TestAnyAlteredByteIsCorrupt(t *testing.T) {
	data := seal(sample(), record.NewTotals(1), 0)
	var r record.Record
	for i := range data {
		for _, bit := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(data)
			bad[i] ^= bit
			want := record.ErrCorrupt
			if i == 1 && bad[i] > 1 { // the version
				want = record.ErrNewer
			}
			if err := r.Open(bad); !errors.Is(err, want) {
				t.Fatalf("byte %d altered by %#x: error is %v", i, bit, err)
			}
		}
	}
	if err := r.Open(append(bytes.Clone(data), 0)); !errors.Is(err, record.ErrCorrupt) {
		t.Fatalf("a byte too many: error is %v", err)
	}
}

// A record that cannot be opened leaves nothing of the one before.
func TestFailedOpenLeavesNothing(t *testing.T) {
	data := seal(sample(), record.NewTotals(1), 5)
	var r record.Record
	var m ingest.Message
	if err := r.Open(data); err != nil || !r.Next(&m) {
		t.Fatalf("the good record cannot be read: %v", err)
	}
	if err := r.Open(data[:len(data)-1]); err == nil {
		t.Fatal("no error")
	}
	mustBeEmpty(t, &r)
	if err := r.Open(data); err != nil || r.Count != 4 || !r.Next(&m) || m.Index != 0 {
		t.Fatalf("the good record cannot be read after a bad one: %v", err)
	}
}

func mustBeEmpty(t *testing.T, r *record.Record) {
	t.Helper()
	var m ingest.Message
	if r.Next(&m) || !errors.Is(r.Err(), record.ErrCorrupt) || r.Epoch != 0 || r.Count != 0 || len(r.Doors) != 0 {
		t.Fatalf("after a failed Open: header %+v, error %v", r.Header, r.Err())
	}
}

// Sums can be right and the content wrong all the same: another program's, or a
// bug of ours.
func TestInconsistentContentIsCorrupt(t *testing.T) {
	f := func(name string, h record.Header, messages ...ingest.Message) {
		t.Helper()
		var b record.Builder
		for i := range messages {
			b.Append(&messages[i])
		}
		if _, _, err := read(b.Seal(nil, h)); !errors.Is(err, record.ErrCorrupt) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	f("a message of a door that is not in the header", record.Header{}, sample()[0])
	f("the second of two doors is missing", record.Header{Doors: []record.DoorCount{{Door: "mqtt", Total: 1}}}, sample()[0], sample()[1])
}

func FuzzOpen(f *testing.F) {
	data := seal(sample(), record.NewTotals(1), 0)
	f.Add(data)
	f.Add(seal(nil, record.NewTotals(math.MaxUint64), math.MaxUint64))
	f.Add(data[:30])
	f.Add(binary.AppendUvarint([]byte{'J', 1}, math.MaxUint64))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := read(data); err != nil && !errors.Is(err, record.ErrCorrupt) && !errors.Is(err, record.ErrNewer) {
			t.Fatalf("error is %v", err)
		}
	})
}

// FuzzRoundTrip takes its messages from the input: a byte for the door, three
// for lengths, then the content.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("\x01\x02\x03\x04abcdefghijk\x00\x00\x00\x00\x02\x01\x01\x01xyz"), int64(0))
	f.Add([]byte{}, int64(math.MaxInt64))
	f.Add([]byte("\x00\x00\x00\xff"), int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, in []byte, received int64) {
		want := messagesOf(in, received)
		h, got, err := read(seal(want, record.NewTotals(uint64(received)), uint64(len(in))))
		if err != nil {
			t.Fatal(err)
		}
		sameMessages(t, got, want)
		if h.Count != len(want) || h.Epoch != uint64(received) {
			t.Fatalf("header is %+v", h)
		}
	})
}

func messagesOf(in []byte, received int64) []ingest.Message {
	var out []ingest.Message
	take := func(n byte) []byte {
		k := min(int(n), len(in))
		part := in[:k]
		in = in[k:]
		return part
	}
	for len(in) >= 4 {
		n := take(4)
		out = append(out, ingest.Message{
			Received: time.Unix(0, received+int64(n[3])<<(n[0]&63)).UTC(), Door: fmt.Sprint("door", n[0]&7),
			Client: string(take(n[0])), Topic: string(take(n[1])), Route: string(take(n[2])), Payload: take(n[3]),
		})
	}
	return out
}
