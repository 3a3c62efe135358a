package scrub

import (
	"bytes"
	"encoding/json"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// networks refuses messages of our own devices that name a Wi-Fi network which is
// not among the public ones, in flat JSON ("ssid": "…") or in a name of SenML
// (ssid=…). Everything else passes as it is, unread: it is the hot path.
func networks(payload []byte, public wire.Names) error {
	if bytes.Contains(payload, []byte(`\u`)) { // what is escaped would not be found
		payload = plain(payload)
	}
	for rest := payload; ; {
		i := bytes.Index(rest, []byte("ssid"))
		if i < 0 {
			return nil
		}
		rest = rest[i+len("ssid"):]
		if name, named := networkName(rest); named && !public.Has(name) {
			return &ingest.Refusal{Reason: ingest.BadTag, Field: "ssid", Detail: "it names a network that is not listed as public; RIONE_PUBLIC_NETWORKS lists them"}
		}
	}
}

// plain returns JSON without escapes of characters that need none; anything else
// as it is.
func plain(payload []byte) []byte {
	var v any
	if json.Unmarshal(payload, &v) != nil {
		return payload
	}
	clean, err := json.Marshal(v)
	if err != nil { // cannot be: it was JSON
		return payload
	}
	return clean
}

// networkName returns the network that stands behind the word ssid, if it is a
// tag's name there.
func networkName(rest []byte) (name string, named bool) {
	if value, ok := bytes.CutPrefix(rest, []byte("=")); ok {
		end := bytes.IndexFunc(value, func(c rune) bool { return c == ',' || c == ':' || c == '"' || c < ' ' })
		if end < 0 {
			end = len(value)
		}
		return string(value[:end]), true
	}
	value, ok := bytes.CutPrefix(rest, []byte(`"`))
	if !ok {
		return "", false
	}
	if value, ok = bytes.CutPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte(":")); !ok {
		return "", false
	}
	if value, ok = bytes.CutPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte(`"`)); !ok {
		return "", false
	}
	end := bytes.IndexByte(value, '"')
	if end < 0 {
		end = len(value)
	}
	return string(value[:end]), true
}
