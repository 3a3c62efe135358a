package scrub_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/scrub"
	"rione/ingest/decode/wire"
)

// memory is an intake that remembers the last message.
type memory struct {
	m     ingest.Message
	token uint64
	err   error
}

// Submit implements ingest.Intake.
func (s *memory) Submit(m *ingest.Message, _ ingest.Acker, token uint64) error {
	s.m, s.token = *m, token
	s.m.Payload = append([]byte(nil), m.Payload...)
	return s.err
}

func before(in ingest.Intake) ingest.Intake {
	return scrub.Before(in, scrub.Options{Public: wire.Names{"CittaWiFi"}, Route: func(m *ingest.Message) *ingest.Route {
		format, kept := strings.CutPrefix(m.Route, "shape-")
		switch {
		case m.Route == "":
			return nil
		case kept:
			return &ingest.Route{Format: format, Scrub: ingest.ScrubShape}
		}
		return &ingest.Route{Format: strings.TrimPrefix(m.Route, "via-")}
	}})
}

func TestBefore(t *testing.T) {
	f := func(route, payload, want string) {
		t.Helper()
		var got memory
		m := &ingest.Message{Route: route, Client: "ap-1", Topic: "a/b", Payload: []byte(payload)}
		if err := before(&got).Submit(m, nil, 7); err != nil {
			t.Fatal(err)
		}
		if string(got.m.Payload) != want || got.token != 7 || got.m.Route != route || got.m.Client != "ap-1" || got.m.Topic != "a/b" {
			t.Errorf("%s %s: %+v, %s", route, payload, got, got.m.Payload)
		}
		if string(m.Payload) != payload {
			t.Errorf("%s: the door's message was changed", route)
		}
		once := got.m
		if err := before(&got).Submit(&once, nil, 8); err != nil || string(got.m.Payload) != want {
			t.Errorf("replayed: %v, %s", err, got.m.Payload)
		}
	}
	f("native", `{"mac": "x"}`, `{"mac": "x"}`)
	f("chirpstack", `{"mac": "x"}`, `{"mac": "x"}`)
	f("", `{"mac": "x"}`, "scrub-refused no_route 12 JSON object")
	f("", `[{"end_device_ids": {}}, 1]`, "scrub-refused no_route 27 JSON array of 2 that looks like tts")
	f("", `{"type":"DeviceMonitoring"}`, "scrub-refused no_route 27 JSON object that looks like netjson")
	f("", "a0:b1:c2:d3:e4:f5", "scrub-refused no_route 17 not JSON")
	f("shape-chirpstack", `{"deviceInfo": {"deviceName": "Mario Rossi"}}`, "scrub-refused no_route 45 JSON object that looks like chirpstack")
	const private = "scrub-refused bad_tag %d ssid it names a network that is not listed as public; RIONE_PUBLIC_NETWORKS lists them"
	for _, payload := range []string{
		`{"wifi_ssid":[{"ssid":"CittaWiFi","clients":1},{"ssid" : "FamilyRossi","clients":2}]}`,
		`[{"n":"wifi_ssid:band=5g,ssid=FamilyRossi:clients","v":2}]`,
		`{"wifi_ssid":[{"ssid":"Ros\u0073i","clients":1}]}`,
		`{"wifi_ssid":[{"\u0073sid":"FamilyRossi","clients":1}]}`,
		"\x81\xa1\x00\x78\x22wifi_ssid:ssid=FamilyRossi:clients",
	} {
		f("native", payload, fmt.Sprintf(private, len(payload)))
	}
	for _, payload := range []string{
		`{"wifi_ssid":[{"ssid": "CittaWiFi","clients":1}], "bssids": 3}`, `[{"n":"wifi_ssid:ssid=CittaWiFi,band=5g:clients","v":2}]`, `{"ssid": 5}`, `{"note":"ssid"}`,
	} {
		f("native", payload, payload)
		f("senml", payload, payload)
	}
	f("via-netjson", `{"type": "DeviceMonitoring", "mac": "x"}`, `{"type":"DeviceMonitoring"}`)
	f("via-ucentral", `{"serial": "s", "mac": `, "scrub-refused unparsable 23 not JSON at byte 23: unexpected end of JSON input")
	f("via-ucentral", ``, "scrub-refused empty 0 the payload is empty")
	f("via-ucentral", `{"compress_64": "AAAA"}`, "scrub-refused unparsable 23 compress_64 is not zlib in base64")
}

func TestBeforePassesErrors(t *testing.T) {
	in := &memory{err: ingest.ErrTooLarge}
	if err := before(in).Submit(&ingest.Message{Route: "ucentral", Payload: []byte("{}")}, nil, 1); !errors.Is(err, ingest.ErrTooLarge) {
		t.Error(err)
	}
}

// TestRefused checks what the processor makes of a body that was not kept.
func TestRefused(t *testing.T) {
	f := func(payload string, reason ingest.Reason, detail string) {
		t.Helper()
		r := scrub.Refused([]byte(payload))
		if r == nil || r.Reason != reason || r.Detail != detail {
			t.Errorf("%q: %v", payload, r)
		}
	}
	f("scrub-refused unparsable 23 not JSON at byte 23", ingest.Unparsable, "could not be scrubbed, so its 23 bytes were not kept: not JSON at byte 23")
	f("scrub-refused too_large 900000 nested", ingest.TooLarge, "could not be scrubbed, so its 900000 bytes were not kept: nested")
	f("scrub-refused no_route 12 JSON object", ingest.NoRoute, "no route said what its 12 bytes are, so they were not kept: JSON object")
	f("scrub-refused stored 1 forged", ingest.Unparsable, "not a message of any format")
	f("scrub-refused unparsable x forged", ingest.Unparsable, "not a message of any format")
	f("scrub-refused ", ingest.Unparsable, "not a message of any format")
	if r := scrub.Refused([]byte(`{"temp_c": 20}`)); r != nil {
		t.Error(r)
	}
}
