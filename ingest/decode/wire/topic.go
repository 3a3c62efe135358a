package wire

import (
	"strings"

	"rione/ingest"
	"rione/ingest/schema"
)

// Topic is a topic of a native device, sc/v1/{comune}/{kind}/{device_id}/{leaf}.
// The zero Topic stands for a message that came without one.
type Topic struct {
	Comune, Kind, Device string
	Leaf                 string // up, state, meta or event
}

const nativePrefix = "sc/v1/"

// ParseTopic splits the topic of a native device. A topic of another form, such
// as the path of the HTTP door, gives the zero Topic; one that only begins like
// a native topic is refused.
func ParseTopic(topic string) (Topic, error) {
	rest, ok := strings.CutPrefix(topic, nativePrefix)
	if !ok {
		return Topic{}, nil
	}
	var t Topic
	comune, rest, _ := strings.Cut(rest, "/")
	kind, rest, _ := strings.Cut(rest, "/")
	t.Comune, t.Kind = comune, kind
	t.Device, t.Leaf, ok = strings.Cut(rest, "/")
	if !ok || t.Device == "" {
		return Topic{}, refuseTopic("a native topic is sc/v1/{comune}/{kind}/{device_id}/{up|state|meta|event}")
	}
	switch t.Leaf {
	case "up", "state", "meta", "event":
	default:
		return Topic{}, refuseTopic("the last level of a native topic is up, state, meta or event")
	}
	if schema.DefaultOf(t.Kind) == nil {
		return Topic{}, refuseTopic("the topic's fourth level is no kind of device")
	}
	return t, nil
}

func refuseTopic(detail string) error { return ingest.Refuse(ingest.NoRoute, detail) }

// Measurement returns the measurement that the topic's leaf and kind lead to,
// nil for the zero Topic.
func (t Topic) Measurement() *schema.Measurement {
	switch t.Leaf {
	case "":
		return nil
	case "state":
		return schema.Lookup("device")
	case "event", "meta":
		return schema.Lookup("event")
	}
	return schema.DefaultOf(t.Kind)
}
