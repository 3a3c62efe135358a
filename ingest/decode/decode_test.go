package decode

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// folders of the formats whose folder is not called as they are.
var folders = map[string]string{
	"senml-cbor": "senml", "tr369-bulk": "bulkdata", "ripe-atlas": "ripeatlas", "ngsiv2": "ngsi",
	"ngsi-ld": "ngsi", "sensor-community": "sensorcommunity", "sparkplug-b": "sparkplug",
}

func folder(f Format) string {
	if name, ok := folders[f.Name]; ok {
		return name
	}
	return f.Name
}

func TestFormats(t *testing.T) {
	const names = "native senml senml-cbor chirpstack tts cayennelpp ucentral netjson tr369-bulk tr471 ripe-atlas " +
		"ndt7 ngsiv2 ngsi-ld sensor-community tasmota zigbee2mqtt sensorthings sparkplug-b"
	var got []string
	for _, f := range Formats() {
		got = append(got, f.Name)
		if f.Title == "" || f.Specification == "" || f.Yields == "" {
			t.Errorf("%s is not described", f.Name)
		}
		cases, err := filepath.Glob(filepath.Join(folder(f), "testdata", "*.expect.json"))
		if err != nil || len(cases) == 0 {
			t.Errorf("%s has no test data (%v)", f.Name, err)
		}
	}
	if strings.Join(got, " ") != names {
		t.Errorf("formats: %q", got)
	}
	if _, ok := Lookup("native"); !ok {
		t.Error("native is not found")
	}
	if _, ok := Lookup("morse"); ok {
		t.Error("morse is found")
	}
}

func TestMappings(t *testing.T) {
	r := ingest.Route{Format: ingest.FormatMapping, Mapping: `{"readings": [{"fields": {"temp_c": "/t"}}]}`}
	f, ok := Lookup(r.Decoder())
	if !ok || f.Name != ingest.FormatMapping {
		t.Fatalf("the mapping is found as %+v, %v", f, ok)
	}
	var out ingest.Readings
	if err := f.New().Decode(&ingest.Message{Payload: []byte(`{"t": 20}`)}, &out); err != nil || len(out.All()) != 1 {
		t.Error(out.All(), err)
	}
	for _, name := range []string{ingest.FormatMapping, "{}", `{"readings": 1}`} {
		if _, ok := Lookup(name); ok {
			t.Errorf("%s is found", name)
		}
	}
	if _, err := Mapping("{\n\"readings\": 1}"); err == nil || !strings.HasPrefix(err.Error(), "line 2: readings") {
		t.Error(err)
	}
}

// TestCrossed gives every decoder the payloads of all others: what a wrong
// route does. Whatever comes of it must be a refusal, or fields of the schema
// in units that convert.
func TestCrossed(t *testing.T) {
	payloads := everyPayload(t)
	for _, f := range Formats() {
		d := f.New()
		for file, payload := range payloads {
			for _, topic := range []string{"", topics[f.Name]} {
				var out ingest.Readings
				err := d.Decode(&ingest.Message{Topic: topic, Payload: payload}, &out)
				var refusal *ingest.Refusal
				if err != nil && !errors.As(err, &refusal) {
					t.Errorf("%s with %s: %T is no refusal: %v", f.Name, file, err, err)
				}
				for _, r := range out.All() {
					checkReading(t, f.Name+" with "+file, &r)
				}
			}
		}
	}
}

func everyPayload(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("*/testdata/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && !strings.Contains(file, ".expect.") {
			out[file] = b
		}
	}
	return out
}

// checkReading checks names and units against the schema.
func checkReading(t *testing.T, what string, r *ingest.Reading) {
	t.Helper()
	var m *schema.Measurement
	if r.Measurement != "" {
		if m = schema.Lookup(r.Measurement); m == nil {
			t.Errorf("%s: no measurement is called %q", what, r.Measurement)
			return
		}
	}
	for _, tag := range r.Tags {
		if wire.Tag(m, tag.Name) == nil {
			t.Errorf("%s: %s has no tag %q", what, r.Measurement, tag.Name)
		}
	}
	for _, v := range r.Values {
		field := wire.Field(m, v.Field)
		if field == nil {
			t.Errorf("%s: %q has no field %q", what, r.Measurement, v.Field)
			continue
		}
		if math.IsNaN(v.Num) || math.IsInf(v.Num, 0) {
			t.Errorf("%s: %s is %v", what, v.Field, v.Num)
		}
		if _, _, err := quantity.ToField(1, v.Unit, field.Name, field.Unit, nil); err != nil {
			t.Errorf("%s: %s in %v: %v", what, v.Field, v.Unit, err)
		}
	}
}

// topics under which formats that look at theirs decode anything.
var topics = map[string]string{
	"native": "sc/v1/058091/air/dev-1/up", "sparkplug-b": "spBv1.0/g/NBIRTH/n", "tasmota": "tele/x/SENSOR", "zigbee2mqtt": "zigbee2mqtt/x",
	"chirpstack": "application/a/device/0101010101010101/event/up", "senml": "sc/v1/058091/wifi_ap/dev-1/up",
}

// TestBombs gives every decoder what would unfold beyond any limit: nesting, a
// million elements, lengths that lie.
func TestBombs(t *testing.T) {
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			if f.Name == "cayennelpp" {
				decodetest.Lies(t, f.New())
				return
			}
			decodetest.Bombs(t, f.New(), topics[f.Name])
		})
	}
}

// TestFullMessages gives every decoder of JSON messages that are as full as the
// limits allow, in its own words: its smallest payload with a member that holds
// what is left of the elements, one of the longest name, one as deep as can be.
func TestFullMessages(t *testing.T) {
	fill := map[string]string{
		"elements": "[" + strings.Repeat("0,", wire.MaxElements-2000) + "0]",
		"a name":   `{"` + strings.Repeat("a", 1<<20) + `":1}`,
		"depth":    strings.Repeat("[", wire.MaxDepth-8) + strings.Repeat("]", wire.MaxDepth-8),
	}
	for _, f := range Formats() {
		if f.Name == "cayennelpp" || f.Name == "sparkplug-b" || f.Name == "senml" || f.Name == "senml-cbor" {
			continue // no objects
		}
		t.Run(f.Name, func(t *testing.T) {
			smallest, of := "", decodetest.Expectation{}
			for _, c := range decodetest.Cases(t, filepath.Join(folder(f), "testdata")) {
				body, isObject := strings.CutPrefix(strings.TrimSpace(string(c.Payload)), "{")
				if isObject && c.Want.Refusal == "" && (smallest == "" || len(body) < len(smallest)) {
					smallest, of = body, c.Want
				}
			}
			if smallest == "" {
				t.Fatal("no payload to fill")
			}
			for what, value := range fill {
				_ = decodetest.Bounded(t, what, f.New(), of.Topic, `{"filling":`+value+","+smallest)
			}
		})
	}
}
