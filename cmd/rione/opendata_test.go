package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/api"
	"rione/api/opendata"
)

// dataSets lists the data sets by the command line, by id.
func (r *rig) dataSets() map[string]opendata.Publication {
	r.t.Helper()
	var list []opendata.Publication
	if err := json.Unmarshal([]byte(r.must("", "opendata", "list", "--json")), &list); err != nil {
		r.t.Fatal(err)
	}
	byID := make(map[string]opendata.Publication)
	for _, p := range list {
		byID[p.ID] = p
	}
	return byID
}

// openly asks without a token, as everybody may.
func (r *rig) openly(path string) (status int, text string) {
	r.t.Helper()
	resp, err := http.Get("http://" + r.at.HTTP + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// A data set is published before the first start or on a running rione, is there
// for everybody until it is withdrawn, and the audit log says who did it.
func TestOpenDataIsPublishedAndWithdrawn(t *testing.T) {
	r := newRig(t)
	f := func(code int, say string, args ...string) {
		t.Helper()
		out, errs, got := r.run("", append([]string{"opendata"}, args...)...)
		if got != code || !strings.Contains(out+errs, say) {
			t.Errorf("rione opendata %s: exit %d, %s%s", strings.Join(args, " "), got, out, errs)
		}
	}
	f(2, "arg", "publish")
	f(1, "no such data set", "publish", "nowhere-air")
	for id, p := range r.dataSets() {
		if p.Published || !p.Changed.IsZero() {
			t.Errorf("%s is published as it is shipped", id)
		}
	}
	f(0, "", "publish", "palermo-air")
	if p := r.dataSets()["palermo-air"]; !p.Published || p.Author != commandLine {
		t.Errorf("published before the first start: %+v", p)
	}

	_, file := fleet(2)
	r.must(file, "devices", "import", "-")
	r.up()
	f(0, "roma-air", "list")
	f(0, "", "publish", "roma-air")
	f(0, "", "publish", "roma-air") // already: nothing to note
	f(1, "", "withdraw", "nowhere-air")
	c, _ := r.client("air-0000")
	r.publish(c, "sc/v1/058091/air/air-0000/up", fmt.Sprintf(`{"ts":%d,"temp_c":17.25}`, time.Now().Add(-2*time.Hour).UnixMilli()))
	r.await("the published reading", 90*time.Second, func() bool {
		status, text := r.openly("/opendata/roma-air.csv")
		return status == http.StatusOK && strings.Contains(text, "air-0000") && strings.Contains(text, "17.25")
	})
	r.await("the indicators of open data", 20*time.Second, func() bool {
		sets := r.query(`SELECT last(value), target FROM indicator WHERE initiative = 'palermo' AND id = 'datasets'`)
		return len(sets) == 1 && fmt.Sprint(sets[0].Values[0][1:]) == "[1 40]" &&
			len(r.query(`SELECT value FROM indicator WHERE initiative = 'palermo' AND id = 'completeness'`)) == 1
	})
	f(0, "", "withdraw", "palermo-air")
	if status, _ := r.openly("/opendata/palermo-air.csv"); status != http.StatusNotFound {
		t.Errorf("a withdrawn data set is answered with %d", status)
	}
	if _, text := r.openly("/catalog.ttl"); !strings.Contains(text, "roma-air") || strings.Contains(text, "palermo-air") {
		t.Errorf("the catalogue is\n%s", text)
	}
	f(0, "withdrawn", "list")

	r.down()
	if sets := r.dataSets(); sets["palermo-air"].Published || !sets["roma-air"].Published {
		t.Error("what is published does not outlast the process")
	}
	r.up()
	var trail api.AuditPage
	r.get("/v1/audit?limit=1000", &trail)
	var got []string
	for _, e := range trail.Entries {
		if strings.HasPrefix(e.Action, "opendata.") {
			got = append(got, e.Who+" "+e.Action+" "+e.Subject+": "+e.Detail)
		}
	}
	want := []string{
		"command line opendata.publish palermo-air: air of 082053, single, delay 1 h, CC-BY-4.0",
		"admin opendata.publish roma-air: air of 058091, single, delay 1 h, CC-BY-4.0",
		"admin opendata.withdraw palermo-air: air of 082053, single, delay 1 h, CC-BY-4.0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("audit log:\n%q, want\n%q", got, want)
	}
}

// The demo publishes data sets of every initiative and both forms, and leaves
// alone what somebody decided otherwise.
func TestTheDemoPublishes(t *testing.T) {
	r := newRig(t)
	r.up("--demo")
	published := func() (ids []string) {
		for id, p := range r.dataSets() {
			if p.Published {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		return ids
	}
	want := slices.Sorted(slices.Values(demoPublications()))
	r.await("the demo's data sets", 2*time.Minute, func() bool { return slices.Equal(published(), want) })
	initiatives, forms := map[string]bool{}, map[opendata.Form]bool{}
	for id, p := range r.dataSets() {
		if !p.Published {
			continue
		}
		initiatives[p.Initiative], forms[p.Form] = true, true
		if p.Author != "demo" || (p.Form == opendata.Single) != (p.DelayH == 0) {
			t.Errorf("%s: author %q, form %s, delay %d h", id, p.Author, p.Form, p.DelayH)
		}
	}
	if len(initiatives) != 5 || len(forms) != 2 {
		t.Errorf("of %v, as %v", initiatives, forms)
	}
	r.must("", "opendata", "withdraw", want[0])
	r.down()
	r.up("--demo")
	r.await("the demo to have begun again", 2*time.Minute, func() bool { return strings.Contains(r.log(), "demo city is registered") })
	if got := published(); !slices.Equal(got, want[1:]) {
		t.Errorf("after a restart %v are published, want %v", got, want[1:])
	}
}
