package ingest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Route says what the messages of a topic are: their format, the comune that
// answers for them, and how their device is named.
type Route struct {
	Name   string `json:"name"`             // unique
	Filter string `json:"filter"`           // MQTT topic filter, or the path of an HTTP door, which begins with a slash
	Format string `json:"format"`           // name of the decoder
	Comune string `json:"comune,omitempty"` // ISTAT code, "" when the registry says it
	Device string `json:"device,omitempty"` // how the device is named, see DeviceOf
	Trust  string `json:"trust,omitempty"`  // whose word counts, see Trusts
	Clock  string `json:"clock,omitempty"`  // what becomes of impossible times: accept, server or quarantine; "" the city's policy
	Scrub  string `json:"scrub,omitempty"`  // what is cut out before the commit: "" what the format says, "shape" everything

	// Mapping is what the members of the payload mean, of the format FormatMapping:
	// the text of a mapping file.
	Mapping string `json:"mapping,omitempty"`
}

// FormatMapping is the format of JSON that no other one knows.
const FormatMapping = "mapping"

// MaxMapping is how long a mapping may be, bytes: the table of routes is one
// message of the journal's engine.
const MaxMapping = 16 << 10

// Decoder is what the route's decoder is looked up by: the format, or the mapping
// itself, which begins with a brace. A mapping that was changed is another one.
func (r *Route) Decoder() string {
	if r.Mapping != "" {
		return r.Mapping
	}
	return r.Format
}

// Whose word counts for a route.
const (
	TrustBroker = "broker" // only an outer broker's: nothing is taken at our own doors
	TrustClient = "client" // only a publisher's that proved who it is: nothing from an outer broker
)

// ScrubShape is the Scrub of a route of whose messages only the shape is kept.
const ScrubShape = "shape"

// Validate returns what is wrong with the route and how to mend it.
func (r *Route) Validate() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("route %s: %w", r.Name, fmt.Errorf(format, args...))
	}
	switch {
	case r.Name == "":
		return errors.New("route without a name")
	case !isRouteName(r.Name):
		return fail("a name has letters, digits, '-', '_', '.' and ':' only, up to 64")
	case r.Format == "":
		return fail("format is missing; `rione decode --list` names them")
	case (r.Format == FormatMapping) != strings.HasPrefix(r.Mapping, "{"):
		return fail("a mapping is a JSON object and makes the format %q, which has no meaning without one", FormatMapping)
	case len(r.Mapping) > MaxMapping:
		return fail("the mapping is longer than %d bytes", MaxMapping)
	case r.Comune != "" && !isComune(r.Comune):
		return fail("comune is %q; write the ISTAT code of six digits", r.Comune)
	case !slices.Contains([]string{"", TrustBroker, TrustClient}, r.Trust):
		return fail("trust is %q; leave it out or write \"broker\" or \"client\"", r.Trust)
	case !slices.Contains([]string{"", "accept", "server", "quarantine"}, r.Clock):
		return fail("clock is %q; leave it out or write \"accept\", \"server\" or \"quarantine\"", r.Clock)
	case !slices.Contains([]string{"", ScrubShape}, r.Scrub):
		return fail("scrub is %q; leave it out or write \"shape\"", r.Scrub)
	}
	if err := ValidFilter(r.Filter); err != nil {
		return fail("%w", err)
	}
	if err := validNaming(r.Device); err != nil {
		return fail("%w", err)
	}
	return nil
}

// IsPath tells whether the route is of a path of the HTTP door.
func (r *Route) IsPath() bool { return strings.HasPrefix(r.Filter, "/") }

// Trusts tells whether the word of a message's publisher counts at all for the
// route; client is "" for what comes by an outer broker, of whose clients nothing
// is known. Without Trust both count: an outer broker vouches for what it lets
// through, and at our own doors the publisher must be the device, or its gateway.
func (r *Route) Trusts(client string) bool {
	switch r.Trust {
	case TrustBroker:
		return client == ""
	case TrustClient:
		return client != ""
	}
	return true
}

func isRouteName(name string) bool {
	return len(name) <= 64 && !strings.ContainsFunc(name, func(c rune) bool {
		return c > 'z' || !(c >= 'a' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == ':')
	})
}

func isComune(code string) bool {
	return len(code) == 6 && !strings.ContainsFunc(code, func(c rune) bool { return c < '0' || c > '9' })
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

// Nearest returns the route whose filter has most in common with a topic that
// no filter fits, for a hint, and false when none has anything.
func (rs *Routes) Nearest(topic string) (*Route, bool) {
	var nearest *Route
	most := 0
	for i := range rs.list {
		if n := common(rs.list[i].Filter, topic); n > most {
			nearest, most = &rs.list[i], n
		}
	}
	return nearest, nearest != nil
}

// common counts what speaks for a filter: levels that are equal, and that both
// have as many.
func common(filter, topic string) int {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	n := 0
	for i := range min(len(f), len(t)) {
		if f[i] != "" && strings.EqualFold(f[i], t[i]) {
			n += 2
		}
	}
	if n > 0 && len(f) == len(t) {
		n++
	}
	return n
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
// configuration. The path is the one that OpenWISP's agents post to.
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
		{Name: "openwisp", Filter: "/api/v1/monitoring/device/#", Format: "netjson"},
	}
}
