package intake

import (
	"fmt"
	"testing"

	"rione/ingest"
)

// What is in the journal was put there by an earlier start: the answers must
// never change.
func TestPartitionsAreTheSameInEveryRelease(t *testing.T) {
	f := func(client, topic string, want int) {
		t.Helper()
		m := ingest.Message{Client: client, Topic: topic}
		if got := partitionOf(&m, 16); got != want {
			t.Errorf("client %q, topic %q: partition %d, want %d", client, topic, got, want)
		}
		if got := partitionOf(&m, 1); got != 0 {
			t.Errorf("the only partition is %d", got)
		}
	}
	f("", "", 5) // the offset of FNV-1a
	f("air-0001", "sc/v1/058091/air/air-0001/up", 1)
	f("", "sc/v1/058091/air/air-0001/up", 13)
	f("", "a", 12)     // 0xaf63dc4c8601ec8c, a published vector of FNV-1a
	f("", "foobar", 8) // 0x85944171f73967e8, another
}

func TestPartitionKeepsADeviceTogether(t *testing.T) {
	f := func(a, b ingest.Message) {
		t.Helper()
		for n := 1; n < 40; n++ {
			if partitionOf(&a, n) != partitionOf(&b, n) {
				t.Errorf("of %d partitions, %+v and %+v are in different ones", n, a, b)
				return
			}
		}
	}
	f(ingest.Message{Topic: "sc/v1/058091/air/x/up"}, ingest.Message{Topic: "sc/v1/058091/air/x/state"})
	f(ingest.Message{Topic: "application/1/device/2/event/up"}, ingest.Message{Topic: "application/1/device/2/event/status"})
	f(ingest.Message{Client: "gateway", Topic: "sc/v1/058091/air/x/up"}, ingest.Message{Client: "gateway", Topic: "sc/v1/058091/bin/y/up"})
	f(ingest.Message{Topic: "spBv1.0/roma/NBIRTH/node"}, ingest.Message{Topic: "spBv1.0/roma/DDATA/node/device"})
	f(ingest.Message{Client: "node", Topic: "spBv1.0/roma/NBIRTH/node"}, ingest.Message{Client: "node", Topic: "spBv1.0/roma/DDATA/node/device"})
}

func TestPartitionsAreEven(t *testing.T) {
	const partitions, devices = 8, 8000
	var n [partitions]int
	for i := range devices {
		n[partitionOf(&ingest.Message{Topic: fmt.Sprintf("sc/v1/058091/air/air-%04d/up", i)}, partitions)]++
	}
	for p, got := range n {
		if got < devices/partitions*9/10 || got > devices/partitions*11/10 {
			t.Errorf("partition %d has %d devices of %d", p, got, devices)
		}
	}
}
