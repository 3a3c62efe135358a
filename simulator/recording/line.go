package recording

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// line is one line of a recording.
type line struct {
	TST     json.RawMessage `json:"tst"`  // as mosquitto_sub calls it,
	Time    json.RawMessage `json:"time"` // or so
	Topic   string          `json:"topic"`
	Client  string          `json:"client"`
	Retain  any             `json:"retain"`
	Payload json.RawMessage `json:"payload"`
	Hex     *string         `json:"payload_hex"`
	Base64  *string         `json:"payload_base64"`
}

// Parse reads one line.
func Parse(text []byte) (Message, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return Message{}, fmt.Errorf("a line is one JSON object: %w", err)
	}
	if l.Topic == "" || strings.ContainsAny(l.Topic, "#+\x00") {
		return Message{}, fmt.Errorf("topic %q: nothing can be published there", l.Topic)
	}
	stamp := l.TST
	if stamp == nil {
		stamp = l.Time
	}
	at, err := parseTime(strings.Trim(string(stamp), `"`))
	if err != nil {
		return Message{}, err
	}
	payload, err := l.payload()
	if err != nil {
		return Message{}, err
	}
	return Message{At: at, Topic: l.Topic, Client: l.client(), Payload: payload, Retained: l.Retain == 1.0 || l.Retain == true}, nil
}

// layouts are the ways of writing a time: RFC 3339, and mosquitto_sub's in its
// several versions.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05Z-0700", "2006-01-02T15:04:05-0700"}

var errTime = errors.New(`"tst" or "time" is the time of receipt: RFC 3339, or Unix seconds such as 1774000000.25`)

func parseTime(text string) (time.Time, error) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	whole, part, _ := strings.Cut(text, ".")
	s, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || s < 0 || s > math.MaxUint32 {
		return time.Time{}, errTime
	}
	ns, err := strconv.ParseUint((part + "000000000")[:9], 10, 32)
	if err != nil {
		return time.Time{}, errTime
	}
	return time.Unix(s, int64(ns)), nil
}

// payload returns the bytes of the message: text of a JSON string, any other
// JSON as it stands, or what the two encodings say.
func (l *line) payload() ([]byte, error) {
	switch {
	case l.Hex != nil:
		b, err := hex.DecodeString(*l.Hex)
		if err != nil {
			return nil, fmt.Errorf("payload_hex: %w", err)
		}
		return b, nil
	case l.Base64 != nil:
		b, err := base64.StdEncoding.DecodeString(*l.Base64)
		if err != nil {
			return nil, fmt.Errorf("payload_base64: %w", err)
		}
		return b, nil
	case l.Payload == nil:
		return nil, errors.New("there is no payload, payload_hex or payload_base64")
	case bytes.Equal(l.Payload, []byte("null")): // mosquitto_sub's empty one
		return nil, nil
	case l.Payload[0] != '"':
		return l.Payload, nil
	}
	var text string
	err := json.Unmarshal(l.Payload, &text)
	return []byte(text), err
}

// client returns who said it: who the line says, else the device of a native
// topic, sc/v1/{comune}/{kind}/{device}/{leaf}, else "".
func (l *line) client() string {
	if l.Client != "" {
		return l.Client
	}
	if parts := strings.Split(l.Topic, "/"); len(parts) == 6 && parts[0] == "sc" && parts[1] == "v1" {
		return parts[4]
	}
	return ""
}
