package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/api"
	"rione/cmd/rione/config"
	"rione/geo"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// withTargets is a rig with two InfluxDBs: one of Palermo, one of everybody
// else.
func withTargets(t *testing.T, env ...string) *rig {
	t.Helper()
	first, second := influxtest.Start(t), influxtest.Start(t)
	list, err := json.Marshal([]config.Target{{Name: "palermo", URL: second.URL, Token: second.Token, Org: second.Org, Comuni: []string{"082053"}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "targets.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, append(env, "RIONE_INFLUX_URL="+first.URL, "RIONE_INFLUX_TOKEN="+first.Token, "RIONE_INFLUX_ORG="+first.Org, "RIONE_INFLUX_TARGETS="+file)...)
	r.storeURL, r.storeToken, r.second = first.URL, first.Token, second
	return r
}

// metric sums a metric of rione over the series that have all the labels.
func (r *rig) metric(name string, labels ...string) float64 {
	r.t.Helper()
	_, body := r.ask("/metrics")
	sum := 0.0
lines:
	for line := range bytes.Lines(body) {
		if !bytes.HasPrefix(line, []byte(name)) {
			continue
		}
		for _, l := range labels {
			if !bytes.Contains(line, []byte(l)) {
				continue lines
			}
		}
		var v float64
		fields := strings.Fields(string(line))
		if _, err := fmt.Sscan(fields[len(fields)-1], &v); err != nil {
			r.t.Fatal(err)
		}
		sum += v
	}
	return sum
}

// stored counts the readings in an InfluxDB.
func (r *rig) stored(url, token string) int {
	n := 0
	for _, s := range r.queryAt(url, token, "SELECT count(temp_c) FROM air") {
		n += int(number(s.Values[0][1]))
	}
	return n
}

// One of two InfluxDBs goes away and comes back: the other one gets everything
// meanwhile, and the lines of the first are parked and written after. rione is
// killed with -9 while they are.
func TestDrillSecondTarget(t *testing.T) {
	r := withTargets(t, fixedPort(t, "MQTT_LISTEN"))
	ids := r.register(drillDevices)
	r.up()
	s := r.startLoad(ids, 20_000, *drillRate, drillBase())
	s.awaitAcked(t, int64(*drillRate))
	r.second.Kill()
	s.awaitAcked(t, s.acked.Load()+int64(*drillRate*drillOutage.Seconds()*0.8))
	acked := s.acked.Load()
	r.await("the first target to go on", time.Minute, func() bool { return r.stored(r.storeURL, r.storeToken) >= int(acked*45/100) })
	r.await("lines to be parked", time.Minute, func() bool { return r.metric("rione_process_parked_lines_total", `target="palermo"`) > 0 })
	if code := r.status(); code != 200 {
		t.Errorf("status is %d: one target that is away is no reason", code)
	}
	r.kill()
	r.up()
	s.awaitAcked(t, s.acked.Load()+int64(*drillRate))
	r.second.Restart()
	back := time.Now()
	r.await("the parked lines to be written", 3*time.Minute, func() bool { return r.metric("rione_process_breakers", `state="closed"`, `target="palermo"`) == 1 })
	took, drained := time.Since(back), r.metric("rione_process_drained_lines_total", `target="palermo"`)
	t.Logf("%.0f lines were parked and written in %v: %.1f times as fast as they come", drained, took.Round(10*time.Millisecond), drained/took.Seconds()/(*drillRate/2))
	r.settle(s)
	if n := r.stored(r.storeURL, r.storeToken); n == 0 || r.stored(r.second.URL, r.second.Token) == 0 {
		t.Error("one of the targets has nothing")
	}
	for _, series := range r.queryAt(r.storeURL, r.storeToken, `SELECT count(temp_c) FROM air WHERE comune='082053'`) {
		t.Errorf("the first target has readings of the second's comune: %v", series.Values)
	}
	r.readBack(ids)
}

// readBack asks the API for a device of each target, and for both comuni.
func (r *rig) readBack(ids []string) {
	r.t.Helper()
	start := drillBase().Add(-time.Hour).Format(time.RFC3339)
	for _, ask := range []string{"device=" + ids[0], "device=" + ids[1], "comune=082053", "comune=058091"} {
		seen := map[string]bool{}
		for cursor, pages := "", 0; pages < 3; pages++ {
			var page api.ReadingPage
			r.get("/v1/readings?measurement=air&limit=50&start="+start+"&"+ask+"&cursor="+cursor, &page)
			for _, one := range page.Readings {
				key := one.DeviceID + one.Time.String()
				if seen[key] {
					r.t.Errorf("%s: %s is given twice", ask, key)
				}
				seen[key] = true
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if len(seen) < 51 {
			r.t.Errorf("%s: %d readings, want more than a page", ask, len(seen))
		}
	}
}

// A moving device is where its readings say, in the bucket of movers of its
// comune's target, through parking as well.
func TestMovingDevice(t *testing.T) {
	t.Parallel()
	r := withTargets(t)
	r.must("device_id,kind,comune,lat,lon,moving\nbus-1,air,082053,38.12,13.36,yes\n", "devices", "import", "-")
	r.up()
	c, _ := r.client("bus-1")
	base := time.Now().Add(-time.Minute).Truncate(time.Second)
	say := func(k int, where string) {
		t.Helper()
		r.publish(c, "sc/v1/082053/air/bus-1/up", fmt.Sprintf(`{"ts":%d,"temp_c":%d%s}`, base.UnixMilli()+int64(k)*1000, k, where))
	}
	say(0, "")
	say(1, `,"lat":38.2,"lon":13.3`)
	r.awaitBalance(2)
	r.second.Kill()
	say(2, `,"lat":38.9,"lon":13.9`)
	say(3, "")
	r.awaitBalance(4)
	r.second.Restart()
	var got []string
	r.await("the parked readings", time.Minute, func() bool {
		got = nil
		for _, s := range r.queryAt(r.second.URL, r.second.Token, `SELECT temp_c, lat, lon, q, comune, s2_cell_id FROM city_movers..air`) {
			for _, row := range s.Values {
				got = append(got, fmt.Sprint(row[1:]...))
			}
		}
		return len(got) == 4
	})
	cell := func(lat, lon float64) string { return geo.Point{Lat: lat, Lon: lon}.Cell(geo.LevelMover) }
	want := []string{
		fmt.Sprint(int64(0), 38.12, 13.36, int64(32), "082053", cell(38.12, 13.36)),
		fmt.Sprint(int64(1), 38.2, 13.3, int64(0), "082053", cell(38.2, 13.3)),
		fmt.Sprint(int64(2), 38.9, 13.9, int64(0), "082053", cell(38.9, 13.9)),
		fmt.Sprint(int64(3), 38.9, 13.9, int64(32), "082053", cell(38.9, 13.9)),
	}
	if !slices.Equal(got, want) {
		t.Errorf("stored:\n%q, want\n%q", got, want)
	}
}

// A line that the store refuses among thousands costs itself only.
func TestDrillPoison(t *testing.T) {
	store := influxtest.Start(t)
	r := newRig(t, "RIONE_INFLUX_URL="+store.URL, "RIONE_INFLUX_TOKEN="+store.Token, "RIONE_INFLUX_ORG="+store.Org)
	r.storeURL, r.storeToken = store.URL, store.Token
	ids := r.register(drillDevices + 1)
	r.up()
	base := drillBase()
	store.Buckets("city")
	w, err := influx.NewWriter(store.Client())
	if err != nil {
		t.Fatal(err)
	}
	wrong := influx.NewBatch()
	wrong.AddLine(fmt.Appendf(nil, `air pm10_ugm3="a text" %d`, base.UnixNano())) // from now on it is a string there
	if rejects, err := w.Write(t.Context(), "city", wrong); err != nil || len(rejects) > 0 {
		t.Fatal(rejects, err)
	}
	s := r.startLoad(ids[:drillDevices], 20_000, *drillRate, base)
	s.awaitAcked(t, 2500)
	c, _ := r.client(ids[drillDevices])
	r.publish(c, fmt.Sprintf("sc/v1/%s/air/%s/up", comuneOf(ids[drillDevices]), ids[drillDevices]), fmt.Sprintf(`{"ts":%d,"pm10_ugm3":5}`, base.UnixMilli()))
	c.Disconnect(0)
	s.awaitAcked(t, 5000)
	all := s.finish()
	if total := r.awaitBalance(s.acked.Load() + 1); total.Quarantined != 1 || total.Acked != total.Stored+total.Duplicate+1 {
		t.Errorf("ledger: %+v, want one message in quarantine and the others stored", total)
	}
	r.proveStored(all, base)
	if out := r.must("", "quarantine", "list"); !strings.Contains(out, "rejected_by_store") || !strings.Contains(out, ids[drillDevices]) {
		t.Errorf("quarantine:\n%s", out)
	}
}

// mosquitto is a broker of the test's own, which keeps sessions over a restart.
type mosquitto struct {
	t      *testing.T
	config string
	at     string
	cmd    *exec.Cmd
}

func startMosquitto(t *testing.T) *mosquitto {
	t.Helper()
	if _, err := exec.LookPath("mosquitto"); err != nil {
		t.Skip("SKIPPED: mosquitto is not installed; the restart of an external broker is not drilled")
	}
	_, at, _ := strings.Cut(fixedPort(t, "ANY"), "=")
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	m := &mosquitto{t: t, at: at, config: filepath.Join(t.TempDir(), "mosquitto.conf")}
	text := "listener " + port + " 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\nmax_inflight_messages 1000\n" +
		"persistence true\npersistence_location " + t.TempDir() + "/\n"
	if err := os.WriteFile(m.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m.start()
	t.Cleanup(m.stop)
	return m
}

func (m *mosquitto) start() {
	m.t.Helper()
	m.cmd = exec.Command("mosquitto", "-c", m.config)
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
}

// stop ends it in order, as an operator does: killed it loses what it has not
// saved, which is its own promise and not rione's.
func (m *mosquitto) stop() {
	_ = m.cmd.Process.Signal(os.Interrupt) // it may be gone already
	_ = m.cmd.Wait()
}

// An external broker restarts under load: what it acknowledged is stored.
func TestDrillBrokerRestarts(t *testing.T) {
	m := startMosquitto(t)
	store := influxtest.Start(t)
	r := newRig(t, "RIONE_INFLUX_URL="+store.URL, "RIONE_INFLUX_TOKEN="+store.Token, "RIONE_INFLUX_ORG="+store.Org, "RIONE_BROKER_URL=tcp://"+m.at)
	r.storeURL, r.storeToken, r.broker = store.URL, store.Token, m.at
	ids := r.register(drillDevices)
	r.up() // and the door has subscribed: status tells of brokers that are away
	s := r.startLoad(ids, 20_000, *drillRate, drillBase())
	for range *drillKills {
		s.awaitAcked(t, s.acked.Load()+int64(*drillRate))
		m.stop()
		m.start()
	}
	s.awaitAcked(t, s.acked.Load()+int64(*drillRate))
	r.settle(s)
}
