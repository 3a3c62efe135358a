package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/cmd/rione/app"
	"rione/dashboards/grafana/grafanatest"
)

// children returns the processes that rione has started.
func (r *rig) children() []int {
	r.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		r.t.Fatal(err)
	}
	var pids []int
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		// pid (name) state ppid …; the name may hold anything.
		after := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(after) > 1 && after[1] == strconv.Itoa(r.cmd.Process.Pid) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				r.t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		r.t.Fatal("rione has no child")
	}
	return pids
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestStopsInOrder(t *testing.T) {
	r := newRig(t)
	r.up()
	child := r.children()[0]
	_ = r.cmd.Process.Signal(os.Interrupt)
	select {
	case <-r.done:
	case <-time.After(15 * time.Second): // five, and a margin for a busy machine
		t.Fatalf("rione goes on after an interrupt:\n%s", r.log())
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit %d after an interrupt:\n%s", code, r.log())
	}
	if alive(child) {
		t.Error("InfluxDB was left behind")
	}
	if _, err := app.Running(r.dir); err == nil {
		t.Error("the data folder says that rione still runs")
	}
}

func TestOrphanOfACrash(t *testing.T) {
	r := newRig(t)
	r.up()
	child := r.children()[0]
	r.kill()
	r.up() // and does not stumble over what the crash left
	if now := r.children()[0]; now == child {
		t.Error("the same process again, started by another parent?")
	}
	r.await("the orphan's end", 10*time.Second, func() bool { return !alive(child) })
}

func TestMQTTOverWebSocket(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\nair-0001,air,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	c := paho.NewClient(paho.NewClientOptions().AddBroker("ws://" + r.at.HTTP + "/mqtt").SetClientID("air-0001").SetConnectRetry(false))
	if tok := c.Connect(); !tok.WaitTimeout(20*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	defer c.Disconnect(0)
	r.publish(c, "sc/v1/058091/air/air-0001/up", `{"temp_c": 21.4}`)
	if total := r.awaitBalance(1); total.Stored != 1 {
		t.Errorf("ledger: %+v", total)
	}
}

func TestDashboardsExport(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	out := r.must("", "dashboards", "export", dir)
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) < 5 {
		t.Errorf("%d dashboards written (%v): %s", len(files), err, out)
	}
}

func TestDashboardsApplyTwice(t *testing.T) {
	g := grafanatest.Start(t)
	r := newRig(t, "RIONE_GRAFANA_URL="+g.URL, "RIONE_GRAFANA_TOKEN="+g.Token)
	if out := r.must("", "dashboards", "plan"); !strings.Contains(out, "rione_city") {
		t.Errorf("the plan does not name the city overview:\n%s", out)
	}
	r.must("", "dashboards", "apply")
	if g.Writes() == 0 {
		t.Fatal("nothing was written")
	}
	before := g.Writes()
	r.must("", "dashboards", "apply")
	if g.Writes() != before {
		t.Errorf("a second apply wrote %d times", g.Writes()-before)
	}
	out, errs, code := r.run("", "dashboards", "drift")
	if code != 0 || strings.Contains(out, "~") {
		t.Errorf("drift right after apply: exit %d\n%s%s", code, out, errs)
	}
	if strings.Contains(out+errs, g.Token) {
		t.Error("the token is printed")
	}
}
