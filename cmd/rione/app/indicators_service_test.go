package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/dashboards"
	"rione/devices"
	"rione/devices/event"
	"rione/ingest"
	"rione/ingest/indicator"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// fleet are devices of a kind in Rome.
func fleet(t *testing.T, kind devices.Kind, ids ...string) *devices.Snapshot {
	t.Helper()
	var all []devices.Device
	for _, id := range ids {
		d := *airOne()
		d.ID, d.Kind = id, kind
		d.Retired, d.Pending = strings.HasPrefix(id, "retired"), strings.HasPrefix(id, "pending")
		all = append(all, d)
	}
	s, err := devices.NewSnapshot(1, all)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSilencesAreOfDevicesInService(t *testing.T) {
	s := fleet(t, devices.WifiAP, "ap-1", "ap-2", "retired-1", "pending-1")
	f := func(want string, events ...event.Event) {
		t.Helper()
		got := ""
		for _, one := range silences(events, s) {
			got += fmt.Sprintf("%s %s %s %s;", one.Device, one.Measurement, one.Comune, one.Zone)
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	of := func(t event.Type, source string, ids ...string) event.Event {
		return event.Event{Type: t, Source: source, Devices: ids}
	}
	const one, two = "ap-1 wifi_ap 058091 Municipio I;", "ap-2 wifi_ap 058091 Municipio I;"
	f("")
	f(one, of(event.Silent, event.FromPresence, "ap-1"))
	f(one+two, of(event.Disconnected, event.FromPresence, "ap-1"), of(event.GatewayDown, event.FromPresence, "ap-2", "unknown"))
	f(one+two, of(event.ComuneWide, event.FromPresence, "ap-1", "ap-2", "pending-1", "retired-1"))
	f("", of(event.OwnFault, event.FromPresence, "ap-1"))
	f("", of("door open", event.FromDevice, "ap-1"), of(event.JournalFull, event.FromPlatform, "ap-2"))
}

// The indicator, the tile of its initiative and the pages of the city tell the same
// share of access points, of which one has been silent for two hours.
func TestShareInServiceIsOneNumber(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets(schema.BucketFixed, schema.BucketDaily)
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	b := influx.NewBatch()
	for i, id := range []string{"ap-1", "ap-2", "ap-3", "ap-silent"} {
		ago := time.Minute
		if id == "ap-silent" {
			ago = 2 * time.Hour
		}
		b.AddLine(fmt.Appendf(nil, `wifi_ap,comune=058091,zone=Municipio\ I,device_id=%s up=%di,clients=3i,q=0i %d`, id, min(1, i), now.Add(-ago).UnixNano()))
	}
	if rejects, err := w.Write(t.Context(), schema.BucketFixed, b); err != nil || len(rejects) > 0 {
		t.Fatal(rejects, err)
	}
	silence := silences([]event.Event{{Type: event.Silent, Source: event.FromPresence, Devices: []string{"ap-silent"}}},
		fleet(t, devices.WifiAP, "ap-1", "ap-2", "ap-3", "ap-silent"))
	initiatives, err := dashboards.ShippedInitiatives()
	if err != nil {
		t.Fatal(err)
	}
	one := stores{{name: "default", bucket: schema.BucketFixed, client: server.Client(), writer: w}}
	r, err := indicator.New(indicator.Options{
		Store: indicatorStore{one, comuniOf(initiatives), slog.New(slog.DiscardHandler)}, Facts: noFacts{}, Services: schema.Services(),
		Definitions: definitionsOf(initiatives), Administrations: administrationsOf(initiatives), Silent: func() []indicator.Silence { return silence },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := func(what, q string) {
		t.Helper()
		all, err := server.Client().Query(t.Context(), schema.BucketFixed, q)
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %v, %v\n%s", what, all, err, q)
		}
		if got, _ := ingest.NumberOf(all[0].Values[0][1]); got != 50 {
			t.Errorf("%s: %v %%, want two of four\n%s", what, got, q)
		}
	}
	f("indicator", `SELECT last(value) FROM indicator WHERE initiative = 'roma' AND id = 'wifi-up' AND zone = ''`)
	f("zone", `SELECT last(value) FROM indicator WHERE initiative = 'roma' AND id = 'wifi-up' AND zone = 'Municipio I'`)
	set, err := dashboards.Shipped(dashboards.Config{InfluxURL: "http://influx:8086"})
	if err != nil {
		t.Fatal(err)
	}
	for page, want := range map[string]int{"plan-roma": 1, "city": 2, "wifi": 1, "comune": 1, "zone": 1} {
		if asked := sharesOf(set.Dashboards, page); len(asked) != want {
			t.Errorf("%s asks for %d shares, want %d", page, len(asked), want)
		} else {
			for _, q := range asked {
				f(page, asked1h(q, now))
			}
		}
	}
}

// noFacts are none.
type noFacts struct{}

func (noFacts) List(context.Context) ([]indicator.Fact, error)       { return nil, nil }
func (noFacts) Removed(context.Context) ([]indicator.Removal, error) { return nil, nil }
func (noFacts) Forget(context.Context, indicator.Removal) error      { return nil }

// sharesOf returns the queries of a page's tiles and bars of Wi-Fi in service.
func sharesOf(pages []dashboards.Dashboard, name string) (out []string) {
	at := slices.IndexFunc(pages, func(d dashboards.Dashboard) bool { return d.Name == name })
	for _, row := range pages[at].Rows {
		for _, p := range row.Panels {
			if p.Kind == dashboards.Stat && p.Title.En == "Wi-Fi in service" || p.Title.En == "Wi-Fi by comune" {
				out = append(out, p.Queries[0].String())
			}
		}
	}
	return out
}

// asked1h does what Grafana does before it asks, for the last hour and every place.
func asked1h(q string, now time.Time) string {
	filter := fmt.Sprintf("time >= %dms AND time <= %dms", now.Add(-time.Hour).UnixMilli(), now.Add(time.Minute).UnixMilli())
	return strings.NewReplacer("$timeFilter", filter, "${comune:regex}", ".*", "${zone:regex}", ".*").Replace(q)
}
