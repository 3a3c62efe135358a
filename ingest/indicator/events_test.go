package indicator_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/indicator"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// Events are counted where they were raised: not those that ended, not operators'
// notes, no other types, none of long ago; a place without any has none, which is a
// figure too; and what people say wins.
func TestStoreEventsAreCounted(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	b := influx.NewBatch()
	line := func(comune, kind string, severity, state int, ago time.Duration) {
		b.AddLine(fmt.Appendf(nil, "event,comune=%s,type=%s severity=%di,state=%di,text=\"x\" %d", comune, kind, severity, state, now.Add(-ago).UnixNano()))
	}
	line("027042", "isolation", 3, 1, time.Minute)
	line("027042", "isolation", 0, 1, time.Second) // acknowledged
	line("027042", "isolation", 3, 0, 0)           // over
	line("027042", "access_refused", 2, 1, 29*24*time.Hour)
	line("027042", "access_refused", 2, 1, 31*24*time.Hour)
	line("027042", "silent", 3, 1, time.Hour)
	line("027005", "isolation", 3, 1, time.Hour)
	line("058091", "isolation", 3, 1, time.Hour) // of another initiative
	if _, err := w.Write(t.Context(), "city", b); err != nil {
		t.Fatal(err)
	}
	book := newBook(t)
	facts, err := indicator.ReadCSV(strings.NewReader("initiative,id,date,value,comune\nvenezia,services,2026-01-01,4,027042\nvenezia,services,2026-01-01,2,027008\n" +
		"venezia,security,2026-01-01,9,027005\nroma,services,2026-01-01,2,058091\n"))
	if err == nil {
		err = book.Put(t.Context(), facts)
	}
	if err != nil {
		t.Fatal(err)
	}
	comuni := []string{"027042", "027005", "027008", "027001"}
	r, err := indicator.New(indicator.Options{
		Store: store{server.Client(), w}, Facts: book, Now: func() time.Time { return now },
		Definitions: []indicator.Definition{{
			Initiative: "venezia", ID: "security", Target: 0, Baseline: 10, Comuni: comuni, Split: "comune", Sum: true,
			Events: []string{"isolation", "access_refused"},
		}},
	})
	if err == nil {
		err = r.Once(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	err = server.Client().QueryEach(t.Context(), "city", `SELECT last(value) FROM indicator WHERE id = 'security' GROUP BY comune, initiative`, func(s *ingest.Series) error {
		got[s.Tags["initiative"]+" "+s.Tags["comune"]], _ = ingest.NumberOf(s.Values[0][1])
		return nil
	})
	want := map[string]float64{"venezia 027042": 2, "venezia 027005": 9, "venezia 027008": 0, "venezia ": 3}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, got %v, want %v", err, got, want)
	}
}

func TestEventsThatAreWrong(t *testing.T) {
	f := func(want string, d indicator.Definition) {
		t.Helper()
		d.Initiative, d.ID, d.Split = "venezia", "security", "comune"
		_, err := indicator.New(indicator.Options{Store: store{}, Facts: newBook(t), Definitions: []indicator.Definition{d}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("no type of event", indicator.Definition{Events: []string{"isolation", "x' OR 1=1"}})
	f("follows from nothing else", indicator.Definition{Events: []string{"isolation"}, Live: &indicator.Live{Measurement: "wifi_ap", Field: "up", As: "mean"}})
}
