package process

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
)

// said are the reports that were told.
type said []string

// Note implements Reported.
func (s *said) Note(device string, at geo.Point, received time.Time) {
	*s = append(*s, fmt.Sprintf("%s at %g,%g, %v", device, at.Lat, at.Lon, received))
}

// TestReportedPositions: what fixed devices say of their place is told and places
// no point; moving devices and messages of history tell nothing.
func TestReportedPositions(t *testing.T) {
	o := benchOptions(t, 2)
	moving := devices.Device{ID: "bus-1", Kind: devices.Air, Moving: true, Placements: o.Registry.Snapshot().Device("air-00000").Placements}
	snapshot, err := o.Registry.Snapshot().With(2, devices.ChangeSet{Put: []devices.Device{moving}})
	if err != nil {
		t.Fatal(err)
	}
	o.Registry = registry{snapshot}
	f := func(id, leaf, door, payload, want string) {
		t.Helper()
		said := &said{}
		o.Reported = said
		p, w := newPipeline(o), newWork()
		p.snapshot, p.routes = snapshot, o.Routes()
		p.message(&ingest.Message{
			Received: checksBegin, Door: door, Route: "native", Client: id, Topic: "sc/v1/058091/air/" + id + "/" + leaf, Payload: []byte(payload),
		}, devices.Expected{}, w)
		if want != "" {
			want = fmt.Sprintf("%s at %s, %v", id, want, checksBegin)
		}
		if got := strings.Join(*said, "; "); got != want {
			t.Errorf("%s %s by %s: reported is %q; want %q", id, payload, door, got, want)
		}
		for i := range w.points {
			if at := w.points[i].Position; id != "bus-1" && at != (geo.Point{Lat: 41.9, Lon: 12.5}) {
				t.Errorf("%s: a point stands at %v", payload, at)
			}
		}
	}
	const born = `{"model":"x","location":{"type":"Point","coordinates":[12.51,41.93]}}`
	const read = `{"ts":1772359200,"temp_c":20,"lat":41.94,"lon":12.52}`
	f("air-00000", "meta", "mqtt", born, "41.93,12.51")
	f("air-00000", "meta", "replay", born, "41.93,12.51") // it waited for approval
	f("air-00000", "meta", ingest.ImportDoor, born, "")
	f("air-00000", "up", "mqtt", read, "41.94,12.52")
	f("air-00000", "up", "mqtt", `{"ts":1772359200,"temp_c":20}`, "")
	f("air-00000", "meta", "mqtt", `{"model":"x","location":{"type":"Point","coordinates":[0,0]}}`, "")
	f("air-00000", "meta", "mqtt", `{"model":"x","location":{"type":"Point","coordinates":[12.51,141.93]}}`, "")
	f("air-00009", "meta", "mqtt", born, "") // not registered
	f("bus-1", "up", "mqtt", read, "")
}

// A tracker that says where it is, and nothing else, is there: a point of the
// device itself stands at that place.
func TestPositionAlone(t *testing.T) {
	o := benchOptions(t, 1)
	moving := devices.Device{ID: "bus-1", Kind: devices.Air, Moving: true, Placements: o.Registry.Snapshot().Device("air-00000").Placements}
	snapshot, err := o.Registry.Snapshot().With(2, devices.ChangeSet{Put: []devices.Device{moving}})
	if err != nil {
		t.Fatal(err)
	}
	o.Registry = registry{snapshot}
	p, w := newPipeline(o), newWork()
	p.snapshot, p.routes = snapshot, o.Routes()
	for i, payload := range []string{`{"ts":1772359200,"lat":41.94,"lon":12.52}`, `{"ts":1772359260,"temp_c":20}`} {
		p.message(&ingest.Message{
			Received: checksBegin, Door: "mqtt", Route: "native", Client: "bus-1", Topic: "sc/v1/058091/air/bus-1/up", Payload: []byte(payload),
		}, devices.Expected{}, w)
		if len(w.points) != i+1 || w.points[i].Position != (geo.Point{Lat: 41.94, Lon: 12.52}) {
			t.Fatalf("%s: %+v", payload, w.points)
		}
	}
	if at := &w.points[0]; at.Measurement != ofDevice || len(at.Fields) != 1 || at.Quality&ingest.PositionUncertain != 0 {
		t.Errorf("of the position: %+v", at)
	}
}
