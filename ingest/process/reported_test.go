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
		}, w)
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
