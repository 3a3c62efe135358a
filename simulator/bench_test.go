//go:build unix

package simulator_test

import (
	"runtime"
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
				var began, cost cpu
				s, err := simulator.Run(b.Context(), city, simulator.Options{Broker: "tcp://" + address, Rate: 10_000, For: 5 * time.Second, Dialer: d,
					Progress: func(p simulator.Progress) {
						switch {
						case p.Phase == simulator.Publishing && began.user == 0:
							began = cpuTime(b)
						case p.Phase == simulator.Draining:
							end := cpuTime(b)
							cost = cpu{end.user - began.user, end.kernel - began.kernel}
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
				b.ReportMetric(float64((cost.user+cost.kernel).Microseconds())/float64(s.Acked), "cpu-µs/msg")
				b.ReportMetric(float64(cost.kernel.Microseconds())/float64(s.Acked), "kernel-µs/msg")
			}
		})
	}
	f("paho", pahoclient.Dialer{})
	f("own", nil)
}

// cpu is processor time.
type cpu struct{ user, kernel time.Duration }

// cpuTime returns the processor time that this process has used.
func cpuTime(b *testing.B) cpu {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return cpu{time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())}
}

// BenchmarkIdle says what a device costs that is connected and has next to
// nothing to say: memory of this process, sensors included, beside what the
// kernel keeps for a socket.
func BenchmarkIdle(b *testing.B) {
	const devices = 5000
	address := mosquittotest.Start(b)
	city := newCity(b, simulator.CityOptions{Devices: devices})
	for b.Loop() {
		before, after := memory(), uint64(0)
		s, err := simulator.Run(b.Context(), city, simulator.Options{Broker: "tcp://" + address, For: time.Second,
			Progress: func(p simulator.Progress) {
				if p.Phase == simulator.Draining && after == 0 {
					after = memory()
				}
			}})
		if err != nil {
			b.Fatal(err)
		}
		if s.Connections != devices || s.Failed > 0 {
			b.Errorf("%+v", s)
		}
		b.ReportMetric(float64(after-before)/devices, "B/device")
	}
}

// memory returns the bytes that heap and stacks hold after a collection.
func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
