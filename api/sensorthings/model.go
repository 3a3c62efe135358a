package sensorthings

import (
	"cmp"
	"hash/fnv"
	"slices"
	"time"

	"rione/api/view"
)

// entity is one entity. It is cheap: what it says is made when it is asked.
type entity struct {
	kind    kind
	id      int64
	thing   *view.Thing   // of all but sensors and observed properties
	stream  *stream       // of datastreams and observations
	series  *view.Series  // of observed properties, any that has it
	value   *view.Value   // likewise
	reading *view.Reading // of observations
}

// stream is a datastream: one field of one series of a thing.
type stream struct {
	id       int64
	thing    *view.Thing
	series   *view.Series
	value    *view.Value
	sensor   int64
	property int64
}

// model is a city as entities.
type model struct {
	city     *view.City
	sets     [kindCount][]*entity // by id; observations are the newest of each datastream
	byID     [kindCount]map[int64]*entity
	ofThing  map[int64][]*entity // datastreams
	ofSensor map[int64][]*entity
	ofWhat   map[int64][]*entity // datastreams of an observed property
}

// Ids are numbers, since clients of version 1.0 take them for such, and made of
// the names of things, so that they stay over restarts. Those of observations
// hold the datastream and the time, for which a datastream has 22 bits.
const (
	idBits     = 53 // exact in JSON everywhere
	streamBits = 22
	timeBits   = 41 // milliseconds since 2015
)

func idOf(parts ...string) int64 { return int64(hashOf(parts...) >> (64 - idBits)) }

func hashOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // never fails
		_, _ = h.Write([]byte{0})
	}
	sum := h.Sum64() // FNV's high bits are its weakest: fold and spread (splitmix64)
	sum ^= sum >> 30
	sum *= 0xbf58476d1ce4e5b9
	sum ^= sum >> 27
	sum *= 0x94d049bb133111eb
	return sum ^ sum>>31
}

// epoch is when ids of observations begin: nothing is older than 2015.
func epoch() time.Time { return time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC) }

func observationID(stream int64, t time.Time) int64 {
	return stream<<timeBits | max(0, t.UnixMilli()-epoch().UnixMilli())&(1<<timeBits-1)
}

// streamAndTime takes an observation's id apart. It names the millisecond that
// begins at the time.
func streamAndTime(id int64) (stream int64, t time.Time) {
	return id >> timeBits, time.UnixMilli(id&(1<<timeBits-1) + epoch().UnixMilli()).UTC()
}

func newModel(c *view.City) *model {
	m := &model{city: c, ofThing: make(map[int64][]*entity), ofSensor: make(map[int64][]*entity), ofWhat: make(map[int64][]*entity)}
	for k := range m.byID {
		m.byID[k] = make(map[int64]*entity)
	}
	for _, t := range c.Things {
		id := idOf("thing", t.ID)
		m.add(&entity{kind: things, id: id, thing: t})
		if t.Point != nil {
			m.add(&entity{kind: locations, id: id, thing: t})
			m.add(&entity{kind: historicalLocations, id: id, thing: t})
			m.add(&entity{kind: features, id: id, thing: t})
		}
		for i := range t.Series {
			for j := range t.Series[i].Values {
				m.addStream(id, t, &t.Series[i], &t.Series[i].Values[j])
			}
		}
	}
	for k := range m.sets {
		slices.SortFunc(m.sets[k], func(a, b *entity) int { return cmp.Compare(a.id, b.id) })
	}
	return m
}

func (m *model) add(e *entity) *entity {
	if old := m.byID[e.kind][e.id]; old != nil {
		return old
	}
	m.byID[e.kind][e.id] = e
	m.sets[e.kind] = append(m.sets[e.kind], e)
	return e
}

func (m *model) addStream(thing int64, t *view.Thing, s *view.Series, v *view.Value) {
	st := &stream{thing: t, series: s, value: v, id: m.slot(hashOf("stream", t.ID, s.Key(), v.Field.Name))}
	st.sensor = idOf("sensor", string(t.Kind), t.Model)
	st.property = idOf("property", s.Measurement.Name, v.Field.Name)
	m.add(&entity{kind: sensors, id: st.sensor, thing: t})
	m.add(&entity{kind: observedProperties, id: st.property, series: s, value: v})
	e := m.add(&entity{kind: datastreams, id: st.id, thing: t, stream: st})
	m.ofThing[thing] = append(m.ofThing[thing], e)
	m.ofSensor[st.sensor] = append(m.ofSensor[st.sensor], e)
	m.ofWhat[st.property] = append(m.ofWhat[st.property], e)
	m.add(st.newest())
}

// slot returns the id of a datastream: its hash, or the next that is free. Of
// 10,000 datastreams some twelve share a hash; which of two has the next one
// follows the order of things.
func (m *model) slot(hash uint64) int64 {
	for id := int64(hash >> (64 - streamBits)); ; id = (id + 1) % (1 << streamBits) {
		if _, taken := m.byID[datastreams][id]; !taken {
			return id
		}
	}
}

// newest is the newest observation of a datastream, which the city knows.
func (s *stream) newest() *entity {
	return s.observation(&view.Reading{Time: s.value.Time, Value: s.value.Value, Quality: int64(s.series.Quality)})
}

func (s *stream) observation(r *view.Reading) *entity {
	return &entity{kind: observations, id: observationID(s.id, r.Time), thing: s.thing, stream: s, reading: r}
}

// related returns what a relation leads to. Of observations it is the newest of
// each datastream; older ones are asked of the store.
func (m *model) related(e *entity, r relation) []*entity {
	one := func(k kind, id int64) []*entity {
		if found := m.byID[k][id]; found != nil {
			return []*entity{found}
		}
		return nil
	}
	switch {
	case e.kind == sensors:
		return m.ofSensor[e.id]
	case e.kind == observedProperties:
		return m.ofWhat[e.id]
	case r.to == sensors:
		return one(sensors, e.stream.sensor)
	case r.to == observedProperties:
		return one(observedProperties, e.stream.property)
	case e.kind == observations && r.to == datastreams:
		return one(datastreams, e.stream.id)
	case r.to == datastreams:
		return m.ofThing[e.id]
	case e.kind == datastreams && r.to == observations:
		return []*entity{e.stream.newest()}
	case r.to == observations: // of a feature
		var list []*entity
		for _, s := range m.ofThing[e.id] {
			list = append(list, s.stream.newest())
		}
		return list
	}
	return one(r.to, idOf("thing", e.thing.ID))
}
