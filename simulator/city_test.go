package simulator_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"regexp"
	"strings"
	"testing"

	"rione/geo"
	"rione/simulator"
)

func registry(t *testing.T, o simulator.CityOptions) (header []string, rows []map[string]string, text string) {
	t.Helper()
	var out bytes.Buffer
	if err := newCity(t, o).WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	text = out.String()
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = l[i]
		}
		rows = append(rows, row)
	}
	return lines[0], rows, text
}

func TestTheRegistryFile(t *testing.T) {
	header, rows, _ := registry(t, simulator.CityOptions{Seed: 4, Devices: 300, Formats: []string{"native", "senml", "chirpstack"}})
	if strings.Join(header, ",") != "device_id,kind,comune,zone,name,lat,lon,interval_s,format,external_id" {
		t.Errorf("header %v", header)
	}
	if len(rows) != 300 {
		t.Errorf("%d devices", len(rows))
	}
	id, kinds, formats, seen := regexp.MustCompile(`^[a-z0-9-]{3,64}$`), map[string]int{}, map[string]int{}, map[string]bool{}
	for _, r := range rows {
		kinds[r["kind"]]++
		formats[r["format"]]++
		if !id.MatchString(r["device_id"]) || seen[r["device_id"]] {
			t.Errorf("id %q", r["device_id"])
		}
		seen[r["device_id"]] = true
		if (r["format"] == "chirpstack") != (len(r["external_id"]) == 16) || r["external_id"] != "" && seen[r["external_id"]] {
			t.Errorf("%s has external id %q", r["device_id"], r["external_id"])
		}
		seen[r["external_id"]] = true
		if (r["comune"] == "058091") != strings.HasPrefix(r["zone"], "Municipio I") {
			t.Errorf("%s in %s is in zone %q", r["device_id"], r["comune"], r["zone"])
		}
	}
	if len(kinds) != 13 || kinds["wifi_ap"] < 60 || len(formats) != 3 {
		t.Errorf("kinds %v, formats %v", kinds, formats)
	}
}

func TestTheSameSeedMakesTheSameCity(t *testing.T) {
	_, _, a := registry(t, simulator.CityOptions{Seed: 4, Devices: 100, Secrets: true})
	_, _, b := registry(t, simulator.CityOptions{Seed: 4, Devices: 100, Secrets: true})
	_, _, c := registry(t, simulator.CityOptions{Seed: 5, Devices: 100, Secrets: true})
	if a != b || a == c {
		t.Errorf("same seed equal: %v, other seed equal: %v", a == b, a == c)
	}
}

func TestDevicesHaveSecretsOfTheirOwn(t *testing.T) {
	_, rows, _ := registry(t, simulator.CityOptions{Devices: 50, Secrets: true})
	seen := map[string]bool{}
	for _, r := range rows {
		if len(r["secret"]) != 32 || seen[r["secret"]] {
			t.Errorf("%s: secret of %d characters", r["device_id"], len(r["secret"]))
		}
		seen[r["secret"]] = true
	}
}

func TestDevicesStandWithinTheRadius(t *testing.T) {
	f := func(radius, want float64) {
		t.Helper()
		p := simulator.Place{Code: "058091", Lat: 41.88, Lon: 12.47, Radius: radius}
		far := 0.0
		for _, d := range newCity(t, simulator.CityOptions{Devices: 500, Comuni: []simulator.Place{p}}).Devices() {
			north := (d.At.Lat - p.Lat) * 111_195
			east := (d.At.Lon - p.Lon) * 111_195 * math.Cos(p.Lat*math.Pi/180)
			far = max(far, math.Hypot(north, east))
		}
		if far > want+1 || far < want*0.9 {
			t.Errorf("the farthest device is %.0f m away, want %.0f", far, want)
		}
	}
	f(0, 450)
	f(3000, 3000)
}

func TestComuniGetDevicesByPopulation(t *testing.T) {
	count := map[string]int{}
	for _, d := range newCity(t, simulator.CityOptions{Devices: 1000, Comuni: []simulator.Place{
		{Code: "000001", Lat: 42, Lon: 12, Population: 3_000_000}, {Code: "000002", Lat: 43, Lon: 12, Population: 1_000_000},
		{Code: "000003", Lat: 44, Lon: 12}, // population not known
	}}).Devices() {
		count[d.Comune]++
	}
	if count["000001"] < 740 || count["000001"] > 752 || count["000002"] < 245 || count["000003"] < 2 {
		t.Errorf("%v", count)
	}
}

func TestZonesMayBeGivenByPosition(t *testing.T) {
	city := newCity(t, simulator.CityOptions{Devices: 100, ZoneOf: func(comune string, p geo.Point) string {
		if p.Lat > 41.8797 {
			return comune + " north"
		}
		return ""
	}})
	for _, d := range city.Devices() {
		if (d.Zone != "") != (d.At.Lat > 41.8797) {
			t.Errorf("%s at %v is in %q", d.ID, d.At, d.Zone)
		}
	}
}

func TestACarriedDeviceHasAGatewayOfItsComune(t *testing.T) {
	devices := newCity(t, simulator.CityOptions{Devices: 200, Formats: []string{"chirpstack"}}).Devices()
	carried := 0
	for i, d := range devices {
		if d.Via == i {
			continue
		}
		carried++
		if via := devices[d.Via]; d.Via > i || via.Kind != "gateway" || via.Comune != d.Comune || via.ID != d.Gateway {
			t.Errorf("%s goes through %s", d.ID, via.ID)
		}
	}
	if carried < 40 {
		t.Errorf("%d carried devices", carried)
	}
}

func TestCityOptionsAreChecked(t *testing.T) {
	f := func(want string, change func(*simulator.CityOptions)) {
		t.Helper()
		o := simulator.CityOptions{Devices: 10, Comuni: comuni}
		change(&o)
		if _, err := simulator.NewCity(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	f("at least one comune", func(o *simulator.CityOptions) { o.Comuni = nil })
	f("0 devices", func(o *simulator.CityOptions) { o.Devices = 0 })
	f("devices: ask", func(o *simulator.CityOptions) { o.Devices = simulator.MaxDevices + 1 })
	f("six digits", func(o *simulator.CityOptions) { o.Comuni = []simulator.Place{{Code: "58091"}} })
	f("latitude", func(o *simulator.CityOptions) { o.Comuni = []simulator.Place{{Code: "058091", Lat: 99}} })
	f("morse", func(o *simulator.CityOptions) { o.Formats = []string{"morse"} })
	f("prefix", func(o *simulator.CityOptions) { o.Prefix = "Città" })
}
