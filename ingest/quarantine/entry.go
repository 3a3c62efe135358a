// Package quarantine keeps what could not become points: raw messages with the
// reason and where they came from, until somebody replays or drops them.
package quarantine

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rione/ingest"
)

// Entry is one message in quarantine.
type Entry struct {
	ID       string        `json:"id"`                // its place in the journal: sequence-index
	Reason   ingest.Reason `json:"reason"`            //
	Field    string        `json:"field,omitempty"`   // the field at fault, "" for the whole message
	Unit     string        `json:"unit,omitempty"`    // that is unknown, as the message gives it
	Detail   string        `json:"detail"`            // for a person
	Device   string        `json:"device,omitempty"`  // identity as the message gives it
	Comune   string        `json:"comune,omitempty"`  // of the device or the route
	Door     string        `json:"door"`              //
	Route    string        `json:"route,omitempty"`   //
	Client   string        `json:"client,omitempty"`  //
	Topic    string        `json:"topic"`             //
	Received time.Time     `json:"received"`          // by the door
	Cut      bool          `json:"cut,omitempty"`     // the payload was too large to be kept: it stands in the journal only
	Payload  []byte        `json:"payload,omitempty"` // raw
}

// NewEntry makes the entry of m, refused for r. It copies what it keeps.
func NewEntry(m *ingest.Message, r *ingest.Refusal) Entry {
	return Entry{
		ID: fmt.Sprintf("%d-%d", m.Seq, m.Index), Reason: r.Reason, Field: strings.Clone(r.Field), Unit: strings.Clone(r.Unit), Detail: strings.Clone(r.Detail),
		Door: strings.Clone(m.Door), Route: strings.Clone(m.Route), Client: strings.Clone(m.Client), Topic: strings.Clone(m.Topic),
		Received: m.Received, Payload: append([]byte(nil), m.Payload...),
	}
}

// Message returns the raw message again.
func (e *Entry) Message() ingest.Message {
	return ingest.Message{Received: e.Received, Door: e.Door, Route: e.Route, Client: e.Client, Topic: e.Topic, Payload: e.Payload}
}

// Text returns the payload for a person: as it is when it is text, else in
// hexadecimal.
func (e *Entry) Text() string {
	if utf8.Valid(e.Payload) {
		return string(e.Payload)
	}
	return fmt.Sprintf("% x", e.Payload)
}

// Filter selects entries; the zero Filter selects all.
type Filter struct {
	Reason ingest.Reason
	Device string
	Comune string
	Comuni []string // any of these; none: all entries, also those of no comune
	Route  string
	Since  time.Time
	Until  time.Time
	Limit  int // 0: no limit
}

func (f *Filter) fits(e *head) bool {
	return (f.Reason == "" || f.Reason == e.Reason) &&
		(f.Device == "" || f.Device == e.Device) &&
		(f.Comune == "" || f.Comune == e.Comune) &&
		(len(f.Comuni) == 0 || slices.Contains(f.Comuni, e.Comune)) &&
		(f.Route == "" || f.Route == e.Route) &&
		(f.Since.IsZero() || !e.Received.Before(f.Since)) &&
		(f.Until.IsZero() || e.Received.Before(f.Until))
}

// Group is entries of one kind, for an overview.
type Group struct {
	Reason  ingest.Reason `json:"reason"`
	Field   string        `json:"field,omitempty"`
	Unit    string        `json:"unit,omitempty"` // that is unknown, as the messages give it
	Detail  string        `json:"detail"`         // of the newest one
	Hint    string        `json:"hint"`           // what would mend it
	Count   int           `json:"count"`
	Devices int           `json:"devices"`
	Oldest  time.Time     `json:"oldest"`
	Newest  time.Time     `json:"newest"`
}

// Hint says what an operator does about a reason.
func Hint(r ingest.Reason) string {
	switch r {
	case ingest.UnknownDevice:
		return "register the device (rione devices import), or approve it if it enrolled by itself (rione devices approve); its messages are then replayed"
	case ingest.NoRoute:
		return "add a route for the topic (rione routes set) or correct the topic; what came before it is known by its shape only"
	case ingest.UnknownFormat:
		return "correct the route's format (rione routes set), then rione quarantine replay"
	case ingest.Unparsable, ingest.Empty, ingest.TooLarge:
		return "look at the payload (rione quarantine show ID); the device or its route's format is wrong"
	case ingest.WrongType:
		return "the named field has a value of another type: correct the device or the mapping, then rione quarantine replay"
	case ingest.UnknownUnit, ingest.UnknownField, ingest.BadTag:
		return "correct the device or the mapping, then rione quarantine replay"
	case ingest.Clock:
		return "set the device's clock, or the route's clock policy to server"
	case ingest.NotPermitted:
		return "the publisher speaks for another device: check its credentials, or make it the device's gateway"
	case ingest.RejectedByStore:
		return "the store refused the value: see detail"
	case ingest.OverQuota:
		return "raise the quota or slow the device down"
	}
	return ""
}
