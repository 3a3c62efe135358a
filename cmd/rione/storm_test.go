package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// stormEnv is how many devices come back at once in TestReconnectStorm; 100
// without it. `RIONE_TEST_STORM=10000` is the fleet of the figures in
// devices/access/DESIGN.md: two minutes, and 10,000 sockets on either side.
const stormEnv = "RIONE_TEST_STORM"

// After a restart, which forgets what was verified, all devices come back at once
// with short secrets, whose check is dear on purpose. All get in, and the devices
// that publish meanwhile get every message acked. The log has the figures.
func TestReconnectStorm(t *testing.T) {
	n := 100
	if text := os.Getenv(stormEnv); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	r := newRig(t)
	ids, file := fleet(20)
	r.must(file, "devices", "import", "-")
	r.must(stormFile(n), "devices", "import", "-")
	r.up()
	load := r.startLoad(ids, 1_000_000, 500, time.Now())
	load.awaitAcked(t, 100)
	calm := r.measure(load)
	load.awaitAcked(t, 600)
	before := calm()
	busy := r.measure(load)
	again := r.storm(n)
	during := busy()
	for _, d := range load.finish() {
		for k := range d.tried {
			if !d.acked[k] && k < d.tried-1 { // the last one of each may be under way at the end
				t.Errorf("%s: message %d was not acked", d.id, k)
			}
		}
	}
	t.Logf("before:  %v", before)
	t.Logf("%d devices with short secrets are back, %d refusals as busy:\n during: %v", n, again, during)
}

// stormFile registers devices with secrets of nine characters.
func stormFile(n int) string {
	var b strings.Builder
	b.WriteString("device_id,kind,comune,secret\n")
	for i := range n {
		fmt.Fprintf(&b, "storm-%05d,bin,058091,pass-word\n", i)
	}
	return b.String()
}

// stormSpan is what happened in a span of time.
type stormSpan struct {
	took, cpu time.Duration
	acked     int64
}

// String writes the figures of the span.
func (s stormSpan) String() string {
	return fmt.Sprintf("%.1f s, %.1f s of processors by rione, %.0f messages acked a second", s.took.Seconds(), s.cpu.Seconds(), float64(s.acked)/s.took.Seconds())
}

// measure begins a span; the function that it returns ends it.
func (r *rig) measure(load *steady) func() stormSpan {
	began, cpu, acked := time.Now(), r.processors(), load.acked.Load()
	return func() stormSpan {
		return stormSpan{time.Since(began), r.processors() - cpu, load.acked.Load() - acked}
	}
}

// processors is the processor time that rione has used, in hundredths of a second
// as Linux counts it; elsewhere it is 0.
func (r *rig) processors() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // from the third field on
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// storm connects n devices at once, 500 at a time on the way, keeps them all
// connected until the last is in, and returns how often one was asked to come
// again.
func (r *rig) storm(n int) (again int64) {
	r.t.Helper()
	var refused atomic.Int64
	var all sync.WaitGroup
	doors := make(chan struct{}, 500)
	conns := make([]net.Conn, n)
	for i := range n {
		all.Go(func() {
			doors <- struct{}{}
			defer func() { <-doors }()
			deadline := time.Now().Add(3 * time.Minute)
			for time.Now().Before(deadline) {
				c, code, err := r.dial(fmt.Sprintf("storm-%05d", i))
				if err == nil && code == packets.Accepted {
					conns[i] = c
					return
				}
				if err == nil && code != packets.ErrRefusedServerUnavailable {
					r.t.Errorf("device %d was refused with code %d", i, code)
					return
				}
				refused.Add(1)
			}
			r.t.Errorf("device %d is not in after three minutes", i)
		})
	}
	all.Wait()
	for _, c := range conns {
		if c != nil {
			c.Close()
		}
	}
	return refused.Load()
}

// dial sends the CONNECT of a device and returns its connection, or the code by
// which it was refused.
func (r *rig) dial(id string) (net.Conn, byte, error) {
	c, err := net.DialTimeout("tcp", r.at.MQTT, 20*time.Second)
	if err != nil {
		return nil, 0, err
	}
	connect := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	connect.ProtocolName, connect.ProtocolVersion, connect.CleanSession, connect.Keepalive = "MQTT", 4, true, 300
	connect.ClientIdentifier, connect.UsernameFlag, connect.PasswordFlag = id, true, true
	connect.Username, connect.Password = id, []byte("pass-word")
	if err = c.SetDeadline(time.Now().Add(time.Minute)); err == nil {
		err = connect.Write(c)
	}
	var answer packets.ControlPacket
	if err == nil {
		answer, err = packets.ReadPacket(io.Reader(c))
	}
	ack, ok := answer.(*packets.ConnackPacket)
	if err == nil && ok && ack.ReturnCode == packets.Accepted {
		return c, ack.ReturnCode, nil
	}
	c.Close()
	if err == nil && !ok {
		err = fmt.Errorf("no CONNACK but %v", answer)
	}
	if err != nil {
		return nil, 0, err
	}
	return nil, ack.ReturnCode, nil
}
