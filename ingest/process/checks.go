package process

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

const (
	// maxFollowed bounds the series of a device that are compared; more push each
	// other out.
	maxFollowed = 256

	// checkedOnDisk is how many of the newest series a checkpoint holds.
	checkedOnDisk = 2048
	checkedBytes  = 6 * 8

	// afterPause is how long after a reading the next one is not compared.
	afterPause = 6 * time.Hour
	// newLevel is how many readings in turn must be far from the last good one
	// before they are believed.
	newLevel = 3
	// stillReadings is how many equal readings a sensor must have sent before it
	// can be stuck.
	stillReadings = 12
)

// checks remember the last value of each series whose field has limits, to tell
// leaps and values that stand still; the series of a device stand in its track.
// What comes late is not compared.
type checks struct {
	recent   []place // ring of the series that were met last, for the checkpoint
	oldest   int
	restored map[uint64]followed // of the checkpoint, until their devices speak again
	turn     int                 // of a device's series: the one that was looked for last
}

// place says where a series is: whose, by the device's number, and its key.
type place struct {
	number int
	key    uint64
}

// followed is what is known of a series. Times are Unix nanoseconds.
type followed struct {
	key     uint64 // hash of device, measurement, extra tags and field; never 0
	value   float64
	at      int64  // of the last good value
	since   int64  // it is the same since
	struck  int64  // of the last value that was too far from it
	equal   uint32 // readings with the same value
	strikes uint32 // values in turn that were too far
}

func newChecks() *checks {
	return &checks{restored: map[uint64]followed{}}
}

// seriesHash hashes what a reading's series is: device, measurement, extra tags.
func seriesHash(device string, m *schema.Measurement, tags []ingest.Tag) uint64 {
	h := hashText(hashText(1, device), m.Name)
	for i := range tags {
		h = hashText(hashText(h, tags[i].Name), tags[i].Value)
	}
	return h
}

// look returns which checks a value fails, and remembers it.
func (c *checks) look(of *track, series place, f *schema.Field, value float64, t time.Time) ingest.Quality {
	s := c.find(of, place{series.number, hashText(series.key, f.Name) | 1})
	at := t.UnixNano()
	pause := time.Duration(at - s.at)
	switch {
	case s.at == 0 || pause > afterPause && value != s.value:
		s.begin(value, at)
		return 0
	case pause <= 0: // late, or once more
		return 0
	case f.Limits.Step > 0 && math.Abs(value-s.value) > f.Limits.Step*max(1, pause.Minutes()):
		return s.strike(value, at)
	case value != s.value:
		s.begin(value, at)
		return 0
	}
	s.at, s.strikes = at, 0
	s.equal++
	if f.Limits.Still > 0 && s.equal >= stillReadings && time.Duration(at-s.since) > f.Limits.Still {
		return ingest.Stuck
	}
	return 0
}

// begin takes a value for good.
func (s *followed) begin(value float64, at int64) {
	*s = followed{key: s.key, value: value, at: at, since: at, equal: 1}
}

// strike notes a value that is too far from the last good one. The third in turn
// is a new level.
func (s *followed) strike(value float64, at int64) ingest.Quality {
	if at > s.struck {
		s.struck = at
		s.strikes++
	}
	if s.strikes >= newLevel {
		s.begin(value, at)
		return 0
	}
	return ingest.RateOfChange
}

// find returns a series of a track, a new one if need be. Devices say the same
// things in the same order, so that the series looked for is nearly always the
// one after the last.
func (c *checks) find(t *track, at place) *followed {
	for range t.series {
		if c.turn++; c.turn >= len(t.series) {
			c.turn = 0
		}
		if s := &t.series[c.turn]; s.key == at.key {
			return s
		}
	}
	if len(t.series) < maxFollowed {
		c.turn = len(t.series)
		t.series = append(t.series, followed{})
	} else {
		c.turn = (c.turn + 1) % maxFollowed
	}
	s := &t.series[c.turn]
	*s = c.restored[at.key]
	s.key = at.key
	delete(c.restored, at.key)
	c.note(at)
	return s
}

// note keeps the place of a new series for the checkpoint, of the newest ones.
func (c *checks) note(p place) {
	if len(c.recent) < checkedOnDisk {
		c.recent = append(c.recent, p)
		return
	}
	c.recent[c.oldest] = p
	c.oldest = (c.oldest + 1) % checkedOnDisk
}

// saved returns the series that were met last, oldest first, six words each,
// little-endian: first those that a checkpoint brought and no message has asked
// for since.
func (c *checks) saved(t tracks) []byte {
	if c == nil {
		return nil
	}
	var dst []byte
	for _, key := range slices.Sorted(maps.Keys(c.restored)) {
		s := c.restored[key]
		dst = s.append(dst)
	}
	for i := range c.recent {
		p := c.recent[(c.oldest+i)%len(c.recent)]
		if s := t.find(p); s != nil {
			dst = s.append(dst)
		}
	}
	return dst[max(0, len(dst)-checkedOnDisk*checkedBytes):]
}

func (s *followed) append(dst []byte) []byte {
	for _, word := range [...]uint64{
		s.key, math.Float64bits(s.value), uint64(s.at), uint64(s.since), uint64(s.struck), uint64(s.equal)<<32 | uint64(s.strikes),
	} {
		dst = binary.LittleEndian.AppendUint64(dst, word)
	}
	return dst
}

// restore takes over what saved returned. What is cut short is forgotten: series
// begin anew.
func (c *checks) restore(data []byte) {
	for ; len(data) >= checkedBytes; data = data[checkedBytes:] {
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(data[8*i:]) }
		if word(0) == 0 {
			continue
		}
		c.restored[word(0)] = followed{
			key: word(0), value: math.Float64frombits(word(1)), at: int64(word(2)), since: int64(word(3)), struck: int64(word(4)),
			equal: uint32(word(5) >> 32), strikes: uint32(word(5)),
		}
	}
}

// failed returns which checks a value of the reading fails: its range, a counter
// that is negative, or what it does compared with those before.
func (p *pipeline) failed(r *ingest.Reading, pt *ingest.Point, v *ingest.FieldValue) ingest.Quality {
	f, number := v.Field, v.Float+float64(v.Int)
	switch {
	case f.Ranged() && (number < f.Min || number > f.Max), f.Role == schema.Counter && number < 0:
		return ingest.OutOfRange
	case f.Limits == schema.Limits{} || p.checks == nil:
		return 0
	}
	if p.series.of != r || p.series.measure != pt.Measurement {
		p.series = series{r, pt.Measurement, place{p.msg.number, seriesHash(pt.Device.ID, pt.Measurement, r.Tags)}}
	}
	return p.checks.look(p.msg.track, p.series.place, f, number, pt.Time)
}

// series is where the series of the reading at hand stand; of their keys it has
// what all of them share.
type series struct {
	of      *ingest.Reading
	measure *schema.Measurement
	place   place
}
