package dashboards

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// asText is the unit under which Grafana leaves text as it is.
const asText = "string"

// grafanaUnits translates units (UCUM) to the ids under which Grafana formats them.
// Counts are "short": 1.2 K.
func grafanaUnits() map[string]string {
	return map[string]string{
		"": "short", "%": "percent", "s": "s", "ms": "ms", "h": "h", "dB": "dB", "dBm": "dBm", "By": "bytes",
		"bit/s": "bps", "kbit/s": "Kbits", "Mbit/s": "Mbits",
		"Cel": "celsius", "MHz": "rotmhz", "mA": "mamp", "V": "volt", "W": "watt", "kW.h": "kwatth",
		"ug/m3": "conμgm3", "mg/m3": "conmgm3", "[ppm]": "ppm", "hPa": "pressurehpa", "m/s": "velocityms",
		"km/h": "velocitykmh", "deg": "degree", "mm": "lengthmm", "m": "lengthm", "W/m2": "Wm2", "lx": "lux",
	}
}

// grafanaUnit translates one unit.
func grafanaUnit(ucum string) (string, error) {
	all := grafanaUnits()
	if id, known := all[ucum]; known {
		return id, nil
	}
	return "", fmt.Errorf("no Grafana unit is known for %q; there are%s, and \"\" for a number",
		ucum, strings.Join(slices.Sorted(maps.Keys(all)), " "))
}
