package devices_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"rione/devices"
	"rione/geo"
)

// told keeps what an import says of its progress.
type told struct {
	mu    sync.Mutex
	stage map[devices.Stage][]int // done, in the order in which it was told
	total map[devices.Stage]int
}

func (p *told) hear(stage devices.Stage, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage[stage] = append(p.stage[stage], done)
	p.total[stage] = total
}

// Reading counts the bytes of the file up to its end, hashing every row once,
// with a secret or without.
func TestProgress(t *testing.T) {
	const rows = 3000
	var csv, geojson strings.Builder
	csv.WriteString("device_id,kind,comune,lat,lon,secret\n")
	geojson.WriteString(`{"type":"FeatureCollection","features":[`)
	for i := range rows {
		secret := ""
		if i%100 == 0 {
			secret = "a long random secret"
		}
		fmt.Fprintf(&csv, "air-%04d,air,058091,41.9,12.5,%s\n", i, secret)
		if i > 0 {
			geojson.WriteString(",")
		}
		fmt.Fprintf(&geojson, `{"type":"Feature","geometry":null,"properties":{"device_id":"air-%04d","kind":"air","comune":"058091"}}`, i)
	}
	geojson.WriteString("]}")
	g := devices.Unchecked(devices.NewGazetteer(geo.NewIndex(nil)))
	f := func(name, file string, read func(p devices.Progress) (*devices.Import, error)) {
		t.Helper()
		p := &told{stage: map[devices.Stage][]int{}, total: map[devices.Stage]int{}}
		in, err := read(p.hear)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		in.Progress = p.hear
		if set, sum := devices.Plan(&devices.Snapshot{}, in); sum.Added != rows || len(set.Put) != rows {
			t.Errorf("%s: %+v of %d devices", name, sum, len(set.Put))
		}
		bytes := p.stage[devices.Reading]
		for i := 1; i < len(bytes); i++ {
			if bytes[i] < bytes[i-1] {
				t.Errorf("%s: %d bytes were read after %d", name, bytes[i], bytes[i-1])
			}
		}
		if len(bytes) == 0 || bytes[len(bytes)-1] != len(file) || p.total[devices.Reading] != len(file) {
			t.Errorf("%s: read is %v of %d, want up to %d", name, bytes, p.total[devices.Reading], len(file))
		}
		seen := map[int]bool{}
		for _, done := range p.stage[devices.Hashing] {
			seen[done] = true
		}
		if len(seen) != rows || !seen[1] || !seen[rows] || p.total[devices.Hashing] != rows {
			t.Errorf("%s: %d rows were told of %d, want 1 to %d", name, len(seen), p.total[devices.Hashing], rows)
		}
	}
	f("CSV", csv.String(), func(p devices.Progress) (*devices.Import, error) {
		return devices.ReadCSV(p.Reader([]byte(csv.String())), g)
	})
	f("GeoJSON", geojson.String(), func(p devices.Progress) (*devices.Import, error) {
		return devices.ReadGeoJSON(p.Reader([]byte(geojson.String())), g)
	})
}

// Who does not ask hears nothing, and the file is the same.
func TestNoProgress(t *testing.T) {
	const file = "device_id,kind,comune,lat,lon\nair-1,air,058091,41.9,12.5\n"
	var none devices.Progress
	in, err := devices.ReadCSV(none.Reader([]byte(file)), devices.Unchecked(devices.NewGazetteer(geo.NewIndex(nil))))
	if err != nil || len(in.Rows) != 1 {
		t.Fatalf("%+v, %v", in, err)
	}
	if _, sum := devices.Plan(&devices.Snapshot{}, in); sum.Added != 1 {
		t.Errorf("%+v", sum)
	}
}
