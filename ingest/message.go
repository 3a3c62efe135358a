// Package ingest turns what devices say into points of the store. This package
// holds the types that its stages share and the interfaces through which they
// meet; each stage has a folder of its own:
//
//	broker, mqtt, webhook → intake → journal → process (decode …) → influx
package ingest

import "time"

// ImportDoor is the door of history that an administrator brings in: what it says
// is of the past, so nobody concludes from it that a device is there now.
const ImportDoor = "import"

// Message is one publish as a door received it: raw, with where it came from.
// A door understands nothing of the payload.
type Message struct {
	Received time.Time // receive time, UTC
	Door     string    // the door that took it: "mqtt", "http", "broker", ImportDoor
	Route    string    // name of the route that fits, "" when none does
	Client   string    // authenticated identity of the publisher, "" where only an outer broker knows it
	Topic    string    // MQTT topic, or HTTP path
	Payload  []byte

	Seq   uint64 // sequence of its record in the journal, 0 before the commit
	Index int    // its place within the record
}

// Acker is told what became of a message that a door submitted. Acks of one
// submitter come in the order of its submissions.
type Acker interface {
	// Ack reports the outcome of the message submitted with token: nil after
	// its record is durable, else why it is not. It must not block: the intake
	// calls it for every message of a record in turn.
	Ack(token uint64, err error)
	// Flush is called once after the last Ack of a record, so that acks of one
	// connection can leave in one write. It must not block.
	Flush()
}

// Intake takes messages from doors into the journal. Submit copies what it
// needs of m before it returns and calls a.Ack later, from another goroutine,
// exactly once for every Submit that returned nil.
//
// Submit blocks while the intake is full: this is the backpressure that slows
// doors down. It returns ErrTooLarge for a payload over the limit and
// ErrClosed once the intake is shutting down.
type Intake interface {
	Submit(m *Message, a Acker, token uint64) error
}

// Feed hears of points after they are stored: the live map, the latest values.
// Stored must not block and must copy what it keeps.
type Feed interface {
	Stored(points []Point)
}
