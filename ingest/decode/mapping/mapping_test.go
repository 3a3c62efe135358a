package mapping

import (
	"os"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func city(t testing.TB) *Mapping {
	t.Helper()
	text, err := os.ReadFile("testdata/city.mapping.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestVectors(t *testing.T) { decodetest.Run(t, city(t).New) }

func TestBombs(t *testing.T) { decodetest.Bombs(t, city(t).New(), "") }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, city(f).New) }

func TestErrors(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := Parse([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v; want %s…", text, err, want)
		}
	}
	reading := func(members string) string { return "{\"readings\": [\n{" + members + "}]}" }
	f("", "line 1: the file ends too early")
	f("{\n\"readings\": [\n", "line 2: the file ends too early")
	f("{\n\"readings\": }", "line 2: not JSON")
	f("{} {}", "line 1: ")
	f("[]", "line 1: an object is expected")
	f("{}", "line 1: readings are missing")
	f("{\"readings\": 1}", "line 1: readings: a list of at most 16 is expected")
	f("{\"device\": \"id\"}", `line 1: device: "id" is no JSON Pointer`)
	f("{\"device\": 1}", "line 1: device: a text is expected")
	f("{\n\n\"color\": 1}", "line 3: color: there is no such member; known are device, readings, seq, time")
	f("{\"time\": \"/a\",\n\"time\": \"/b\"}", "line 2: time: it stands twice")
	f(reading(""), "line 2: readings[0]: fields are missing")
	f(reading(`"lat": "/x"`), "line 2: readings[0]: lat and lon come together")
	f(reading(`"measurement": "suspect"`), `line 2: readings[0].measurement: "suspect" is no measurement of devices`)
	f(reading("\"fields\": {\n\"mood\": \"/x\"}"), "line 3: readings[0].fields.mood: no measurement has such a field")
	f(reading(`"fields": {"laeq_db": "/x"}, "measurement": "air"`), "line 2: readings[0].fields.laeq_db: measurement air has no such field")
	f(reading(`"fields": {"temp_c": {"unit": "K"}}`), "line 2: readings[0].fields.temp_c: path is missing")
	f(reading("\"fields\": {\"temp_c\": {\"path\": \"/t\",\n\"unit\": \"furlong\"}}"), `line 3: readings[0].fields.temp_c.unit: "furlong" is in no table of units`)
	f(reading("\"fields\": {\"temp_c\": {\"path\": \"/t\", \"unit\": \"celcius\"}}"), `line 2: readings[0].fields.temp_c.unit: "celcius" is in no table of units; did you mean celsius?`)
	f(reading(`"fields": {"temp_c": {"path": "/t", "unit": "Pa"}}`), "line 2: readings[0].fields.temp_c.unit: temp_c cannot be given in Pa")
	f(reading(`"fields": {"temp_c": {"path": "/t", "scale": "2"}}`), "line 2: readings[0].fields.temp_c.scale: a number is expected")
	f(reading(`"fields": {"temp_c": {"path": "/t", "values": {"x": true}}}`), "line 2: readings[0].fields.temp_c.values.x: a number is expected")
	f(reading(`"fields": 7`), "line 2: readings[0].fields: an object is expected")
	f(reading(`"tags": {"ifname": "/x"}, "measurement": "air"`), "line 2: readings[0].tags.ifname: the measurement has no such tag")
	f(reading(`"tags": {"grade": {"value": "best"}}, "measurement": "air"`), `line 2: readings[0].tags.grade.value: "best" is none of`)
	f(strings.Repeat(`{"a":`, 100), "line 1: a.a.a")
}

func TestConcurrently(t *testing.T) {
	m := city(t)
	payload, err := os.ReadFile("testdata/city.json")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int)
	for range 4 {
		go func() {
			var out ingest.Readings
			_ = m.New().Decode(&ingest.Message{Payload: payload}, &out)
			done <- len(out.All())
		}()
	}
	for range 4 {
		if n := <-done; n != 6 {
			t.Errorf("%d readings", n)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/city.mapping.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"readings": [{"fields": {"temp_c": ""}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		var out ingest.Readings
		_ = m.New().Decode(&ingest.Message{Payload: []byte(`{"a": [1, "2", {"b": true}], "t": 20}`)}, &out)
	})
}
