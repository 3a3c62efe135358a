package main

import (
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/decode"
)

func TestDecodeExplains(t *testing.T) {
	native, ok := decode.Options{}.Lookup("native")
	if !ok {
		t.Fatal("there is no format native")
	}
	const point = `{"device":"air-1","measurement":"air","tags":{},"time":"2026-03-01T10:00:00Z","fields":{"temp_c":21},"q":0}` + "\n"
	const note = `{"note":"time","to":"2026-03-01T10:00:00Z","why":"the reading has no time: that of its receipt"}` + "\n"
	f := func(why bool, want string) {
		t.Helper()
		var out strings.Builder
		m := ingest.Message{Received: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), Topic: "sc/v1/058091/air/air-1/up", Payload: []byte(`{"temp_c":21}`)}
		if err := explain(&out, native, why, &m); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", &out, want)
		}
	}
	f(false, point)
	f(true, point+note)
}
