package ingest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Route says what the messages of a topic are: their format, the comune that
// answers for them, and how their device is named.
type Route struct {
	Name   string `json:"name"`             // unique
	Filter string `json:"filter"`           // MQTT topic filter, or the path of an HTTP door
	Format string `json:"format"`           // name of the decoder
	Comune string `json:"comune,omitempty"` // ISTAT code, "" when the registry says it
	Device string `json:"device,omitempty"` // "" the format's own way, "client", or "topic:N" (level from 0)
	Trust  string `json:"trust,omitempty"`  // "" the publisher must be the device or its gateway, "broker" an outer broker vouches
}

// Validate returns what is wrong with the route and how to mend it.
func (r *Route) Validate() error {
	switch {
	case r.Name == "":
		return errors.New("route without a name")
	case r.Format == "":
		return fmt.Errorf("route %s: format is missing; `rione decode --list` names them", r.Name)
	case r.Trust != "" && r.Trust != "broker":
		return fmt.Errorf("route %s: trust is %q; leave it out or write \"broker\"", r.Name, r.Trust)
	}
	if err := ValidFilter(r.Filter); err != nil {
		return fmt.Errorf("route %s: %w", r.Name, err)
	}
	if _, err := r.topicLevel(); err != nil {
		return fmt.Errorf("route %s: %w", r.Name, err)
	}
	return nil
}

// DeviceOf returns the identity that the route gives to the device of m, or ""
// when the format names it in its own way.
func (r *Route) DeviceOf(m *Message) string {
	if r.Device == "" {
		return ""
	}
	if r.Device == "client" {
		return m.Client
	}
	n, _ := r.topicLevel()
	return level(m.Topic, n)
}

func (r *Route) topicLevel() (int, error) {
	s, ok := strings.CutPrefix(r.Device, "topic:")
	if !ok {
		if r.Device == "" || r.Device == "client" {
			return 0, nil
		}
		return 0, fmt.Errorf("device is %q; write \"client\", \"topic:N\" or leave it out", r.Device)
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("device is %q; N in \"topic:N\" is a level of the topic, counted from 0", r.Device)
	}
	return int(n), nil
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

// Routes is a table of routes. It is immutable.
type Routes struct {
	list   []Route
	byName map[string]*Route
}

// NewRoutes checks the table: names are unique, every route is valid.
func NewRoutes(list []Route) (*Routes, error) {
	rs := &Routes{list: slices.Clone(list), byName: make(map[string]*Route, len(list))}
	for i := range rs.list {
		r := &rs.list[i]
		if err := r.Validate(); err != nil {
			return nil, err
		}
		if rs.byName[r.Name] != nil {
			return nil, fmt.Errorf("route %s: the name is taken by an earlier route", r.Name)
		}
		rs.byName[r.Name] = r
	}
	return rs, nil
}

// All returns the routes in their order. They must not be changed.
func (rs *Routes) All() []Route { return rs.list }

// ByName returns the route of that name, or nil.
func (rs *Routes) ByName(name string) *Route { return rs.byName[name] }

// Match returns the name of the first route that fits the topic, "" when none
// does.
func (rs *Routes) Match(topic string) string {
	for i := range rs.list {
		if MatchTopic(rs.list[i].Filter, topic) {
			return rs.list[i].Name
		}
	}
	return ""
}

// MatchTopic tells whether an MQTT topic filter fits a topic: + stands for one
// level, # for the rest and its parent, and neither at the first level for a
// topic that begins with $ (MQTT 5.0, section 4.7).
func MatchTopic(filter, topic string) bool {
	if topic != "" && topic[0] == '$' && filter != "" && (filter[0] == '+' || filter[0] == '#') {
		return false
	}
	for {
		f, filterRest, filterMore := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, topicRest, topicMore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !filterMore || !topicMore {
			return filterMore == topicMore || filterRest == "#"
		}
		filter, topic = filterRest, topicRest
	}
}

// ValidFilter returns what is wrong with an MQTT topic filter (MQTT 5.0,
// sections 1.5.4 and 4.7).
func ValidFilter(filter string) error {
	switch {
	case filter == "":
		return errors.New("the topic filter is empty")
	case len(filter) > math.MaxUint16:
		return errors.New("the topic filter is longer than 65,535 bytes")
	case !utf8.ValidString(filter) || strings.IndexByte(filter, 0) >= 0:
		return fmt.Errorf("topic filter %q is not UTF-8 without NUL", filter)
	}
	for rest, more := filter, true; more; {
		var l string
		l, rest, more = strings.Cut(rest, "/")
		if l == "#" && more {
			return fmt.Errorf("topic filter %q: # stands at the end only", filter)
		}
		if len(l) > 1 && strings.ContainsAny(l, "+#") {
			return fmt.Errorf("topic filter %q: + and # stand alone in their level", filter)
		}
	}
	return nil
}

// DefaultRoutes are the topics of the ecosystems that rione understands without
// configuration.
func DefaultRoutes() []Route {
	return []Route{
		{Name: "native", Filter: "sc/v1/+/+/+/+", Format: "native"},
		{Name: "chirpstack", Filter: "application/+/device/+/event/+", Format: "chirpstack"},
		{Name: "tts", Filter: "v3/+/devices/+/#", Format: "tts"},
		{Name: "sparkplug-b", Filter: "spBv1.0/#", Format: "sparkplug-b"},
		{Name: "tasmota", Filter: "tele/+/+", Format: "tasmota"},
		{Name: "zigbee2mqtt", Filter: "zigbee2mqtt/#", Format: "zigbee2mqtt"},
		{Name: "sensorthings-1.0", Filter: "v1.0/#", Format: "sensorthings"},
		{Name: "sensorthings-1.1", Filter: "v1.1/#", Format: "sensorthings"},
	}
}
