package changelog_test

import (
	"bytes"
	"errors"
	"log/slog"
	"reflect"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/devices/changelog"
)

func TestStartFoldsFromTheCheckpoint(t *testing.T) {
	js := newJetStream(t)
	l := open(t, js, changelog.Options{PartSize: 4096, CheckpointBytes: 8000})
	d := fleet(500)
	d[7].SecretHash = "$argon2id$…"
	s := apply(t, l, d...)
	eventually(t, "a checkpoint", func() bool { return startOf(t, js) == s.Revision+1 })
	after := apply(t, l, device("after"))

	again := open(t, js, changelog.Options{}).Snapshot()
	if again.Revision != after.Revision || !reflect.DeepEqual(again.All(), after.All()) {
		t.Errorf("revision %d with %d devices came back as %d with %d", after.Revision, after.Len(), again.Revision, again.Len())
	}
	stream, err := js.Stream(t.Context(), "RIONE_REGISTRY_CHECKPOINT")
	if err != nil {
		t.Fatal(err)
	}
	apply(t, l, fleet(400)...)
	eventually(t, "the first checkpoint to go", func() bool {
		info, err := stream.Info(t.Context())
		return err == nil && info.State.FirstSeq > 1
	})
}

// put stores a raw message, as a disk or a newer program might have left it.
func put(t *testing.T, js jetstream.JetStream, subject string, message []byte) {
	t.Helper()
	if _, err := js.Publish(t.Context(), subject, message); err != nil {
		t.Fatal(err)
	}
}

func newerMessage() []byte { return append([]byte("RNE\x07"), make([]byte, 40)...) }

func TestDamagedCheckpointCostsOnlyTime(t *testing.T) {
	js := newJetStream(t)
	s := apply(t, open(t, js, changelog.Options{}), fleet(3)...)
	put(t, js, checkpointSubject, []byte("rubbish"))
	if n := open(t, js, changelog.Options{}).Snapshot().Revision; n != s.Revision {
		t.Errorf("revision %d, want %d", n, s.Revision)
	}
	put(t, js, checkpointSubject, newerMessage())
	if _, err := changelog.Open(t.Context(), js, changelog.Options{}); err == nil || !contains(err.Error(), "newer rione") {
		t.Errorf("checkpoint of a newer program: %v", err)
	}
}

func TestCheckpointAheadOfTheLogIsRefused(t *testing.T) {
	js := newJetStream(t)
	l := open(t, js, changelog.Options{CheckpointBytes: 1})
	s := apply(t, l, fleet(1)...)
	eventually(t, "a checkpoint", func() bool { return startOf(t, js) == s.Revision+1 })
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), "RIONE_REGISTRY"); err != nil {
		t.Fatal(err)
	}
	if _, err := changelog.Open(t.Context(), js, changelog.Options{}); err == nil || !contains(err.Error(), "restore both") {
		t.Errorf("checkpoint without its log: %v", err)
	}
}

func TestDamagedSetIsReportedAndPassedOver(t *testing.T) {
	js := newJetStream(t)
	var text bytes.Buffer
	registry := prometheus.NewRegistry()
	l := open(t, js, changelog.Options{Metrics: registry, Logger: slog.New(slog.NewTextHandler(&text, nil))})
	apply(t, l, device("before"))
	put(t, js, setSubject, []byte("rubbish"))
	s := apply(t, l, device("after"))
	if s.Len() != 2 {
		t.Errorf("%d devices", s.Len())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !contains(text.String(), "passed over") {
		t.Errorf("the log does not tell: %s", text.String())
	}
	for name, want := range map[string]float64{
		"rione_devices_damaged_sets_total": 1, "rione_devices_gaps_total": 0,
		"rione_devices_entries": 2, "rione_devices_revision": float64(s.Revision),
	} {
		if got := gather(t, registry, name); got != want {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
}

func gather(t *testing.T, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// What a newer program wrote must not be misread: nothing goes on.
func TestNewerFormatStopsTheLog(t *testing.T) {
	js := newJetStream(t)
	l := open(t, js, changelog.Options{})
	s := apply(t, l, device("before"))
	put(t, js, setSubject, newerMessage())
	if _, err := changelog.Open(t.Context(), js, changelog.Options{}); err == nil || !contains(err.Error(), "newer rione") {
		t.Errorf("open: %v", err)
	}
	eventually(t, "the refusal", func() bool {
		_, err := l.Apply(t.Context(), changeSet(device("after")))
		return err != nil && !errors.Is(err, changelog.ErrConflict) && contains(err.Error(), "newer rione")
	})
	if l.Snapshot().Revision != s.Revision {
		t.Error("the snapshot changed")
	}
}
