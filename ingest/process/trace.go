package process

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"rione/ingest"
	"rione/ingest/schema"
)

// Trace is one message and what became of it, for a person who asks where a
// reading is.
type Trace struct {
	ID        string        `json:"id"`                 // place in the journal: sequence-index
	Received  time.Time     `json:"received"`           // by the door
	Journaled time.Time     `json:"journaled,omitzero"` // durable, and acked
	Stored    time.Time     `json:"stored,omitzero"`    // when the store had its points; zero: not yet, or before rione started
	Pending   bool          `json:"pending,omitempty"`  // the processor has not come to it yet
	Door      string        `json:"door,omitempty"`
	Client    string        `json:"client,omitempty"`
	Topic     string        `json:"topic,omitempty"`
	Route     string        `json:"route,omitempty"`
	Format    string        `json:"format,omitempty"`
	Device    string        `json:"device,omitempty"` // its id, or as the message names it
	Comune    string        `json:"comune,omitempty"`
	Payload   string        `json:"payload"`          // as journalled, that is scrubbed
	Binary    bool          `json:"binary,omitempty"` // the payload is in base64
	Outcome   string        `json:"outcome"`          // stored, partial, duplicate or quarantined
	Readings  []Decoded     `json:"readings"`         // as the format's decoder understood them
	Points    []Explained   `json:"points"`           // as they are stored
	Notes     []Note        `json:"notes"`            // what was changed on the way, and why
	Refused   []RefusedPart `json:"refused"`          // what is in quarantine, and why
}

// Decoded is a reading before normalization, in the units of its source.
type Decoded struct {
	Device      string            `json:"device,omitempty"`
	Measurement string            `json:"measurement,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Time        time.Time         `json:"time,omitzero"`
	LocalTime   string            `json:"local_time,omitempty"` // without an offset
	ServerTime  time.Time         `json:"server_time,omitzero"`
	Seq         *uint64           `json:"seq,omitempty"`
	Values      map[string]string `json:"values"`
}

// Note is one thing that normalization did.
type Note struct {
	What  NoteKind `json:"what"`
	Field string   `json:"field,omitempty"` // measurement.field
	From  string   `json:"from,omitempty"`
	To    string   `json:"to,omitempty"`
	Why   string   `json:"why"`
}

// NoteKind says what a Note is about. The set is closed.
type NoteKind string

// The kinds of notes.
const (
	NoteTime         NoteKind = "time"          // the message has no time of its own
	NoteClock        NoteKind = "clock"         // its time is impossible
	NoteSequence     NoteKind = "sequence"      // the message's sequence stands below its time
	NoteLate         NoteKind = "late"          // older than a message on its way
	NoteConverted    NoteKind = "converted"     // to the field's unit
	NoteCalibrated   NoteKind = "calibrated"    // corrected as the registry says
	NoteInvalid      NoteKind = "invalid"       // set aside: an operator declared the period invalid
	NoteSuspect      NoteKind = "suspect"       // set aside: it failed a check
	NoteUnknownField NoteKind = "unknown_field" // kept out
	NoteAbsent       NoteKind = "absent"        // left out: the figure stands for no measurement
	NoteDuplicate    NoteKind = "duplicate"     // stored before
	NoteCorrection   NoteKind = "correction"    // in place of a reading that was stored before
)

// RefusedPart is why the message, or a field of it, is in quarantine.
type RefusedPart struct {
	Reason ingest.Reason `json:"reason"`
	Field  string        `json:"field,omitempty"`
	Detail string        `json:"detail"`
}

// note appends a note; nobody asks where t is nil.
func (t *Trace) note(what NoteKind, field, from, to, why string) {
	if t != nil {
		t.Notes = append(t.Notes, Note{what, field, from, to, why})
	}
}

// point keeps a point as it is stored.
func (t *Trace) point(pt *ingest.Point) {
	if t != nil {
		t.Points = append(t.Points, explained(pt))
	}
}

// clock notes what was decided about the time of a reading.
func (t *Trace) clock(c ClockPolicy, r *ingest.Reading, received time.Time, at stamp) {
	if t == nil {
		return
	}
	f, said := faultOf(r, received)
	switch {
	case f != noFault:
		t.note(NoteClock, "", clockText(f, said), timeText(at.time), "device time "+f.String()+"; clock policy "+string(c))
	case said.IsZero() && at.received:
		t.note(NoteTime, "", "", timeText(at.time), "the reading has no time: that of its receipt")
	case said.IsZero():
		t.note(NoteTime, "", "", timeText(at.time), "the reading has no time: that of its network server")
	}
	if r.HasSeq && r.Resolution > 1 && !(said.IsZero() && at.received) {
		t.note(NoteSequence, "", strconv.FormatUint(r.Seq, 10), timeText(at.time), "readings of one "+r.Resolution.String()+" stay apart by their sequence")
	}
	if at.quality&ingest.Late != 0 {
		t.note(NoteLate, "", "", "", received.Sub(at.time).Round(time.Second).String()+" old when it came; flagged in q")
	}
}

func clockText(f fault, t time.Time) string {
	if f == local {
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return timeText(t)
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// converted notes a value that is stored in another unit or type than it came.
func (t *Trace) converted(m *schema.Measurement, v *ingest.Value, out *ingest.FieldValue, assumed bool) {
	if t == nil {
		return
	}
	from, to := valueText(v), fieldText(out)
	if v.Unit == 0 && (from == to || v.Kind == ingest.Number) {
		return
	}
	why := "to the unit of the field"
	switch {
	case assumed:
		why += ", at 20 °C and 101.3 kPa, which are assumed"
	case v.Unit == 0:
		why = "to the type of the field"
	}
	t.note(NoteConverted, m.Name+"."+v.Field, from, to, why)
}

// suspect notes a value that was set aside.
func (t *Trace) suspect(s *suspect) {
	if t == nil || s.bits == ingest.Invalidated { // which has a note of its own
		return
	}
	field := s.measurement.Name + "." + s.field.Name
	t.note(NoteSuspect, field, number(s.value), "suspect", suspicion(s))
}

// suspicion says what is wrong with a suspect value.
func suspicion(s *suspect) string {
	switch {
	case s.bits&ingest.OutOfRange != 0:
		return fmt.Sprintf("outside of %s to %s %s", number(s.field.Min), number(s.field.Max), s.field.Unit)
	case s.bits&ingest.RateOfChange != 0:
		return "changed quicker than the quantity can"
	case s.bits&ingest.Stuck != 0:
		return "the sensor is stuck: the value has not changed for too long"
	}
	return "failed a check"
}

// open begins the trace of a message.
func (l *look) open(m *ingest.Message) {
	if l != nil && l.tell != nil {
		l.trace = &Trace{
			ID: fmt.Sprintf("%d-%d", m.Seq, m.Index), Received: m.Received, Journaled: l.journaled,
			Readings: []Decoded{}, Points: []Explained{}, Notes: []Note{}, Refused: []RefusedPart{},
		}
	}
}

// end fills in what is known at the end of a message's way, and tells it.
func (l *look) end(m *current, rs *ingest.Readings, outcome string) {
	if l == nil || l.tell == nil {
		return
	}
	t := l.trace
	// The message refers to the record's memory, which is read over.
	t.Door, t.Client, t.Topic, t.Device, t.Comune = clone(m.Door), clone(m.Client), clone(m.Topic), clone(m.identity), m.comune
	if m.route != nil {
		t.Route, t.Format = m.route.Name, m.route.Format
	}
	if m.device != nil {
		t.Device = m.device.ID
	}
	t.Payload, t.Binary = payloadText(m.Payload)
	t.Outcome = outcome
	for i := range rs.All() {
		t.Readings = append(t.Readings, decodedOf(&rs.All()[i]))
	}
	t.unknown(rs.Unknown)
	t.absent(rs.Absent)
	for i := range m.refused {
		r := &m.refused[i]
		t.Refused = append(t.Refused, RefusedPart{r.Reason, clone(r.Field), clone(r.Detail)})
	}
	l.tell(*t)
}

// unknown notes the fields that are kept out.
func (t *Trace) unknown(fields []string) {
	for _, field := range fields {
		t.note(NoteUnknownField, clone(field), "", "", "no measurement of the device has such a field; it is kept out")
	}
}

// absent notes the figures that say that there is none.
func (t *Trace) absent(list []ingest.Absent) {
	for _, a := range list {
		t.note(NoteAbsent, clone(a.Field), number(a.Num), "", "the figure stands for no measurement, as of a sensor that is not connected; it is left out")
	}
}

// tracing returns the trace of the message under way, nil when nobody asks.
func (p *pipeline) tracing() *Trace {
	if p.look == nil {
		return nil
	}
	return p.look.trace
}

func clone(s string) string { return string([]byte(s)) }

// payloadText is a payload for a person: as it is when it is text, else base64.
func payloadText(b []byte) (text string, binary bool) {
	if utf8.Valid(b) {
		return string(b), false
	}
	return base64.StdEncoding.EncodeToString(b), true
}

func decodedOf(r *ingest.Reading) Decoded {
	d := Decoded{
		Device: clone(r.Device), Measurement: clone(r.Measurement), Time: r.Time, ServerTime: r.ServerTime, Values: map[string]string{},
	}
	if !r.LocalTime.IsZero() {
		d.LocalTime = clockText(local, r.LocalTime)
	}
	if r.HasSeq {
		seq := r.Seq
		d.Seq = &seq
	}
	for _, tag := range r.Tags {
		if d.Tags == nil {
			d.Tags = map[string]string{}
		}
		d.Tags[clone(tag.Name)] = clone(tag.Value)
	}
	for i := range r.Values {
		d.Values[clone(r.Values[i].Field)] = valueText(&r.Values[i])
	}
	return d
}

// valueText writes a value as its source gave it, with its unit.
func valueText(v *ingest.Value) string {
	text := number(v.Num)
	switch v.Kind {
	case ingest.Text:
		text = strconv.Quote(v.Text)
	case ingest.Bool:
		text = strconv.FormatBool(v.Num != 0)
	}
	if v.Unit != 0 {
		text += " " + v.Unit.String()
	}
	return text
}

// fieldText writes a value as it is stored.
func fieldText(f *ingest.FieldValue) string {
	switch f.Field.Type {
	case schema.Text:
		return strconv.Quote(f.Text)
	case schema.Int:
		return strconv.FormatInt(f.Int, 10)
	}
	if f.Field.Unit == "" {
		return number(f.Float)
	}
	return number(f.Float) + " " + f.Field.Unit
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
