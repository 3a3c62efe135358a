// Package recording reads a day of messages that was recorded elsewhere: one
// JSON object a line, in the order of receipt, as `mosquitto_sub -v -F %j` prints
// them (see Parse for what else a line may say).
package recording

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"
)

// Message is a message of a recording.
type Message struct {
	At       time.Time // of receipt
	Topic    string
	Client   string // who said it, "" = not known
	Payload  []byte
	Retained bool // it was older than its receipt
}

// Options say how to read a recording.
type Options struct {
	Path    string
	Carrier string // the client that says what nobody is known to have said; "" = "recording"
}

// Recording is a file of messages. It is read as often as it is needed and never
// kept.
type Recording struct {
	o       Options
	clients []string
	first   time.Time
	length  time.Duration
	n       int64
}

// maxLine bounds a line, bytes.
const maxLine = 16 << 20

// Open reads a recording once, to find what is wrong with it before anything is
// published.
func Open(o Options) (*Recording, error) {
	o.Carrier = cmp.Or(o.Carrier, "recording")
	r, known := &Recording{o: o}, map[string]bool{}
	for m, err := range r.lines() {
		if err != nil {
			return nil, err
		}
		if !known[m.Client] {
			known[m.Client] = true
			r.clients = append(r.clients, m.Client)
		}
		if r.n++; r.n == 1 {
			r.first = m.At
		}
		r.length = max(r.length, m.At.Sub(r.first))
	}
	if r.n == 0 {
		return nil, fmt.Errorf("%s holds no message that a device said", o.Path)
	}
	return r, nil
}

// Clients returns who says something, in the order of their first messages.
func (r *Recording) Clients() []string { return r.clients }

// Len returns how many messages are to be played.
func (r *Recording) Len() int64 { return r.n }

// Length returns the time from the first message to the last.
func (r *Recording) Length() time.Duration { return r.length }

// Messages yields what is to be played, and how long after the first message;
// a message that is older than the one before comes with it. An error, of a file
// that changed since Open, is the last.
func (r *Recording) Messages() iter.Seq2[Timed, error] {
	return func(yield func(Timed, error) bool) {
		after := time.Duration(0)
		for m, err := range r.lines() {
			after = max(after, m.At.Sub(r.first))
			if !yield(Timed{m, after}, err) || err != nil {
				return
			}
		}
	}
}

// Timed is a message and when it came.
type Timed struct {
	Message
	After time.Duration // since the first one
}

// lines yields the messages that devices said.
func (r *Recording) lines() iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		f, err := os.Open(r.o.Path)
		if err != nil {
			yield(Message{}, err)
			return
		}
		defer f.Close()
		s, n := bufio.NewScanner(f), 0
		s.Buffer(nil, maxLine)
		for s.Scan() {
			n++
			if len(bytes.TrimSpace(s.Bytes())) == 0 { // of what was no JSON, by mosquitto_sub -F %J
				continue
			}
			m, err := Parse(s.Bytes())
			if err != nil {
				yield(m, fmt.Errorf("%s, line %d: %w", r.o.Path, n, err))
				return
			}
			m.Client = cmp.Or(m.Client, r.o.Carrier)
			if !said(&m) {
				continue
			}
			if !yield(m, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(Message{}, fmt.Errorf("%s, after line %d: %w", r.o.Path, n, err))
		}
	}
}

// said tells whether a device said m then: not what a broker had retained, and
// not what was said to devices.
func said(m *Message) bool {
	return !m.Retained && !(strings.HasPrefix(m.Topic, "sc/v1/") && strings.Contains(m.Topic, "/cmd/"))
}
