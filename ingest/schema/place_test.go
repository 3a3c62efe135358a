package schema_test

import (
	"slices"
	"strings"
	"testing"

	"rione/ingest/schema"
)

// Windows of places have the fields of those of series and what makes several
// places one figure; their names are no other's.
func TestPlaceWindows(t *testing.T) {
	names := map[string]bool{}
	for _, m := range schema.Rolled() {
		for _, l := range schema.PlaceLevels() {
			p, series := schema.RollupPlaces(m, l), schema.Rollup(m, l)
			if p == nil || p.Name != l.PlaceMeasurement(m.Name) || schema.LookupAny(p.Name) != p || schema.Lookup(p.Name) != nil || names[p.Name] {
				t.Fatalf("%s: %+v", l.PlaceMeasurement(m.Name), p)
			}
			names[p.Name] = true
			for _, f := range series.Fields {
				if placed := f.Name == "lat" || f.Name == "lon"; (p.Field(f.Name) == nil) != placed {
					t.Errorf("%s.%s: %v", p.Name, f.Name, p.Field(f.Name))
				}
			}
			seen := map[string]bool{}
			for _, f := range p.Fields {
				if seen[f.Name] || f.Doc == "" || p.Field(f.Name) == nil || p.Field(f.Name).Type != f.Type {
					t.Errorf("%s.%s: twice, undocumented or not found", p.Name, f.Name)
				}
				seen[f.Name] = true
			}
			for i := range m.Fields {
				checkDivision(t, m, &m.Fields[i], p)
			}
			if p.Field(schema.PlaceDevices).Type != schema.Int || p.Tag(schema.PlaceTag) == nil {
				t.Errorf("%s says not which place, or how many devices", p.Name)
			}
		}
		if schema.RollupPlaces(m, schema.Quarter) != nil || schema.RollupPlaces(m, schema.Raw) != nil {
			t.Errorf("places of %s have quarters of an hour", m.Name)
		}
	}
	if schema.RollupPlaces(schema.Lookup("ledger"), schema.Hour) != nil {
		t.Error("windows of places are made of the ledger")
	}
}

// checkDivision looks for a sum and a weight of whatever has a mean.
func checkDivision(t *testing.T, m *schema.Measurement, f *schema.Field, p *schema.Measurement) {
	t.Helper()
	fold := schema.FoldOf(m, f)
	want := map[schema.Fold][]string{
		schema.FoldMean: {"n", "sum"}, schema.FoldSum: {"n", "sum"}, schema.FoldEnergetic: {"w", "sum"}, schema.FoldShare: {"w", "sum", "on_pct"},
		schema.FoldIncrease: {"inc"}, schema.FoldCircular: {"n", "r"},
	}[fold]
	for _, stat := range want {
		if p.Field(f.Name+"_"+stat) == nil {
			t.Errorf("%s has no %s_%s", p.Name, f.Name, stat)
		}
	}
	if !slices.Equal(fold.PlaceStats()[:len(fold.Stats())], fold.Stats()) {
		t.Errorf("%v and then %v", fold.Stats(), fold.PlaceStats())
	}
}

// Tags that tell one device's parts apart would make as many windows as series.
func TestKindsAreNoIdentities(t *testing.T) {
	f := func(measurement, want string) {
		t.Helper()
		var names []string
		for _, tag := range schema.Lookup(measurement).Kinds() {
			names = append(names, tag.Name)
		}
		if got := strings.Join(names, ","); got != want {
			t.Errorf("%s: kinds %q, want %q", measurement, got, want)
		}
	}
	f("air", "grade")
	f("wifi_radio", "band")
	f("wifi_ssid", "band,ssid")
	f("net_if", "role")
	f("bb_link", "tech")
	f("bb_probe", "af")
	f("bb_speed", "dir,method")
	f("traffic", "dir,vclass")
	f("people", "")
	for _, m := range schema.Rolled() {
		for _, tag := range m.Tags {
			if len(tag.Values) > 0 && !tag.Kind {
				t.Errorf("%s.%s has a closed list of values and is no kind", m.Name, tag.Name)
			}
		}
	}
}

func TestPlaceNames(t *testing.T) {
	for _, c := range [][3]string{{"058091", "", "058091"}, {"058091", "Municipio I", "058091/Municipio I"}, {"058091", "a/b", "058091/a/b"}} {
		if got := schema.PlaceName(c[0], c[1]); got != c[2] {
			t.Errorf("%q, %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
