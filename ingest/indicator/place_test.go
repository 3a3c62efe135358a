package indicator_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/indicator"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// community are three comuni and a union, two of them of one class of population.
func community() []geo.Administration {
	return []geo.Administration{
		{Name: "Alta", Comuni: []string{"000001"}, Population: 4_000},
		{Name: "Bassa", Comuni: []string{"000002"}, Population: 90_000},
		{Name: "Mezzana", Comuni: []string{"000003"}},
		{Name: "Unione", Union: true, Comuni: []string{"000004", "000005"}, Population: 70_000},
	}
}

// compared runs the indicators of a community over devices and facts, and returns
// what the store has then.
func compared(t *testing.T, devices, facts string, known func(context.Context) ([]indicator.Fact, error)) *influx.Client {
	t.Helper()
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	b := influx.NewBatch()
	for line := range strings.Lines(devices) {
		b.AddLine(fmt.Appendf(nil, "%s %d", strings.TrimSuffix(line, "\n"), now.Add(-time.Minute).UnixNano()))
	}
	if _, err := w.Write(t.Context(), "city", b); err != nil {
		t.Fatal(err)
	}
	book := newBook(t)
	list, err := indicator.ReadCSV(strings.NewReader("initiative,id,date,value,comune,subject\n" + facts))
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Put(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	comuni := []string{"000001", "000002", "000003", "000004", "000005"}
	define := func(d indicator.Definition) indicator.Definition {
		d.Initiative, d.Comuni, d.Split = "anci", comuni, indicator.ByAdministration
		return d
	}
	r, err := indicator.New(indicator.Options{
		Store: store{server.Client(), w}, Facts: book, Known: known, Administrations: community(), Now: func() time.Time { return now },
		Definitions: []indicator.Definition{
			define(indicator.Definition{ID: "up", Target: 98, Live: &indicator.Live{Measurement: "wifi_ap", Field: "up", As: "availability"}}),
			define(indicator.Definition{ID: "rank", Rank: &indicator.Rank{Of: "up", Rising: true}}),
			define(indicator.Definition{ID: "cost-device", Ratio: &indicator.Ratio{Of: "cost", Per: "devices"}}),
			define(indicator.Definition{ID: "shared", Sum: true}),
			define(indicator.Definition{ID: "finished", Done: &indicator.Done{Things: []string{"one", "two", "three", "four"}, State: 2}}),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server.Client()
}

// figures returns the newest values of an indicator, by comune, subject and class.
func figures(t *testing.T, c *influx.Client, id string) map[string]float64 {
	t.Helper()
	all, err := c.Query(t.Context(), "city", `SELECT last(value) FROM indicator WHERE id = '`+id+`' GROUP BY comune, subject, class`)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, s := range all {
		out[strings.TrimSpace(s.Tags["comune"]+" "+s.Tags["subject"]+" "+s.Tags["class"])], _ = ingest.NumberOf(s.Values[0][1])
	}
	return out
}

// A comune that is an administration stands under its name, a union under its own
// with the devices of all its comuni; people in a fact win over those in the table.
func TestAdministrationsAreCompared(t *testing.T) {
	devices := `wifi_ap,device_id=a,comune=000001 up=1i
wifi_ap,device_id=b,comune=000002 up=1i
wifi_ap,device_id=c,comune=000002 up=0i
wifi_ap,device_id=d,comune=000004 up=1i
wifi_ap,device_id=e,comune=000005 up=1i
wifi_ap,device_id=f,comune=000005 up=0i
wifi_ap,device_id=g,comune=000005 up=1i`
	facts := `anci,cost,2026-01-01,100,000001,
anci,cost,2026-01-01,600,,Unione
anci,cost,2026-01-01,50,000004,
anci,cost,2026-01-01,10,000003,
anci,population,2026-01-01,65000,000003,
anci,shared,2026-01-01,3,000001,
anci,shared,2026-01-01,4,,Unione
`
	c := compared(t, devices, facts, func(context.Context) ([]indicator.Fact, error) {
		return []indicator.Fact{
			{Initiative: "anci", ID: "devices", Comune: "000001", Value: 4},
			{Initiative: "anci", ID: "devices", Subject: "Unione", Value: 3},
			{Initiative: "anci", ID: "devices", Comune: "000002", Value: 0},
		}, nil
	})
	f := func(id string, want map[string]float64) {
		t.Helper()
		if got := figures(t, c, id); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
	f("up", map[string]float64{"": 500.0 / 7, "000001 Alta a": 100, "000002 Bassa e": 50, "Unione e": 75})
	f("rank", map[string]float64{"000001 Alta a": 50, "000002 Bassa e": 25, "Unione e": 75}) // no whole has a rank
	f("cost-device", map[string]float64{"": 100, "000001 Alta a": 25, "Unione e": 200})      // of what both are told; no division by no device
	f("shared", map[string]float64{"": 7, "000001 Alta a": 3, "Unione e": 4})
	f("population-class", map[string]float64{"000001 Alta a": 0, "000002 Bassa e": 4, "000003 Mezzana e": 4, "Unione e": 4})
	f("cost", map[string]float64{"000001 Alta a": 100, "000003 Mezzana e": 10, "000004": 50, "Unione e": 600}) // a member's stays a member's
}

// How many things are done follows from their states, place by place; what is said wins.
func TestSharesOfThingsDone(t *testing.T) {
	c := compared(t, "", `anci,one,2026-01-01,2,000001,
anci,two,2026-01-01,1,000001,
anci,three,2026-01-01,2,000001,
anci,one,2026-01-01,0,,Unione
anci,one,2026-01-01,2,000002,
anci,finished,2026-01-01,80,000002,
anci,other,2026-01-01,2,000003,
`, nil)
	want := map[string]float64{"": 130.0 / 3, "000001 Alta a": 50, "000002 Bassa e": 80, "Unione e": 0}
	if got := figures(t, c, "finished"); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What the whole is said to be is not computed.
func TestTheWholeIsSaid(t *testing.T) {
	c := compared(t, "", `anci,cost,2026-01-01,100,000001,
anci,cost,2026-01-01,500,,
anci,devices,2026-01-01,10,000001,
anci,devices,2026-01-01,20,,
anci,shared,2026-01-01,1,000001,
anci,shared,2026-01-01,9,,
`, nil)
	f := func(id string, want map[string]float64) {
		t.Helper()
		if got := figures(t, c, id); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
	f("cost-device", map[string]float64{"": 25, "000001 Alta a": 10})
	f("shared", map[string]float64{"": 9, "000001 Alta a": 1})
}

func TestDerivedDefinitionsThatAreWrong(t *testing.T) {
	f := func(want string, d indicator.Definition) {
		t.Helper()
		o := indicator.Options{Store: store{}, Facts: &indicator.Book{}, Definitions: []indicator.Definition{d}, Administrations: community()}
		if d.ID == "" {
			o.Administrations = nil
		}
		if _, err := indicator.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("there are none", indicator.Definition{Split: indicator.ByAdministration})
	f("two other figures", indicator.Definition{ID: "a", Split: "zone", Ratio: &indicator.Ratio{Of: "b"}})
	f("two other figures", indicator.Definition{ID: "a", Split: "zone", Ratio: &indicator.Ratio{Of: "b", Per: "a"}})
	f("neither ranked", indicator.Definition{ID: "a", Split: "zone", Ratio: &indicator.Ratio{Of: "b", Per: "c"}, Rank: &indicator.Rank{Of: "b"}})
}

// Facts of two things on one day are two facts.
func TestFactsOfThings(t *testing.T) {
	book := newBook(t)
	for _, file := range []string{
		"palermo,dataset-age,2026-01-01,1,air\npalermo,dataset-age,2026-01-01,2,bins\npalermo,dataset-age,2026-01-01,3,\n",
		"palermo,dataset-age,2026-01-01,4,air\n", // in place of the first
	} {
		list, err := indicator.ReadCSV(strings.NewReader("initiative,id,date,value,subject\n" + file))
		if err != nil {
			t.Fatal(err)
		}
		if err := book.Put(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := book.List(t.Context())
	got := map[string]float64{}
	for _, f := range kept {
		got[f.Subject] = f.Value
	}
	if want := map[string]float64{"air": 4, "bins": 2, "": 3}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if _, err := indicator.ReadCSV(strings.NewReader("initiative,id,date,value,subject\nroma,a,2026-01-01,1," + strings.Repeat("x", 101))); err == nil {
		t.Error("a subject of 101 bytes is taken")
	}
}
