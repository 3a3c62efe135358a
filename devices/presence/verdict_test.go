package presence

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/event"
)

func TestSilentOnceAndClearedWhenItSpeaks(t *testing.T) {
	w := newTown(t, Options{}, sensor("air-1", "058091", time.Minute), sensor("air-2", "058091", time.Minute))
	w.run(10 * time.Minute)
	w.mute["air-1"] = true
	w.run(3 * time.Minute)
	w.expect() // three missed, and the grace is not over
	w.run(4 * time.Minute)
	w.expect("silent air-1 open 1")
	w.run(6 * time.Hour)
	w.expect("silent air-1 open 1") // once
	raised := w.changes[0]
	if !raised.Began.Before(raised.Raised.Add(-3*time.Minute)) || raised.Severity != event.Warning || raised.Comune != "058091" {
		t.Errorf("raised %+v", raised)
	}
	if !strings.Contains(raised.Text, "air-1") || !strings.Contains(raised.Text, "every 1m") {
		t.Errorf("it says %q", raised.Text)
	}
	w.mute["air-1"] = false
	w.run(5 * time.Minute)
	w.expect("silent air-1 closed 1")
	if n := len(w.changes); n != 2 {
		t.Errorf("%d changes, want one raised and one closed", n)
	}
}

func TestDisconnected(t *testing.T) {
	f := func(name string, clean bool, after time.Duration, want ...string) {
		t.Helper()
		w := newTown(t, Options{}, sensor("air-1", "058091", 15*time.Minute))
		w.session("air-1", true, false)
		w.run(time.Hour)
		w.mute["air-1"] = true
		w.session("air-1", false, clean)
		w.run(after)
		if got := w.raised(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f("lost, not yet an interval", false, 15*time.Minute)
	f("lost", false, 20*time.Minute, "disconnected air-1 open 1")
	f("a goodbye is no alarm", true, 30*time.Minute)
	f("unless it stays away", true, time.Hour, "disconnected air-1 open 1")
}

func TestSessionThatComesBackInTime(t *testing.T) {
	w := newTown(t, Options{}, sensor("air-1", "058091", 15*time.Minute))
	w.run(time.Hour)
	for range 20 {
		w.session("air-1", false, false)
		w.run(10 * time.Minute)
		w.session("air-1", true, false)
		w.run(10 * time.Minute)
	}
	w.expect()
}

func TestConnectedAndSilent(t *testing.T) {
	w := newTown(t, Options{}, sensor("air-1", "058091", time.Minute))
	w.session("air-1", true, false)
	w.run(10 * time.Minute)
	w.mute["air-1"] = true
	w.run(10 * time.Minute)
	w.expect("silent air-1 open 1")
	if s, known := w.e.Status("air-1"); !known || s.Session != "up" || s.Event == "" || s.Interval != time.Minute || s.Heard.IsZero() {
		t.Errorf("status %+v", s)
	}
	if !strings.Contains(w.changes[0].Text, "session is up") {
		t.Errorf("it says %q", w.changes[0].Text)
	}
}

// cell is a gateway with what it carries.
func cell(id, comune string, n int, interval time.Duration) []devices.Device {
	list := []devices.Device{gateway(id, comune, interval)}
	for i := range n {
		list = append(list, via(sensor(fmt.Sprintf("%s-dev-%03d", id, i), comune, 15*time.Minute), id))
	}
	return list
}

func TestGatewayDown(t *testing.T) {
	w := newTown(t, Options{}, append(cell("gw-a", "058091", 20, time.Minute), cell("gw-b", "058091", 20, time.Minute)...)...)
	w.run(time.Hour)
	w.off = func(d *devices.Device) bool { return d.ID == "gw-a" || d.Via == "gw-a" }
	w.run(7 * time.Minute)
	w.expect("gateway_down gw-a open 1") // known before those that it carries are missed
	w.run(2 * time.Hour)
	w.expect("gateway_down gw-a open 21")
	w.off = nil
	w.run(time.Hour)
	w.expect("gateway_down gw-a closed 21")
}

func TestGatewayAloneWhoseDevicesGoAnotherWay(t *testing.T) {
	w := newTown(t, Options{}, cell("gw-a", "058091", 20, 30*time.Minute)...)
	w.run(2 * time.Hour)
	w.mute["gw-a"] = true
	w.run(3 * time.Hour)
	w.expect("silent gw-a open 1")
}

func TestGatewayThatNeverSpeaksForItself(t *testing.T) {
	w := newTown(t, Options{}, cell("gw-a", "058091", 5, 0)...)
	w.run(time.Hour)
	w.off = func(d *devices.Device) bool { return d.Via == "gw-a" }
	w.run(2 * time.Hour)
	w.expect("gateway_down gw-a open 5")
	if !strings.Contains(w.changes[0].Text, "never speaks for itself") {
		t.Errorf("it says %q", w.changes[0].Text)
	}
	w.off = nil
	w.run(time.Hour)
	w.expect("gateway_down gw-a closed 5")
}

func TestGatewayThatSpeaksAndCarriesNothing(t *testing.T) {
	w := newTown(t, Options{}, cell("gw-a", "058091", 10, time.Minute)...)
	w.run(time.Hour)
	w.off = func(d *devices.Device) bool { return d.Via == "gw-a" }
	w.run(2 * time.Hour)
	w.expect("gateway_down gw-a open 10")
	w.off = nil
	w.run(time.Hour)
	w.expect("gateway_down gw-a closed 10")
}

func TestTwoBatteriesOfOneGatewayAreTwo(t *testing.T) {
	w := newTown(t, Options{}, cell("gw-a", "058091", 10, time.Minute)...)
	w.run(time.Hour)
	w.mute["gw-a-dev-003"], w.mute["gw-a-dev-007"] = true, true
	w.run(2 * time.Hour)
	w.expect("silent gw-a-dev-003 open 1", "silent gw-a-dev-007 open 1")
}

// A gateway of the HTTP door has no session: what it carries waits until it is
// overdue itself.
func TestCarriedDevicesWaitForTheGateway(t *testing.T) {
	list := []devices.Device{gateway("gw-a", "058091", 2*time.Minute)}
	for i := range 2 {
		list = append(list, via(sensor(fmt.Sprintf("dev-%d", i), "058091", time.Minute), "gw-a"))
	}
	w := newTown(t, Options{}, list...)
	w.run(time.Hour)
	w.off = func(*devices.Device) bool { return true }
	w.run(time.Hour)
	w.expect("gateway_down gw-a open 3")
}

func comune(code string, n int, interval time.Duration) (list []devices.Device) {
	for i := range n {
		list = append(list, sensor(fmt.Sprintf("air-%s-%03d", code, i), code, interval))
	}
	return list
}

func TestComuneWide(t *testing.T) {
	list := append(comune("058091", 40, 5*time.Minute), comune("082053", 40, 5*time.Minute)...)
	list = append(list, cell("gw-a", "058091", 10, time.Minute)...)
	w := newTown(t, Options{}, list...)
	w.run(2 * time.Hour)
	dead := "air-058091-007"
	w.off = func(d *devices.Device) bool { return d.Current().Comune == "058091" }
	w.run(time.Hour)
	w.mute[dead] = true
	w.expect("gateway_down gw-a closed 1", "comune_wide 058091 open 51") // the gateway was missed first
	w.off = nil
	w.run(3 * time.Hour)
	w.expect("gateway_down gw-a closed 1", "comune_wide 058091 closed 51", "silent "+dead+" open 1")
}

func TestSomeOfAComuneAreNotAllOfIt(t *testing.T) {
	w := newTown(t, Options{}, comune("058091", 40, 5*time.Minute)...)
	w.run(time.Hour)
	for i := range 10 {
		w.mute[fmt.Sprintf("air-058091-%03d", i)] = true
	}
	w.run(time.Hour)
	if got := w.raised(); len(got) != 10 || !strings.HasPrefix(got[0], "silent") {
		t.Errorf("%q", got)
	}
}

func TestEverybodyAtOnceIsOurNetwork(t *testing.T) {
	var list []devices.Device
	for _, code := range []string{"058091", "082053", "027042", "046007"} {
		list = append(list, comune(code, 20, time.Minute)...)
	}
	w := newTown(t, Options{}, list...)
	w.run(time.Hour)
	w.off = func(*devices.Device) bool { return true }
	w.run(time.Hour)
	w.expect("own_fault  open 80")
	w.off = nil
	w.run(time.Hour)
	w.expect("own_fault  closed 80")
}

func TestFlappingIsOneEvent(t *testing.T) {
	w := newTown(t, Options{}, sensor("air-1", "058091", 10*time.Minute))
	w.run(2 * time.Hour)
	w.says["air-1"] = func(now time.Time) bool { return now.Sub(noon())%(70*time.Minute) < tick } // far too rarely
	w.run(48 * time.Hour)
	if n := len(w.raised()); n > 3 {
		t.Errorf("%d events of a device that flaps", n)
	}
	w.says["air-1"] = nil
	w.run(13 * time.Hour)
	for id, e := range w.last {
		if !e.Ended() {
			t.Errorf("%s is open although the device speaks", id)
		}
	}
}

func TestNeverHeardIsNotJudged(t *testing.T) {
	w := newTown(t, Options{}, sensor("air-1", "058091", time.Minute), sensor("air-2", "058091", time.Minute))
	w.mute["air-2"] = true
	w.run(24 * time.Hour)
	w.expect()
	if watched, unheard := w.e.Count(); watched != 1 || unheard != 1 {
		t.Errorf("%d watched, %d never heard", watched, unheard)
	}
	if _, known := w.e.Status("air-2"); known {
		t.Error("a status of what was never heard")
	}
}

func TestRetiredAndPendingAreNotWatched(t *testing.T) {
	w := newTown(t, Options{}, sensor("air-1", "058091", time.Minute), sensor("air-2", "058091", time.Minute), sensor("air-3", "058091", time.Minute))
	w.run(time.Hour)
	w.mute["air-1"], w.mute["air-2"], w.mute["air-3"] = true, true, true
	gone := *w.entries["air-2"]
	gone.Retired = true
	pending := *w.entries["air-3"]
	pending.Pending = true
	w.register(gone, pending)
	w.run(time.Hour)
	w.expect("silent air-1 open 1")
	gone = *w.entries["air-1"]
	gone.Retired = true
	w.register(gone)
	w.run(time.Minute)
	w.expect("silent air-1 closed 1")
}

func TestUnknownInterval(t *testing.T) {
	w := newTown(t, Options{}, sensor("air-1", "058091", 0), sensor("air-2", "058091", 0))
	w.says["air-1"] = func(now time.Time) bool { return now.Sub(noon())%(5*time.Minute) < tick }
	w.says["air-2"] = func(now time.Time) bool { return now.Sub(noon()) == tick } // once
	w.run(time.Hour)
	if s, _ := w.e.Status("air-1"); s.Interval != 5*time.Minute {
		t.Errorf("learned %v", s.Interval)
	}
	w.run(90 * time.Minute)
	w.expect() // the default is an hour
	w.run(time.Hour)
	w.expect("silent air-2 open 1")
	w.says["air-1"] = func(time.Time) bool { return false }
	w.run(20 * time.Minute)
	w.expect("silent air-2 open 1", "silent air-1 open 1")
}
