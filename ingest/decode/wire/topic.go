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

	measure *schema.Measurement
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
	if t.measure = schema.DefaultOf(t.Kind); t.measure == nil {
		return Topic{}, refuseTopic("the topic's fourth level is no kind of device")
	}
	switch t.Leaf {
	case "up":
	case "state":
		t.measure = deviceMeasurement
	case "meta", "event":
		t.measure = schema.Lookup("event")
	default:
		return Topic{}, refuseTopic("the last level of a native topic is up, state, meta or event")
	}
	return t, nil
}

func refuseTopic(detail string) error { return ingest.Refuse(ingest.NoRoute, detail) }

// Measurement returns the measurement that the topic's leaf and kind lead to,
// nil for the zero Topic.
func (t Topic) Measurement() *schema.Measurement { return t.measure }
