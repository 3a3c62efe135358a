package indicator_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/indicator"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/journal"
)

type store struct {
	client *influx.Client
	writer *influx.Writer
}

func (s store) QueryEach(ctx context.Context, bucket, q string, f func(*ingest.Series) error) error {
	return s.client.QueryEach(ctx, bucket, q, f)
}

func (s store) Write(ctx context.Context, bucket string, points []ingest.Point) error {
	b := influx.NewBatch()
	for i := range points {
		b.Add(&points[i])
	}
	rejects, err := s.writer.Write(ctx, bucket, b)
	if len(rejects) > 0 {
		return fmt.Errorf("refused: %s", rejects[0].Detail)
	}
	return err
}

func (s store) Delete(ctx context.Context, bucket string, f indicator.Fact, from, to time.Time) error {
	tags := map[string]string{"initiative": f.Initiative, "id": f.ID}
	for name, v := range map[string]string{"comune": f.Comune, "zone": f.Zone} {
		if v != "" {
			tags[name] = v
		}
	}
	return s.client.DeleteSeries(ctx, bucket, "indicator", tags, from, to)
}

func newBook(t *testing.T) *indicator.Book {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: t.TempDir(), NoSync: true, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	b, err := indicator.OpenBook(t.Context(), js, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var now = time.Date(2026, 5, 4, 12, 7, 0, 0, time.UTC)

func TestStoreIndicators(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	b := influx.NewBatch()
	line := func(device, comune, zone string, up int, ago time.Duration) {
		b.AddLine(fmt.Appendf(nil, "wifi_ap,device_id=%s,comune=%s,zone=%s up=%di %d", device, comune, zone, up, now.Add(-ago).UnixNano()))
	}
	line("a", "058091", "I", 0, 50*time.Minute) // then up
	line("a", "058091", "I", 1, 5*time.Minute)
	line("b", "058091", "I", 0, 5*time.Minute)
	line("c", "058091", "II", 1, 5*time.Minute)
	line("d", "058091", "II", 1, 2*time.Hour)    // too old
	line("e", "082053", "III", 0, 5*time.Minute) // of another initiative
	if _, err := w.Write(t.Context(), "city", b); err != nil {
		t.Fatal(err)
	}
	book := newBook(t)
	facts, err := indicator.ReadCSV(strings.NewReader("initiative,id,date,value,zone,target\nroma,actions,2025-01-01,10,,\nroma,actions,2026-01-01,20,,90\nroma,actions,2027-01-01,30,,\nroma,actions,2026-01-01,5,I,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the same facts again are the same
		if err := book.Put(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
	r, err := indicator.New(indicator.Options{
		Store: store{server.Client(), w}, Facts: book, Now: func() time.Time { return now },
		Definitions: []indicator.Definition{
			{Initiative: "roma", ID: "wifi-up", Baseline: 90, Target: 98, Comuni: []string{"058091"}, Split: "zone", Live: &indicator.Live{Measurement: "wifi_ap", Field: "up", As: "availability"}},
			{Initiative: "roma", ID: "actions", Baseline: 1, Target: 50, Comuni: []string{"058091"}, Split: "zone"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f := func(bucket, q string, want ...any) {
		t.Helper()
		all, err := server.Client().Query(t.Context(), bucket, q)
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %v, %v", q, all, err)
		}
		for i, v := range want {
			got, _ := ingest.NumberOf(all[0].Values[0][i+1])
			if w, _ := ingest.NumberOf(v); got < w-1e-9 || got > w+1e-9 {
				t.Errorf("%s: %v, want %v", q, all[0].Values[0], want)
			}
		}
	}
	f("city", `SELECT last(value), baseline, target FROM indicator WHERE id = 'wifi-up'`, 200.0/3, int64(90), int64(98))
	f("city", `SELECT last(value) FROM indicator WHERE id = 'wifi-up' AND zone = 'I'`, int64(50))
	f("city", `SELECT last(value) FROM indicator WHERE id = 'wifi-up' AND zone = 'II'`, int64(100))
	f("city", `SELECT last(value), baseline, target FROM indicator WHERE id = 'actions'`, int64(20), int64(1), int64(90))
	f("city", `SELECT count(value) FROM indicator`, int64(5))                                       // three places or wholes of each, written once
	f("city_1d", `SELECT count(value) FROM indicator WHERE id = 'actions' AND zone = ''`, int64(4)) // three dates and today
	f("city_1d", `SELECT value FROM indicator WHERE id = 'actions' AND zone = '' AND time < '2025-06-01'`, int64(10))
}

// A device that is silent is not available, whatever it said last and however long ago;
// one that was retired is not counted.
func TestStoreSilentDevicesAreNotAvailable(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	b := influx.NewBatch()
	line := func(m, device, comune, zone string, up int, ago time.Duration) {
		b.AddLine(fmt.Appendf(nil, "%s,device_id=%s,comune=%s,zone=%s up=%di,rtt=1 %d", m, device, comune, zone, up, now.Add(-ago).UnixNano()))
	}
	line("wifi_ap", "moved", "058091", "I", 0, 30*time.Minute) // to zone II
	line("wifi_ap", "moved", "058091", "II", 1, 5*time.Minute)
	line("wifi_ap", "up", "058091", "I", 1, 5*time.Minute)
	line("wifi_ap", "down", "058091", "II", 0, 5*time.Minute)
	line("wifi_ap", "silent", "058091", "I", 1, 20*time.Minute)
	line("wifi_ap", "long-silent", "058091", "III", 1, 100*time.Hour)
	line("wifi_ap", "retired", "058091", "II", 0, 5*time.Minute)
	line("wifi_ap", "elsewhere", "082053", "A", 1, 5*time.Minute)
	line("bb_link", "line", "058091", "I", 1, 5*time.Minute)
	if _, err := w.Write(t.Context(), "city", b); err != nil {
		t.Fatal(err)
	}
	silent := []indicator.Silence{
		{Device: "silent", Measurement: "wifi_ap", Comune: "058091", Zone: "I"},
		{Device: "long-silent", Measurement: "wifi_ap", Comune: "058091", Zone: "III"},
		{Device: "another", Measurement: "air", Comune: "058091", Zone: "I"},
	}
	define := func(id, as string) indicator.Definition {
		return indicator.Definition{Initiative: "roma", ID: id, Comuni: []string{"058091"}, Split: "zone",
			Live: &indicator.Live{Measurement: "wifi_ap", Field: "up", As: as}}
	}
	r, err := indicator.New(indicator.Options{
		Store: store{server.Client(), w}, Facts: newBook(t), Now: func() time.Time { return now },
		Definitions: []indicator.Definition{define("wifi-up", "availability"), define("wifi-mean", "mean")},
		Silent:      func() []indicator.Silence { return silent },
		InService:   func(device string) bool { return device != "retired" },
		Services:    []string{"wifi_ap", "bb_link"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f := func(q string, want map[string]string) {
		t.Helper()
		if err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := server.Client().Query(t.Context(), "city", q)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, s := range all {
			row := s.Values[0]
			got[s.Tags["comune"]+s.Tags["zone"]] = strings.TrimSuffix(fmt.Sprint(row[1:]...), "<nil>")
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s\n  got  %v\n  want %v", q, got, want)
		}
	}
	// of moved, up, down, silent and long-silent two are up
	f(`SELECT last(value) FROM indicator WHERE id = 'wifi-up' GROUP BY zone`, map[string]string{"": "40", "I": "50", "II": "50", "III": "0"})
	f(`SELECT last(value) FROM indicator WHERE id = 'wifi-mean' AND zone = 'I' GROUP BY zone`, map[string]string{"I": "1"}) // of what was said
	counts := `SELECT last(value), last(target) FROM indicator WHERE initiative = 'rione' AND id = 'wifi_ap' GROUP BY comune, zone`
	f(counts, map[string]string{"058091I": "1 2", "058091II": "1 2", "058091III": "0 1", "082053A": "1 1"})
	f(`SELECT last(value), last(target) FROM indicator WHERE initiative = 'rione' AND id = 'bb_link' GROUP BY comune, zone`, map[string]string{"058091I": "1 1"})
	silent = nil
	f(`SELECT last(value) FROM indicator WHERE id = 'wifi-up' AND zone != 'III' GROUP BY zone`, map[string]string{"": "75", "I": "100", "II": "50"})
}

// A comune of which everything is silent has a figure.
func TestStoreAllSilentIsNothingAvailable(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	r, err := indicator.New(indicator.Options{
		Store: store{server.Client(), w}, Facts: newBook(t), Now: func() time.Time { return now },
		Definitions: []indicator.Definition{{Initiative: "capannori", ID: "wifi-up", Comuni: []string{"046007"}, Split: "zone",
			Live: &indicator.Live{Measurement: "wifi_ap", Field: "up", As: "availability"}}},
		Silent: func() []indicator.Silence {
			return []indicator.Silence{{Device: "a", Measurement: "wifi_ap", Comune: "046007"}, {Device: "b", Measurement: "wifi_ap", Comune: "058091"}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := server.Client().Query(t.Context(), "city", `SELECT value FROM indicator`)
	if err != nil || len(all) != 1 || len(all[0].Values) != 1 || fmt.Sprint(all[0].Values[0][1]) != "0" {
		t.Errorf("%v, %v", all, err)
	}
}

// A rank is the share of the class that a comune does better than; places show
// on maps.
func TestStoreRanks(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	book := newBook(t)
	facts, err := indicator.ReadCSV(strings.NewReader(`initiative,id,date,value,comune
anci,cost,2026-01-01,100,000001
anci,cost,2026-01-01,80,000002
anci,cost,2026-01-01,80,000003
anci,cost,2026-01-01,60,000004
anci,cost,2026-01-01,10,000009
anci,cost,2026-01-01,5,000008
roma,cost,2026-01-01,1,000004
`))
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Put(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	comuni := []string{"000001", "000002", "000003", "000004", "000008", "000009"}
	r, err := indicator.New(indicator.Options{
		Store: store{server.Client(), w}, Facts: book, Now: func() time.Time { return now },
		ClassOf: func(comune string) string {
			return map[string]string{"000008": "", "000009": "large"}[comune] + map[bool]string{true: "small"}[comune < "000005"]
		},
		PlaceOf: func(comune, _ string) (geo.Point, bool) { return geo.Point{Lat: 45, Lon: 12}, comune == "000001" },
		Definitions: []indicator.Definition{
			{Initiative: "anci", ID: "cost", Baseline: 120, Target: 80, Comuni: comuni, Split: "comune"},
			{Initiative: "anci", ID: "rank", Baseline: 50, Target: 75, Comuni: comuni, Split: "comune", Rank: &indicator.Rank{Of: "cost"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	all, err := server.Client().Query(t.Context(), "city", `SELECT value, lat FROM indicator WHERE id = 'rank' GROUP BY comune`)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		got[s.Tags["comune"]], _ = ingest.NumberOf(s.Values[0][1])
		if at := s.Values[0][2] != nil; at != (s.Tags["comune"] == "000001") {
			t.Errorf("%s has a position: %v", s.Tags["comune"], at)
		}
	}
	// The fewer the better: 60 beats three of four, the two at 80 one and share
	// a place. Nobody compares with the only large one; one has no class.
	want := map[string]float64{"000001": 12.5, "000002": 50, "000003": 50, "000004": 87.5, "000009": 50}
	if !maps.Equal(got, want) {
		t.Errorf("ranks %v, want %v", got, want)
	}
}

// What the platform knows is a figure like others, until people say something
// else of the same place; what it cannot tell is no figure.
func TestKnownFigures(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	book, knows, fails := newBook(t), 3.0, error(nil)
	r, err := indicator.New(indicator.Options{
		Store: store{server.Client(), w}, Facts: book, Now: func() time.Time { return now },
		Known: func(context.Context) ([]indicator.Fact, error) {
			return []indicator.Fact{{Initiative: "palermo", ID: "datasets", Value: knows}}, fails
		},
		Definitions: []indicator.Definition{{Initiative: "palermo", ID: "datasets", Baseline: 10, Target: 40, Split: "zone"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	f := func(bucket, where, want string) {
		t.Helper()
		if err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := server.Client().Query(t.Context(), bucket, `SELECT value, baseline, target FROM indicator WHERE id = 'datasets'`+where)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		last := all[0].Values[len(all[0].Values)-1]
		if got := fmt.Sprint(last[1:]); got != want {
			t.Errorf("%s%s: %s, want %s", bucket, where, got, want)
		}
	}
	say := func(file string) {
		t.Helper()
		facts, err := indicator.ReadCSV(strings.NewReader("initiative,id,date,value,zone\n" + file))
		if err != nil {
			t.Fatal(err)
		}
		if err := book.Put(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
	f("city", "", "[3 10 40]")
	knows = 4
	f("city", "", "[4 10 40]")
	f("city_1d", "", "[4 10 40]")
	say("palermo,datasets,2030-01-01,30,\npalermo,datasets,2026-01-01,9,Centro\n") // not yet, and of a part only
	f("city", " AND zone = ''", "[4 10 40]")
	say("palermo,datasets,2026-05-01,12,\n")
	f("city", " AND zone = ''", "[12 10 40]")
	fails = errors.New("no store")
	if err := r.Once(t.Context()); !errors.Is(err, fails) {
		t.Errorf("what the platform cannot tell: %v", err)
	}
}

func TestFactsThatAreWrong(t *testing.T) {
	f := func(file string, want ...string) {
		t.Helper()
		_, err := indicator.ReadCSV(strings.NewReader(file))
		if err == nil {
			t.Errorf("%q is read", file)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v, want %q in it", file, err, w)
			}
		}
	}
	const head = "initiative,id,date,value\n"
	f("", "header")
	f("initiative,id,date\n", `"value" is missing`)
	f("initiative,id,date,value,colour\n", `"colour"`)
	f(head+"roma,a,2026-01-01,x\nroma,b,soon,1\nroma,c,2026-01-01,2\n", "line 2", "value", "line 3", "2026-01-31")
	f(head+"roma,a,2026-02-30,1\nroma,a,31/12/2026,1\nroma,a,1850-01-01,1\nroma,a,,1\n", "line 2: date", "line 3: date", "line 4", "1850-01-01 is not between", "line 5: date")
	f(head+"roma,a,2026-01-01,1e400\nroma,b,2026-01-01,\nroma,c,2026-01-01,\"2,5\"\n", `line 2: value: "1e400" is no number`, "line 3: value", `line 4: value: "2,5" is no number`)
	f("initiative;id;date;value\nroma;a;2026-01-01;1.234,5\n", `line 2: value: "1.234,5" is no number`)
	f(head+"roma,a,2026-01-01,1\nroma,b,2026-01-01,1\nroma,a,2026-01-01,2\n", "line 4: the same indicator, place and date as line 2")
	f(head+"\"ro\"ma,a,2026-01-01,1\nroma,b,2026-01-01,1,7\n", "line 2", "line 3")
	f(head+"roma,a,2026-01-01,\"1\nroma,b,2026-01-01,1\n", "line 2")
	f("initiative,id,date,value,value\n", `"value" is there twice`)
	f("initiative,id,date,value,target\nroma,a,2026-01-01,1,much\n", `target: "much"`)
	f(head+"Roma!,a,2026-01-01,1\n", "initiative")
	f(head+"roma,a,2026-01-01,NaN\n", "finite")
	f(head+"roma,a,2026-01-01\n", "line 2")
	f("initiative,id,date,value,comune\nroma,a,2026-01-01,1,Roma\n", "ISTAT")
	if err := newBook(t).Put(t.Context(), []indicator.Fact{{Initiative: "roma"}}); err == nil {
		t.Error("a fact without id is kept")
	}
}

func TestDates(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		d, err := indicator.ParseDate(text)
		if got := d.Format(time.RFC3339); err != nil || got != want || indicator.DateText(d) != text {
			t.Errorf("%s: %s, %v, back %s", text, got, err, indicator.DateText(d))
		}
	}
	f("2026-01-31", "2026-01-30T23:00:00Z")
	f("2026-07-01", "2026-06-30T22:00:00Z")
	f("2026-03-29", "2026-03-28T23:00:00Z")
	f("2026-10-25", "2026-10-24T22:00:00Z")
}

func TestDefinitionsThatAreWrong(t *testing.T) {
	f := func(d indicator.Definition) {
		t.Helper()
		if _, err := indicator.New(indicator.Options{Store: store{}, Facts: &indicator.Book{}, Definitions: []indicator.Definition{d}}); err == nil {
			t.Errorf("%+v is taken", d)
		}
	}
	f(indicator.Definition{Split: "street"})
	f(indicator.Definition{Split: "zone", Live: &indicator.Live{Measurement: "dreams", Field: "up", As: "mean"}})
	f(indicator.Definition{Split: "zone", Live: &indicator.Live{Measurement: "wifi_ap", Field: "down", As: "mean"}})
	f(indicator.Definition{Split: "zone", Live: &indicator.Live{Measurement: "wifi_ap", Field: "up", As: "guess"}})
	if _, err := indicator.New(indicator.Options{}); err == nil {
		t.Error("no store is needed")
	}
}
