package table_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"rione/api/table"
)

func newSink(w http.ResponseWriter) *table.Sink {
	return &table.Sink{W: w, Media: "text/csv; charset=utf-8", Name: "air.csv"}
}

func TestSinkGathers(t *testing.T) {
	answer := httptest.NewRecorder()
	s := newSink(answer)
	piece := bytes.Repeat([]byte("x"), 64<<10-1)
	if n, err := s.Write(piece); n != len(piece) || err != nil {
		t.Fatal(n, err)
	}
	if s.Begun() || answer.Body.Len() != 0 || len(answer.Header()) != 0 {
		t.Fatalf("%d bytes are sent before there is a piece, with %v", answer.Body.Len(), answer.Header())
	}
	if _, err := s.Write([]byte("y")); err != nil {
		t.Fatal(err)
	}
	if !s.Begun() || answer.Body.Len() != len(piece)+1 {
		t.Errorf("a piece is full, and %d bytes are sent", answer.Body.Len())
	}
	if got := answer.Header().Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("type %q", got)
	}
	if got := answer.Header().Get("Content-Disposition"); got != `attachment; filename="air.csv"` {
		t.Errorf("disposition %q", got)
	}
	if _, err := s.Write([]byte("z")); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := answer.Body.String(); got != string(piece)+"yz" {
		t.Errorf("%d bytes are sent, which end in %q", len(got), got[len(got)-2:])
	}
}

// TestSinkOfNothing holds that an answer without a row is an answer: its headers
// are set by the first Flush.
func TestSinkOfNothing(t *testing.T) {
	answer := httptest.NewRecorder()
	s := newSink(answer)
	if err := s.Flush(); err != nil || !s.Begun() || answer.Header().Get("Content-Type") == "" {
		t.Errorf("%v, begun %v, %v", err, s.Begun(), answer.Header())
	}
}

// gone is an answer whose client went away.
type gone struct{ http.ResponseWriter }

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestSinkWithoutClient(t *testing.T) {
	s := newSink(gone{httptest.NewRecorder()})
	if _, err := s.Write(make([]byte, 64<<10)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a piece: %v", err)
	}
	if !s.Begun() {
		t.Error("another answer seems possible")
	}
}

func ExampleFormatOf() {
	csv, _ := table.FormatOf("csv")
	answer := httptest.NewRecorder()
	sink := &table.Sink{W: answer, Media: csv.Media, Name: "air." + csv.Name}
	w, err := csv.Open(&table.Layout{Name: "air", Tags: []string{"device_id"}, Fields: []table.Field{{Name: "temp_c"}}}, sink)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = w.Row(&table.Row{Time: noon, Tags: []string{"air-1"}, Lat: 41.9, Lon: 12.5, Fields: []any{21.5}})
	_ = w.Close()
	_ = sink.Flush()
	fmt.Print(answer.Body)
	// Output:
	// time,device_id,lat,lon,temp_c
	// 2026-07-01T12:00:00.000000017Z,air-1,41.9,12.5,21.5
}
