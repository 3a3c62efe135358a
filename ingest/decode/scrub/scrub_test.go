package scrub_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/decode/decodetest"
	"rione/ingest/decode/scrub"
	"rione/ingest/decode/wire"
)

// folders of the decoders' own vectors.
var folders = map[string]string{
	"ucentral": "ucentral", "netjson": "netjson", "tr369-bulk": "bulkdata", "tr471": "tr471", "ndt7": "ndt7", "ripe-atlas": "ripeatlas",
}

// public are the networks of the vectors.
var public = wire.Names{"CittaWiFi", "MegsLanTest", "OpenWifi-fc3771", "Uffici", "test1", "equipment-ssid"}

func decoder(t *testing.T, format string) ingest.Decoder {
	t.Helper()
	f, ok := decode.Options{PublicNetworks: public}.Lookup(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	return f.New()
}

// TestSameMeaning decodes every vector of the scrubbed formats after scrubbing:
// it must still mean what its expectation says.
func TestSameMeaning(t *testing.T) {
	for format, folder := range folders {
		f := scrub.For(format)
		for name, c := range decodetest.Cases(t, filepath.Join("..", folder, "testdata")) {
			t.Run(format+"/"+name, func(t *testing.T) {
				clean, err := f(nil, c.Payload)
				if err != nil {
					checkReason(t, err, c.Want.Refusal)
					return
				}
				decodetest.Check(t, decoder(t, format), clean, c.Want)
				again, err := f(nil, clean)
				if err != nil || !bytes.Equal(clean, again) {
					t.Errorf("scrubbed twice: %v\n%s\n%s", err, clean, again)
				}
			})
		}
	}
}

func checkReason(t *testing.T, err error, want string) {
	t.Helper()
	var r *ingest.Refusal
	reason, _, _ := strings.Cut(want, " ")
	if !errors.As(err, &r) || string(r.Reason) != reason {
		t.Errorf("%v; want %s", err, want)
	}
}

// TestPersons scrubs messages in which every mark of a person begins with
// "person" and what identifies equipment with "equipment".
func TestPersons(t *testing.T) {
	for format := range folders {
		payload, err := os.ReadFile(filepath.Join("testdata", format+".json"))
		if err != nil {
			t.Fatal(err)
		}
		clean, err := scrub.For(format)([]byte("before "), payload)
		if err != nil {
			t.Fatal(err)
		}
		clean = bytes.TrimPrefix(clean, []byte("before "))
		if !json.Valid(clean) || bytes.Contains(clean, []byte("person")) || bytes.Contains(clean, []byte("a0a0")) {
			t.Errorf("%s: %s", format, clean)
		}
		for _, id := range regexp.MustCompile(`equipment-\w+`).FindAllString(string(payload), -1) {
			if !bytes.Contains(clean, []byte(id)) {
				t.Errorf("%s: %s is gone", format, id)
			}
		}
		plain, scrubbed := decoded(t, format, payload), decoded(t, format, clean)
		if len(scrubbed) == 0 || strings.Contains(fmt.Sprint(scrubbed), "person") {
			t.Errorf("%s: decodes to %v", format, scrubbed)
		}
		if format == "ucentral" || format == "tr369-bulk" { // a port with a person's name is cut out
			continue
		}
		if !reflect.DeepEqual(plain, scrubbed) {
			t.Errorf("%s: means %v; without scrubbing %v", format, scrubbed, plain)
		}
	}
}

// decoded returns all that a payload leaves behind.
func decoded(t *testing.T, format string, payload []byte) []any {
	t.Helper()
	var out ingest.Readings
	err := decoder(t, format).Decode(&ingest.Message{Payload: payload}, &out)
	var all []any
	for _, r := range out.All() {
		all = append(all, r)
	}
	return append(all, fmt.Sprint(err), fmt.Sprint(out.Refused), fmt.Sprint(out.Unknown))
}

// personal are members that are people's wherever they stand.
var personal = map[string]bool{
	"station": true, "mac": true, "username": true, "hostname": true, "client_name": true, "bssid": true, "ip": true,
	"from": true, "src_addr": true, "ClientIPAddress": true, "Client": true, "ipv4_addresses": true, "ipv6_addresses": true,
}

// TestVectorsHoldNoPersons collects what the personal members of every vector
// say and looks for it in what is left.
func TestVectorsHoldNoPersons(t *testing.T) {
	for format, folder := range folders {
		for name, c := range decodetest.Cases(t, filepath.Join("..", folder, "testdata")) {
			clean, err := scrub.For(format)(nil, c.Payload)
			if err != nil {
				continue
			}
			var v any
			if err := json.Unmarshal(c.Payload, &v); err != nil {
				t.Fatal(err)
			}
			for _, id := range identifiers(v, false) {
				if bytes.Contains(clean, []byte(`"`+id+`"`)) {
					t.Errorf("%s/%s: %s is still there", format, name, id)
				}
			}
		}
	}
}

func identifiers(v any, ofPerson bool) (out []string) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			out = append(out, identifiers(member, personal[key])...)
		}
	case []any:
		for _, member := range v {
			out = append(out, identifiers(member, ofPerson)...)
		}
	case string:
		if ofPerson && v != "" {
			out = append(out, v)
		}
	}
	return out
}

// TestTexts keeps texts as they are, whatever stands in them.
func TestTexts(t *testing.T) {
	f := func(text string) {
		t.Helper()
		clean, err := scrub.For("netjson")(nil, []byte(`{"type":`+text+`}`))
		if err != nil || !json.Valid(clean) {
			t.Fatalf("%s: %s, %v", text, clean, err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal([]byte(`{"type":`+text+`}`), &want), json.Unmarshal(clean, &got)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s became %s (%v)", text, clean, err)
		}
	}
	f(`"plain"`)
	f(`"città ☂ 😀"`)
	f(`"\u0007\u001f\n\t\"\\ \/ \u00e0 \ud83d\ude00"`)
	f("\"\xbc and \\u0019\"")
	f(`-12.50e+3`)
	f(`true`)
	f(`null`)
}

func TestNothingToScrub(t *testing.T) {
	for _, format := range []string{"native", "senml", "chirpstack", ""} {
		if scrub.For(format) != nil {
			t.Errorf("%s is scrubbed", format)
		}
	}
}

func FuzzScrub(f *testing.F) {
	names := []string{"ucentral", "netjson", "tr369-bulk", "tr471", "ndt7", "ripe-atlas"}
	for i, format := range names {
		files, err := filepath.Glob(filepath.Join("..", folders[format], "testdata", "*.json"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range append(files, filepath.Join("testdata", format+".json")) {
			if b, err := os.ReadFile(file); err == nil && !strings.Contains(file, ".expect.") {
				f.Add(uint8(i), b)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		s := scrub.For(names[int(which)%len(names)])
		clean, err := s(nil, payload)
		var r *ingest.Refusal
		if err != nil {
			if !errors.As(err, &r) || len(clean) > 0 {
				t.Fatalf("%v, %q", err, clean)
			}
			return
		}
		again, err := s(nil, clean)
		if err != nil || !bytes.Equal(clean, again) {
			t.Fatalf("scrubbed twice: %v\n%s\n%s", err, clean, again)
		}
	})
}

func BenchmarkUCentral(b *testing.B) {
	payload, err := os.ReadFile(filepath.Join("..", "ucentral", "testdata", "eap101-bridge.json"))
	if err != nil {
		b.Fatal(err)
	}
	s := scrub.For("ucentral")
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		if dst, err = s(dst[:0], payload); err != nil {
			b.Fatal(err)
		}
	}
}
