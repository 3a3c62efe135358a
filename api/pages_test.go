package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/ingest"
)

// pageReader reads a list page by page.
type pageReader struct {
	r      *rig
	path   string
	list   string                                  // the member that has the items
	id     func(map[string]json.RawMessage) string // what tells an item from all others
	change func(page int)                          // the list, after a page was read
}

// read returns how often each item came, on at most a hundred pages.
func (p *pageReader) read() map[string]int {
	p.r.t.Helper()
	seen, cursor := map[string]int{}, ""
	for page := range 100 {
		address := p.path
		if cursor != "" {
			address = and(address, "cursor="+url.QueryEscape(cursor))
		}
		whole := get[map[string]json.RawMessage](p.r, address)
		for _, item := range decode[[]map[string]json.RawMessage](p.r.t, whole[p.list]) {
			seen[p.id(item)]++
		}
		if whole["next"] == nil {
			return seen
		}
		cursor = decode[string](p.r.t, whole["next"])
		if p.change != nil {
			p.change(page)
		}
	}
	p.r.t.Fatalf("%s has no last page", p.path)
	return nil
}

// member makes items known by some of their members.
func member(names ...string) func(map[string]json.RawMessage) string {
	return func(item map[string]json.RawMessage) string {
		var id []string
		for _, name := range names {
			id = append(id, string(item[name]))
		}
		return strings.Join(id, " ")
	}
}

// checkGrowth reads a list at rest, then again while it grows: who was there
// comes once on some page, and nobody comes twice.
func checkGrowth(t *testing.T, p pageReader, change func(page int)) {
	t.Helper()
	before := p.read()
	if len(before) < 20 {
		t.Fatalf("%s: only %d items", p.path, len(before))
	}
	p.change = change
	during := p.read()
	for id := range before {
		if during[id] != 1 {
			t.Errorf("%s: %s came %d times while the list grew", p.path, id, during[id])
		}
	}
	for id, times := range during {
		if times != 1 {
			t.Errorf("%s: %s came %d times", p.path, id, times)
		}
	}
}

// TestPagesOfDevicesWhileTheyAreAdded adds devices at both ends of the order and
// in its middle while every order is read.
func TestPagesOfDevicesWhileTheyAreAdded(t *testing.T) {
	for _, path := range []string{"/v1/devices", "/v1/readings/latest"} {
		for _, sort := range []string{"device_id", "-device_id", "name", "-name", "kind", "-comune_name"} {
			t.Run(strings.Trim(path, "/")+" by "+sort, func(t *testing.T) {
				r := newRig(t, demoCity()[:60])
				p := pageReader{r: r, path: path + "?limit=7&sort=" + sort, list: "devices", id: member("device_id")}
				checkGrowth(t, p, func(page int) {
					for _, end := range []string{"aaa", "traffic-058091-0", "zzz"} {
						d := demoCity()[page%60]
						d.ID, d.Name = fmt.Sprintf("%s-new-%03d", end, page), end
						if page < 5 {
							r.add(d)
						}
					}
				})
			})
		}
	}
}

func (r *rig) add(d devices.Device) {
	r.t.Helper()
	if _, err := r.registry.Apply(r.t.Context(), devices.ChangeSet{Author: "test", Put: []devices.Device{d}}); err != nil {
		r.t.Fatal(err)
	}
}

// TestPagesOfEventsWhileTheyHappen raises events while they are read, of which
// some have the very time of another.
func TestPagesOfEventsWhileTheyHappen(t *testing.T) {
	book := newBook(t, nil)
	put := func(id string, after time.Duration) {
		t.Helper()
		if err := book.Put(t.Context(), happened(id, "bin-1", roma, after)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 40 {
		put(fmt.Sprintf("ev-%02d", i), time.Duration(i/3)*time.Minute)
	}
	r := newRig(t, nil, func(o *Options) { o.Events = bookOfAPI{book} })
	p := pageReader{r: r, path: "/v1/events?limit=7", list: "events", id: member("id")}
	checkGrowth(t, p, func(page int) {
		put(fmt.Sprintf("new-%d", page), time.Hour)             // before the first page
		put(fmt.Sprintf("ev-10-new-%d", page), 3*time.Minute)   // among the others
		put(fmt.Sprintf("aaa-new-%d", page), -time.Duration(1)) // after the last
	})
}

// TestPagesOfReadingsWhileTheyAreStored stores readings before and after the others
// while both orders are read; several devices say something at one time.
func TestPagesOfReadingsWhileTheyAreStored(t *testing.T) {
	for _, order := range []string{"asc", "desc"} {
		t.Run(order, func(t *testing.T) {
			store, server := withInflux(t)
			fleet := demoCity()[:8]
			r := newRig(t, fleet, store)
			var bins []*devices.Device
			for _, d := range r.registry.Snapshot().All() {
				if d.Current().Comune == roma && d.Kind == devices.WifiAP {
					bins = append(bins, d)
				}
			}
			at := func(d *devices.Device, i int) string {
				p := point(t, d, "wifi_ap", noon.Add(time.Duration(i)*time.Minute), map[string]float64{"clients": float64(i)})
				return line(&p)
			}
			var lines []string
			for i := range 20 {
				for _, d := range bins[1:] {
					lines = append(lines, at(d, i))
				}
			}
			write(t, server, lines)
			span := fmt.Sprintf("&start=%s&end=%s", noon.Add(-time.Hour).Format(time.RFC3339), noon.Add(2*time.Hour).Format(time.RFC3339))
			p := pageReader{r: r, path: "/v1/readings?comune=" + roma + "&measurement=wifi_ap&limit=7&order=" + order + span, list: "readings", id: member("device_id", "time")}
			checkGrowth(t, p, func(page int) { write(t, server, []string{at(bins[0], -10-page), at(bins[0], 40+page)}) })
		})
	}
}

// TestLatestIsSortedAndNear holds that the latest readings come in the orders
// that devices have.
func TestLatestIsSortedAndNear(t *testing.T) {
	r := newRig(t, smallFleet())
	f := func(query string) {
		t.Helper()
		var want, got []string
		for _, d := range get[DevicePage](r, "/v1/devices?"+query).Devices {
			want = append(want, d.DeviceID)
		}
		for _, d := range get[LatestPage](r, "/v1/readings/latest?"+query).Devices {
			got = append(got, d.DeviceID)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(got) == 0 {
			t.Errorf("%s: %v, the devices are %v", query, got, want)
		}
	}
	r.latest.Stored([]ingest.Point{point(t, r.registry.Snapshot().Device("wifi-1"), "wifi_ap", noon, map[string]float64{"clients": 3})})
	for _, query := range []string{"sort=device_id", "sort=-device_id", "sort=-seen", "sort=kind&limit=2", "near=41.93,12.5&nearest=2", "near=41.9,12.5&radius=3000", "sort=-name&kind=air,wifi_ap"} {
		f(query)
	}
}
