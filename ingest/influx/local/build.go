package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// What is built where there is no influxd: the last 1.8 that is a Go module
// without cgo.
const (
	builtVersion = "1.8.10"
	builtModule  = "github.com/influxdata/influxdb/cmd/influxd@v" + builtVersion
)

const instead = "set RIONE_INFLUX_URL to use an InfluxDB that runs already, or put influxd 1.8 or 2.x on PATH"

// build returns the influxd in the cache folder dir, building it first when it
// is not there. Of several processes one builds and the others wait for it.
func build(ctx context.Context, dir string, progress io.Writer) (string, error) {
	path := filepath.Join(dir, "influxd")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder of InfluxDB: %w; %s", err, instead)
	}
	unlock, err := lock(ctx, filepath.Join(dir, "lock"), progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil // built by whom we waited for
	}
	return path, install(ctx, dir, path, progress)
}

// install builds into a folder of its own and renames, so that an influxd that
// is there is whole.
func install(ctx context.Context, dir, path string, progress io.Writer) error {
	gocmd, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("there is no influxd on PATH, and no go command to build one with: install Go, or %s", instead)
	}
	aside, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return fmt.Errorf("make a folder to build InfluxDB in: %w", err)
	}
	defer func() { _ = os.RemoveAll(aside) }() // in the cache folder; the next build has one of its own
	fmt.Fprintf(progress, "InfluxDB: none on PATH, building %s once into %s (1-2 minutes, more on a slow line; %s)\n", builtVersion, dir, instead)
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, gocmd, "install", "-trimpath", "-ldflags=-s -w -X main.version="+builtVersion, builtModule)
	cmd.Dir = aside // away from any module of the caller's
	cmd.Env = append(buildEnvironment(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "GOBIN="+aside)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	started := time.Now()
	if err := withProgress(progress, started, cmd.Run); err != nil {
		return fmt.Errorf("build InfluxDB %s: %w: %s; %s", builtVersion, err, lastLines(output.String(), 5), instead)
	}
	if err := os.Rename(filepath.Join(aside, "influxd"), path); err != nil {
		return fmt.Errorf("put InfluxDB into the cache: %w", err)
	}
	fmt.Fprintf(progress, "InfluxDB: built in %s\n", time.Since(started).Round(time.Second))
	return nil
}

// buildEnvironment is ours, without what would build for another machine.
func buildEnvironment() []string {
	var env []string
	for _, kv := range os.Environ() {
		switch key, _, _ := strings.Cut(kv, "="); key {
		case "GOOS", "GOARCH", "GOBIN", "GOFLAGS", "GOWORK":
		default:
			env = append(env, kv)
		}
	}
	return env
}

// withProgress runs f and says every few seconds that it still does.
func withProgress(progress io.Writer, started time.Time, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			fmt.Fprintf(progress, "InfluxDB: building, %s so far\n", time.Since(started).Round(time.Second))
		}
	}
}

// lock takes the lock of the cache folder, waiting for whoever holds it.
func lock(ctx context.Context, path string, progress io.Writer) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the cache folder of InfluxDB: %w", err)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for waited := false; ; waited = true {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil // closing gives the lock back
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = f.Close()
			return nil, fmt.Errorf("lock the cache folder of InfluxDB: %w", err)
		}
		if !waited {
			fmt.Fprintln(progress, "InfluxDB: another process is building it, waiting")
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("wait for InfluxDB to be built by another process: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}
