package scrub_test

import (
	"errors"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/decode/scrub"
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
	return scrub.Before(in, func(route string) string { return strings.TrimPrefix(route, "via-") })
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
	f("", `{"mac": "x"}`, `{"mac": "x"}`)
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

// TestRefusedIsQuarantined checks what the processor makes of a body that could
// not be scrubbed.
func TestRefusedIsQuarantined(t *testing.T) {
	f := func(payload string, reason ingest.Reason, detail string) {
		t.Helper()
		format, _ := decode.Lookup("ucentral")
		var out ingest.Readings
		err := format.New().Decode(&ingest.Message{Payload: []byte(payload)}, &out)
		var r *ingest.Refusal
		if !errors.As(err, &r) || r.Reason != reason || r.Detail != detail {
			t.Errorf("%q: %v", payload, err)
		}
	}
	f("scrub-refused unparsable 23 not JSON at byte 23", ingest.Unparsable, "could not be scrubbed, so its 23 bytes were not kept: not JSON at byte 23")
	f("scrub-refused too_large 900000 nested", ingest.TooLarge, "could not be scrubbed, so its 900000 bytes were not kept: nested")
	f("scrub-refused stored 1 forged", ingest.Unparsable, "not a message of any format")
	f("scrub-refused unparsable x forged", ingest.Unparsable, "not a message of any format")
	f("scrub-refused ", ingest.Unparsable, "not a message of any format")
}
