package devices_test

import (
	"fmt"
	"strings"
	"testing"

	"rione/devices"
)

const header = "device_id,kind,comune,zone,name,lat,lon,interval_s,format,external_id,secret,premises,valid_from\n"

// importInto plans and applies a file.
func importInto(t testing.TB, s *devices.Snapshot, text string) (*devices.Snapshot, devices.Summary) {
	t.Helper()
	c, sum := devices.Plan(s, readCSV(t, text))
	if c.Expect != s.Revision {
		t.Errorf("plan expects revision %d of %d", c.Expect, s.Revision)
	}
	next, err := s.With(s.Revision+1, c)
	if err != nil {
		t.Fatal(err)
	}
	return next, sum
}

func TestPlan(t *testing.T) {
	const file = header +
		"air-1,air,058091,,Piazza,41.89,12.49,60,tasmota,serial-1,a long random secret,false,\n" +
		"bin-1,bin,058091,,,,,,,,password,true,\n"
	s, sum := importInto(t, &devices.Snapshot{Revision: 4}, file)
	if sum != (devices.Summary{Added: 2}) {
		t.Fatalf("first import: %+v", sum)
	}
	f := func(name, text string, want devices.Summary) *devices.Snapshot {
		t.Helper()
		next, sum := importInto(t, s, text)
		if sum != want {
			t.Errorf("%s: %+v, want %+v", name, sum, want)
		}
		again, sum := importInto(t, next, text)
		if sum.Unchanged != sum.Added+sum.Changed+sum.Moved+sum.Unchanged || again.Len() != next.Len() {
			t.Errorf("%s, again: %+v", name, sum)
		}
		return next
	}
	f("the same file", file, devices.Summary{Unchanged: 2})
	f("fewer columns", "device_id,kind,comune\nair-1,air,058091\nbin-1,bin,058091\n", devices.Summary{Unchanged: 2})
	f("no device", header, devices.Summary{})

	next := f("a name", strings.Replace(file, "Piazza", "Largo", 1), devices.Summary{Changed: 1, Unchanged: 1})
	if next.Device("air-1").Name != "Largo" {
		t.Error("the name did not change")
	}
	next = f("a secret", strings.Replace(file, "password", "passw0rd", 1), devices.Summary{Changed: 1, Unchanged: 1})
	if next.Device("bin-1").SecretHash == s.Device("bin-1").SecretHash {
		t.Error("the secret did not change")
	}
	next = f("premises", strings.Replace(file, "false", "true", 1), devices.Summary{Changed: 1, Unchanged: 1})
	if !next.Device("air-1").Premises {
		t.Error("premises did not change")
	}
	moving := strings.NewReplacer("valid_from\n", "valid_from,moving\n", ",\n", ",,yes\n")
	next = f("moving", moving.Replace(file), devices.Summary{Changed: 2})
	if !next.Device("air-1").Moving {
		t.Error("moving did not change")
	}
	next = f("moved", strings.Replace(file, "41.89", "41.95", 1), devices.Summary{Moved: 1, Unchanged: 1})
	if d := next.Device("air-1"); len(d.Placements) != 2 || d.Current().Point.Lat != 41.95 || len(s.Device("air-1").Placements) != 1 {
		t.Errorf("placements are %+v", d.Placements)
	}
	next = f("moved at a date, then again", header+
		"air-1,air,058091,,,41.95,12.49,,,,,,2025-11-05\nair-1,air,058091,,,41.80,12.49,,,,,,2025-11-09\n", devices.Summary{Moved: 1})
	if p := next.Device("air-1").Placements; len(p) != 3 || !p[1].ValidFrom.Equal(day(5)) || !p[2].ValidFrom.Equal(day(9)) {
		t.Errorf("placements are %+v", p)
	}
	f("new beside old", file+"air-2,air,058091,,,,,,,,,,\n", devices.Summary{Added: 1, Unchanged: 2})
}

func TestPlanLeavesRetiredOnesRetired(t *testing.T) {
	gone := device(t, "air-1")
	gone.Retired = true
	s, sum := importInto(t, snapshot(t, gone), header+"air-1,air,058091,,new name,,,,,,,,\n")
	if d := s.Device("air-1"); !d.Retired || d.Name != "new name" || sum.Changed != 1 {
		t.Errorf("%+v, %+v", d, sum)
	}
}

// BenchmarkImportFile reads and plans a city's file.
func BenchmarkImportFile(b *testing.B) {
	const city = 100_000
	file := func(secret func(i int) string) string {
		var text strings.Builder
		text.WriteString(header)
		for i := range city {
			fmt.Fprintf(&text, "dev-%06d,air,058091,,Palo %d,41.%06d,12.49,60,,serial-%06d,%s,,\n", i, i, i, i, secret(i))
		}
		return text.String()
	}
	f := func(name, text string) {
		empty := &devices.Snapshot{}
		b.Run(name+"/new", func(b *testing.B) {
			for b.Loop() {
				devices.Plan(empty, readCSV(b, text))
			}
		})
		full, _ := importInto(b, empty, text)
		b.Run(name+"/again", func(b *testing.B) {
			for b.Loop() {
				devices.Plan(full, readCSV(b, text))
			}
		})
	}
	f("plain", file(func(int) string { return "" }))
	f("secrets", file(func(i int) string { return fmt.Sprintf("%026d", i) }))
}
