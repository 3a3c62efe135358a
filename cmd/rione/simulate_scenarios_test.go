package main

import (
	"fmt"
	"testing"

	"rione/simulator/scenario"
)

// Every shipped scenario passes against a real rione, at a small scale: some
// dozens of its devices, for as long as its first mishaps take.
func TestShippedScenariosPass(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.up()
	list, err := scenario.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		length := "5s"
		if len(s.Faults.Outages) > 0 {
			length = "9s"
		}
		args := []string{"--scenario", s.Name, "--devices", fmt.Sprint(min(s.Devices, 60)), "--rate", "30", "--for", length, "--ack-p99", "1m", "--queryable-p99", "1m"}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			r := &rig{t: t, env: r.env, dir: r.dir}
			sum := r.simulate(0, args...)
			if !sum.Clean() || !sum.Accounted || sum.Stored != sum.Acked || sum.Acked < 100 || sum.Probed == 0 {
				t.Errorf("%+v", sum)
			}
			if f := s.Faults; len(f.Outages) > 0 && (sum.Faults.Outages == 0 || sum.Disconnects == 0) {
				t.Errorf("no outage was played: %+v", sum.Faults)
			}
		})
	}
}
