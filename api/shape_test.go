package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest"
)

func TestConditionalRequests(t *testing.T) {
	r := newRig(t, demoCity())
	for _, path := range []string{"/v1/devices?limit=3", "/v1/readings/latest?limit=3", "/v1/comuni", "/v1/schema", "/v1/devices/" + demoCity()[0].ID} {
		first := r.do(request{path: path})
		etag := first.Header().Get("ETag")
		if first.Code != 200 || etag == "" {
			t.Fatalf("%s: %d, ETag %q", path, first.Code, etag)
		}
		for _, known := range []string{etag, `"other", ` + etag, "*", "W/" + strings.TrimPrefix(etag, "W/")} {
			again := r.do(request{path: path, header: map[string]string{"If-None-Match": known}})
			if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != etag {
				t.Errorf("%s with %s: %d, %d bytes", path, known, again.Code, again.Body.Len())
			}
		}
		if other := r.do(request{path: path, header: map[string]string{"If-None-Match": `"other"`}}); other.Code != 200 || other.Body.Len() == 0 {
			t.Errorf("%s with another ETag: %d", path, other.Code)
		}
	}
	before := r.do(request{path: "/v1/readings/latest"}).Header().Get("ETag")
	r.latest.Stored([]ingest.Point{demoPoint(t, r.registry.Snapshot().All()[0], time.Now())})
	if w := r.do(request{path: "/v1/readings/latest", header: map[string]string{"If-None-Match": before}}); w.Code != 200 {
		t.Errorf("after a new reading: %d", w.Code)
	}
	if w := r.do(request{path: "/v1/devices/nobody", header: map[string]string{"If-None-Match": "*"}}); w.Code != 404 || w.Header().Get("ETag") != "" {
		t.Errorf("what is not there: %d", w.Code)
	}
}

func TestFields(t *testing.T) {
	r := newRig(t, demoCity())
	f := func(path, member string, want ...string) {
		t.Helper()
		w := r.do(request{path: path})
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		var page map[string]json.RawMessage
		var items []map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(page[member], &items); err != nil || len(items) == 0 {
			t.Fatalf("%s: %v, %d items", path, err, len(items))
		}
		for _, item := range items {
			var has []string
			for name := range item {
				has = append(has, name)
			}
			if slices.Sort(has); !slices.Equal(has, want) {
				t.Fatalf("%s: %v, want %v", path, has, want)
			}
		}
	}
	f("/v1/devices?fields=device_id,kind&limit=5", "devices", "device_id", "kind")
	f("/v1/devices?fields=retired,%20kind&limit=5", "devices", "kind") // nobody is retired
	f("/v1/readings/latest?fields=device_id&limit=5", "devices", "device_id")
	f("/v1/comuni?fields=name", "comuni", "name")
	page := get[DevicePage](r, "/v1/devices?fields=device_id&limit=5")
	if page.Matched != 326 || page.Next == "" {
		t.Errorf("what is beside the list: %+v", page)
	}
	if got := problemOf(t, r.do(request{path: "/v1/devices?fields=device_id,secret"}), 422); !strings.Contains(got, "secret") || !strings.Contains(got, "device_id") {
		t.Errorf("it does not say what there is: %s", got)
	}
	problemOf(t, r.do(request{path: "/v1/devices?fields=-kind"}), 422)
	problemOf(t, r.do(request{path: "/v1/readings/latest?format=geojson&fields=device_id"}), 422)
	problemOf(t, r.do(request{path: "/v1/overview?fields=devices"}), 400)
}

func TestSortOfWholeLists(t *testing.T) {
	r := newRig(t, demoCity())
	f := func(sort string, want ...string) {
		t.Helper()
		var names []string
		for _, c := range get[ComuneList](r, "/v1/comuni?sort="+sort).Comuni {
			names = append(names, c.Code)
		}
		if !slices.Equal(names, want) {
			t.Errorf("sort=%s: %v, want %v", sort, names, want)
		}
	}
	f("comune", "027042", "046007", "058091", "082053")
	f("-comune", "082053", "058091", "046007", "027042")
	f("devices", "046007", "027042", "082053", "058091") // 24, 52, 60, 190: as numbers
	f("online,-devices", "058091", "082053", "027042", "046007")
	problemOf(t, r.do(request{path: "/v1/comuni?sort=beauty"}), 422)
}

// TestSortedDevices reads every page of every order: nobody is left out or twice
// there, and each follows the one before.
func TestSortedDevices(t *testing.T) {
	r := newRig(t, demoCity())
	for i, d := range r.registry.Snapshot().All()[:100] {
		r.latest.Stored([]ingest.Point{demoPoint(t, d, noon.Add(time.Duration(i%7)*time.Second))})
	}
	for _, sort := range []string{"device_id", "-device_id", "name", "-name", "comune_name", "-comune_name", "kind", "-kind", "seen", "-seen"} {
		o, cursor, seen := orderOf(sort), "", map[string]bool{}
		var last *sortKey
		for {
			page := get[DevicePage](r, "/v1/devices?limit=47&sort="+sort+"&cursor="+cursor)
			for _, d := range page.Devices {
				k := r.keyOf(r.registry.Snapshot().Device(d.DeviceID), o.member)
				if last != nil && o.compare(*last, k) >= 0 {
					t.Fatalf("sort=%s: %v after %v", sort, k, *last)
				}
				last, seen[d.DeviceID] = &k, true
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if len(seen) != 326 {
			t.Errorf("sort=%s: %d devices", sort, len(seen))
		}
	}
	problemOf(t, r.do(request{path: "/v1/devices?sort=beauty"}), 422)
}

// TestListsAreOffered holds that every list can be cut, and that what the
// description says of it is what shape does.
func TestListsAreOffered(t *testing.T) {
	r := newRig(t, nil)
	for _, pattern := range []string{"GET /v1/devices", "GET /v1/readings/latest", "GET /v1/comuni", "GET /v1/quarantine", "GET /v1/quarantine/groups",
		"GET /v1/events", "GET /v1/tokens", "GET /v1/audit", "GET /v1/initiatives", "GET /v1/facts", "GET /v1/routes", "GET /v1/replays", "GET /v1/publications", "GET /v1/ledger"} {
		if l := r.lists[pattern]; l == nil || len(l.fields) == 0 {
			t.Errorf("%s offers no fields", pattern)
		}
	}
	for path, item := range r.api.OpenAPI().Paths {
		if item.Get == nil {
			continue
		}
		names := map[string]int{}
		for _, p := range item.Get.Parameters {
			if names[p.In+" "+p.Name]++; names[p.In+" "+p.Name] > 1 {
				t.Errorf("GET %s describes %s twice", path, p.Name)
			}
		}
	}
}
