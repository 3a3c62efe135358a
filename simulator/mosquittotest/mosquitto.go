// Package mosquittotest runs Eclipse Mosquitto for tests, as the independent
// broker that the simulator's clients must get on with.
package mosquittotest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Start runs a Mosquitto on a free loopback port until the test ends, and
// returns its address, host:port. It skips the test, loudly, where none is
// installed. lines are added to the configuration.
func Start(t testing.TB, lines ...string) string {
	t.Helper()
	address := FreeAddress(t)
	t.Cleanup(Run(t, address, lines...))
	return address
}

// Run starts a Mosquitto and returns how to kill it, once or more often.
func Run(t testing.TB, address string, lines ...string) (kill func()) {
	t.Helper()
	binary, err := exec.LookPath("mosquitto")
	if err != nil {
		t.Skip("SKIPPED: mosquitto is not installed; without it nothing proves that the clients speak MQTT")
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "mosquitto.conf")
	text := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nset_tcp_nodelay true\n", port)
	for _, l := range lines {
		text += l + "\n"
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-c", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill() // twice is once
		_ = cmd.Wait()
	}
	waitFor(t, address, kill)
	return kill
}

// FreeAddress returns a loopback address that nobody listened on a moment ago.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// waitFor returns when something listens at address.
func waitFor(t testing.TB, address string, kill func()) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			kill()
			t.Fatalf("mosquitto does not listen at %s: %v", address, err)
		}
	}
}
