package sparkplug

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func decoder() ingest.Decoder { return New() }

// Each vector has a decoder of its own, which has heard of no birth before.
func TestVectors(t *testing.T) {
	for name, c := range decodetest.Cases(t, "testdata") {
		t.Run(name, func(t *testing.T) { decodetest.Check(t, decoder(), c.Payload, c.Want) })
	}
}

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, decoder, "spBv1.0/g/NBIRTH/n", "spBv1.0/g/NDATA/n", "spBv1.0/g/DBIRTH/n/d", "spBv1.0/g/NDEATH/n")
}

// session feeds messages of one node to a decoder.
type session struct {
	t  *testing.T
	d  *Decoder
	at time.Duration // of the message after the first
}

func (s session) send(topic, file string) ([]ingest.Reading, error) {
	s.t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		s.t.Fatal(err)
	}
	var out ingest.Readings
	err = s.d.Decode(&ingest.Message{Door: "mqtt", Topic: topic, Payload: b, Received: time.UnixMilli(1763791200123).Add(s.at)}, &out)
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
	s := session{t: t, d: New()}
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
	s := session{t: t, d: New()}
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
	s := session{t: t, d: New()}
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
	s := session{t: t, d: New()}
	_, _ = s.send("spBv1.0/g/NBIRTH/n", "nbirth.bin")
	state := s.d.State()
	s.d = New()
	s.d.Restore(state)
	s.temperature("spBv1.0/g/NDATA/n", "ndata-unborn.bin", 22.5)
	s.rebirths(0)
	s.d.Restore([]byte(`{"g/n":null,"g/m":{}}`))
	_, _ = s.send("spBv1.0/g/NBIRTH/m", "nbirth.bin")
	_, _ = s.send("spBv1.0/g/DBIRTH/m/d", "nbirth.bin")
	before := string(s.d.State())
	s.d.Restore([]byte("x"))
	if string(s.d.State()) != before {
		t.Error("nonsense was restored")
	}
}

// TestAskedAgain checks that a node that did not hear a request is asked again,
// and not with every message.
func TestAskedAgain(t *testing.T) {
	s := session{t: t, d: New()}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {time.Second, 0}, {59 * time.Second, 0}, {61 * time.Second, 1}, {62 * time.Second, 0}} {
		s.at = step.after
		_, _ = s.send("spBv1.0/g/NDATA/n", "ndata-unborn.bin")
		if got := s.d.Commands(); len(got) != step.want {
			t.Errorf("after %v: %d requests; want %d", step.after, len(got), step.want)
		}
	}
}

// TestDeaths: a node takes its devices with it, and the will of a session that
// is over kills nobody.
func TestDeaths(t *testing.T) {
	d := New()
	send := func(topic string, metrics ...metric) ([]ingest.Reading, error) {
		var body []byte
		for _, m := range metrics {
			var b []byte
			b = protowire.AppendTag(b, metricName, protowire.BytesType)
			b = protowire.AppendString(b, m.name)
			b = protowire.AppendTag(b, metricLong, protowire.VarintType)
			b = protowire.AppendVarint(b, m.bits)
			body = protowire.AppendTag(body, payloadMetrics, protowire.BytesType)
			body = protowire.AppendBytes(body, b)
		}
		var out ingest.Readings
		err := d.Decode(&ingest.Message{Topic: topic, Payload: body}, &out)
		return out.All(), err
	}
	session := func(n uint64) metric { return metric{name: "bdSeq", bits: n} }
	for _, topic := range []string{"spBv1.0/g/NBIRTH/n", "spBv1.0/g/DBIRTH/n/a", "spBv1.0/g/DBIRTH/n/b", "spBv1.0/g/DBIRTH/n/c"} {
		if _, err := send(topic, session(7)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := send("spBv1.0/g/DDEATH/n/b", session(0)); err != nil || len(got) != 1 || got[0].Device != "g/n/b" || got[0].Values[0].Num != 0 {
		t.Errorf("death of a device: %+v, %v", got, err)
	}
	if got, err := send("spBv1.0/g/NDEATH/n", session(6)); err == nil {
		t.Errorf("the will of an old session made %+v", got)
	}
	got, err := send("spBv1.0/g/NDEATH/n", session(7))
	var dead []string
	for _, r := range got {
		dead = append(dead, r.Device)
	}
	if want := "g/n g/n/a g/n/c"; err != nil || strings.Join(dead, " ") != want {
		t.Errorf("dead: %q (%v); want %q", dead, err, want)
	}
}

// TestHistorical: what a node kept while it was not connected is late.
func TestHistorical(t *testing.T) {
	var m, body []byte
	m = protowire.AppendTag(m, metricName, protowire.BytesType)
	m = protowire.AppendString(m, "temperature")
	m = protowire.AppendTag(m, metricHistorical, protowire.VarintType)
	m = protowire.AppendVarint(m, 1)
	m = protowire.AppendTag(m, metricDouble, protowire.Fixed64Type)
	m = protowire.AppendFixed64(m, 0x4035000000000000) // 21
	body = protowire.AppendTag(body, payloadMetrics, protowire.BytesType)
	body = protowire.AppendBytes(body, m)
	var out ingest.Readings
	if err := New().Decode(&ingest.Message{Topic: "spBv1.0/g/NDATA/n", Payload: body}, &out); err != nil {
		t.Fatal(err)
	}
	if r := out.All()[0]; r.Quality != ingest.Late || r.Values[0].Num != 21 {
		t.Errorf("%+v", r)
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
	for i := range 130 { // 130 nodes of 4096 names are more than fit
		d.payload = payload{}
		for alias := range uint64(maxAliases + 10) {
			d.payload.metrics = append(d.payload.metrics, metric{name: "m", alias: alias, hasAlias: true},
				metric{name: strconv.FormatUint(alias, 10), unit: "K"})
		}
		d.birth(topic{group: "g", node: time.Duration(i).String(), kind: "NBIRTH"})
	}
	total := 0
	for key, n := range d.nodes {
		total += len(n.Aliases) + len(n.Names)
		if len(n.Aliases)+len(n.Names) > maxAliases {
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
