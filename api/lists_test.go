package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
	credential "rione/devices/access"
	"rione/devices/event"
	"rione/ingest"
)

// pagedList is a list that has pages: what it is asked with, and how its items
// are told apart.
type pagedList struct {
	query  string
	member string
	id     string
}

// pagedLists are all of them; TestEveryPagedList compares them with the
// description.
func pagedLists() map[string]pagedList {
	return map[string]pagedList{
		"/v1/devices":         {"", "devices", "device_id"},
		"/v1/readings/latest": {"", "devices", "device_id"},
		"/v1/quarantine":      {"", "entries", "id"},
		"/v1/events":          {"", "events", "id"},
		"/v1/audit":           {"", "entries", "seq"},
		"/v1/readings":        {"comune=" + roma + "&measurement=wifi_ap&start=2026-03-01T11:00:00Z&end=2026-03-01T13:00:00Z", "readings", "time device_id"},
	}
}

// pagesRig is a server all of whose lists have many items, some of them equal in
// what they are sorted by.
func pagesRig(t *testing.T) *rig {
	t.Helper()
	store, server := withInflux(t)
	book, log, q := newBook(t, nil), &memoryTokens{}, &memoryQuarantine{}
	for i := range 45 {
		at := time.Duration(i/4) * time.Minute
		e := happened(fmt.Sprintf("ev-%02d", i), fmt.Sprintf("bin-%d", i%3), []string{roma, palermo}[i%2], at)
		e.Severity, e.Count, e.Changed = event.Severity(i%5+1), i%12, e.Changed.Add(time.Duration(i%7)*time.Second)
		if err := book.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		log.entries = append(log.entries, credential.Entry{Seq: uint64(i + 1), Time: noon.Add(at), Who: "anna", Action: "devices.approve"})
		q.entries = append(q.entries, Entry{ID: fmt.Sprintf("e-%02d", i), Received: noon.Add(-at), Reason: []string{"unparsable", "no_route"}[i%2],
			Device: fmt.Sprintf("bin-%d", i%5), Comune: []string{"", roma}[i%2], Route: fmt.Sprintf("route-%d", i%3), Payload: "{}"})
	}
	r := newRig(t, demoCity()[:45], store, func(o *Options) {
		o.Events, o.Trail, o.Quarantine = bookOfAPI{book}, log, q
		o.PerMinute, o.Now = 1_000_000, func() time.Time { return noon }
	})
	var lines []string
	for i, d := range r.registry.Snapshot().All() {
		if d.Kind != devices.WifiAP {
			continue
		}
		p := point(t, d, "wifi_ap", noon.Add(-time.Duration(i%5)*time.Second), map[string]float64{"clients": float64(i)})
		r.latest.Stored([]ingest.Point{p})
		for range 4 {
			lines = append(lines, line(&p))
			p.Time = p.Time.Add(-time.Minute)
		}
	}
	write(t, server, lines)
	return r
}

// TestEveryPagedList reads every list of the description that has pages, in
// every order that it offers: the pages together are the whole list, in order,
// and a cursor is refused where it does not come from.
func TestEveryPagedList(t *testing.T) {
	r := pagesRig(t)
	lists := pagedLists()
	for path, item := range r.api.OpenAPI().Paths {
		if parameterOf(item.Get, "cursor") == nil {
			continue
		}
		if _, ok := lists[path]; !ok {
			t.Errorf("GET %s has pages and is not held against what all lists promise", path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(lists)) {
		op := r.api.OpenAPI().Paths[path].Get
		for _, name := range []string{"sort", "fields", "limit", "cursor"} {
			if parameterOf(op, name) == nil {
				t.Errorf("GET %s takes no %s", path, name)
			}
		}
		for _, sort := range parameterOf(op, "sort").Schema.Enum {
			t.Run(strings.Trim(path, "/")+" by "+fmt.Sprint(sort), func(t *testing.T) {
				r := &rig{Server: r.Server, t: t}
				checkPages(t, r, path, fmt.Sprint(sort), lists[path])
			})
		}
	}
}

func parameterOf(op *huma.Operation, name string) *huma.Param {
	if op == nil {
		return nil
	}
	i := slices.IndexFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
	if i < 0 {
		return nil
	}
	return op.Parameters[i]
}

// askList reads one page as an administrator.
func askList(r *rig, list pagedList, address string) (items []map[string]json.RawMessage, next string) {
	r.t.Helper()
	w := r.do(request{path: address, token: adminToken})
	if w.Code != http.StatusOK {
		r.t.Fatalf("%s: %d %s", address, w.Code, w.Body)
	}
	page := decode[map[string]json.RawMessage](r.t, w.Body.Bytes())
	if page["next"] != nil {
		next = decode[string](r.t, page["next"])
	}
	return decode[[]map[string]json.RawMessage](r.t, page[list.member]), next
}

func checkPages(t *testing.T, r *rig, path, sort string, list pagedList) {
	address := and(path+"?"+list.query, "sort="+sort)
	id := member(strings.Fields(list.id)...)
	whole, next := askList(r, list, and(address, "limit=1000"))
	if next != "" || len(whole) < 40 {
		t.Fatalf("%d items on the only page, next %q", len(whole), next)
	}
	by := strings.TrimPrefix(sort, "-")
	for i := 1; i < len(whole); i++ {
		c := compareMember(whole[i-1][by], whole[i][by])
		if strings.HasPrefix(sort, "-") {
			c = -c
		}
		if c > 0 {
			t.Errorf("%s comes before %s", whole[i-1][by], whole[i][by])
		}
	}
	first := ""
	for _, limit := range []int{1, 7, len(whole) - 1, len(whole)} {
		at, cursor := 0, ""
		for {
			items, next := askList(r, list, and(address, fmt.Sprintf("limit=%d&cursor=%s", limit, url.QueryEscape(cursor))))
			for _, item := range items {
				if at >= len(whole) || id(item) != id(whole[at]) {
					t.Fatalf("by %d: item %d is %s", limit, at, id(item))
				}
				at++
			}
			if first = cmp.Or(first, next); next == "" {
				break
			}
			if len(items) != limit {
				t.Fatalf("by %d: a page has %d items and a next one", limit, len(items))
			}
			cursor = next
		}
		if at != len(whole) {
			t.Errorf("by %d: %d of %d items", limit, at, len(whole))
		}
	}
	checkForeignCursors(t, r, path, address, sort, first)
}

// compareMember orders members as people read them: times as times, and names
// in any letter case.
func compareMember(a, b json.RawMessage) int {
	var x, y time.Time
	if json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil {
		return x.Compare(y)
	}
	return compareJSON(json.RawMessage(strings.ToLower(string(a))), json.RawMessage(strings.ToLower(string(b))))
}

// checkForeignCursors asks with cursors that no page of this order gave.
func checkForeignCursors(t *testing.T, r *rig, path, address, sort, cursor string) {
	t.Helper()
	foreign := []string{"%25%25", writeCursor("nonsense"), writeCursor("-"), writeCursor("\x00\x00"), writeCursor(sort), writeCursor("1,0")}
	for _, bad := range foreign {
		problemOf(t, r.do(request{path: and(address, "cursor="+bad), token: adminToken}), http.StatusUnprocessableEntity)
	}
	if path == "/v1/readings" {
		return // its place is a time, good in both directions
	}
	other := strings.TrimPrefix(sort, "-")
	if other == sort {
		other = "-" + sort
	}
	turned := strings.Replace(address, "sort="+sort, "sort="+other, 1)
	problemOf(t, r.do(request{path: and(turned, "cursor="+cursor), token: adminToken}), http.StatusUnprocessableEntity)
}

// TestPagesOfTheQuarantineWhileItGrows puts entries before, among and after
// those that are read, and drops some that were read.
func TestPagesOfTheQuarantineWhileItGrows(t *testing.T) {
	for _, sort := range []string{"-received", "received", "device", "-reason"} {
		t.Run(sort, func(t *testing.T) {
			q := &memoryQuarantine{entries: demoEntries(noon)}
			for i := range 30 {
				q.entries = append(q.entries, Entry{ID: fmt.Sprint(200 + i), Received: noon.Add(-time.Duration(i/3) * time.Minute), Reason: "no_route", Device: fmt.Sprintf("bin-%d", i%4)})
			}
			r := newRig(t, nil, func(o *Options) { o.Quarantine = q })
			p := pageReader{r: r, path: "/v1/quarantine?limit=7&sort=" + sort, list: "entries", id: member("id")}
			checkGrowth(t, p, func(page int) {
				for _, at := range []time.Duration{time.Hour, -5 * time.Minute, -24 * time.Hour} {
					q.put(Entry{ID: fmt.Sprintf("new-%d-%v", page, at), Received: noon.Add(at), Reason: "unknown_device", Device: "bin-2"})
				}
			})
		})
	}
}

func (q *memoryQuarantine) put(e Entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.entries = append(q.entries, e)
}

// TestPagesOfTheAuditLogWhileItGrows reads it in both directions while things
// are done.
func TestPagesOfTheAuditLogWhileItGrows(t *testing.T) {
	for _, sort := range []string{"seq", "-seq"} {
		t.Run(sort, func(t *testing.T) {
			r, log := newCredentialRig(t, nil)
			note := func() {
				log.entries = append(log.entries, credential.Entry{Seq: uint64(len(log.entries) + 1), Who: "anna"})
			}
			for range 40 {
				note()
			}
			p := pageReader{r: r, path: "/v1/audit?limit=7&sort=" + sort, list: "entries", id: member("seq")}
			checkGrowth(t, p, func(page int) {
				if page < 5 {
					note()
				}
			})
		})
	}
}

// TestAuditFrom begins within the log, whichever entries come first.
func TestAuditFrom(t *testing.T) {
	r, log := newCredentialRig(t, nil)
	for i := range 12 {
		log.entries = append(log.entries, credential.Entry{Seq: uint64(i + 1), Who: "anna"})
	}
	f := func(query, want string) {
		t.Helper()
		var got []string
		for _, e := range get[AuditPage](r, "/v1/audit?"+query).Entries {
			got = append(got, fmt.Sprint(e.Seq))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	f("from=10", "10 11 12")
	f("from=10&sort=-seq", "12 11 10")
	f("sort=-seq&limit=2", "12 11")
	f("from=13", "")
	f("from=18446744073709551615&sort=-seq", "")
	f("from=0&limit=1", "1")
	f("limit=2&cursor="+writeCursor("seq 4"), "4 5")
	f("limit=2&sort=-seq&cursor="+writeCursor("-seq 4"), "4 3")
	f("from=4&sort=-seq&cursor="+writeCursor("-seq 5"), "5 4")
	f("cursor="+writeCursor("seq 99"), "")
}

// TestPagesOfOneMoment reads readings that all have one time, while more of that
// very time are stored before and after the place that was reached.
func TestPagesOfOneMoment(t *testing.T) {
	for _, sort := range []string{"time", "-time"} {
		t.Run(sort, func(t *testing.T) {
			store, server := withInflux(t)
			r := newRig(t, demoCity()[:160], store, func(o *Options) { o.Now = func() time.Time { return noon.Add(time.Hour) } })
			var points []ingest.Point
			for _, d := range r.registry.Snapshot().All() {
				if d.Kind == devices.WifiAP && d.Current().Comune == roma {
					points = append(points, point(t, d, "wifi_ap", noon, map[string]float64{"clients": 1}))
				}
			}
			later := [][]ingest.Point{points[:3], points[10:13], points[len(points)-3:]}
			for i := range points {
				if i >= 3 && i < len(points)-3 && (i < 10 || i >= 13) {
					write(t, server, []string{line(&points[i])})
				}
			}
			p := pageReader{r: r, path: "/v1/readings?comune=" + roma + "&measurement=wifi_ap&limit=5&sort=" + sort, list: "readings", id: member("device_id", "time")}
			checkGrowth(t, p, func(page int) {
				for _, group := range later {
					if page < 3 {
						write(t, server, []string{line(&group[page])})
					}
				}
			})
		})
	}
}

// TestFilesAreDescribed: a file that is JSON is described as such, so that who
// checks answers against the description finds it true.
func TestFilesAreDescribed(t *testing.T) {
	r := newRig(t, nil)
	for path, formats := range map[string]int{"/v1/devices/export": 3, "/v1/readings/export": 4, "/opendata/{file}": 5} {
		content := r.api.OpenAPI().Paths[path].Get.Responses["200"].Content
		if len(content) != formats {
			t.Errorf("%s describes %d formats", path, len(content))
		}
		for media, as := range content {
			isJSON := strings.HasSuffix(media, "json") && media != "application/x-ndjson"
			if object := as.Schema.Type == huma.TypeObject || as.Schema.Ref != ""; object != isJSON {
				t.Errorf("%s: %s is described as %q", path, media, as.Schema.Type)
			}
		}
	}
}
