package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/ledger"
	"rione/ingest/record"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 987654321, time.UTC)

// header is what the intake of an epoch says after so many messages of doors.
func header(epoch uint64, count int, doors ...record.DoorCount) *record.Header {
	return &record.Header{Epoch: epoch, Count: count, Doors: doors}
}

func mqtt(total uint64) record.DoorCount { return record.DoorCount{Door: "mqtt", Total: total} }
func http(total uint64) record.DoorCount { return record.DoorCount{Door: "http", Total: total} }

// text writes points as "door comune field=value …", fields that are zero left out.
func text(points []ingest.Point) []string {
	var out []string
	for _, p := range points {
		words := []string{p.Measurement.Name}
		for _, t := range p.Tags {
			words = append(words, t.Value)
		}
		for _, f := range p.Fields {
			if f.Int != 0 {
				words = append(words, fmt.Sprintf("%s=%d", f.Field.Name, f.Int))
			}
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

func expect(t *testing.T, p *ledger.Page, want ...string) {
	t.Helper()
	if got := text(p.Points(nil)); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPage(t *testing.T) {
	p, totals := ledger.NewPage(), new(ledger.Totals)
	if !p.Empty() || p.Points(nil) != nil {
		t.Error("a new page is not empty")
	}
	p.Record(41, noon, header(7, 0), totals) // says only that the page before is over
	if !p.Empty() {
		t.Error("a record without messages is not the first of a page")
	}
	p.Record(1_000_042, noon, header(7, 3, mqtt(2), http(1)), totals)
	p.Record(1_000_043, noon.Add(time.Second), header(7, 3, mqtt(5), http(1)), totals)
	rome, none := ledger.Key{Door: "mqtt", Comune: "058091"}, ledger.Key{Door: "mqtt"}
	p.Message(rome, ledger.Stored, 2, 50)
	p.Message(none, ledger.Quarantined, 0, 9)
	p.Message(rome, ledger.Partial, 1, 30)
	p.Message(rome, ledger.Duplicate, 0, 50)
	p.Message(rome, ledger.Stored, 1, 20)
	p.Message(ledger.Key{Door: "http", Comune: "058091"}, ledger.Expired, 0, 10)
	expect(t, p,
		"ledger http acked=1", "ledger mqtt acked=5",
		"ledger 058091 http bytes=10 expired=1",
		"ledger mqtt bytes=9 quarantined=1",
		"ledger 058091 mqtt points=4 bytes=150 stored=2 partial=1 duplicate=1",
	)
	want := time.Date(2026, 3, 1, 12, 0, 0, 987000042, time.UTC) // of the first record: its ms, and its sequence below
	for _, pt := range p.Points(nil) {
		if !pt.Time.Equal(want) {
			t.Errorf("time %v, want %v", pt.Time, want)
		}
	}
}

func TestEveryPointHasAllItsFields(t *testing.T) { // so that writing it again overwrites all of it
	p := ledger.NewPage()
	p.Record(1, noon, header(7, 1, mqtt(1)), new(ledger.Totals))
	p.Message(ledger.Key{Door: "mqtt"}, ledger.Stored, 1, 1)
	points := p.Points(nil)
	if len(points) != 2 || len(points[1].Fields) != 2+int(ledger.Outcomes) {
		t.Errorf("%d points, %d fields", len(points), len(points[1].Fields))
	}
	for o := range ledger.Outcomes {
		if points[0].Measurement.Field(o.String()) == nil {
			t.Errorf("the ledger has no field %s", o)
		}
	}
}

func TestTotals(t *testing.T) {
	totals := new(ledger.Totals)
	f := func(why string, h *record.Header, want ...string) {
		t.Helper()
		p := ledger.NewPage()
		p.Record(1, noon, h, totals)
		t.Log(why)
		expect(t, p, want...)
	}
	f("the first record of an epoch: all of it is new", header(7, 4, mqtt(4)), "ledger mqtt acked=4")
	f("the next: what was added", header(7, 6, mqtt(9), http(1)), "ledger http acked=1", "ledger mqtt acked=5")
	f("doors in another order", header(7, 1, http(2), mqtt(9)), "ledger http acked=1")
	f("the record again", header(7, 1, http(2), mqtt(9)))
	f("after lost records their messages count as acked", header(7, 1, mqtt(20), http(2)), "ledger mqtt acked=11")
	f("the intake started again", header(8, 2, mqtt(2)), "ledger mqtt acked=2")
	f("two intakes in turn", header(7, 1, mqtt(21), http(2)), "ledger mqtt acked=1")
	f("two intakes in turn", header(8, 3, mqtt(5)), "ledger mqtt acked=3")
	again, err := ledger.ParseTotals(totals.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	*totals = again
	f("over a restart", header(7, 1, mqtt(22), http(2)), "ledger mqtt acked=1")
	f("over a restart", header(8, 1, mqtt(6)), "ledger mqtt acked=1")
	for epoch := range uint64(200) {
		f("a new epoch", header(1000+epoch, 1, mqtt(1)), "ledger mqtt acked=1")
		f("one that is heard again and again", header(8, 1, mqtt(7+epoch)), "ledger mqtt acked=1")
	}
	if n := len(totals.Append(nil)); n > 64*20 {
		t.Errorf("totals of %d bytes: silent epochs are not forgotten", n)
	}
}

func TestTotalsCutShort(t *testing.T) {
	totals := new(ledger.Totals)
	ledger.NewPage().Record(1, noon, header(7, 6, mqtt(9), http(1)), totals)
	ledger.NewPage().Record(1, noon, header(8, 6, mqtt(300)), totals)
	data := totals.Append(nil)
	for n := range data {
		if _, err := ledger.ParseTotals(data[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are read without an error", n, len(data))
		}
	}
	if _, err := ledger.ParseTotals(append(data, 0)); err == nil {
		t.Error("a byte too many is not noticed")
	}
}

func FuzzParseTotals(f *testing.F) {
	totals := new(ledger.Totals)
	ledger.NewPage().Record(1, noon, header(7, 6, mqtt(9), http(1)), totals)
	f.Add(totals.Append(nil))
	f.Add([]byte{255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, data []byte) {
		totals, err := ledger.ParseTotals(data)
		if err != nil {
			return
		}
		again, err := ledger.ParseTotals(totals.Append(nil))
		if err != nil || string(again.Append(nil)) != string(totals.Append(nil)) {
			t.Errorf("%x is not written as it is read: %v", data, err)
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	p := ledger.NewPage()
	keys := [...]ledger.Key{{Door: "mqtt", Comune: "058091"}, {Door: "mqtt", Comune: "082053"}}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		p.Message(keys[n/10%2], ledger.Stored, 1, 100)
		n++
	}
}
