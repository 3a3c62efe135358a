package influxtest

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc, USER_HZ: 100 a second on every Linux
// that Go runs on.
const tick = 10 * time.Millisecond

// CPU returns how much processor time the server has used since it started, user
// and system. What it cannot be told of, off Linux, skips the test.
func (s *Server) CPU() time.Duration {
	s.tb.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.now.PID()))
	if err != nil {
		s.tb.Skipf("SKIPPED: processor time is read from /proc: %v", err)
	}
	// The name in parentheses may hold anything: count from its end (proc(5)).
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			s.tb.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}
