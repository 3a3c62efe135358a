package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/event"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/schema"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func airOne() *devices.Device {
	return &devices.Device{ID: "air-1", Kind: devices.Air, Placements: []devices.Placement{{Comune: "058091", Zone: "Municipio I", Point: geo.Point{Lat: 41.9, Lon: 12.5}, Cell: "132f61"}}}
}

// point is a point of a device, its values as name, value.
func point(t *testing.T, measurement string, received time.Time, values ...any) ingest.Point {
	t.Helper()
	m, d := schema.Lookup(measurement), airOne()
	p := ingest.Point{Measurement: m, Device: d, Place: d.Current(), Time: received.Add(-time.Minute), Received: received}
	for i := 0; i < len(values); i += 2 {
		v := ingest.FieldValue{Field: m.Field(values[i].(string))}
		if v.Field == nil {
			t.Fatalf("%s has no field %v", measurement, values[i])
		}
		switch x := values[i+1].(type) {
		case int:
			v.Int = int64(x)
		case float64:
			v.Float = x
		case string:
			v.Text = x
		}
		p.Fields = append(p.Fields, v)
	}
	return p
}

func TestListenerHearsWords(t *testing.T) {
	l := newListener()
	ofNobody := ingest.Point{Measurement: schema.Lookup("ledger"), Received: noon()}
	rebuilt := point(t, "air", time.Time{}, "temp_c", 20.0) // no message is behind it
	l.Stored([]ingest.Point{ofNobody, rebuilt, point(t, "air", noon().Add(time.Second), "temp_c", 21.5), point(t, "air", noon(), "temp_c", 21.0)})
	if got := l.newest(); !got.Equal(noon().Add(time.Second)) {
		t.Errorf("newest %v", got)
	}
	in := l.take()
	w := in.Heard["air-1"]
	if len(in.Heard) != 1 || !w.Received.Equal(noon().Add(time.Second)) || !w.Said.Equal(noon().Add(time.Second-time.Minute)) {
		t.Errorf("heard %+v", in.Heard)
	}
	if again := l.take(); len(again.Heard) != 0 || len(in.Heard) != 1 {
		t.Errorf("heard again: %+v; what was taken: %+v", again.Heard, in.Heard)
	}
}

func TestListenerHearsSessions(t *testing.T) {
	l := newListener()
	l.Stored([]ingest.Point{point(t, "device", noon(), "online", 0)})
	in := l.take()
	if len(in.Heard) != 0 || len(in.Sessions) != 1 || in.Sessions[0].Up || in.Sessions[0].Clean || !in.Sessions[0].At.Equal(noon()) {
		t.Errorf("a will is %+v", in)
	}
	l.Stored([]ingest.Point{point(t, "device", noon(), "online", 1), point(t, "device", noon(), "battery_pct", 80.0)})
	if in = l.take(); len(in.Heard) != 1 || len(in.Sessions) != 0 {
		t.Errorf("a state online is %+v", in)
	}
	l.Came("air-1")
	l.Left("air-1", true)
	l.Left("air-2", false)
	l.Came("air-2")
	in = l.take()
	got := map[string]bool{}
	for _, s := range in.Sessions {
		got[s.Device] = s.Up
	}
	if len(got) != 2 || got["air-1"] || !got["air-2"] {
		t.Errorf("sessions %+v", in.Sessions)
	}
}

func TestListenerHearsAlarms(t *testing.T) {
	l := newListener()
	tell := func(kind string, values ...any) {
		t.Helper()
		p := point(t, "event", noon(), values...)
		if kind != "" {
			p.Tags = []ingest.Tag{{Name: "type", Value: kind}}
		}
		l.Stored([]ingest.Point{p})
	}
	tell("birth", "state", 1, "text", "model X")
	if len(l.alarms) != 0 {
		t.Error("a birth is an alarm")
	}
	f := func(want event.Alarm) {
		t.Helper()
		want.Device, want.Comune, want.Time = "air-1", "058091", noon().Add(-time.Minute)
		if got := <-l.alarms; got != want {
			t.Errorf("alarm %+v, want %+v", got, want)
		}
	}
	tell("porta aperta", "severity", 4, "state", 1, "text", "aperta")
	f(event.Alarm{Type: "porta aperta", Severity: event.Critical, Text: "aperta"})
	tell("porta aperta", "state", 0)
	f(event.Alarm{Type: "porta aperta", Severity: event.Warning, Ends: true, Text: "air-1: porta aperta"})
	tell("", "text", "qualcosa")
	f(event.Alarm{Type: "alarm", Severity: event.Warning, Text: "qualcosa"})
	if in := l.take(); len(in.Heard) != 1 {
		t.Error("who raises an alarm has spoken")
	}
	for range alarmsWaiting + 3 {
		tell("x", "state", 1)
	}
	if len(l.alarms) != alarmsWaiting || l.dropped.Load() != 3 {
		t.Errorf("%d alarms wait, %d dropped", len(l.alarms), l.dropped.Load())
	}
}

func TestListenerAllocatesLittle(t *testing.T) {
	l := newListener()
	points := slices.Repeat([]ingest.Point{point(t, "air", noon(), "temp_c", 21.5)}, 1000)
	l.Stored(points)
	if n := testing.AllocsPerRun(100, func() { l.Stored(points) }); n != 0 {
		t.Errorf("%v allocations for a thousand points", n)
	}
}

// BenchmarkStored is what presence adds to the processing of one point.
func BenchmarkStored(b *testing.B) {
	l := newListener()
	points := make([]ingest.Point, 5000)
	for i := range points {
		d := airOne()
		d.ID = fmt.Sprintf("air-%d", i)
		points[i] = ingest.Point{Measurement: schema.Lookup("air"), Device: d, Place: d.Current(), Time: noon(), Received: noon()}
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Stored(points)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(points)), "ns/point")
}

func TestEventPoint(t *testing.T) {
	s, err := devices.NewSnapshot(1, []devices.Device{*airOne()})
	if err != nil {
		t.Fatal(err)
	}
	f := func(e event.Event, want string) {
		t.Helper()
		e.Changed = time.Unix(0, 7)
		b := influx.NewBatch()
		b.Add(eventPoint(s, &e))
		if got := strings.TrimSpace(string(b.Line(0))); got != want {
			t.Errorf("line\n  got  %s\n  want %s", got, want)
		}
	}
	e := event.Event{Type: event.Silent, Severity: event.Warning, State: event.Open, Step: event.Raised, Comune: "058091", Device: "air-1", Text: "nothing"}
	const place = `,s2_cell_id=132f61,type=silent,zone=Municipio\ I severity=2i,state=`
	f(e, `event,comune=058091,device_id=air-1`+place+`1i,text="nothing",lat=41.9,lon=12.5,q=0i 7`)
	e.Ack, e.State, e.Step = &event.Acknowledgement{Who: "anna", Note: "vado"}, event.Acknowledged, event.Taken
	f(e, `event,comune=058091,device_id=air-1`+strings.Replace(place, "severity=2i", "severity=0i", 1)+`1i,text="nothing; acknowledged by anna: vado",lat=41.9,lon=12.5,q=0i 7`)
	e.State, e.Step = event.Closed, event.Cleared
	f(e, `event,comune=058091,device_id=air-1`+place+`0i,text="nothing; over",lat=41.9,lon=12.5,q=0i 7`)
	f(event.Event{Type: event.ComuneWide, Severity: event.Critical, State: event.Open, Step: event.Raised, Comune: "082053", Text: "dark"},
		`event,comune=082053,type=comune_wide severity=4i,state=1i,text="dark" 7`)
	f(event.Event{Type: event.OwnFault, State: event.Open, Step: event.Raised, Text: "us"}, `event,type=own_fault severity=0i,state=1i,text="us" 7`)
}
