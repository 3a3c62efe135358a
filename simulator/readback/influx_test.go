package readback

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startInflux runs the InfluxDB 1.8 that is on PATH and returns its URL.
func startInflux(t *testing.T) string {
	t.Helper()
	binary, err := exec.LookPath("influxd")
	if err != nil {
		t.Skip("SKIPPED: influxd is not on PATH; without it nothing proves that the read-back's queries are understood")
	}
	var addresses [2]string
	for i := range addresses {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addresses[i] = l.Addr().String()
		l.Close()
	}
	dir := t.TempDir()
	config := fmt.Sprintf("bind-address = %q\nreporting-disabled = true\n[meta]\ndir = %q\n[data]\ndir = %q\nwal-dir = %q\n[http]\nbind-address = %q\nlog-enabled = false\n[monitor]\nstore-enabled = false\n",
		addresses[0], filepath.Join(dir, "meta"), filepath.Join(dir, "data"), filepath.Join(dir, "wal"), addresses[1])
	path := filepath.Join(dir, "influx.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-config", path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	url := "http://" + addresses[1]
	awaitPing(t, url)
	return url
}

func awaitPing(t *testing.T, url string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		resp, err := http.Get(url + "/ping")
		if err == nil {
			resp.Body.Close()
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("influxd does not answer: ", err)
		}
	}
}

func post(t *testing.T, url, contentType, body string) {
	t.Helper()
	resp, err := http.Post(url, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("%s: %s", url, resp.Status)
	}
}

// line writes a row in line protocol. A device's own digits stand below the ms.
func line(r row, below int) string {
	var b strings.Builder
	b.WriteString(r.measurement)
	for _, name := range keys(r.tags) {
		b.WriteString("," + name + "=" + strings.ReplaceAll(r.tags[name], " ", `\ `))
	}
	sep := " "
	for _, name := range keys(r.fields) {
		fmt.Fprintf(&b, "%s%s=%v", sep, name, r.fields[name])
		sep = ","
	}
	fmt.Fprintf(&b, " %d\n", r.ms*1_000_000+int64(below))
	return b.String()
}

func TestARealInfluxDB(t *testing.T) {
	url := startInflux(t)
	post(t, url+"/query", "application/x-www-form-urlencoded", "q=CREATE+DATABASE+city")
	devices := fleet(3, 2500, nil)
	var lines strings.Builder
	fill(devices, func(n int, r row) []row {
		switch {
		case n == 100 && r.measurement == "air": // lost
			return nil
		case n == 200 && r.measurement == "air": // restamped
			r.ms += 1234
		case n == 300 && r.measurement == "air": // twice
			lines.WriteString(line(r, 2))
		}
		lines.WriteString(line(r, 1))
		return nil
	})
	post(t, url+"/write?db=city", "text/plain", lines.String())
	r, err := Verify(t.Context(), devices, Options{Target: Target{URL: url, DB: "city"}, Deadline: time.Now(), Progress: func(int) {}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Stored != 7498 || r.Lost != 2 || r.StoredTwice != 1 || r.Restamped != 1 || r.Wrong != 0 {
		t.Errorf("%+v", r)
	}
}
