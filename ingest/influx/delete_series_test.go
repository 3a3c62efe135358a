package influx_test

import (
	"fmt"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// What has all the tags goes within the times, and nothing beside it.
func TestStoreDeleteSeries(t *testing.T) {
	s := influxtest.Start(t)
	s.Buckets("city")
	w, err := influx.NewWriter(s.Client())
	if err != nil {
		t.Fatal(err)
	}
	b := influx.NewBatch()
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, series := range []string{"indicator,id=a,initiative=roma", "indicator,id=a,initiative=roma,zone=Municipio\\ I", "indicator,id=a,initiative=anci", "indicator,id=b,initiative=roma", "other,id=a,initiative=roma"} {
		for hour := range 3 {
			b.AddLine(fmt.Appendf(nil, "%s value=1 %d", series, at.Add(time.Duration(hour)*time.Hour).UnixNano()))
		}
	}
	if _, err := w.Write(t.Context(), "city", b); err != nil {
		t.Fatal(err)
	}
	f := func(tags map[string]string, from, to int, left string) {
		t.Helper()
		if err := s.Client().DeleteSeries(t.Context(), "city", "indicator", tags, at.Add(time.Duration(from)*time.Hour), at.Add(time.Duration(to)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, q := range []string{"indicator WHERE id = 'a' AND initiative = 'roma' AND zone = ''", "indicator WHERE zone != ''", "indicator WHERE initiative = 'anci'", "indicator WHERE id = 'b'", "other"} {
			all, err := s.Client().Query(t.Context(), "city", "SELECT value FROM "+q)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, one := range all {
				n += len(one.Values)
			}
			got += fmt.Sprint(n, " ")
		}
		if got != left {
			t.Errorf("%v from %d to %d: left %s, want %s", tags, from, to, got, left)
		}
	}
	f(map[string]string{"id": "a", "initiative": "roma", "zone": "Municipio I"}, 1, 2, "3 2 3 3 3 ")
	f(map[string]string{"id": "a", "initiative": "roma"}, 0, 1, "2 1 3 3 3 ")
	f(map[string]string{"id": "nothing's", "initiative": `ro"ma`}, 0, 9, "2 1 3 3 3 ")
	if err := s.Client().DeleteSeries(t.Context(), "nowhere", "indicator", map[string]string{"id": "a"}, at, at.Add(time.Hour)); err == nil {
		t.Error("points of no bucket are deleted")
	}
}
