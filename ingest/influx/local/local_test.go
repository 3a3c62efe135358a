package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// options are those of a server of the test's own.
func options(t *testing.T) Options {
	return Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", Binary: os.Getenv("RIONE_TEST_INFLUXD"), Progress: t.Output()}
}

// start starts a server that ends with the test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// until waits for a condition that must come.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func gone(pid int) bool {
	_, there := startOf(pid)
	return !there
}

func ready(t *testing.T, s *Server) bool {
	t.Helper()
	c, err := s.client()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.Ready(t.Context()) == nil
}

func TestStartStopStart(t *testing.T) {
	o := options(t)
	s := start(t, o)
	token, err := os.ReadFile(filepath.Join(o.Dir, "influx.token"))
	if err != nil || strings.TrimSpace(string(token)) != s.Token() || !strings.HasPrefix(s.Token(), "rione:") {
		t.Errorf("token file %q, %v", token, err)
	}
	if info, err := os.Stat(filepath.Join(o.Dir, "influx.token")); err != nil || info.Mode() != 0o600 {
		t.Errorf("token file: %v, %v", info.Mode(), err)
	}
	if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Errorf("URL %s", s.URL())
	}
	resp, err := http.Get(s.URL() + "/query?q=SHOW+DATABASES")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a query without the token is answered %s", resp.Status)
	}
	pid := s.PID()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if <-s.Done(); !gone(pid) {
		t.Error("the child outlived Close")
	}
	if b, err := os.ReadFile(filepath.Join(o.Dir, "influxd.pid")); err != nil || len(b) > 0 {
		t.Errorf("the record says %q, %v", b, err)
	}

	again := start(t, o) // the same data, user and token
	if again.Token() != s.Token() || !ready(t, again) {
		t.Error("the second start is another InfluxDB")
	}
}

// The child's settings come from us alone, and our secrets stay with us.
func TestEnvironmentOfTheChild(t *testing.T) {
	t.Setenv("RIONE_ADMIN_TOKEN", "secret")
	t.Setenv("INFLUXDB_HTTP_BIND_ADDRESS", "127.0.0.1:1")
	t.Setenv("INFLUXD_HTTP_BIND_ADDRESS", "127.0.0.1:1")
	o := options(t)
	o.Settings = []string{"EXTRA=here"}
	s := start(t, o)
	if !hasSetting(s.PID(), "EXTRA=here") || hasSetting(s.PID(), "RIONE_ADMIN_TOKEN=secret") {
		t.Error("wrong environment")
	}
	if group, err := syscall.Getpgid(s.PID()); err != nil || group != s.PID() {
		t.Errorf("process group %d of child %d, %v", group, s.PID(), err)
	}
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := options(t)
	o.Listen = l.Addr().String()
	_, err = Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), o.Listen) || !strings.Contains(err.Error(), "RIONE_INFLUX_LISTEN") {
		t.Errorf("got %v", err)
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v", err)
	}
}

func TestFolderInUse(t *testing.T) {
	o := options(t)
	s := start(t, o)
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "another rione") {
		t.Errorf("got %v", err)
	}
	if !ready(t, s) {
		t.Error("the owner of the folder was disturbed")
	}
}

func TestFolderNotWritable(t *testing.T) {
	o := options(t)
	file := filepath.Join(o.Dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Dir = filepath.Join(file, "data")
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "data folder") {
		t.Errorf("got %v", err)
	}
}

func TestTokenLost(t *testing.T) {
	o := options(t)
	if err := start(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(o.Dir, "influx.token")); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "influx.token") {
		t.Errorf("got %v", err)
	}
}

func TestTokenFileIsChecked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "influx.token")
	for _, bad := range []string{"", "nocolon", ":x", "x:\n"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if token, err := loadToken(path); err == nil {
			t.Errorf("%q gave %q", bad, token)
		}
	}
}

func TestDiesByItselfAndIsStartedAgain(t *testing.T) {
	var log bytes.Buffer
	o := options(t)
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s := start(t, o)
	url, pid := s.URL(), s.PID()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "another child runs", func() bool { return s.PID() != pid })
	if s.URL() != url || !ready(t, s) {
		t.Error("the second child is not where the first was")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "InfluxDB ended by itself") {
		t.Errorf("log: %s", log.String())
	}
}

// While it cannot be started again, Close still ends everything.
func TestCloseWhileItCannotRun(t *testing.T) {
	o := options(t)
	s := start(t, o)
	if err := os.Rename(s.binary.gen.home(o.Dir), filepath.Join(o.Dir, "away")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.binary.gen.home(o.Dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "the child is gone", func() bool { return gone(s.PID()) })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestUnsupervised(t *testing.T) {
	o := options(t)
	o.Unsupervised = true
	s := start(t, o)
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
}

func TestStartIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Start(ctx, options(t)); err == nil {
		_ = s.Close()
		t.Error("started")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	f := func(dir, listen string, ok bool) {
		t.Helper()
		o := Options{Dir: dir, Listen: listen}
		if err := o.Validate(); (err == nil) != ok {
			t.Errorf("%q %q: %v", dir, listen, err)
		}
	}
	f("d", "127.0.0.1:8086", true)
	f("d", "localhost:0", true)
	f("d", "[::1]:8086", true)
	f("", "127.0.0.1:8086", false)
	f("d", "127.0.0.1", false)
	f("d", "0.0.0.0:8086", false)
	f("d", ":8086", false)
	f("d", "192.168.1.2:8086", false)
}

func TestLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "influxd.log")
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 9<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if info, err := log.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v", info.Size(), err)
	}
	if info, err := os.Stat(path + ".1"); err != nil || info.Size() != 9<<20 {
		t.Error(err)
	}
}

// holder is the environment variable that makes the test binary hold a server
// on the folder that it names, until it is killed.
const holder = "LOCAL_TEST_HOLD"

// holderListen is where that server listens.
const holderListen = "LOCAL_TEST_HOLD_LISTEN"

// keptAddress returns a free address that nobody else is given while it is free
// for a moment: it lies below the ports that systems hand out by themselves.
func keptAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 15_000+rand.N(15_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port between 15,000 and 30,000")
	return ""
}

func TestMain(m *testing.M) {
	dir := os.Getenv(holder)
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Options{Dir: dir, Listen: os.Getenv(holderListen), Binary: os.Getenv("RIONE_TEST_INFLUXD"), Progress: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("holding", s.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// After kill -9 of its owner, the next start works on the same folder and the
// same address.
func TestCrash(t *testing.T) {
	o := options(t)
	owner := exec.Command(os.Args[0])
	o.Listen = keptAddress(t)
	owner.Env = append(os.Environ(), holder+"="+o.Dir, holderListen+"="+o.Listen)
	owner.Stderr = os.Stderr
	stdin, err := owner.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.Contains(lines.Text(), "holding http://"+o.Listen) {
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()
	s := start(t, o)
	if s.URL() != "http://"+o.Listen || !ready(t, s) {
		t.Errorf("started on %s, want %s", s.URL(), o.Listen)
	}
}
