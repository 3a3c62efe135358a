package ingest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

// The ways in which a route names the device of a message.
const (
	byClient = "client"
	byLevel  = "topic:"
	byJSON   = "json:"
)

// DeviceOf returns the identity that the route gives to the device of m: with
// Device "client" the publisher's, with "topic:N" a level of the topic, from 0,
// with "json:/a/b" the text or number at that path of the payload. It is "" when
// the format names the device in its own way, or nothing is there.
func (r *Route) DeviceOf(m *Message) string {
	if r.Device == "" {
		return ""
	}
	if r.Device == byClient {
		return m.Client
	}
	if n, ok := strings.CutPrefix(r.Device, byLevel); ok {
		at, _ := strconv.Atoi(n) // checked by Validate
		return level(m.Topic, at)
	}
	return memberOf(m.Payload, strings.TrimPrefix(r.Device, byJSON))
}

// validNaming returns what is wrong with a Route's Device.
func validNaming(naming string) error {
	if naming == "" || naming == byClient {
		return nil
	}
	if n, ok := strings.CutPrefix(naming, byLevel); ok {
		if _, err := strconv.ParseUint(n, 10, 16); err != nil {
			return fmt.Errorf("device is %q; N in \"topic:N\" is a level of the topic, counted from 0", naming)
		}
		return nil
	}
	if path, ok := strings.CutPrefix(naming, byJSON); ok {
		if !strings.HasPrefix(path, "/") || len(path) < 2 {
			return fmt.Errorf("device is %q; a path in the payload looks like \"json:/station/id\"", naming)
		}
		return nil
	}
	return fmt.Errorf("device is %q; write \"client\", \"topic:N\", \"json:/path\" or leave it out", naming)
}

func level(topic string, n int) string {
	for ; n > 0; n-- {
		_, rest, ok := strings.Cut(topic, "/")
		if !ok {
			return ""
		}
		topic = rest
	}
	first, _, _ := strings.Cut(topic, "/")
	return first
}

// memberOf returns the text or the number at a path of a JSON payload, "" when
// there is none.
func memberOf(payload []byte, path string) string {
	v, err := fastjson.ParseBytes(payload)
	if err != nil {
		return ""
	}
	v = v.Get(strings.Split(path[1:], "/")...)
	if v == nil {
		return ""
	}
	switch v.Type() {
	case fastjson.TypeString:
		return string(v.GetStringBytes())
	case fastjson.TypeNumber:
		return v.String()
	}
	return ""
}
