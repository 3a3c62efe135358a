package process

import (
	"encoding/binary"
	"math"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

const (
	checkSets = 1 << 14 // a power of two
	checkWays = 4

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
// leaps and values that stand still. They are of fixed size, 3 MiB: 65,536 series,
// of which one is pushed out by the fourth newer one of its set and then begins
// anew. What comes late is not compared.
type checks struct {
	sets   [][checkWays]followed // the one touched last stands first
	recent []uint64              // ring of the keys touched last, for the checkpoint
	oldest int
}

// followed is what is known of a series. Times are Unix nanoseconds.
type followed struct {
	key     uint64 // 0: an empty place
	value   float64
	at      int64  // of the last good value
	since   int64  // it is the same since
	struck  int64  // of the last value that was too far from it
	equal   uint32 // readings with the same value
	strikes uint32 // values in turn that were too far
}

func newChecks() *checks {
	return &checks{sets: make([][checkWays]followed, checkSets), recent: make([]uint64, 0, checkedOnDisk)}
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
func (c *checks) look(series uint64, f *schema.Field, value float64, t time.Time) ingest.Quality {
	s := c.find(hashText(series, f.Name) | 1)
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

// find returns the place of a series, a new one if need be.
func (c *checks) find(key uint64) *followed {
	set := &c.sets[key/2%checkSets]
	for i := range set {
		if set[i].key == key {
			if i > 0 {
				found := set[i]
				copy(set[1:i+1], set[:i])
				set[0] = found
			}
			return &set[0]
		}
	}
	copy(set[1:], set[:checkWays-1])
	set[0] = followed{key: key}
	c.note(key)
	return &set[0]
}

// note keeps a key for the checkpoint, the newest ones.
func (c *checks) note(key uint64) {
	if len(c.recent) < checkedOnDisk {
		c.recent = append(c.recent, key)
		return
	}
	c.recent[c.oldest] = key
	c.oldest = (c.oldest + 1) % checkedOnDisk
}

// saved returns the series that were met last, oldest first, six words each,
// little-endian.
func (c *checks) saved() []byte {
	if c == nil {
		return nil
	}
	var dst []byte
	for i := range c.recent {
		key := c.recent[(c.oldest+i)%len(c.recent)]
		for _, s := range c.sets[key/2%checkSets] {
			if s.key != key {
				continue
			}
			for _, word := range [...]uint64{
				s.key, math.Float64bits(s.value), uint64(s.at), uint64(s.since), uint64(s.struck), uint64(s.equal)<<32 | uint64(s.strikes),
			} {
				dst = binary.LittleEndian.AppendUint64(dst, word)
			}
		}
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
		*c.find(word(0)) = followed{
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
		p.series = series{r, pt.Measurement, seriesHash(pt.Device.ID, pt.Measurement, r.Tags)}
	}
	return p.checks.look(p.series.hash, f, number, pt.Time)
}

// series is the hash of the series of the reading at hand.
type series struct {
	of      *ingest.Reading
	measure *schema.Measurement
	hash    uint64
}
