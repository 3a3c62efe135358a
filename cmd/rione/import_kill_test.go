package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"rione/ingest"
)

// importing is an import that runs in a process of its own.
type importing struct {
	cmd  *exec.Cmd
	errs bytes.Buffer
	done chan struct{}
}

// bring begins an import that takes some seconds.
func (r *rig) bring(file string) *importing {
	r.t.Helper()
	i := &importing{cmd: r.command("import", "readings", file, "--rate", "1500"), done: make(chan struct{})}
	i.cmd.Stderr = &i.errs
	if err := i.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() { defer close(i.done); _ = i.cmd.Wait() }()
	r.t.Cleanup(i.kill)
	return i
}

func (i *importing) kill() {
	_ = i.cmd.Process.Kill() // it may be over
	<-i.done
}

// progressOf returns how many lines of a file are done.
func progressOf(file string) (lines int) {
	b, err := os.ReadFile(file + ".progress")
	if err == nil {
		_, _ = fmt.Sscan(string(b), &lines) // nothing, while it is being written
	}
	return lines
}

// An import is killed, then rione is, both by kill -9; at the end every reading is
// there once, and every hour is what its readings say. Once more changes nothing.
func TestImportOverKills(t *testing.T) {
	t.Parallel()
	const readings, every = 9000, time.Minute
	r := newRig(t)
	r.must("device_id,kind,comune,interval_s\nair-old,air,058091,60\n", "devices", "import", "-")
	r.up()
	from := time.Now().UTC().Truncate(time.Hour).Add(-readings*every - 2*time.Hour)
	lines := []string{"time;device_id;measurement;temp_c [°F]"}
	for i := range readings {
		fahrenheit := strings.ReplaceAll(fmt.Sprintf("%.1f", 32+1.8*float64(i%150)/10), ".", ",")
		lines = append(lines, fmt.Sprintf("%d;air-old;air;%s", from.Add(time.Duration(i)*every).Unix(), fahrenheit))
	}
	file := fileOf(t, lines...)

	first := r.bring(file)
	r.await("the beginning", time.Minute, func() bool { return progressOf(file) > 1500 })
	first.kill()
	second := r.bring(file)
	r.await("more", time.Minute, func() bool { return progressOf(file) > 4500 })
	r.kill()
	<-second.done
	if code := second.cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(second.errs.String(), "run it again to go on") {
		t.Errorf("an import whose rione is gone: exit %d, %s", code, &second.errs)
	}
	r.up()
	done := progressOf(file)
	out, errs, code := r.run("", "import", "readings", file, "--rate", "100000")
	if want := fmt.Sprintf("%d readings taken, 0 lines refused\n", readings+1-done); code != 0 || out != want || !strings.Contains(errs, fmt.Sprintf("going on after line %d;", done)) {
		t.Errorf("the rest: exit %d, %q, %s; want %q", code, out, errs, want)
	}
	r.imported(readings)
	before := r.hours(from, readings)
	if out := r.must("", "import", "readings", file, "--rate", "100000"); out != fmt.Sprintf("%d readings taken, 0 lines refused\n", readings) {
		t.Errorf("again: %q", out)
	}
	r.await("the ledger to tell duplicates", time.Minute, func() bool {
		s := r.query("SELECT sum(acked), sum(stored), sum(duplicate), sum(partial), sum(quarantined) FROM ledger WHERE door = 'import'")
		if len(s) != 1 {
			return false
		}
		n := numbers(s[0].Values[0][1:])
		return n[0] == n[1]+n[2] && n[2] >= readings/readingsTogether && n[3]+n[4] == 0
	})
	r.imported(readings)
	if after := r.hours(from, readings); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("once more changed the hours:\n%v\nthey were\n%v", after, before)
	}
}

func numbers(row []any) (out []float64) {
	for _, v := range row {
		n, _ := ingest.NumberOf(v)
		out = append(out, n)
	}
	return out
}

// imported waits until so many readings are in the store, and no more.
func (r *rig) imported(n int) {
	r.t.Helper()
	r.await("every reading once", time.Minute, func() bool {
		s := r.query("SELECT count(temp_c) FROM air")
		return len(s) == 1 && numbers(s[0].Values[0][1:])[0] == float64(n)
	})
}

// hours waits for the hourly windows of readings a minute from a time on, and holds
// them against what was written into the file.
func (r *rig) hours(from time.Time, readings int) (rows [][]any) {
	r.t.Helper()
	r.await("the hours", 2*time.Minute, func() bool {
		s := r.query(`SELECT temp_c_n, temp_c_mean, temp_c_min, temp_c_max FROM "city_1h".."air_1h"`)
		if len(s) != 1 {
			return false
		}
		rows = s[0].Values
		total := 0.0
		for _, row := range rows {
			total += numbers(row[1:])[0]
		}
		return total == float64(readings)
	})
	for h, row := range rows {
		var sum, least, most float64 = 0, 1000, -1000
		for i := 60 * h; i < 60*(h+1); i++ {
			c := float64(i%150) / 10
			sum, least, most = sum+c, min(least, c), max(most, c)
		}
		got, want := numbers(row[1:]), []float64{60, sum / 60, least, most}
		for k := range want {
			if d := got[k] - want[k]; d > 0.06 || d < -0.06 { // a tenth of °F is 0.056 °C
				r.t.Fatalf("hour %d from %v: %v, want %v", h, from, got, want)
			}
		}
	}
	return rows
}
