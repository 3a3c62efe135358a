package local

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sleeper starts a process that would stay for long, with a setting.
func sleeper(t *testing.T, setting string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "300")
	cmd.Env = append(os.Environ(), setting)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	until(t, "the process has its environment", func() bool { return hasSetting(cmd.Process.Pid, setting) })
	return cmd
}

func TestOnlyOurOwnOrphanIsEnded(t *testing.T) {
	const dir, mark = "/data", "INFLUXDB_DATA_DIR=/data/influxdb1/data"
	f := func(name string, ends bool, change func(*left)) {
		t.Run(name, func(t *testing.T) {
			cmd := sleeper(t, mark)
			started, ok := startOf(cmd.Process.Pid)
			if !ok {
				t.Fatal("the process is not there")
			}
			l := left{PID: cmd.Process.Pid, Started: started, Dir: dir, Mark: mark}
			change(&l)
			p, err := openPIDFile(filepath.Join(t.TempDir(), "influxd.pid"))
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(l)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.replace(b); err != nil {
				t.Fatal(err)
			}
			if err := p.endOrphan(dir, slog.New(slog.DiscardHandler)); err != nil {
				t.Error(err)
			}
			if gone(cmd.Process.Pid) != ends {
				t.Errorf("the process is gone: %v, want %v", !ends, ends)
			}
			if err := p.close(); err != nil {
				t.Error(err)
			}
		})
	}
	f("ours", true, func(*left) {})
	f("another start time", false, func(l *left) { l.Started += "1" })
	f("start time unknown", false, func(l *left) { l.Started = "" })
	f("other data", false, func(l *left) { l.Mark = "INFLUXDB_DATA_DIR=/elsewhere" })
	f("no data", false, func(l *left) { l.Mark = "" })
	f("a copied folder", false, func(l *left) { l.Dir = "/backup" })
}

// A real child whose owner vanished without a trace is ended by the next start.
func TestOrphanIsEnded(t *testing.T) {
	o := options(t)
	first := start(t, o)
	o.Binary = first.binary.path
	record, err := os.ReadFile(filepath.Join(o.Dir, "influxd.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	var l left
	if err := json.Unmarshal(record, &l); err != nil || l.Dir != o.Dir {
		t.Fatalf("record %s: %v", record, err)
	}

	orphan := exec.Command(first.binary.path, first.binary.args()...)
	env, mark := first.binary.environment(o.Dir, first.listen)
	orphan.Env = append(inherited(), env...)
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = orphan.Wait(); close(ended) }()
	p, err := openPIDFile(filepath.Join(o.Dir, "influxd.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.write(orphan.Process.Pid, o.Dir, mark); err != nil {
		t.Fatal(err)
	}
	if err := p.f.Close(); err != nil { // as a crash does: the record stays
		t.Fatal(err)
	}

	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	o.Listen = first.listen
	second := start(t, o)
	<-ended
	if !strings.Contains(log.String(), "a crash left behind") || !ready(t, second) {
		t.Errorf("log: %s", log.String())
	}
}

func TestRecordCutByACrash(t *testing.T) {
	p, err := openPIDFile(filepath.Join(t.TempDir(), "influxd.pid"))
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range []string{"", "{", `{"pid":1`, "null", `[]`, `{"pid":-1,"started":"x","dir":"/data","mark":"x"}`} {
		if err := p.replace([]byte(record)); err != nil {
			t.Fatal(err)
		}
		if err := p.endOrphan("/data", slog.New(slog.DiscardHandler)); err != nil {
			t.Errorf("%q: %v", record, err)
		}
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
}

func TestInspectProcess(t *testing.T) {
	me := os.Getpid()
	first, ok := startOf(me)
	again, _ := startOf(me)
	if !ok || first == "" || first != again {
		t.Errorf("start %q, then %q, %v", first, again, ok)
	}
	if _, ok := startOf(1 << 30); ok {
		t.Error("a process that cannot be has a start")
	}
	if hasSetting(1<<30, "A=b") {
		t.Error("a process that cannot be has a setting")
	}
	ended := exec.Command("true")
	if err := ended.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "a zombie counts as gone", func() bool { return gone(ended.Process.Pid) })
	_ = ended.Wait()
}

// Where there is no /proc, ps must tell the same.
func TestInspectByPS(t *testing.T) {
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("SKIPPED: ps is not installed; systems without /proc need it to recognise a child left by a crash")
	}
	cmd := sleeper(t, "LOCAL_TEST_MARK=/some/where")
	if out, err := ps(cmd.Process.Pid, "lstart="); err != nil || strings.TrimSpace(string(out)) == "" {
		t.Errorf("start %q, %v", out, err)
	}
	until(t, "ps shows the environment", func() bool {
		out, err := ps(cmd.Process.Pid, "command=")
		return err == nil && strings.Contains(string(out), " LOCAL_TEST_MARK=/some/where")
	})
	if _, err := ps(1<<30, "lstart="); err == nil {
		t.Error("ps knows a process that cannot be")
	}
}
