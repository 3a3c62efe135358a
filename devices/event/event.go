// Package event is what operators are told: that devices are silent, that a
// gateway or a comune is cut off, that a device raised an alarm. It holds the
// events, who acknowledged them, and the maintenance windows in which nothing
// is raised. Stores and ways of delivery are in its sub-packages.
package event

import (
	"cmp"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// Type says what happened. The types of presence are below; an alarm has the
// type that its device gave it.
type Type string

// The types of presence.
const (
	Silent       Type = "silent"       // one device says nothing, its session may even be up
	Disconnected Type = "disconnected" // one device's session is over
	GatewayDown  Type = "gateway_down" // a gateway and what it carries
	ComuneWide   Type = "comune_wide"  // a large part of a comune's devices at once
	OwnFault     Type = "own_fault"    // rione itself could not listen, or hears nobody
)

// Misplaced is a fixed device that says it is far from where it is registered.
const Misplaced Type = "misplaced"

// The types of rione itself.
const (
	LedgerImbalance Type = "ledger_imbalance" // what was acked is not what was accounted for
	JournalFull     Type = "journal_full"     // over four fifths of its limit
)

// The types of security. Tries that follow one another are one event, which closes
// when there are none for a while.
const (
	AccessRefused Type = "access_refused" // credentials did not fit a registered device
	Isolation     Type = "isolation"      // who is of one comune or device tried what is another's
	OverQuota     Type = "over_quota"     // a device, gateway or comune brings more than its limits allow
)

// Severity is how bad it is, 0 to 5, as the measurement event has it.
type Severity int

// The severities.
const (
	Information Severity = iota
	Notice
	Warning
	Fault
	Critical
	Emergency
)

// State is how far an event is.
type State string

// The states of an event.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged" // open, and somebody has taken it on
	Closed       State = "closed"
)

// Step is what the last change of an event was.
type Step string

// The steps.
const (
	Raised    Step = "raised"
	Updated   Step = "updated" // devices joined or left
	Taken     Step = "acknowledged"
	Cleared   Step = "closed"
	Withdrawn Step = "withdrawn" // closed by an operator
)

// Sources of events.
const (
	FromPresence = "presence"
	FromDevice   = "device"
	FromPlatform = "platform" // rione itself
)

// Acknowledgement says who took an event on.
type Acknowledgement struct {
	Who  string    `json:"who"`
	When time.Time `json:"when"`
	Note string    `json:"note,omitempty"`
}

// Event is one cause, with the devices that it concerns. It is a value: nobody
// changes the Devices of an event that was handed over.
type Event struct {
	ID       string           `json:"id"`
	Type     Type             `json:"type"`
	Severity Severity         `json:"severity"`
	State    State            `json:"state"`
	Step     Step             `json:"step"`
	Source   string           `json:"source"`
	Comune   string           `json:"comune,omitempty"`  // ISTAT code; "" when it is of no single one
	Device   string           `json:"device,omitempty"`  // that it is about: the device, or the gateway
	Devices  []string         `json:"devices,omitempty"` // concerned now, ordered, at most MaxDevices
	Count    int              `json:"count"`             // how many are concerned now
	Most     int              `json:"most"`              // how many were at once
	Text     string           `json:"text"`              // what a person should read
	Began    time.Time        `json:"began"`             // last sign of life before it, as far as is known
	Raised   time.Time        `json:"raised"`
	Changed  time.Time        `json:"changed"`
	Closed   time.Time        `json:"closed,omitzero"`
	Ack      *Acknowledgement `json:"acknowledged,omitempty"`
}

// MaxDevices is how many devices an event names.
const MaxDevices = 20_000

// Ended tells whether the event is closed.
func (e *Event) Ended() bool { return e.State == Closed }

// NewID returns the id of an event that is raised at a time: the same again for
// the same type, subject and time.
func NewID(t Type, subject string, raised time.Time) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(t)) // never fails
	kind := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '_' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(string(t)))
	const longest = 32
	return strings.Join([]string{
		cmp.Or(kind[:min(len(kind), longest)], "event"), cmp.Or(subject, "rione"),
		strconv.FormatInt(raised.UnixNano(), 36) + strconv.FormatUint(uint64(h.Sum32()%1296), 36),
	}, "-")
}
