package alias

import (
	"fmt"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// TestPlaces gives a collector the ways in which codecs say where a device is:
// the makers' own keys, Cayenne LPP as The Things Stack (gps_1) and ChirpStack
// (gpsLocation) write it.
func TestPlaces(t *testing.T) {
	var c Collector
	f := func(object, want, unknown string) {
		t.Helper()
		var p wire.Parser
		v, err := p.ParseObject([]byte(object))
		if err != nil {
			t.Fatal(err)
		}
		var out ingest.Readings
		c.Reset()
		c.Collect(&p, v.GetObject(), &out)
		got := ""
		if at := c.Position(); at != nil {
			got = fmt.Sprint(at.Lat, ",", at.Lon)
		}
		if names := strings.Join(out.Unknown, " "); got != want || names != unknown || len(out.Refused) > 0 {
			t.Errorf("%s\n is %s, unknown %q; want %s, %q", object, got, names, want, unknown)
		}
	}
	f(`{"latitude": 41.9, "longitude": 12.5}`, "41.9,12.5", "")
	f(`{"Latitude": "41.9", "Longitude": "12.5", "battery": 80}`, "41.9,12.5", "")
	f(`{"lat": 41.9, "lng": 12.5}`, "41.9,12.5", "")
	f(`{"lat": -33.4, "lon": -70.6}`, "-33.4,-70.6", "")
	f(`{"gps_1": {"latitude": 41.9, "longitude": 12.5, "altitude": 20}}`, "41.9,12.5", "")
	f(`{"gpsLocation": {"1": {"latitude": 41.9, "longitude": 12.5, "altitude": 20}}}`, "41.9,12.5", "")
	f(`{"gps": {"lat": 41.9, "lon": 12.5}, "temperature": 21}`, "41.9,12.5", "")
	f(`{"location": {"lat": 41.9, "lng": 12.5, "accuracy": 12}}`, "41.9,12.5", "")
	f(`{"location": {"type": "Point", "lat": 41.9, "lon": 12.5}}`, "41.9,12.5", "")
	f(`{"data": {"position": {"latitude": 41.9, "longitude": 12.5}}}`, "41.9,12.5", "")
	f(`{"lat": 41.9, "lon": 12.5, "gps": {"lat": 1, "lon": 2}}`, "41.9,12.5", "")
	f(`{"gps_1": {"latitude": 41.9, "longitude": 12.5}, "gps_2": {"latitude": 1, "longitude": 2}}`, "41.9,12.5", "")

	f(`{"latitude": 0, "longitude": 0}`, "", "") // no fix
	f(`{"latitude": 41.9}`, "", "")
	f(`{"latitude": 41902782, "longitude": 12496365}`, "", "")
	f(`{"latitude": null, "longitude": null}`, "", "")
	f(`{"position": "tilt", "location": 7}`, "", "position location")
	f(`{"latitude": "N 41", "longitude": "E 12"}`, "", "latitude longitude")
	f(`{"gps": {}}`, "", "")
	f(`{"gps": {"1": {"2": {"3": {"4": {"5": {"lat": 1, "lon": 2}}}}}}}`, "", "")
}

// Nothing of one object's place is found in the next, and readings have a copy.
func TestPlacesAreNotShared(t *testing.T) {
	var c Collector
	var p wire.Parser
	var out ingest.Readings
	v, _ := p.ParseObject([]byte(`{"temperature": 20, "battery": 80, "lat": 41.9, "lon": 12.5}`))
	c.Collect(&p, v.GetObject(), &out)
	c.Readings(&ingest.Reading{Device: "a"}, &out)
	list := out.All()
	if len(list) != 2 || list[0].Position == nil || list[1].Position == nil || list[0].Position.Lat != 41.9 {
		t.Fatalf("%+v", list)
	}
	c.Reset()
	v, _ = p.ParseObject([]byte(`{"temperature": 21, "lat": 1}`))
	c.Collect(&p, v.GetObject(), &out)
	if c.Position() != nil || list[0].Position.Lat != 41.9 {
		t.Errorf("%v, %v", c.Position(), list[0].Position)
	}
}
