package ngsi

import (
	"strings"
	"testing"
)

func TestWithoutTime(t *testing.T) {
	f := func(id, want string) {
		t.Helper()
		if got := withoutTime(id); got != want {
			t.Errorf("withoutTime(%q) = %q; want %q", id, got, want)
		}
	}
	f("Madrid-AmbientObserved-28079004-2016-03-15T11:00:00", "Madrid-AmbientObserved-28079004")
	f("urn:ngsi-ld:WeatherObserved:Roma-3:2025-11-22T06:00:00.5Z", "urn:ngsi-ld:WeatherObserved:Roma-3")
	f("x_2025-11-22T06:00:00+01:00", "x")
	f("Vitoria-NoiseLevelObserved-2016-12-28T11:00:00_2016-12-28T12:00:00", "Vitoria-NoiseLevelObserved")
	f("urn:ngsi-ld:wastecontainer:1021:AAWD", "urn:ngsi-ld:wastecontainer:1021:AAWD")
	f("station-2025-11-22", "station-2025-11-22")
	f("2025-11-22T06:00:00", "2025-11-22T06:00:00")
	f("", "")
	f(strings.Repeat("-", 1<<20), strings.Repeat("-", 1<<20)) // in no time
}
