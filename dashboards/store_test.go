package dashboards

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// The test city: two comuni with a zone each and ten devices a zone, one point
// a minute for a quarter of an hour.
const (
	testZones   = 2
	testDevices = 10
	testPoints  = 15
)

func cityLines(now time.Time) string {
	var b strings.Builder
	for _, m := range schema.All() {
		if m.Name == "ledger" {
			continue
		}
		for series := range testZones * testDevices {
			for i := range testPoints {
				at := now.Add(-time.Duration(testPoints-i) * time.Minute)
				writeLine(&b, m, []string{"058091", "082053"}[series%testZones], series, i, at)
			}
		}
	}
	for id, subject := range map[string]string{schema.JournalFilled: "", schema.ProcessingLag: "", schema.ProcessorsUp: "", schema.DoorsOpen: "", schema.QuarantineHeld: ",subject=unparsable"} {
		fmt.Fprintf(&b, "indicator,initiative=%s,id=%s%s value=7 %d\n", schema.Platform, id, subject, now.Add(-time.Minute).UnixNano())
	}
	for i := range testPoints {
		ledgerLines(&b, now.Add(-time.Duration(i+1)*time.Minute))
	}
	initiativeLines(&b, now)
	for zone, comune := range []string{"058091", "082053"} {
		serviceLines(&b, comune, fmt.Sprintf("zona-%d", zone), now.Add(-time.Minute))
	}
	return b.String()
}

// ledgerLines are a page of the ledger: a door knows what it acked, and not of
// which comune that is.
func ledgerLines(b *strings.Builder, at time.Time) {
	fmt.Fprintf(b, "ledger,door=mqtt acked=20i %d\n", at.UnixNano())
	for _, comune := range []string{"058091", "082053"} {
		fmt.Fprintf(b, "ledger,comune=%s,door=mqtt stored=6i,partial=1i,duplicate=2i,quarantined=1i,expired=0i,points=12i,bytes=900i %d\n",
			comune, at.UnixNano())
	}
}

// initiativeLines give the first comune of each initiative one device of every
// kind, and each indicator a value.
func initiativeLines(b *strings.Builder, now time.Time) {
	all, err := ShippedInitiatives()
	if err != nil {
		panic(err) // they are embedded
	}
	at := now.Add(-time.Minute).UnixNano()
	fmt.Fprintf(b, "event,type=journal_full severity=3i,state=1i,text=\"80 %% full\" %d\n", at)
	for _, i := range all {
		fmt.Fprintf(b, "event,comune=%s,type=note severity=1i,text=\"a note\" %d\n", i.Comuni[0], at)
		fmt.Fprintf(b, "event,comune=%s,type=isolation severity=3i,state=1i,text=\"a try\" %d\n", i.Comuni[0], at)
		factLines(b, i, now.Add(-time.Minute))
		if i.ID != "palermo" && i.ID != "roma" { // whose comuni have theirs
			serviceLines(b, i.Comuni[0], "centro", now.Add(-time.Minute))
		}
		for _, n := range i.Indicators {
			for _, place := range []string{",comune=" + i.Comuni[0] + ",zone=centro", ",subject=Torino,class=f", ""} {
				fmt.Fprintf(b, "indicator,initiative=%s,id=%s%s value=%f,baseline=%f,target=%f %d\n",
					i.ID, n.ID, place, n.Baseline, n.Baseline, n.Target, at)
			}
			if n.Live != nil {
				writeLine(b, schema.Lookup(n.Live.Measurement), i.Comuni[0], 1, testPoints-1, now.Add(-time.Minute))
			}
		}
	}
}

// factLines give the initiative's other facts values, and the maps that show
// them their lines and access points.
func factLines(b *strings.Builder, i Initiative, at time.Time) {
	for _, p := range i.Progress {
		for id := range p.Things {
			fmt.Fprintf(b, "indicator,initiative=%s,id=%s,comune=%s,zone=centro value=1 %d\n", i.ID, id, i.Comuni[0], at.UnixNano())
		}
	}
	for _, id := range []string{populationClass, "dataset-status", "dataset-age", "dataset-complete", "dataset-licence"} {
		fmt.Fprintf(b, "indicator,initiative=%s,id=%s,subject=Torino,class=f value=1 %d\n", i.ID, id, at.UnixNano())
	}
	for _, l := range i.Layers {
		fmt.Fprintf(b, "indicator,initiative=%s,id=%s,comune=%s,zone=centro value=7,lat=43.85,lon=10.57 %d\n", i.ID, l.ID, i.Comuni[0], at.UnixNano())
		for n := range 2 * fewestLines {
			writeLine(b, schema.Lookup("bb_link"), i.Comuni[0], 2*n, testPoints-1, at)
		}
	}
}

// serviceLines are rione's own counts: three of four devices are up.
func serviceLines(b *strings.Builder, comune, zone string, at time.Time) {
	for _, m := range schema.Services() {
		fmt.Fprintf(b, "indicator,initiative=%s,id=%s,comune=%s,zone=%s value=3,target=4 %d\n", schema.Service, m, comune, zone, at.UnixNano())
	}
}

func writeLine(b *strings.Builder, m *schema.Measurement, comune string, series, i int, at time.Time) {
	fmt.Fprintf(b, "%s,comune=%s,zone=zona-%d,device_id=%s-%02d,s2_cell_id=132f6", m.Name,
		comune, series%testZones, strings.ReplaceAll(m.Name, "_", "-"), series)
	for _, t := range m.Tags {
		fmt.Fprintf(b, ",%s=%s", t.Name, tagValue(t, series/testZones))
	}
	fmt.Fprintf(b, " lat=%f,lon=%f,q=%di", 41.9+float64(series)/1000, 12.5+float64(series)/1000, series%3+lateBit*(i%2))
	for _, f := range m.Fields {
		fmt.Fprintf(b, ",%s=%s", f.Name, fieldValue(f, series, i))
	}
	fmt.Fprintf(b, " %d\n", at.UnixNano())
}

func tagValue(t schema.Tag, n int) string {
	if len(t.Values) > 0 {
		return t.Values[n%len(t.Values)]
	}
	return fmt.Sprintf("%s%d", t.Name, n%3)
}

func fieldValue(f schema.Field, series, i int) string {
	switch {
	case f.Type == schema.Text:
		return fmt.Sprintf(`"%s %d"`, f.Name, i)
	case f.Role == schema.State:
		return fmt.Sprintf("%di", min(1, series%5))
	case f.Role == schema.Counter:
		return fmt.Sprintf("%di", 1000*series+60*i)
	case f.Type == schema.Int:
		return fmt.Sprintf("%di", 3+series%3)
	}
	return fmt.Sprintf("%f", f.Min+(f.Max-f.Min)/4+float64(series))
}

// expand does what Grafana does before it asks the store.
func expand(query string, now time.Time, choice map[string]string) string {
	return expandOver(query, now, time.Hour, choice)
}

func expandOver(query string, now time.Time, span time.Duration, choice map[string]string) string {
	for name, value := range choice {
		query = strings.ReplaceAll(query, "${"+name+":regex}", value)
	}
	filter := fmt.Sprintf("time >= %dms and time <= %dms", now.Add(-span).UnixMilli(), now.UnixMilli())
	return strings.NewReplacer("$timeFilter", filter, "$__interval", "5m").Replace(query)
}

func startStore(t *testing.T, now time.Time) *influxtest.Server {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: a real InfluxDB is not started in short mode")
	}
	s := influxtest.Start(t)
	s.Buckets(schema.BucketFixed, schema.BucketHourly, schema.BucketDaily)
	write(t, s, cityLines(now))
	writeTo(t, s, schema.BucketHourly, windowLines(schema.Hour, now))
	writeTo(t, s, schema.BucketDaily, windowLines(schema.Day, now)+figureLines(now))
	return s
}

// figureLines are the figures of initiatives, which are kept day by day too.
func figureLines(now time.Time) string {
	var all, b strings.Builder
	initiativeLines(&all, now)
	for line := range strings.Lines(all.String()) {
		if strings.HasPrefix(line, "indicator,") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// databaseOf returns the database that Grafana asks a page's query of.
func databaseOf(s *Set, d *Dashboard, q Query) string {
	e := &encoder{set: s, dashboard: d}
	uid := e.sourceOf(q)["uid"]
	i := slices.IndexFunc(s.DataSources, func(o DataSource) bool { return s.UID(o.Name) == uid })
	return s.DataSources[i].Database
}

// windowLines are the newest windows of a level, one for each series.
func windowLines(l schema.Level, now time.Time) string {
	var b strings.Builder
	for _, m := range schema.Rolled() {
		for series := range testZones * testDevices {
			comune := []string{"058091", "082053"}[series%testZones]
			writeLine(&b, schema.Rollup(m, l), comune, series, 1, l.Start(now))
			writeLine(&b, schema.RollupPlaces(m, l), comune, series, 1, l.Start(now))
		}
	}
	return b.String()
}

func write(t *testing.T, s *influxtest.Server, lines string) {
	t.Helper()
	writeTo(t, s, schema.BucketFixed, lines)
}

func writeTo(t *testing.T, s *influxtest.Server, bucket, lines string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		s.URL+"/api/v2/write?bucket="+bucket+"&org="+s.Org, strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+s.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatalf("writing the test city: %s", resp.Status)
	}
}

// TestEveryQueryAnswers runs every query of every panel on a real InfluxDB, as
// Grafana would for a city and for one device, and looks for the columns that
// the panel draws.
func TestEveryQueryAnswers(t *testing.T) {
	now := time.Now().UTC()
	client := startStore(t, now).Client()
	set := testSet(t)
	all := map[string]string{"comune": ".*", "zone": ".*", "device": ".*", "class": ".*"}
	run := func(where, bucket string, q Query, span time.Duration, choice map[string]string) {
		t.Helper()
		series, err := client.Query(t.Context(), bucket, expandOver(q.String(), now, max(span, time.Hour), choice))
		if err != nil {
			t.Errorf("%s: %v\n%s", where, err, q)
			return
		}
		filled := map[string]bool{}
		for _, s := range series {
			for _, tag := range q.Tags() {
				if s.Tags[tag] == "" {
					t.Errorf("%s: a series has no tag %s\n%s", where, tag, q)
				}
			}
			if !slices.Equal(s.Columns[1:], q.Columns()) {
				t.Errorf("%s: columns %v, want time and %v", where, s.Columns, q.Columns())
			}
			for _, row := range s.Values {
				for i, v := range row {
					filled[s.Columns[i]] = filled[s.Columns[i]] || v != nil
				}
			}
		}
		for _, c := range q.Columns() {
			if !filled[c] {
				t.Errorf("%s: column %s is empty with %v\n%s", where, c, choice, q)
			}
		}
	}
	eachPanel(&set, func(d *Dashboard, p Panel) {
		where := d.Name + "/" + p.Title.En
		for _, q := range p.Queries {
			bucket := databaseOf(&set, d, q)
			run(where, bucket, q, p.Window, all)
			run(where, bucket, q, p.Window, map[string]string{"comune": "058091", "zone": "zona-0", "device": ".*-02", "class": "(e|f)"})
		}
	})
	for _, g := range set.Alerts {
		for _, a := range g.Alerts {
			run("alert "+a.Name, schema.BucketFixed, a.Query, 0, nil)
		}
	}
	for i := range set.Dashboards {
		d := &set.Dashboards[i]
		bucket := databaseOf(&set, d, Query{})
		for _, a := range d.Annotations {
			run(d.Name+" annotation", bucket, a.Query, 0, all)
		}
		for _, v := range d.Variables {
			series, err := client.Query(t.Context(), bucket, expand(v.query(), now, all))
			if err != nil || len(series) == 0 || len(series[0].Values) == 0 {
				t.Errorf("%s: variable %s lists nothing: %v", d.Name, v.Tag, err)
			}
		}
	}
}

// TestSmallZonesAreHidden: fewer than five lines are homes that could be told
// apart.
func TestSmallZonesAreHidden(t *testing.T) {
	now := time.Now().UTC()
	s := startStore(t, now)
	f := func(choice string, wantZones int) {
		t.Helper()
		q := expand(linesByZone([]string{"comune", "device_id"}).String(), now,
			map[string]string{"comune": "(058091|082053)", "device": choice})
		series, err := s.Client().Query(t.Context(), schema.BucketFixed, q)
		if err != nil || len(series) != wantZones {
			t.Errorf("%s: %d zones, want %d (%v)", choice, len(series), wantZones, err)
		}
	}
	f(".*", 2)
	f("bb-link-0[0-7]", 0)
	f("bb-link-(0[0-9])", 2)
	f("bb-link-0[02468]", 1)
}

// TestAllMeansAll: the choice of everything also takes points that have no such
// tag, like an operator's note for the whole city.
func TestAllMeansAll(t *testing.T) {
	now := time.Now().UTC()
	s := startStore(t, now)
	q := From("bin").Select(Count("q").As("n")).For("comune", "zone", "device_id")
	count := func(device string) int64 {
		t.Helper()
		choice := map[string]string{"comune": ".*", "zone": ".*", "device": device}
		series, err := s.Client().Query(t.Context(), schema.BucketFixed, expand(q.String(), now, choice))
		if err != nil || len(series) != 1 {
			t.Fatalf("%d series, %v", len(series), err)
		}
		n, _ := series[0].Values[0][1].(int64)
		return n
	}
	before := count(".*")
	write(t, s, fmt.Sprintf("bin fill_pct=1,q=0i %d\n", now.Add(-time.Minute).UnixNano()))
	if got := count(".*"); got != before+1 {
		t.Errorf("%d points, want %d", got, before+1)
	}
}

// TestTrafficIsWhatCountersRose: two access points whose counters rise by 900
// bytes a minute, one of which starts anew from zero.
func TestTrafficIsWhatCountersRose(t *testing.T) {
	quarter := time.Now().UTC().Truncate(15 * time.Minute).Add(-30 * time.Minute)
	s := startStore(t, quarter.Add(-24*time.Hour))
	var b strings.Builder
	for minute := -1; minute < 15; minute++ {
		restarted := minute
		if minute >= 5 {
			restarted -= 5
		}
		for device, n := range []int{minute, restarted} {
			fmt.Fprintf(&b, "wifi_ssid,comune=082053,zone=centro,device_id=ap-%d,band=5g,ssid=citta down_bytes=%di %d\n",
				device, 900*(n+10), quarter.Add(time.Duration(minute)*time.Minute).UnixNano())
		}
	}
	write(t, s, b.String())
	q := expand(trafficOf("down_bytes", "down").String(), quarter.Add(20*time.Minute), map[string]string{"comune": "082053", "zone": "centro"})
	series, err := s.Client().Query(t.Context(), schema.BucketFixed, q)
	if err != nil || len(series) != 1 {
		t.Fatalf("%d series, %v", len(series), err)
	}
	i := slices.IndexFunc(series[0].Values, func(row []any) bool {
		at, ok := row[0].(time.Time)
		return ok && at.Equal(quarter)
	})
	if want := (15 + 14) * 900 * 8 / 900; i < 0 || fmt.Sprint(series[0].Values[i][1]) != fmt.Sprint(want) {
		t.Errorf("want %d bit/s at %s in %v", want, quarter, series[0].Values)
	}
}

// TestLedgerByComune: doors do not know the comune of what they acked, so what a
// comune's figures are shares of is what ended.
func TestLedgerByComune(t *testing.T) {
	now := time.Now().UTC()
	client := startStore(t, now).Client()
	f := func(want float64, q Query, comune string) {
		t.Helper()
		series, err := client.Query(t.Context(), schema.BucketFixed, expand(q.String(), now, map[string]string{"comune": comune}))
		if err != nil || len(series) != 1 {
			t.Fatalf("%d series, %v: %s", len(series), err, q)
		}
		if got := fmt.Sprint(series[0].Values[0][1]); got != fmt.Sprint(want) {
			t.Errorf("%s, want %v: %s", got, want, q)
		}
	}
	figures := ledgerFigures()
	for _, comune := range []string{".*", "082053", "(058091|082053)"} {
		f(20*testPoints, figures[0].Queries[0], comune)
		f(80, figures[1].Queries[0], comune)
		f(0, figures[3].Queries[0], comune)
	}
	f(testPoints, figures[2].Queries[0], "082053")
	f(2*testPoints, figures[2].Queries[0], ".*")
	f(10*testPoints, ledgerByComune().Queries[0], "058091")
}
