package view

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"rione/api/influxql"
	"rione/ingest"
	"rione/ingest/schema"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// answers is a store that gives one answer, in pieces, and remembers the question.
type answers struct {
	pieces []ingest.Series
	fail   error
	asked  string
}

var _ influxql.Store = (*answers)(nil)

func (a *answers) QueryEach(_ context.Context, db, q string, f func(*ingest.Series) error) error {
	a.asked = db + ": " + q
	for i := range a.pieces {
		if err := f(&a.pieces[i]); err != nil {
			return err
		}
	}
	return a.fail
}

func TestReadReadings(t *testing.T) {
	air := schema.Lookup("air")
	columns := []string{"time", "temp_c", "q"}
	store := &answers{pieces: []ingest.Series{
		{Columns: columns, Values: [][]any{{noon, 21.5, int64(16)}, {noon.Add(1), nil, int64(0)}}}, // another field's row
		{Columns: columns, Values: [][]any{{noon.Add(2), int64(21), nil}}},                         // a whole float, no quality
	}}
	got, err := ReadReadings(t.Context(), store, "city", influxql.From(air).Column("temp_c", "q"), air.Field("temp_c"))
	want := []Reading{{noon, 21.5, 16}, {noon.Add(2), 21.0, 0}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if store.asked != `city: SELECT "temp_c", "q" FROM "air"` {
		t.Error(store.asked)
	}
}

func TestReadReadingsOfIntegers(t *testing.T) {
	bin := schema.Lookup("bin")
	store := &answers{pieces: []ingest.Series{{Columns: []string{"time", "q", "tilted"}, Values: [][]any{{noon, int64(0), int64(1)}}}}}
	got, err := ReadReadings(t.Context(), store, "city", influxql.From(bin).Column("q", "tilted"), bin.Field("tilted"))
	if err != nil || len(got) != 1 || got[0].Value != any(int64(1)) {
		t.Errorf("%v, %v: an integer stays one", got, err)
	}
}

func TestReadCount(t *testing.T) {
	air := schema.Lookup("air")
	columns := []string{"time", "temp_c"}
	store := &answers{pieces: []ingest.Series{
		{Columns: columns, Values: [][]any{{noon, int64(40)}}}, {Columns: columns, Values: [][]any{{noon, int64(2)}, {noon, nil}}},
	}}
	n, err := ReadCount(t.Context(), store, "city", influxql.From(air), air.Field("temp_c"))
	if err != nil || n != 42 {
		t.Errorf("%d, %v", n, err)
	}
	if store.asked != `city: SELECT count("temp_c") AS "temp_c" FROM "air"` {
		t.Error(store.asked)
	}
	if n, err := ReadCount(t.Context(), &answers{}, "city", influxql.From(air), air.Field("temp_c")); n != 0 || err != nil {
		t.Errorf("of nothing: %d, %v", n, err)
	}
}

func TestStoreDown(t *testing.T) {
	down, air := errors.New("connection refused"), schema.Lookup("air")
	store := &answers{fail: down}
	if _, err := ReadReadings(t.Context(), store, "city", influxql.From(air), air.Field("temp_c")); !errors.Is(err, down) {
		t.Errorf("readings: %v", err)
	}
	if _, err := ReadCount(t.Context(), store, "city", influxql.From(air), air.Field("temp_c")); !errors.Is(err, down) {
		t.Errorf("count: %v", err)
	}
}

func TestOrder(t *testing.T) {
	radio, device := schema.Lookup("wifi_radio"), schema.Lookup("device")
	tagged := func(tags ...ingest.Tag) Series { return Series{Measurement: radio, Tags: tags} }
	band2, band5 := ingest.Tag{Name: "band", Value: "2g"}, ingest.Tag{Name: "band", Value: "5g"}
	c := City{Things: []*Thing{
		{ID: "b", Series: []Series{tagged(band5), tagged(band2, ingest.Tag{Name: "radio", Value: "1"}), tagged(band2), {Measurement: device}}},
		{ID: "a"},
	}}
	c.Sort()
	if c.Things[0].ID != "a" || c.Things[1].ID != "b" {
		t.Errorf("%s before %s", c.Things[0].ID, c.Things[1].ID)
	}
	var keys []string
	for i := range c.Things[1].Series {
		keys = append(keys, c.Things[1].Series[i].Key())
	}
	want := []string{"device", "wifi_radio,band=2g", "wifi_radio,band=2g,radio=1", "wifi_radio,band=5g"}
	if !reflect.DeepEqual(keys, want) {
		t.Errorf("%q, want %q", keys, want)
	}
}

func TestSeen(t *testing.T) {
	thing := Thing{Series: []Series{{Time: noon}, {Time: noon.Add(time.Hour)}, {Time: noon.Add(time.Minute)}, {}}}
	if got := thing.Seen(); !got.Equal(noon.Add(time.Hour)) {
		t.Error(got)
	}
	if got := (&Thing{}).Seen(); !got.IsZero() {
		t.Errorf("nothing was heard of it, at %v", got)
	}
}
