package process

import (
	"encoding/binary"
	"math"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
)

// Zone names the zone of a comune that holds a point, "" for none.
type Zone func(at geo.Point, comune string) string

// locate gives the point its place. That of a fixed device is the one that was
// valid at the point's time: where a payload says it is does not count, the
// registry knows.
func (p *pipeline) locate(pt *ingest.Point) {
	if pt.Device.Moving {
		p.movers.locate(pt, p.msg.position)
		return
	}
	pt.Place = pt.Device.At(pt.Time)
	pt.Position = pt.Place.Point
	if pt.Place.Uncertain {
		pt.Quality |= ingest.PositionUncertain
	}
}

// speaks gives a reading that says where a device is, and nothing else, the one
// thing that follows from it: the device is there. A point needs a field, and a
// tracker without another sensor would leave no trace.
func speaks(r *ingest.Reading) {
	if len(r.Values) == 0 && r.Position != nil {
		r.Measurement = ofDevice.Name
		r.Number("online", 1, 0)
	}
}

// maxMovers bounds how many moving devices are remembered; beyond it all are
// forgotten, and known again from their next position on.
const maxMovers = 10_000

// movers knows where each moving device was last. It is part of the state of a
// checkpoint: a reading without a position must get the same cell when it is
// processed again.
type movers struct {
	zone Zone
	last map[string]*devices.Placement
}

func newMovers(zone Zone) *movers { return &movers{zone: zone, last: map[string]*devices.Placement{}} }

// locate places a point where the payload says the device is, else where it was
// last, else where the registry has it; the last two are uncertain. The comune
// stays that of the registry, which answers for the device; zone and cell are
// those of the position.
func (m *movers) locate(pt *ingest.Point, at *geo.Point) {
	home := pt.Device.At(pt.Time)
	last := m.last[pt.Device.ID]
	switch known := last != nil && last.Comune == home.Comune; {
	case isFix(at):
		if !known || last.Point != *at {
			last = m.keep(pt.Device.ID, home.Comune, *at)
		}
	case known:
		pt.Quality |= ingest.PositionUncertain
	default:
		last = m.keep(pt.Device.ID, home.Comune, home.Point)
		pt.Quality |= ingest.PositionUncertain
	}
	pt.Place, pt.Position = last, last.Point
}

// isFix tells whether a payload knows where it is. Trackers without a fix say
// 0,0.
func isFix(at *geo.Point) bool {
	return at != nil && *at != geo.Point{} && math.Abs(at.Lat) <= 90 && math.Abs(at.Lon) <= 180
}

func (m *movers) keep(id, comune string, at geo.Point) *devices.Placement {
	if len(m.last) >= maxMovers {
		clear(m.last)
	}
	p := &devices.Placement{Comune: comune, Point: at, Cell: at.Cell(geo.LevelMover)}
	if m.zone != nil {
		p.Zone = m.zone(at, comune)
	}
	m.last[id] = p
	return p
}

// state returns what is remembered: id, comune, latitude and longitude each.
func (m *movers) state() []byte {
	var dst []byte
	for id, p := range m.last {
		dst = appendBytes(appendBytes(dst, id), p.Comune)
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(p.Point.Lat))
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(p.Point.Lon))
	}
	return dst
}

// restore remembers what state returned, as far as it can be read.
func (m *movers) restore(data []byte) {
	for in := (stateInput{rest: data}); len(in.rest) > 0; {
		id, comune := string(in.bytes()), string(in.bytes())
		if in.bad || len(in.rest) < 16 {
			return
		}
		m.keep(id, comune, geo.Point{
			Lat: math.Float64frombits(binary.LittleEndian.Uint64(in.rest)),
			Lon: math.Float64frombits(binary.LittleEndian.Uint64(in.rest[8:])),
		})
		in.rest = in.rest[16:]
	}
}
