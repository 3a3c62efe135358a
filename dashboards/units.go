package dashboards

import "fmt"

// grafanaUnit translates a unit of the schema (UCUM) to the id under which
// Grafana formats it. Counts are "short": 1.2 K.
func grafanaUnit(ucum string) (string, error) {
	switch ucum {
	case "":
		return "short", nil
	case "%":
		return "percent", nil
	case "s", "ms", "h", "dB", "dBm":
		return ucum, nil
	case "By":
		return "bytes", nil
	case "bit/s":
		return "bps", nil
	case "kbit/s":
		return "Kbits", nil
	case "Mbit/s":
		return "Mbits", nil
	}
	return physicalUnit(ucum)
}

func physicalUnit(ucum string) (string, error) {
	switch ucum {
	case "Cel":
		return "celsius", nil
	case "MHz":
		return "rotmhz", nil
	case "mA":
		return "mamp", nil
	case "V":
		return "volt", nil
	case "W":
		return "watt", nil
	case "kW.h":
		return "kwatth", nil
	case "ug/m3":
		return "conμgm3", nil
	case "mg/m3":
		return "conmgm3", nil
	case "[ppm]":
		return "ppm", nil
	case "hPa":
		return "pressurehpa", nil
	case "m/s":
		return "velocityms", nil
	case "km/h":
		return "velocitykmh", nil
	case "deg":
		return "degree", nil
	case "mm":
		return "lengthmm", nil
	case "m":
		return "lengthm", nil
	case "W/m2":
		return "Wm2", nil
	case "lx":
		return "lux", nil
	}
	return "", fmt.Errorf("no Grafana unit is known for %q: add it to physicalUnit", ucum)
}
