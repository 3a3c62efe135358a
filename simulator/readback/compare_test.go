package readback

import (
	"fmt"
	"testing"
	"time"

	"rione/simulator/signal"
)

func TestUnitHints(t *testing.T) {
	f := func(want, got float64, hint string) {
		t.Helper()
		if h := unitHint(signal.Value{Num: want}, got); h != hint {
			t.Errorf("%v for %v: %q, want %q", got, want, h, hint)
		}
	}
	f(1013.2, 101320, "shifted unit? 100 times too much")
	f(1013.2, 101.32, "shifted unit? 10 times too little")
	f(0.48, 48, "shifted unit? 100 times too much")
	f(-18.2, -18200, "shifted unit? 1000 times too much")
	f(21.4, 294.55, "shifted unit? kelvin, not °C")
	f(21.4, 70.52, "shifted unit? °F, not °C")
	f(5, 18, "shifted unit? km/h, not m/s")
	f(36, 10, "shifted unit? m/s, not km/h")
	f(21.4, 21, "shifted unit? cut to a whole number")
	f(-7, 7, "shifted unit? the sign is turned")
	f(21.4, 22, "")
	f(0, 10, "") // nothing can be said of zero
}

func TestShiftsAreNamed(t *testing.T) {
	f := func(by time.Duration, want string) {
		t.Helper()
		if got := roughly(by); got != want {
			t.Errorf("%v: %q, want %q", by, got, want)
		}
	}
	f(time.Hour, "off by 1h0m0s, as a time zone read wrongly would be")
	f(-2*time.Hour+time.Millisecond, "off by -2h0m0s, as a time zone read wrongly would be")
	f(1300*time.Millisecond, "later than the device said, as if stamped when received")
	f(-1300*time.Millisecond, "earlier than the device said")
}

func TestATallyStaysSmall(t *testing.T) {
	var sum tally
	for i := range 1000 {
		var one tally
		one.find(Finding{Kind: WrongValue, Device: fmt.Sprint(i)}, fmt.Sprintf("cause %d", i))
		one.blame("always", 1)
		sum.add(&one)
	}
	r := sum.total()
	if len(r.Findings) != maxFindings || len(r.Causes) > maxCauses || r.Causes[0] != (Cause{"always", 1000}) {
		t.Errorf("%d findings, %d causes, the first %v", len(r.Findings), len(r.Causes), r.Causes[0])
	}
}

func TestTagsHaveOneSpelling(t *testing.T) {
	want := key{"wifi_radio", 5, "band=2g,radio=0"}
	got := rowKey(&row{measurement: "wifi_radio", ms: 5, tags: map[string]string{"radio": "0", "comune": "058091", "band": "2g", "zone": "I", "device_id": "x", "s2_cell_id": "1"}})
	if got != want || tagKey([]signal.Tag{{Name: "radio", Value: "0"}, {Name: "band", Value: "2g"}}) != want.tags {
		t.Errorf("%v, want %v", got, want)
	}
}
