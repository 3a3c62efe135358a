package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	fleetRate     = 2000 // messages a second
	fleetTime     = 10 * time.Second
	fleetWindow   = 2000 // messages that wait for their acks
	fleetGateways = 200
)

// BenchmarkFleetOverMQTT is what a message costs the whole process, from the door
// to InfluxDB, whose processor time is not in it, with 1,000 and with 100,000
// devices that each have spoken before. They come by as many gateways in both, for
// what a connection costs is not asked. An iteration is a span of ten seconds of each fleet, in turns, so that what
// else the machine does falls on both; the medians count.
func BenchmarkFleetOverMQTT(b *testing.B) {
	fleets := []*carried{startCarried(b, 1_000), startCarried(b, 100_000)}
	for b.Loop() {
		for _, c := range fleets {
			c.measure(fleetRate * int(fleetTime/time.Second))
		}
	}
	for _, c := range fleets {
		c.imported(c.said) // what was refused, or written by halves, would be cheap
		b.Logf("%d devices: µs a message, one span after the other: %.1f", c.devices, c.costs)
		b.ReportMetric(median(c.costs), fmt.Sprintf("cpu-µs/msg-%d", c.devices))
	}
	b.ReportMetric(median(fleets[1].costs)/median(fleets[0].costs), "ratio")
}

// carried is a rione and a fleet whose messages come by gateways.
type carried struct {
	*rig
	devices  int
	gateways []paho.Client
	said     int // messages so far
	costs    []float64
}

func startCarried(b *testing.B, fleet int) *carried {
	c := &carried{rig: newRig(b), devices: fleet, gateways: make([]paho.Client, fleetGateways)}
	var file strings.Builder
	file.WriteString("device_id,kind,comune,zone,lat,lon,interval_s\n")
	for i := range fleet {
		fmt.Fprintf(&file, "air-%05d,air,058091,Municipio I,41.89,12.49,3600\n", i)
	}
	for i := range c.gateways {
		fmt.Fprintf(&file, "gw-%03d,gateway,058091,Municipio I,41.89,12.49,3600\n", i)
	}
	c.must(file.String(), "devices", "import", "-")
	c.up()
	for i := range c.gateways {
		c.gateways[i], _ = c.client(fmt.Sprintf("gw-%03d", i))
		b.Cleanup(func() { c.gateways[i].Disconnect(0) })
	}
	c.say(max(2*fleet, 20_000), 0)
	return c
}

// measure notes what n messages cost.
func (c *carried) measure(n int) {
	before := c.processors()
	c.say(n, fleetRate)
	c.costs = append(c.costs, float64(c.processors()-before)/float64(n)/float64(time.Microsecond))
}

// say publishes n messages, at a rate or as fast as they are acked.
func (c *carried) say(n, rate int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var window []paho.Token
	began := time.Now()
	for k := range n {
		for rate > 0 && float64(k) > time.Since(began).Seconds()*float64(rate) {
			<-tick.C
		}
		if len(window) == fleetWindow {
			c.acked(window[0])
			window = window[1:]
		}
		window = append(window, c.publishNext())
	}
	for _, t := range window {
		c.acked(t)
	}
}

// publishNext lets the next gateway speak, of the next device; each has its own
// devices. Those that speak one after the other stand next to one another neither
// in the registry nor in memory.
func (c *carried) publishNext() paho.Token {
	id := fmt.Sprintf("air-%05d", c.said%c.devices*7919%c.devices)
	c.said++
	return c.gateways[c.said%len(c.gateways)].Publish("sc/v1/058091/air/"+id+"/up", 1, false,
		fmt.Sprintf(`{"ts":%d,"seq":%d,"temp_c":21.4,"rh_pct":48.5,"pm25_ugm3":12.25}`, time.Now().UnixMilli(), c.said))
}

func (c *carried) acked(t paho.Token) {
	c.t.Helper()
	if !t.WaitTimeout(20*time.Second) || t.Error() != nil {
		c.t.Fatalf("no ack: %v", t.Error())
	}
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
