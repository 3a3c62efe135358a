//go:build unix

package simulator_test

import (
	"syscall"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/link"
	"rione/simulator/mosquittotest"
	"rione/simulator/pahoclient"
)

// BenchmarkLoad plays 10,000 messages a second on 1,000 connections with either
// client, and says what that costs this process once they are connected; the
// broker is another process.
func BenchmarkLoad(b *testing.B) {
	f := func(name string, d link.Dialer) {
		b.Run(name, func(b *testing.B) {
			address := mosquittotest.Start(b)
			city := newCity(b, simulator.CityOptions{Devices: 1000})
			for b.Loop() {
				var began, cost time.Duration
				s, err := simulator.Run(b.Context(), city, simulator.Options{Broker: "tcp://" + address, Rate: 10_000, For: 5 * time.Second, Dialer: d,
					Progress: func(p simulator.Progress) {
						switch {
						case p.Phase == simulator.Publishing && began == 0:
							began = cpuTime(b)
						case p.Phase == simulator.Draining:
							cost = cpuTime(b) - began
						}
					}})
				if err != nil {
					b.Fatal(err)
				}
				if s.Failed > 0 {
					b.Errorf("%d failed", s.Failed)
				}
				b.ReportMetric(s.LagMS.P99, "lag-p99-ms")
				b.ReportMetric(s.AckMS.P99, "ack-p99-ms")
				b.ReportMetric(float64(cost.Microseconds())/float64(s.Acked), "cpu-µs/msg")
			}
		})
	}
	f("paho", pahoclient.Dialer{})
	f("own", nil)
}

// cpuTime returns the processor time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
