// Package lorawan turns what LoRaWAN network servers know of an uplink into
// readings, the same for every server: the decoded object through the table of
// aliases, or the bytes through a codec of the device's model, and beside it
// the radio's figures.
package lorawan

import (
	"encoding/base64"
	"errors"

	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/codec"
	"rione/ingest/decode/wire"
)

// Uplink is one uplink as a network server tells it.
type Uplink struct {
	Device   string // devEUI, lower case
	Time     Stamp  // when the network server had it
	Counter  uint64 // frame counter
	Port     uint64
	Data     string           // base64 of the decrypted bytes
	Object   *fastjson.Object // what the server's codec made of them, or nil
	Position *geo.Point       // where the server says the device is, or nil
	Signal   Signal

	Normalized []*fastjson.Value // the same with units by a schema, or nil
	Models     []string          // what the server calls the device's model, and last the device
}

// Undecoded tells that the server made nothing of the bytes: it has no codec, or
// one that found nothing.
func (u *Uplink) Undecoded() bool {
	return (u.Object == nil || u.Object.Len() == 0) && len(u.Normalized) == 0
}

// Signal is what the gateway that heard the device best says.
type Signal struct {
	RSSI, SNR float64
	Heard     bool
}

// Hear takes the figures of another gateway. The strongest one counts; which
// gateway it was is not kept.
func (s *Signal) Hear(rssi, snr float64) {
	if !s.Heard || rssi > s.RSSI || rssi == s.RSSI && snr > s.SNR {
		*s = Signal{RSSI: rssi, SNR: snr, Heard: true}
	}
}

// Scripts reads the bytes of devices by codecs that an operator brought. found
// is false when none is for a device that is called so; the object is JSON, the
// error a *ingest.Refusal.
type Scripts interface {
	Decode(models []string, data []byte, port uint64) (object []byte, found bool, err error)
}

// Builder makes readings of uplinks. It is reused.
type Builder struct {
	Scripts Scripts // nil: none

	values alias.Collector
	timed  alias.Collector  // of a measurement that says its time
	raw    ingest.Reading   // what a codec read
	past   []ingest.Reading // and of earlier times
	bytes  []byte
	object wire.Parser // of what a script made
}

// Build adds the readings of u: one for the device's kind, one of the device
// itself. An uplink whose bytes nobody decoded keeps the second, and the bytes
// are listed as refused.
func (b *Builder) Build(p *wire.Parser, u *Uplink, out *ingest.Readings) error {
	b.values.Reset()
	b.past = nil
	b.normalizedValues(p, u.Normalized, out)
	if u.Object != nil {
		b.values.Collect(p, u.Object, out)
	}
	if u.Undecoded() && u.Data != "" {
		b.decode(u, out)
	}
	if at := b.values.Position(); at != nil { // what the device says itself
		u.Position = at
	}
	if len(b.values.Main) > 0 {
		r := u.reading(out)
		r.Values = append(r.Values, b.values.Main...)
	}
	b.device(u, out)
	b.history(u, out)
	return wire.Outcome(out)
}

// history adds readings of earlier times. They have no sequence: sent a second
// time, by another uplink, they are the same readings.
func (b *Builder) history(u *Uplink, out *ingest.Readings) {
	for i := range b.past {
		if len(b.past[i].Values) == 0 && b.past[i].Position == nil {
			continue
		}
		r := out.Next()
		r.Measurement = b.past[i].Measurement
		r.Device, r.Time, r.Resolution, r.Position = u.Device, b.past[i].Time, b.past[i].Resolution, b.past[i].Position
		r.Values = append(r.Values, b.past[i].Values...)
	}
}

// decode reads the bytes of an uplink by the codec of the device's model: one
// that the operator brought, else ours.
func (b *Builder) decode(u *Uplink, out *ingest.Readings) {
	var err error
	if b.bytes, err = base64.StdEncoding.AppendDecode(b.bytes[:0], []byte(u.Data)); err != nil {
		wire.Refuse(out, ingest.Unparsable, "data", "the bytes are not base64")
		return
	}
	if b.Scripts != nil {
		object, found, err := b.Scripts.Decode(u.Models, b.bytes, u.Port)
		if found {
			b.scripted(object, err, out)
			return
		}
	}
	c, ok := codec.Find(u.Device, u.Models...)
	if !ok && u.Object != nil { // the server's codec says that there is nothing
		return
	}
	if !ok {
		wire.Refuse(out, ingest.Unparsable, "data",
			"nobody decoded the bytes, and no codec is for a device that is called as this one: write the model into the name of its device profile"+
				" (EM300-TH, DL-PM, ERS2 …), give the device a codec on the network server, or put the maker's codec, MODEL.js, into the folder codecs")
		return
	}
	b.coded(c, u, out)
}

// scripted takes the object that a script made.
func (b *Builder) scripted(object []byte, err error, out *ingest.Readings) {
	if err == nil {
		var v *fastjson.Value
		if v, err = b.object.ParseObject(object); err == nil {
			b.values.Collect(&b.object, v.GetObject(), out)
		}
	}
	refuse(err, out)
}

// coded takes the values that a codec of ours reads.
func (b *Builder) coded(c *codec.Codec, u *Uplink, out *ingest.Readings) {
	b.raw = ingest.Reading{Values: b.raw.Values[:0]}
	past, err := c.Read(b.bytes, u.Port, &b.raw, out)
	if err != nil {
		refuse(err, out)
		return
	}
	b.past = past
	if b.raw.Position != nil {
		u.Position = b.raw.Position
	}
	for _, v := range b.raw.Values {
		if wire.Field(nil, v.Field) != nil {
			b.values.Main = append(b.values.Main, v)
		} else {
			b.values.Device = append(b.values.Device, v)
		}
	}
}

// refuse lists the bytes as refused, if err is a refusal.
func refuse(err error, out *ingest.Readings) {
	var refusal *ingest.Refusal
	if errors.As(err, &refusal) {
		wire.Refuse(out, refusal.Reason, "data", refusal.Detail)
	}
}

func (b *Builder) device(u *Uplink, out *ingest.Readings) {
	r := u.reading(out)
	r.Measurement = wire.DeviceMeasurement
	r.Values = append(r.Values, b.values.Device...)
	if u.Signal.Heard {
		r.Number("rssi_dbm", u.Signal.RSSI, 0)
		r.Number("snr_db", u.Signal.SNR, 0)
	}
	r.Number("fcnt", float64(u.Counter), 0)
}

func (u *Uplink) reading(out *ingest.Readings) *ingest.Reading {
	r := out.Next()
	r.Device, r.Position = u.Device, u.Position
	u.Time.mark(r)
	r.Seq, r.HasSeq = u.Counter, true
	return r
}

// Event adds an event of the device, such as a join.
func Event(out *ingest.Readings, device string, at Stamp, kind, text string, severity float64) {
	r := at.Reading(out, device)
	r.Measurement = "event"
	r.Tags = append(r.Tags, ingest.Tag{Name: "type", Value: kind})
	r.Number("severity", severity, 0)
	r.Number("state", 1, 0)
	r.Values = append(r.Values, ingest.Value{Field: "text", Kind: ingest.Text, Text: text})
}

// Located adds the event that the network, or the device, said where it is. A
// point needs a field, and a position is none.
func Located(out *ingest.Readings, device string, at Stamp, where geo.Point) {
	Event(out, device, at, "location", "the network located the device", 0)
	list := out.All()
	list[len(list)-1].Position = &where
}

// EUI returns an EUI-64 in lower case without separators, as the registry's
// external ids are written, and false when text is none.
func EUI(text []byte) (string, bool) {
	var out [16]byte
	n := 0
	for _, c := range text {
		switch {
		case c == '-' || c == ':':
			continue
		case c >= 'A' && c <= 'F':
			c += 'a' - 'A'
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return "", false
		}
		if n == len(out) {
			return "", false
		}
		out[n] = c
		n++
	}
	return string(out[:]), n == len(out)
}
