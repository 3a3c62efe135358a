package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rione/cmd/rione/config"
	"rione/dashboards"
	"rione/ingest"
)

// split is a configuration with Palermo and two comuni of Venezia's in
// InfluxDBs of their own, and further settings.
func split(t *testing.T, more ...string) config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "targets.json")
	write(t, file, []map[string]any{
		{"name": "palermo", "url": "http://influx-pa:8086", "token": "pa:reader", "bucket": "pa", "comuni": []string{"082053"}},
		{"name": "citta-metropolitana-di-venezia", "url": "http://influx-ve:8086", "token": "ve:reader", "comuni": []string{"027042", "027001", "999999"}},
	})
	c, err := config.Load(append(more, "RIONE_INFLUX_TARGETS="+file, "RIONE_INFLUX_URL=http://influx:8086", "RIONE_INFLUX_TOKEN=all",
		"RIONE_GRAFANA_URL=http://grafana", "RIONE_GRAFANA_TOKEN=g"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, path string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func initiativeIDs(c dashboards.Config) string {
	var out []string
	for _, i := range c.Initiatives {
		out = append(out, i.ID)
	}
	return strings.Join(out, " ")
}

// Each InfluxDB has pages of its own, that ask it and nobody else, for the
// comuni that it holds.
func TestPagesForEachInfluxDB(t *testing.T) {
	all, err := Organisations(split(t))
	if err != nil || len(all) != 3 {
		t.Fatalf("%d organisations, %v", len(all), err)
	}
	f := func(o Organisation, name, label, url, bucket, initiatives string, part bool) {
		t.Helper()
		w := o.Wanted
		if o.Name != name || w.Label != label || w.InfluxURL != url || w.Bucket != bucket || w.Part != part || initiativeIDs(w) != initiatives {
			t.Errorf("%q: label %q, store %s %s, part %v, initiatives %s", o.Name, w.Label, w.InfluxURL, w.Bucket, w.Part, initiativeIDs(w))
		}
		set, err := dashboards.Shipped(w)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range set.Resources() {
			if r.Kind == dashboards.DataSources && r.Body["url"] != url {
				t.Errorf("%s: data source %s reads %v", name, r.UID, r.Body["url"])
			}
		}
		platform := slices.ContainsFunc(set.Dashboards, func(d dashboards.Dashboard) bool { return d.Name == "platform" })
		rules := slices.ContainsFunc(set.Alerts, func(g dashboards.AlertGroup) bool { return g.Name == "alerts-platform" })
		if platform == part || rules == part || len(set.Alerts) == 0 {
			t.Errorf("%s: the platform's page %v, its rules %v of %d groups", name, platform, rules, len(set.Alerts))
		}
	}
	f(all[0], "", "", "http://influx:8086", "city", "anci capannori roma venezia", false)
	f(all[1], "@palermo", "rione-palermo", "http://influx-pa:8086", "pa", "palermo", true)
	f(all[2], "@citta-metropolitana-di-venezia", "rione-citta-met"+all[2].Wanted.Label[len("rione-citta-met"):], "http://influx-ve:8086", "city", "venezia", true)
	if c := all[0].Wanted.Comuni; c["082053"] != "" || c["027042"] != "" || c["058091"] != "Roma" {
		t.Errorf("the default InfluxDB offers %d comuni, Palermo %q", len(c), c["082053"])
	}
	if w := all[2].Wanted; len(w.Label) != longestLabel || w.Comuni["027042"] != "Venezia" || w.Comuni["999999"] != "999999" || len(w.Within) != 3 {
		t.Errorf("label %q, comuni %v, within %v", w.Label, w.Comuni, w.Within)
	}
}

func TestLabelsOfTargetsStayApart(t *testing.T) {
	one, two := labelOf("citta-metropolitana-di-venezia"), labelOf("citta-metropolitana-di-verona")
	if one == two || len(one) != longestLabel || len(two) != longestLabel {
		t.Errorf("%q and %q", one, two)
	}
	if got := labelOf("palermo"); got != "rione-palermo" {
		t.Errorf("%q", got)
	}
}

// A tenant's pages ask the InfluxDB that holds its comuni.
func TestTenantsAreWhereTheirComuniAre(t *testing.T) {
	tenant := func(change map[string]any) []map[string]any {
		out := map[string]any{"name": "palermo", "token": "t", "influx_token": "r", "comuni": []string{"082053"}}
		for k, v := range change {
			out[k] = v
		}
		return []map[string]any{out}
	}
	f := func(url, bucket string, part bool, wrong string, tenants []map[string]any) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "tenants.json")
		write(t, file, tenants)
		all, err := Organisations(split(t, "RIONE_GRAFANA_TENANTS="+file))
		if wrong != "" {
			if err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("got %v, want %q", err, wrong)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if w := all[len(all)-1].Wanted; w.InfluxURL != url || w.Bucket != bucket || w.Part != part || w.InfluxToken != "r" {
			t.Errorf("store %s %s, part %v, token %q", w.InfluxURL, w.Bucket, w.Part, w.InfluxToken)
		}
	}
	f("http://influx-pa:8086", "pa", true, "", tenant(nil))
	f("http://influx:8086", "city", false, "", tenant(map[string]any{"comuni": []string{"058091"}}))
	f("http://own:8086", "city", true, "", tenant(map[string]any{"influx_url": "http://own:8086"}))
	f("http://influx:8086", "pa2", true, "", tenant(map[string]any{"comuni": []string{"058091"}, "influx_bucket": "pa2"}))
	f("", "", false, "several InfluxDBs", tenant(map[string]any{"comuni": []string{"082053", "058091"}}))
	f("http://own:8086", "city", true, "", tenant(map[string]any{"comuni": []string{"082053", "058091"}, "influx_url": "http://own:8086"}))
}

// Those whose comuni are in several InfluxDBs are compared in the default one, with
// all their comuni; those that are wholly elsewhere are not there.
func TestSpreadInitiativesAreCompared(t *testing.T) {
	all, err := Organisations(split(t))
	if err != nil {
		t.Fatal(err)
	}
	f := func(c dashboards.Config, id string, spread bool, comuni int) {
		t.Helper()
		for _, i := range c.Initiatives {
			if i.ID == id && (i.Spread != spread || len(i.Comuni) != comuni) {
				t.Errorf("%s is spread: %v, %d comuni", id, i.Spread, len(i.Comuni))
			}
		}
	}
	venezia := all[0].Wanted.Initiatives[slices.IndexFunc(all[0].Wanted.Initiatives, func(i dashboards.Initiative) bool { return i.ID == "venezia" })]
	f(all[0].Wanted, "venezia", true, len(venezia.Comuni))
	f(all[0].Wanted, "roma", false, 1)
	f(all[2].Wanted, "venezia", false, 2)
	if len(venezia.Comuni) < 20 {
		t.Errorf("%d comuni are compared", len(venezia.Comuni))
	}
	set, err := dashboards.Shipped(all[0].Wanted)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range set.Dashboards {
		if d.Name != "plan-venezia" {
			continue
		}
		for _, r := range d.Rows {
			for _, p := range r.Panels {
				if q := p.Queries[0].String(); p.Title.En == "Onboarding done" && !strings.Contains(q, `"indicator"`) {
					t.Errorf("%s", q)
				}
			}
		}
	}
}

// What the report of an initiative and its facts without a comune are asked of.
func TestInitiativesAreWhereTheirComuniAre(t *testing.T) {
	c := split(t)
	f := func(want string, comuni ...string) {
		t.Helper()
		if got := StoreOfAll(c, comuni); got.Name != want {
			t.Errorf("%v are in %s, want %s", comuni, got.Name, want)
		}
	}
	f("palermo", "082053")
	f("citta-metropolitana-di-venezia", "027042", "027001")
	f("default", "027042", "058091")
	f("default")
	if got := StoreOfAll(c, nil); got.URL != "http://influx:8086" || got.Token != "all" || got.Bucket != "city" {
		t.Errorf("the default one is %v", got)
	}
	s := indicatorStore{
		stores: stores{{name: "default"}, {name: "palermo", comuni: []string{"082053"}}},
		comuni: map[string][]string{"palermo": {"082053"}, "anci": {"082053", "058091"}},
	}
	home := func(want []int, tags ...ingest.Tag) {
		t.Helper()
		if got := s.homesOf(tags); !slices.Equal(got, want) {
			t.Errorf("%v goes to %d, want %d", tags, got, want)
		}
	}
	of := func(initiative string) ingest.Tag { return ingest.Tag{Name: "initiative", Value: initiative} }
	in := func(comune string) ingest.Tag { return ingest.Tag{Name: "comune", Value: comune} }
	home([]int{1}, of("palermo"))
	home([]int{1}, in("082053"), of("palermo"))
	home([]int{0}, of("anci"))
	home([]int{0, 1}, in("082053"), of("anci")) // where Palermo's people look, and where the community is compared
	home([]int{0}, in("058091"), of("anci"))
	home([]int{0}, in("058091"), of("palermo"))
	home([]int{0}, of("elsewhere"))
	home([]int{1}, in("082053"), of("rione")) // counts of devices stand beside their readings alone
	home([]int{0}, in("058091"), of("rione"))
	home([]int{0})
}
