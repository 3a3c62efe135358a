package dashboards

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// costDevices is how many devices the city of BenchmarkPages has:
// RIONE_TEST_DEVICES, or 1,000.
func costDevices() int {
	if n, err := strconv.Atoi(os.Getenv("RIONE_TEST_DEVICES")); err == nil {
		return n
	}
	return 1000
}

// cityOfTenThousand is how many series each measurement has in a city of 10,000
// devices: an access point has two radios and two networks on the air.
func cityOfTenThousand() map[string]int {
	return map[string]int{
		"wifi_ap": 2000, "wifi_radio": 4000, "wifi_ssid": 4000, "net_if": 2000, "bb_link": 3000, "bb_probe": 300, "bb_speed": 300,
		"air": 500, "noise": 300, "weather": 200, "water": 100, "traffic": 500, "parking_spot": 1500, "parking_area": 50,
		"light": 1000, "bin": 500, "people": 50, "device": 5000,
	}
}

// every is how often each of the devices reports.
const every = 10 * time.Minute

// filler writes the city to a store.
type filler struct {
	b      *testing.B
	writer *influx.Writer
	bucket string
	batch  *influx.Batch
	points int
}

func newFiller(b *testing.B, c *influx.Client, bucket string) *filler {
	b.Helper()
	w, err := influx.NewWriter(c)
	if err != nil {
		b.Fatal(err)
	}
	return &filler{b: b, writer: w, bucket: bucket, batch: influx.NewBatch()}
}

func (f *filler) add(line string) {
	f.batch.AddLine([]byte(line))
	if f.points++; f.batch.Len() == 5000 {
		f.flush()
	}
}

func (f *filler) flush() {
	if rejected, err := f.writer.Write(f.b.Context(), f.bucket, f.batch); err != nil || len(rejected) > 0 {
		f.b.Fatalf("%d lines are refused: %v", len(rejected), err)
	}
	f.batch.Reset()
}

// comuneOf spreads devices over twenty comuni, those of the initiatives first.
func comuneOf(n int) string {
	return append([]string{"058091", "082053", "046007"}, comuniOf("venezia")...)[n%20]
}

// fillDay writes a day of the city and returns the points. The ledger has a page
// a second with a point for each comune that sent, indicators are told each hour.
func fillDay(b *testing.B, c *influx.Client, devices int, now time.Time) int {
	b.Helper()
	f := newFiller(b, c, schema.BucketFixed)
	city := cityOfTenThousand()
	names := slices.Sorted(maps.Keys(city))
	for at := now.Add(-24 * time.Hour); at.Before(now); at = at.Add(every) {
		i := int(at.Unix() / int64(every.Seconds()))
		for _, name := range names {
			m := schema.Lookup(name)
			for n := range max(1, city[name]*devices/10_000) {
				var line strings.Builder
				writeLine(&line, m, comuneOf(n), n, i, at)
				f.add(line.String())
			}
		}
		for n := range min(devices, 20*int(every.Seconds())) {
			page := at.Add(every * time.Duration(n) / time.Duration(devices)).Truncate(time.Second)
			f.add(fmt.Sprintf("ledger,comune=%s,door=mqtt stored=1i,partial=0i,duplicate=0i,quarantined=0i,expired=0i,points=2i,bytes=200i %d\n",
				comuneOf(n), page.UnixNano()))
			f.add(fmt.Sprintf("ledger,door=mqtt acked=1i %d\n", page.UnixNano()))
		}
	}
	for at := now.Add(-24 * time.Hour); at.Before(now); at = at.Add(time.Hour) {
		f.indicators(at)
	}
	f.flush()
	return f.points
}

func (f *filler) indicators(at time.Time) {
	all, err := ShippedInitiatives()
	if err != nil {
		f.b.Fatal(err)
	}
	for place := range 20 {
		for _, m := range schema.Services() {
			f.add(fmt.Sprintf("indicator,initiative=%s,id=%s,comune=%s,zone=zona-%d value=90,target=100 %d\n",
				schema.Service, m, comuneOf(place), place%testZones, at.UnixNano()))
		}
	}
	for _, i := range all {
		for _, n := range i.Indicators {
			for place := range 20 {
				f.add(fmt.Sprintf("indicator,initiative=%s,id=%s,comune=%s,zone=zona-%d value=%d,baseline=1,target=2 %d\n",
					i.ID, n.ID, comuneOf(place), place%testZones, place, at.UnixNano()))
			}
		}
	}
}

// fillYear writes the daily windows of places of a year, two zones a comune, and
// returns the points.
func fillYear(b *testing.B, c *influx.Client, devices int, now time.Time) int {
	b.Helper()
	f := newFiller(b, c, schema.BucketDaily)
	for day := range 365 {
		for _, m := range schema.Rolled() {
			for n := range min(devices, 40) {
				var line strings.Builder
				writeLine(&line, schema.RollupPlaces(m, schema.Day), comuneOf(n/2), n, day, schema.Day.Start(now.AddDate(0, 0, -day)))
				f.add(line.String())
			}
		}
	}
	f.flush()
	return f.points
}

// settle waits until the store has put away what was written.
func settle(b *testing.B, s *influxtest.Server) {
	b.Helper()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	deadline := time.Now().Add(3 * time.Minute)
	for before := s.CPU(); time.Now().Before(deadline); {
		<-tick.C
		now := s.CPU()
		if now-before < 50*time.Millisecond {
			return
		}
		before = now
	}
	b.Log("the store is still at work; figures are too high")
}

// cost is what opening a page asks of the store.
type cost struct {
	page, slowest string
	queries       int
	cpu, most     time.Duration // of the whole page, and of its slowest panel
	took          time.Duration // one query after the other
}

// BenchmarkPages measures what opening each page over 24 hours costs InfluxDB,
// as its own processor time, in a city of RIONE_TEST_DEVICES devices. Closed
// rows ask nothing.
func BenchmarkPages(b *testing.B) { measurePages(b, fillDay, false) }

// BenchmarkClosedRows measures what opening the closed row of each page costs,
// over a year of daily windows.
func BenchmarkClosedRows(b *testing.B) { measurePages(b, fillYear, true) }

type fill func(b *testing.B, c *influx.Client, devices int, now time.Time) (points int)

func measurePages(b *testing.B, fill fill, closed bool) {
	b.Helper()
	s := influxtest.Start(b)
	s.Buckets(schema.BucketFixed, schema.BucketHourly, schema.BucketDaily)
	now := time.Now().UTC().Truncate(time.Hour)
	devices := costDevices()
	points := fill(b, s.Client(), devices, now)
	settle(b, s)
	set, err := Shipped(Config{InfluxURL: s.URL})
	if err != nil {
		b.Fatal(err)
	}
	var found []cost
	for i := range set.Dashboards {
		d := &set.Dashboards[i]
		b.Run(d.Name, func(b *testing.B) {
			var c cost
			for b.Loop() {
				c = openRows(b, s, d, closed, now)
			}
			b.ReportMetric(float64(c.cpu.Milliseconds()), "cpu-ms/page")
			if c.queries > 0 {
				found = append(found, c)
			}
		})
	}
	// What the parent of other benchmarks logs is not shown.
	fmt.Printf("%d devices, %d points\n%s", devices, points, costTable(found))
}

// openRows asks what a page asks when somebody opens it, or its closed rows.
func openRows(b *testing.B, s *influxtest.Server, d *Dashboard, closed bool, now time.Time) cost {
	b.Helper()
	client := s.Client()
	c := cost{page: d.Name}
	began, cpu := time.Now(), s.CPU()
	for _, r := range d.Rows {
		for _, p := range r.Panels {
			if r.Closed != closed {
				continue
			}
			before := s.CPU()
			for _, q := range p.Queries {
				c.queries++
				if _, err := client.Query(b.Context(), q.Level().Bucket(schema.BucketFixed), overDay(d, q, p, now)); err != nil {
					b.Fatal(err)
				}
			}
			if used := s.CPU() - before; used >= c.most {
				c.slowest, c.most = p.Title.En, used
			}
		}
	}
	c.cpu, c.took = s.CPU()-cpu, time.Since(began)
	return c
}

func costTable(all []cost) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "page\tqueries\tCPU ms\ttime ms\tslowest panel\tCPU ms")
	for _, c := range all {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%d\n", c.page, c.queries, c.cpu.Milliseconds(), c.took.Milliseconds(),
			c.slowest, c.most.Milliseconds())
	}
	w.Flush()
	return b.String()
}

// overDay expands a panel's query as Grafana does for a page that shows a day.
func overDay(d *Dashboard, q Query, p Panel, now time.Time) string {
	span := 24 * time.Hour
	if p.Window > 0 {
		span = p.Window
	}
	points := time.Duration(720) // columns of a plot on a wide screen
	if p.Points > 0 {
		points = time.Duration(p.Points)
	}
	interval := max(p.Every, span/points)
	filter := fmt.Sprintf("time >= %dms and time <= %dms", now.Add(-span).UnixMilli(), now.UnixMilli())
	text := strings.NewReplacer("$timeFilter", filter, "$__interval", fmt.Sprintf("%ds", int(interval.Seconds()))).Replace(q.String())
	for _, v := range d.Variables {
		choice := ".*"
		if v.Single {
			choice = strings.ReplaceAll(v.From, "_", "-") + "-07"
		}
		text = strings.ReplaceAll(text, "${"+variableOf(v.Tag)+":regex}", choice)
	}
	return text
}
