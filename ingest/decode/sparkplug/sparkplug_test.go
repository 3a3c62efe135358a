package sparkplug

import (
	"errors"
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func decoder() ingest.Decoder { return New() }

func TestVectors(t *testing.T) { decodetest.Run(t, decoder) }

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, decoder, "spBv1.0/g/NBIRTH/n", "spBv1.0/g/NDATA/n", "spBv1.0/g/DBIRTH/n/d", "spBv1.0/g/NDEATH/n")
}

// session feeds messages of one node to a decoder.
type session struct {
	t *testing.T
	d *Decoder
}

func (s session) send(topic, file string) ([]ingest.Reading, error) {
	s.t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		s.t.Fatal(err)
	}
	var out ingest.Readings
	err = s.d.Decode(&ingest.Message{Door: "mqtt", Topic: topic, Payload: b, Received: time.UnixMilli(1763791200123)}, &out)
	return out.All(), err
}

func (s session) temperature(topic, file string, want float64) {
	s.t.Helper()
	got, err := s.send(topic, file)
	if err != nil || len(got) != 1 || got[0].Values[0].Field != "temp_c" || got[0].Values[0].Num != want {
		s.t.Errorf("%s: %+v, %v; want %v °C", file, got, err, want)
	}
}

func (s session) rebirths(want int) {
	s.t.Helper()
	got := s.d.Commands()
	if len(got) != want {
		s.t.Errorf("%d commands; want %d", len(got), want)
	}
	for _, c := range got {
		var p payload
		if err := p.parse(c.Payload); err != nil || c.Topic != "spBv1.0/g/NCMD/n" || c.Door != "mqtt" ||
			p.metrics[0].name != "Node Control/Rebirth" || p.metrics[0].bits != 1 || p.time != 1763791200123 {
			s.t.Errorf("%+v is no request for a rebirth (%v)", c, err)
		}
	}
}

func TestAliasNeedsBirth(t *testing.T) {
	s := session{t, New()}
	if _, err := s.send("spBv1.0/g/NDATA/n", "ndata-unborn.bin"); err == nil {
		t.Error("data of an unknown alias were understood")
	}
	s.rebirths(1)
	_, _ = s.send("spBv1.0/g/NDATA/n", "ndata-unborn.bin")
	s.rebirths(0) // asked already
	if _, err := s.send("spBv1.0/g/NBIRTH/n", "nbirth.bin"); err != nil {
		t.Fatal(err)
	}
	s.temperature("spBv1.0/g/NDATA/n", "ndata-unborn.bin", 22.5)
	s.rebirths(0)
}

func TestSequenceGap(t *testing.T) {
	s := session{t, New()}
	if _, err := s.send("spBv1.0/g/NBIRTH/n", "nbirth.bin"); err != nil {
		t.Fatal(err)
	}
	s.temperature("spBv1.0/g/NDATA/n", "ndata-unborn.bin", 22.5) // seq 1
	s.temperature("spBv1.0/g/NDATA/n", "ndata-unborn.bin", 22.5) // a repeated number drops nothing
	s.rebirths(0)
	s.temperature("spBv1.0/g/NDATA/n", "ndata-gap.bin", 27) // seq 5
	s.rebirths(1)
}

func TestDeathForgetsAliases(t *testing.T) {
	s := session{t, New()}
	_, _ = s.send("spBv1.0/g/NBIRTH/n", "nbirth.bin")
	got, err := s.send("spBv1.0/g/NDEATH/n", "ndeath.bin")
	if err != nil || got[0].Values[0].Num != 0 || !got[0].Time.IsZero() {
		t.Errorf("death: %+v, %v", got, err)
	}
	if _, err := s.send("spBv1.0/g/NDATA/n", "ndata-unborn.bin"); err == nil {
		t.Error("an alias outlived its node")
	}
}

func TestCheckpoint(t *testing.T) {
	s := session{t, New()}
	_, _ = s.send("spBv1.0/g/NBIRTH/n", "nbirth.bin")
	state, err := s.d.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	s.d = New()
	if err := s.d.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	s.temperature("spBv1.0/g/NDATA/n", "ndata-unborn.bin", 22.5)
	s.rebirths(0)
	if err := s.d.UnmarshalBinary([]byte(`{"g/n":null,"g/m":{}}`)); err != nil {
		t.Error(err)
	}
	_, _ = s.send("spBv1.0/g/NBIRTH/m", "nbirth.bin")
	if err := s.d.UnmarshalBinary([]byte("x")); err == nil {
		t.Error("nonsense was restored")
	}
}

// TestBounds checks that a flood of nodes and metrics does not fill the memory.
func TestBounds(t *testing.T) {
	d := New()
	for i := range maxNodes + 10 {
		d.node(string(rune('a'+i%26)) + time.Duration(i).String())
	}
	if len(d.nodes) > maxNodes {
		t.Errorf("%d nodes are remembered", len(d.nodes))
	}
	for i := range 200 { // 200 nodes of 4096 names
		d.payload = payload{}
		for alias := range uint64(maxAliases + 10) {
			d.payload.metrics = append(d.payload.metrics, metric{name: "m", alias: alias, hasAlias: true})
		}
		d.birth(topic{group: "g", node: time.Duration(i).String(), kind: "NBIRTH"})
	}
	total := 0
	for key, n := range d.nodes {
		total += len(n.Aliases)
		if len(n.Aliases) > maxAliases {
			t.Errorf("%s has %d aliases", key, len(n.Aliases))
		}
	}
	if total != d.names || total > maxNames {
		t.Errorf("%d names are remembered, %d counted", total, d.names)
	}
	var body []byte
	for range 200_000 {
		body = protowire.AppendTag(body, payloadMetrics, protowire.BytesType)
		body = protowire.AppendBytes(body, nil)
	}
	var out ingest.Readings
	err := d.Decode(&ingest.Message{Topic: "spBv1.0/g/NDATA/n", Payload: body}, &out)
	var r *ingest.Refusal
	if !errors.As(err, &r) || r.Reason != ingest.TooLarge {
		t.Errorf("200,000 metrics: %v", err)
	}
}
