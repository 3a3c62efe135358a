package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"rione/api/opendata"
	"rione/devices"
	credential "rione/devices/access"
	"rione/devices/event"
	"rione/geo"
	"rione/ingest"
)

// The two comuni of the tests of scopes. What is Roma's has "roma" in its name.
const (
	roma    = "058091"
	palermo = "082053"
)

// probe asks a route about what is Roma's.
type probe struct {
	path, body, media string
	shared            bool   // the answer names comuni that share something with the asker's: only shows is looked for
	shows             string // in the answer to somebody who may see it; "" for a probe that changes something
}

// probes are what a token of another comune tries at the routes that answer by
// comune. A route that has none fails the test.
func probes() map[string]probe {
	const device, csv = "/v1/devices/bin-roma", "text/csv"
	day := "start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z"
	return map[string]probe{
		"GET /v1/overview":                    {path: "/v1/overview", shows: `"devices":2,`},
		"GET /v1/comuni":                      {path: "/v1/comuni", shows: roma},
		"GET /v1/devices":                     {path: "/v1/devices?limit=100", shows: "bin-roma"},
		"GET /v1/devices/{id}":                {path: device, shows: "bin-roma"},
		"GET /v1/readings":                    {path: "/v1/readings?device=bin-roma&" + day, shows: "bin-roma"},
		"GET /v1/readings/export":             {path: "/v1/readings/export?measurement=bin&comune=" + roma + "&" + day, shows: "bin-roma"},
		"GET /v1/readings/latest":             {path: "/v1/readings/latest", shows: "bin-roma"},
		"GET /v1/ledger":                      {path: "/v1/ledger?" + day, shows: "7777"},
		"GET /v1/live":                        {path: "/v1/live", shows: "bin-roma"},
		"GET /v1/quarantine":                  {path: "/v1/quarantine", shows: "e-roma"},
		"GET /v1/quarantine/groups":           {path: "/v1/quarantine/groups", shows: "bin-roma"},
		"GET /v1/quarantine/{id}":             {path: "/v1/quarantine/e-roma", shows: "e-roma"},
		"POST /v1/quarantine/replay":          {path: "/v1/quarantine/replay", body: `{"ids":["e-roma"]}`},
		"POST /v1/quarantine/drop":            {path: "/v1/quarantine/drop", body: `{"all":true}`},
		"PATCH /v1/devices/{id}":              {path: device, body: `{"name":"altro"}`},
		"DELETE /v1/devices/{id}":             {path: device},
		"POST /v1/devices/approve":            {path: "/v1/devices/approve", body: `{"prefix":"new-"}`},
		"POST /v1/devices/{id}/rotate":        {path: device + "/rotate", body: `{}`},
		"POST /v1/devices":                    {path: "/v1/devices", body: `{"device_id":"bin-roma-3","kind":"bin","comune":"` + roma + `"}`},
		"POST /v1/devices/{id}/move":          {path: device + "/move", body: `{"lat":41.88,"lon":12.47}`},
		applyPositionPattern:                  {path: device + "/apply-position", body: `{}`},
		"POST /v1/devices/{id}/replace":       {path: device + "/replace", body: `{"external_id":"new-serial"}`},
		"GET /v1/devices/{id}/history":        {path: device + "/history", shows: "gruppo di roma"},
		"GET /v1/groups":                      {path: "/v1/groups", shows: "gruppo di roma"},
		"POST /v1/devices/{id}/calibrations":  {path: device + "/calibrations", body: `{"field":"fill_pct","offset":2,"from":"2026-01-01T00:00:00Z"}`},
		"POST /v1/devices/{id}/invalid":       {path: device + "/invalid", body: `{"since":"2026-01-01T00:00:00Z","until":"2026-01-02T00:00:00Z","why":"fell off"}`},
		"DELETE /v1/devices/{id}/invalid":     {path: device + "/invalid?since=2025-12-01T00:00:00Z"},
		"GET /v1/devices/{id}/commands":       {path: device + "/commands", shows: "to-bin-roma"},
		"POST /v1/devices/{id}/commands":      {path: device + "/commands", body: `{"name":"reboot"}`},
		"GET /v1/publications":                {path: "/v1/publications", shows: "dati-roma", shared: true},
		"PUT /v1/publications/{id}":           {path: "/v1/publications/dati-roma", body: publicationOf("altro", roma)},
		"POST /v1/publications/{id}/publish":  {path: "/v1/publications/dati-roma/publish"},
		"POST /v1/publications/{id}/withdraw": {path: "/v1/publications/aperti-roma/withdraw"},
		"GET /v1/claims":                      {path: "/v1/claims", shows: "lotto di roma"},
		"POST /v1/claims":                     {path: "/v1/claims", body: `{"name":"x","kind":"bin","comune":"` + roma + `"}`},
		"DELETE /v1/claims/{id}":              {path: "/v1/claims/ROMAN"},
		"GET /v1/quota":                       {path: "/v1/quota", shows: "bin-roma"},
		"GET /v1/quota/{subject}":             {path: "/v1/quota/comune:" + roma, shows: roma},
		"POST /v1/devices/import":             {path: "/v1/devices/import", body: "device_id,kind,comune\nbin-roma-2,bin," + roma + "\n", media: csv},
		"GET /v1/devices/export":              {path: "/v1/devices/export", shows: "bin-roma"},
		"GET /v1/tokens":                      {path: "/v1/tokens", shows: "of-roma"},
		"POST /v1/tokens":                     {path: "/v1/tokens", body: `{"name":"mine","role":"reader","comuni":["` + roma + `"]}`},
		"DELETE /v1/tokens/{id}":              {path: "/v1/tokens/of-roma"},
	}
}

// scopeRig is a server of two comuni that hands out tokens.
type scopeRig struct {
	*rig
	tokens     *credential.Tokens
	quarantine *memoryQuarantine
	commands   *memoryCommands
	events     *event.Book
	claims     *credential.Claims
}

var scopeTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func scopeFleet() []devices.Device {
	at := func(id, comune string) devices.Device {
		c, _ := geo.ComuneByCode(comune)
		return device(id, devices.Bin, comune, "", c.Point)
	}
	fleet := []devices.Device{at("bin-roma", roma), at("new-roma", roma), at("bin-palermo", palermo), at("new-palermo", palermo)}
	fleet[0].Group, fleet[2].Group = "gruppo di roma", "gruppo di palermo"
	fleet[1].Pending, fleet[3].Pending = true, true
	december := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
	fleet[0].Invalid = []devices.Invalid{{From: december, Until: december.Add(time.Hour), Who: "anna", When: december, Why: "fell off"}}
	return fleet
}

func newScopeRig(t *testing.T, store rigOption) *scopeRig {
	t.Helper()
	log := &memoryTokens{}
	tokens, err := credential.OpenTokens(t.Context(), log, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := &memoryQuarantine{entries: []Entry{
		{ID: "e-roma", Reason: "unparsable", Device: "bin-roma", Comune: roma, Received: scopeTime},
		{ID: "e-palermo", Reason: "unparsable", Device: "bin-palermo", Comune: palermo, Received: scopeTime},
		{ID: "e-roma-unknown", Reason: "no_route", Received: scopeTime},
	}}
	sent := &memoryCommands{list: []DeviceCommand{{ID: "to-bin-roma", Device: "bin-roma"}, {ID: "to-bin-palermo", Device: "bin-palermo"}}}
	book := eventsOfTwo(t)
	var claims *credential.Claims
	r := newRig(t, scopeFleet(), store, withClaims(t, &claims), func(o *Options) {
		o.Issued, o.Trail, o.Quarantine, o.Commands, o.Quota = tokens, log, q, sent, romanQuota()
		o.Events, o.Publications = bookOfAPI{book}, publicationsOfTwo(t)
		o.Reported = saidBy("bin-roma", geo.Point{Lat: 41.88, Lon: 12.47})
	})
	for _, name := range []string{"of-roma", "of-palermo"} {
		comune := map[string]string{"of-roma": roma, "of-palermo": palermo}[name]
		if _, _, err := tokens.Create(t.Context(), "anna", credential.Token{Name: name, Role: credential.Reader, Comuni: []string{comune}}); err != nil {
			t.Fatal(err)
		}
	}
	s := r.registry.Snapshot()
	r.latest.Stored([]ingest.Point{binPoint(t, s, "bin-roma", 41), binPoint(t, s, "bin-palermo", 42)})
	for name, comune := range map[string]string{"lotto di roma": roma, "lotto di palermo": palermo} {
		if _, _, err := claims.Create(t.Context(), "anna", credential.Claim{Name: name, Comune: comune, Kind: devices.Bin, Uses: 1, Expires: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	return &scopeRig{r, tokens, q, sent, book, claims}
}

func binPoint(t testing.TB, s *devices.Snapshot, id string, fill float64) ingest.Point {
	return point(t, s.Device(id), "bin", scopeTime, map[string]float64{"fill_pct": fill})
}

// token makes a token of a role for some comuni, none for all.
func (r *scopeRig) token(role credential.Role, comuni ...string) string {
	r.t.Helper()
	name := fmt.Sprintf("%s %v", role, comuni)
	if role == credential.Enroller && len(comuni) == 0 {
		comuni = []string{roma, palermo}
	}
	text, _, err := r.tokens.Create(r.t.Context(), "anna", credential.Token{Name: name, Role: role, Comuni: comuni})
	if err != nil {
		r.t.Fatal(err)
	}
	return text
}

// ofRoma is all that is Roma's, as text to compare.
func (r *scopeRig) ofRoma() string {
	var all []any
	for _, d := range r.registry.Snapshot().All() {
		if d.Current().Comune == roma {
			all = append(all, d, d.SecretHash)
		}
	}
	for _, e := range r.quarantine.entries {
		if e.Comune != palermo {
			all = append(all, e)
		}
	}
	for _, id := range r.quarantine.replayed {
		if id != "e-palermo" {
			all = append(all, id)
		}
	}
	for _, c := range r.claims.List() {
		if c.Comune == roma {
			all = append(all, c)
		}
	}
	for _, p := range r.o.Publications.List() {
		if strings.HasSuffix(p.ID, "-roma") {
			all = append(all, p)
		}
	}
	all = append(all, r.commands.List("bin-roma"))
	events := r.events.List(event.Filter{Comune: roma})
	all = append(all, events, slices.DeleteFunc(r.events.Windows(), func(w event.Window) bool { return w.Device == "bin-palermo" }))
	for _, token := range r.tokens.List() {
		if slices.Contains(token.Comuni, roma) {
			all = append(all, token)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// ask sends a probe and returns the answer, and whether it changed anything of
// Roma's.
func (r *scopeRig) ask(pattern string, p probe, token string) (w *httptest.ResponseRecorder, changed bool) {
	r.t.Helper()
	before := r.ofRoma()
	method, _, _ := strings.Cut(pattern, " ")
	for _, c := range r.claims.List() {
		if c.Comune == roma {
			p.path = strings.ReplaceAll(p.path, "ROMAN", c.ID)
		}
	}
	in := request{method: method, path: p.path, body: p.body, token: token, peer: everywhere, header: map[string]string{"If-Match": "*"}}
	if p.media != "" {
		in.header["Content-Type"] = p.media
	}
	if pattern == "GET /v1/live" {
		return r.listen(token), false
	}
	w = r.do(in)
	return w, r.ofRoma() != before
}

// listen follows the live feed for one tick, in which a device of each comune
// says something.
func (r *scopeRig) listen(token string) *httptest.ResponseRecorder {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	w := &watched{ResponseRecorder: httptest.NewRecorder(), wrote: make(chan struct{}, 8)}
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:8080/v1/live", nil)
	req.RemoteAddr = everywhere
	req.Header.Set("Authorization", "Bearer "+token)
	ended := make(chan struct{})
	go func() { defer close(ended); r.Handler().ServeHTTP(w, req) }()
	select {
	case <-w.wrote: // the greeting
		s := r.registry.Snapshot()
		r.latest.Stored([]ingest.Point{binPoint(r.t, s, "bin-roma", 51), binPoint(r.t, s, "bin-palermo", 52)})
		r.live.tick()
		<-w.wrote // the devices of that tick
		cancel()
	case <-ended: // refused
	}
	<-ended
	return w.ResponseRecorder
}

// watched tells of each flush.
type watched struct {
	*httptest.ResponseRecorder
	wrote chan struct{}
}

func (w *watched) Flush() { w.ResponseRecorder.Flush(); w.wrote <- struct{}{} }

// scopeStore holds readings and ledgers of both comuni. The device of Palermo
// stood in Roma once.
func scopeStore(t *testing.T) rigOption {
	t.Helper()
	with, server := withInflux(t)
	write(t, server, scopeLines())
	return with
}

func scopeLines() []string {
	at := scopeTime.UnixNano()
	line := func(comune, id string, fill int, before time.Duration) string {
		return fmt.Sprintf("bin,comune=%s,device_id=%s,s2_cell_id=1 lat=41,lon=12,q=0i,fill_pct=%d %d", comune, id, fill, at-int64(before))
	}
	return []string{
		line(roma, "bin-roma", 61, 0), line(palermo, "bin-palermo", 62, 0), line(roma, "bin-palermo", 63, time.Hour),
		fmt.Sprintf("ledger,door=mqtt,comune=%s stored=7777i %d", roma, at), fmt.Sprintf("ledger,door=mqtt,comune=%s stored=5i %d", palermo, at),
		fmt.Sprintf("ledger,door=mqtt acked=7782i %d", at),
	}
}

// TestScopes asks every route of the API, with a token of every role, about what
// is of another comune. The routes are those that the server has; -v shows what
// was answered.
func TestScopes(t *testing.T) {
	store := scopeStore(t)
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "ROUTE (answer to a token of the comune itself / of another one)")
	for _, role := range credential.Roles() {
		fmt.Fprintf(table, "\t%s", role)
	}
	fmt.Fprintln(table)
	for _, pattern := range everyRoute(newScopeRig(t, store)) {
		fmt.Fprint(table, pattern)
		for _, role := range credential.Roles() {
			fmt.Fprintf(table, "\t%s", checkScope(t, store, pattern, role))
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("a token of one comune at what is another's:\n%s", out.String())
}

// everyRoute lists the routes that the server has, whoever added them, those aside
// that ask for no token of the API.
func everyRoute(r *scopeRig) []string {
	list := slices.DeleteFunc(slices.Clone(r.mux.patterns), func(pattern string) bool {
		need, listed := access[pattern]
		return listed && need.role == Public
	})
	slices.Sort(list)
	return list
}

// checkScope asks one route with one role, as the comune itself and as another
// one, and returns both answers.
func checkScope(t *testing.T, store rigOption, pattern string, role credential.Role) string {
	t.Helper()
	need, p := access[pattern], probes()[pattern]
	if p.path == "" {
		p = eventProbes()[pattern]
	}
	if p.path == "" {
		if need.reach == ownComuni {
			t.Errorf("%s answers by comune and has no probe", pattern)
			return "?"
		}
		_, p.path, _ = strings.Cut(strings.ReplaceAll(pattern, "{id}", "bin-roma"), " ")
	}
	own, changedOwn := newScopeRig(t, store).askAs(pattern, p, role, roma)
	foreign, changed := newScopeRig(t, store).askAs(pattern, p, role, palermo)
	may := roleOf(role) >= need.role && need.reach != wholeCity
	switch {
	case (own.Code == http.StatusForbidden) == may:
		t.Errorf("%s as %s of the comune itself: %d %s", pattern, role, own.Code, own.Body)
	case may && p.shows != "" && !strings.Contains(own.Body.String(), p.shows):
		t.Errorf("%s as %s shows the comune itself nothing: %d %s", pattern, role, own.Code, own.Body)
	case may && need.reach == ownComuni && p.shows == "" && !changedOwn:
		t.Errorf("%s as %s does nothing for the comune itself: %d %s", pattern, role, own.Code, own.Body)
	}
	if changed {
		t.Errorf("%s as %s of another comune changed what is not its own: %d %s", pattern, role, foreign.Code, foreign.Body)
	}
	if need.reach != sameToAll {
		shownNothing(t, pattern+" as "+string(role), foreign.Body.String(), &p)
	}
	if !may && need.reach != sameToAll && foreign.Code != http.StatusForbidden {
		t.Errorf("%s as %s of another comune: %d", pattern, role, foreign.Code)
	}
	return fmt.Sprintf("%d / %d", own.Code, foreign.Code)
}

func (r *scopeRig) askAs(pattern string, p probe, role credential.Role, comune string) (*httptest.ResponseRecorder, bool) {
	return r.ask(pattern, p, r.token(role, comune))
}

// shownNothing fails when an answer holds something of Roma's. What the client
// named itself may come back in a refusal.
func shownNothing(t *testing.T, what, answer string, p *probe) {
	t.Helper()
	if p.shared {
		if strings.Contains(answer, p.shows) {
			t.Errorf("%s of another comune shows %s: %s", what, p.shows, answer)
		}
		return
	}
	refusal := strings.Contains(answer, `"status":4`)
	for _, trace := range []string{"bin-roma", "new-roma", "e-roma", "of-roma", "lotto di roma", "gruppo di roma", roma, "7777", `"fill_pct":61`, `"fill_pct":63`} {
		if !refusal && strings.Contains(answer, trace) {
			t.Errorf("%s of another comune shows %s: %s", what, trace, answer)
		}
	}
}

// A device that moved brings its own past with it, not the other comune's
// readings; a token for several comuni reads all of them, and nobody names a
// comune that is not his.
func TestScopeOfReadings(t *testing.T) {
	r := newScopeRig(t, scopeStore(t))
	const day = "&start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z"
	f := func(path string, status int, shows, hides string, comuni ...string) {
		t.Helper()
		w := r.do(request{path: path, token: r.token(credential.Reader, comuni...), peer: everywhere})
		if body := w.Body.String(); w.Code != status || !strings.Contains(body, shows) || hides != "" && strings.Contains(body, hides) {
			t.Errorf("%s for %v: %d %s", path, comuni, w.Code, body)
		}
	}
	f("/v1/readings?device=bin-palermo"+day, 200, `"fill_pct":62`, `"fill_pct":63`, palermo)
	f("/v1/readings?device=bin-palermo"+day, 200, `"fill_pct":63`, "")
	f("/v1/readings?device=bin-palermo&window=1h"+day, 200, `"fill_pct":62`, `"fill_pct":63`, palermo, "001272")
	f("/v1/readings?measurement=bin&comune="+roma+day, 403, "not for comune", "", "001272")
	f("/v1/readings/export?measurement=bin&comune="+roma+day, 403, "not for comune", "", "001272", palermo)
	f("/v1/devices?comune="+roma, 200, `"matched":1`, "bin-palermo", roma, palermo)
	f("/v1/ledger?by=door"+day, 200, `"stored":5`, "7782", palermo, "046007")
}

// What a token for some comuni would hand on stays within these.
func TestScopedAdministrator(t *testing.T) {
	r := newScopeRig(t, func(*Options) {})
	token := r.token(credential.Administrator, palermo)
	f := func(method, path, body string, status int, says string) {
		t.Helper()
		in := request{method: method, path: path, body: body, token: token, peer: everywhere}
		if strings.Contains(path, "import") {
			in.header = map[string]string{"Content-Type": "text/csv"}
		}
		if w := r.do(in); w.Code != status || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s %s %s: %d %s, want %d and %q", method, path, body, w.Code, w.Body, status, says)
		}
	}
	f("POST", "/v1/tokens", `{"name":"all","role":"reader"}`, 403, "some comuni only")
	f("POST", "/v1/tokens", `{"name":"both","role":"reader","comuni":["082053","058091"]}`, 403, "some comuni only")
	f("POST", "/v1/tokens", `{"name":"ours","role":"operator","comuni":["082053"]}`, 200, "rione_")
	f("DELETE", "/v1/tokens/of-roma", "", 404, "")
	f("DELETE", "/v1/tokens/of-palermo", "", 200, "")
	const header = "device_id,kind,comune,external_id\n"
	f("POST", "/v1/devices/import", header+"bin-palermo,bin,058091,\n", 403, "not yours") // given away
	f("POST", "/v1/devices/import", header+"bin-roma,bin,082053,\n", 403, "not of your comuni")
	f("POST", "/v1/devices/import", header+"bin-3,bin,082053,bin-roma\n", 422, "another comune")
	f("POST", "/v1/devices/import", header+"bin-3,bin,082053,x1\n", 200, `"added":1`)
	f("POST", "/v1/devices/approve", `{"ids":["new-roma"]}`, 422, "not pending")
	f("POST", "/v1/devices/approve", `{"comune":"058091"}`, 200, `"devices":[]`)
	f("GET", "/v1/audit", "", 403, "whole city")
}

// noKeeper keeps publications nowhere.
type noKeeper struct{}

func (noKeeper) Put(context.Context, opendata.Publication) error          { return nil }
func (noKeeper) Follow(context.Context, func(opendata.Publication)) error { return nil }

// publicationOf is a data set of one comune, as a client sends it.
func publicationOf(title, comune string) string {
	return fmt.Sprintf(`{"title":{"it":%[1]q,"en":%[1]q},"description":{"it":%[1]q,"en":%[1]q},"comuni":[%[2]q],"measurement":"bin","form":"single","delay_h":0,"holder":{"name":"Comune","code":"c_x"},"theme":"ENVI"}`, title, comune)
}

// publicationsOfTwo are a prepared and a published data set of each comune.
func publicationsOfTwo(t *testing.T) *opendata.Publications {
	t.Helper()
	list, err := opendata.Open(t.Context(), noKeeper{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for id, comune := range map[string]string{"dati-roma": roma, "aperti-roma": roma, "dati-palermo": palermo} {
		p := opendata.Publication{
			ID: id, Title: opendata.Text{IT: id, EN: id}, Description: opendata.Text{IT: id, EN: id}, Comuni: []string{comune}, Measurement: "bin",
			Form: opendata.Single, Holder: opendata.Holder{Name: "Comune", Code: "c_x"}, Theme: "ENVI", Published: id == "aperti-roma",
		}
		if _, err := list.Put(t.Context(), "anna", p, scopeTime); err != nil {
			t.Fatal(err)
		}
	}
	return list
}
