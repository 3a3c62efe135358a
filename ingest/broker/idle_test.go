//go:build unix

package broker

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// idleClients tells the test binary to be that many clients, of the server
// whose address follows, until its standard input ends.
const idleClients = "RIONE_TEST_IDLE_CLIENTS"

func TestMain(m *testing.M) {
	if as := os.Getenv(idleClients); as != "" {
		if err := beIdle(as); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// beIdle connects clients that say nothing, and says so when all are there.
func beIdle(as string) error {
	count, address, _ := strings.Cut(as, " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	conns := make([]net.Conn, n)
	for i := range conns {
		if conns[i], err = net.Dial("tcp", address); err != nil {
			return err
		}
		id := fmt.Sprintf("idle%06d", i)
		connect := append([]byte{0x10, byte(12 + len(id)), 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 2, 88, 0, byte(len(id))}, id...)
		if _, err := conns[i].Write(connect); err != nil {
			return err
		}
		var ack [4]byte
		if _, err := conns[i].Read(ack[:]); err != nil || ack[0] != 0x20 || ack[3] != 0 {
			return fmt.Errorf("client %d: %x, %w", i, ack, err)
		}
	}
	fmt.Println("connected")
	_, err = bufio.NewReader(os.Stdin).ReadByte()
	runtime.KeepAlive(conns)
	if err != nil && err.Error() == "EOF" {
		return nil
	}
	return err
}

// TestTenThousandIdleClients measures what clients cost that say nothing: the
// clients are another process, so that this one is the server alone.
func TestTenThousandIdleClients(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: ten thousand clients, in short mode")
	}
	if raceDetector {
		t.Skip("SKIPPED: the race detector multiplies the memory that is measured; run it without -race")
	}
	const n = 10_000
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < n+200 {
		t.Skipf("SKIPPED: only %d open files are allowed; raise the limit (ulimit -n) above %d", files.Cur, n+200)
	}
	s := start(t, newIntake(), nil)
	before := resident(t)
	clients := exec.Command(os.Args[0])
	clients.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", idleClients, n, s.Addr()))
	clients.Stderr = os.Stderr
	stdin, err := clients.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := clients.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := clients.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("the clients did not connect: %q, %v", line, err)
	}
	used := resident(t) - before
	idle, began := cpu(t), time.Now()
	<-time.After(time.Second) // a stretch of idleness to measure
	share := float64(cpu(t)-idle) / float64(time.Since(began))
	t.Logf("%d idle clients: %.1f MB resident above the idle process, %.2f %% of a core", n, float64(used)/1e6, 100*share)
	if used > 150e6 {
		t.Errorf("%d bytes are more than 150 MB", used)
	}
	if got := len(s.Clients()); got != n {
		t.Errorf("%d clients are connected", got)
	}
	if err := stdin.Close(); err != nil {
		t.Error(err)
	}
	if err := clients.Wait(); err != nil {
		t.Error(err)
	}
	eventually(t, "all are gone", func() bool { return len(s.all()) == 0 })
}

// resident is the resident memory of this process, in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	runtime.GC()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("SKIPPED: memory cannot be measured without /proc: %v", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// cpu is the processor time that this process has used.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
