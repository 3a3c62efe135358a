package ingest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"rione/ingest/quantity"
)

// TestReadingsAreReused fills, empties and fills again: nothing of the first message
// may be seen in the second, and its memory serves again.
func TestReadingsAreReused(t *testing.T) {
	var rs Readings
	fill := func() {
		for range 3 {
			r := rs.Next()
			if r.Device != "" || len(r.Tags) != 0 || len(r.Values) != 0 || r.Position != nil || !r.Time.IsZero() || r.Seq != 0 {
				t.Fatalf("an empty reading holds %+v", *r)
			}
			r.Device, r.Seq = "air-1", 7
			r.Tags = append(r.Tags, Tag{"grade", "reference"})
			r.Number("temp_c", 21.5, quantity.Kelvin)
		}
		rs.Unknown, rs.Absent = append(rs.Unknown, "mood"), append(rs.Absent, Absent{"rh_pct", 255})
		rs.Refused = append(rs.Refused, Refusal{Reason: WrongType})
	}
	fill()
	rs.Reset()
	if len(rs.All())+len(rs.Unknown)+len(rs.Absent)+len(rs.Refused) != 0 {
		t.Errorf("after Reset there is %+v", rs)
	}
	fill()
	if len(rs.All()) != 3 || rs.All()[2].Values[0] != (Value{Field: "temp_c", Num: 21.5, Unit: quantity.Kelvin}) {
		t.Errorf("%+v", rs.All())
	}
	if n := testing.AllocsPerRun(100, func() { rs.Reset(); fill() }); n != 0 {
		t.Errorf("%v allocations in steady state", n)
	}
}

func TestDropTakesTheLast(t *testing.T) {
	var rs Readings
	rs.Next().Device = "air-1"
	rs.Next().Device = "air-2"
	rs.Drop()
	if len(rs.All()) != 1 || rs.All()[0].Device != "air-1" {
		t.Errorf("%+v", rs.All())
	}
	if r := rs.Next(); r.Device != "" {
		t.Errorf("what was dropped is back: %+v", *r)
	}
}

func TestRefusals(t *testing.T) {
	f := func(r *Refusal, want string) {
		t.Helper()
		if r.Error() != want {
			t.Errorf("%q, want %q", r.Error(), want)
		}
		var found *Refusal
		if err := fmt.Errorf("message 7: %w", r); !errors.As(err, &found) || found != r {
			t.Errorf("%v is no refusal any more", err)
		}
	}
	f(Refuse(Empty, "the payload is empty"), "empty: the payload is empty")
	f(&Refusal{Reason: UnknownUnit, Field: "temp_c", Unit: "K°", Detail: "is in no table"}, "unknown_unit: temp_c: is in no table")
}

func TestNumberOf(t *testing.T) {
	f := func(v any, want float64, ok bool) {
		t.Helper()
		if got, found := NumberOf(v); got != want || found != ok {
			t.Errorf("%v (%T): %v, %v", v, v, got, found)
		}
	}
	f(21.5, 21.5, true)
	f(int64(21), 21, true)
	f(int64(math.MaxInt64), 1<<63, true) // the nearest float
	f(nil, 0, false)
	f("21.5", 0, false)
	f(true, 0, false)
	f(21, 0, false) // no type of an answer
}

func TestDecoderOfARoute(t *testing.T) {
	f := func(r Route, want string) {
		t.Helper()
		if got := r.Decoder(); got != want {
			t.Errorf("%+v is decoded by %q, want %q", r, got, want)
		}
	}
	f(Route{Format: "native"}, "native")
	f(Route{Format: FormatMapping, Mapping: `{"readings":[]}`}, `{"readings":[]}`)
}

func TestPaths(t *testing.T) {
	for filter, want := range map[string]bool{"/ingest/v1/native": true, "/": true, "sc/v1/#": false, "#": false} {
		if r := (Route{Filter: filter}); r.IsPath() != want {
			t.Errorf("%s is a path: %v", filter, !want)
		}
	}
}
