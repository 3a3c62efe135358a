// Package decodetest runs decoders against expectation files and keeps them
// from harm. An expectation stands beside its payload:
//
//	testdata/up.json          the payload (or up.bin, up.cbor, up.txt)
//	testdata/up.expect.json   where it came from and what it means
//
// Expectations are written from the specification of the format or from a third
// party's decoding of the same payload (member "source" says which), never from
// our own output. Values stand in the canonical units of the schema.
package decodetest

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Expectation is what a payload means.
type Expectation struct {
	Source   string    `json:"source"`
	Topic    string    `json:"topic"`
	Client   string    `json:"client"`
	Received time.Time `json:"received"`

	Readings []Reading `json:"readings"`
	Refused  []string  `json:"refused"` // "reason field"
	Unknown  []string  `json:"unknown"` // nil: not looked at
	Absent   []string  `json:"absent"`  // "field figure"; nil: not looked at
	Refusal  string    `json:"refusal"` // "reason" or "reason field" of the whole message
}

// Reading is an ingest.Reading for people.
type Reading struct {
	Device      string            `json:"device"`
	Measurement string            `json:"measurement"`
	Tags        map[string]string `json:"tags"`
	Time        time.Time         `json:"time"`
	Resolution  string            `json:"resolution"` // "" is not looked at
	LocalTime   time.Time         `json:"local_time"`
	ServerTime  time.Time         `json:"server_time"`
	Seq         *uint64           `json:"seq"`
	Position    *geo.Point        `json:"position"`
	Quality     ingest.Quality    `json:"q"`
	Fields      map[string]any    `json:"fields"`
}

// Run decodes every payload of testdata that has an expectation, each twice
// with the same decoder, since state that leaks between messages is a fault.
func Run(t *testing.T, newDecoder func() ingest.Decoder) {
	t.Helper()
	shared := newDecoder()
	for name, c := range Cases(t, "testdata") {
		t.Run(name, func(t *testing.T) {
			Check(t, shared, c.Payload, c.Want)
			Check(t, shared, c.Payload, c.Want)
			Check(t, newDecoder(), c.Payload, c.Want)
		})
	}
}

// Case is a payload with its expectation.
type Case struct {
	Payload []byte
	Want    Expectation
}

// Cases returns the cases of a folder by name.
func Cases(t *testing.T, folder string) map[string]Case {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.expect.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no expectations in %s (%v)", folder, err)
	}
	out := map[string]Case{}
	for _, file := range files {
		base := strings.TrimSuffix(file, ".expect.json")
		out[filepath.Base(base)] = Case{readPayload(t, base), readExpectation(t, file)}
	}
	return out
}

func readExpectation(t *testing.T, file string) Expectation {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want Expectation
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(&want); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if want.Source == "" {
		t.Fatalf("%s names no source", file)
	}
	return want
}

func readPayload(t *testing.T, base string) []byte {
	t.Helper()
	for _, ext := range []string{".json", ".bin", ".cbor", ".txt"} {
		if b, err := os.ReadFile(base + ext); err == nil {
			return b
		}
	}
	t.Fatalf("there is no payload for %s", base)
	return nil
}

// Check decodes one payload and compares what comes of it.
func Check(t *testing.T, d ingest.Decoder, payload []byte, want Expectation) {
	t.Helper()
	m := &ingest.Message{Topic: want.Topic, Client: want.Client, Received: want.Received, Payload: payload}
	var out ingest.Readings
	err := d.Decode(m, &out)
	if got := refusal(t, err); got != want.Refusal {
		t.Fatalf("refusal: %q (%v); want %q", got, err, want.Refusal)
	}
	if err == nil {
		compareReadings(t, out.All(), want.Readings)
	}
	var refused []string
	for _, r := range out.Refused {
		refused = append(refused, strings.TrimSpace(string(r.Reason)+" "+r.Field))
	}
	if !slices.Equal(refused, want.Refused) {
		t.Errorf("refused: %q; want %q", refused, want.Refused)
	}
	if want.Unknown != nil && !slices.Equal(slices.Sorted(slices.Values(out.Unknown)), slices.Sorted(slices.Values(want.Unknown))) {
		t.Errorf("unknown: %q; want %q", out.Unknown, want.Unknown)
	}
	if want.Absent != nil {
		var absent []string
		for _, a := range out.Absent {
			absent = append(absent, a.Field+" "+strconv.FormatFloat(a.Num, 'f', -1, 64))
		}
		if !slices.Equal(absent, want.Absent) {
			t.Errorf("absent: %q; want %q", absent, want.Absent)
		}
	}
}

func refusal(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var r *ingest.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("decoder returned %T, not a refusal: %v", err, err)
	}
	return strings.TrimSpace(string(r.Reason) + " " + r.Field)
}

func compareReadings(t *testing.T, got []ingest.Reading, want []Reading) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("reading %d is missing: %+v", i, want[i])
		case i >= len(want):
			t.Errorf("reading %d is too many: %+v", i, got[i])
		default:
			compareReading(t, i, &got[i], &want[i])
		}
	}
}

func compareReading(t *testing.T, i int, got *ingest.Reading, want *Reading) {
	t.Helper()
	check := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("reading %d (%s): %s is %v; want %v", i, want, what, got, want)
		}
	}
	check("device", got.Device, want.Device)
	check("measurement", got.Measurement, want.Measurement)
	check("tags", tags(got), want.Tags)
	check("time", got.Time.UTC(), want.Time.UTC())
	check("local time", got.LocalTime.UTC(), want.LocalTime.UTC())
	check("server time", got.ServerTime.UTC(), want.ServerTime.UTC())
	check("position", got.Position, want.Position)
	check("quality", got.Quality, want.Quality)
	if want.Resolution != "" {
		check("resolution", got.Resolution.String(), want.Resolution)
	}
	if got.HasSeq != (want.Seq != nil) || got.HasSeq && got.Seq != *want.Seq {
		t.Errorf("reading %d: sequence %d (%v); want %v", i, got.Seq, got.HasSeq, want.Seq)
	}
	compareFields(t, i, got, want.Fields)
}

func tags(r *ingest.Reading) map[string]string {
	var out map[string]string
	for _, tag := range r.Tags {
		if out == nil {
			out = map[string]string{}
		}
		out[tag.Name] = tag.Value
	}
	return out
}

func compareFields(t *testing.T, i int, r *ingest.Reading, want map[string]any) {
	t.Helper()
	seen := map[string]bool{}
	for _, v := range r.Values {
		expected, ok := want[v.Field]
		switch {
		case !ok:
			t.Errorf("reading %d: %s=%v is too many", i, v.Field, v)
		case seen[v.Field]:
			t.Errorf("reading %d: %s stands twice", i, v.Field)
		case !equal(t, &v, expected):
			t.Errorf("reading %d: %s=%v; want %v", i, v.Field, v, expected)
		}
		seen[v.Field] = true
	}
	for field := range want {
		if !seen[field] {
			t.Errorf("reading %d: %s is missing", i, field)
		}
	}
}

// equal compares in the canonical unit of the field, to nine digits.
func equal(t *testing.T, v *ingest.Value, want any) bool {
	t.Helper()
	if v.Kind == ingest.Text {
		return reflect.DeepEqual(want, v.Text)
	}
	number, ok := want.(float64)
	if !ok {
		return false
	}
	f := wire.Field(nil, v.Field)
	if f == nil {
		f = wire.DeviceField(v.Field)
	}
	if f == nil {
		return v.Unit == 0 && v.Num == number
	}
	got, _, err := quantity.ToField(v.Num, v.Unit, f.Name, f.Unit, nil)
	if err != nil {
		t.Errorf("%s: %v", v.Field, err)
	}
	return math.Abs(got-number) <= 1e-9*max(1, math.Abs(number))
}
