package keep_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest/journal"
	"rione/ingest/rollup"
	"rione/ingest/rollup/keep"
	"rione/ingest/schema"
)

func newJetStream(t *testing.T) jetstream.JetStream {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: t.TempDir(), NoSync: true, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func open(t *testing.T, js jetstream.JetStream, name string) *keep.Store {
	t.Helper()
	s, err := keep.Open(t.Context(), js, keep.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWatermark(t *testing.T) {
	js := newJetStream(t)
	s := open(t, js, "")
	if at, err := s.Watermark(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("before the first run: %v, %v", at, err)
	}
	want := time.Date(2026, 5, 4, 12, 15, 0, 0, time.UTC)
	if err := s.SetWatermark(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if at, err := open(t, js, "").Watermark(t.Context()); err != nil || !at.Equal(want) {
		t.Errorf("opened again: %v, %v", at, err)
	}
	if at, err := open(t, js, "second").Watermark(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("another store's: %v, %v", at, err)
	}
}

// Since when windows of places stand is unknown, then what was said last.
func TestPlacesSince(t *testing.T) {
	js := newJetStream(t)
	s := open(t, js, "")
	if since, err := s.Places(t.Context()); err != nil || since != nil {
		t.Errorf("before the first run: %v, %v", since, err)
	}
	may := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, want := range []map[schema.Level]time.Time{{schema.Hour: may, schema.Month: may.AddDate(0, -1, 0)}, {schema.Hour: may}, {}} {
		if err := s.SetPlaces(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if since, err := open(t, js, "").Places(t.Context()); err != nil || !reflect.DeepEqual(since, want) {
			t.Errorf("opened again: %v, %v; want %v", since, err, want)
		}
	}
	if since, err := open(t, js, "second").Places(t.Context()); err != nil || since != nil {
		t.Errorf("another store's: %v, %v", since, err)
	}
	kv, err := js.KeyValue(t.Context(), "RIONE_ROLLUP")
	if err == nil {
		_, err = kv.PutString(t.Context(), "places", "yesterday")
	}
	if err != nil {
		t.Fatal(err)
	}
	if since, err := s.Places(t.Context()); err == nil || !strings.Contains(err.Error(), "delete the key") {
		t.Errorf("damaged: %v, %v", since, err)
	}
}

// Marks come back in the order in which they were noted, over several messages
// and a restart, until they are forgotten; those noted meanwhile stay.
func TestMarks(t *testing.T) {
	js := newJetStream(t)
	s := open(t, js, "")
	var want []rollup.Mark
	for i := range int64(4500) {
		m := rollup.Mark{Measurement: "air", Device: "air-1", From: 2 * i, To: 2*i + 1, Anew: i%3 == 0}
		if i%5 == 0 {
			m.Device, m.Place = "", "058091/Municipio I"
		}
		want = append(want, m)
	}
	if err := s.Note(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	s = open(t, js, "")
	got, through, err := s.Noted(t.Context())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%d marks, %v; want %d", len(got), err, len(want))
	}
	later := []rollup.Mark{{Measurement: "noise", Device: "n-1", From: 1, To: 2}}
	if err := s.Note(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context(), through); err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.Noted(t.Context()); err != nil || !reflect.DeepEqual(got, later) {
		t.Errorf("after forgetting: %v, %v", got, err)
	}
	if n, err := s.Waiting(t.Context()); err != nil || n != 1 {
		t.Errorf("%d wait, %v", n, err)
	}
	if _, through, err = open(t, js, "second").Noted(t.Context()); err != nil || through != 0 {
		t.Errorf("another store's: %d, %v", through, err)
	}
}

// A damaged message is passed over and forgotten, not met for ever.
func TestDamagedMarks(t *testing.T) {
	js := newJetStream(t)
	s := open(t, js, "")
	if _, err := js.Publish(t.Context(), "rione.rollup.late", []byte("{")); err != nil {
		t.Fatal(err)
	}
	marks, through, err := s.Noted(t.Context())
	if err != nil || len(marks) != 0 || through == 0 {
		t.Errorf("%v, %d, %v", marks, through, err)
	}
}
