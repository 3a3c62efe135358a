package sensorthings

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no audience is needed")
	}
}

func TestRoot(t *testing.T) {
	d := newDoor(t)
	root := d.read("")
	if sets := root["value"].([]any); len(sets) != int(kindCount) {
		t.Errorf("%v", sets)
	}
	for _, v := range root["value"].([]any) {
		set := v.(object)
		if list := d.list(local(set["url"])); len(list) == 0 {
			t.Errorf("%s is empty", set["name"])
		}
	}
}

// TestEveryLinkLeadsSomewhere walks from every set over every relation, two
// relations deep.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	d := newDoor(t)
	var walk func(e object, depth int)
	walk = func(e object, depth int) {
		self := local(e["@iot.selfLink"])
		if again := d.read(self); again["@iot.id"] != e["@iot.id"] {
			t.Fatalf("%s is %v", self, again)
		}
		for name, v := range e {
			relation, isLink := strings.CutSuffix(name, "@iot.navigationLink")
			if !isLink || depth == 0 {
				continue
			}
			w := d.get(local(v))
			if w.Code == http.StatusNotFound && strings.HasPrefix(self, "/Observations") && relation == "FeatureOfInterest" {
				continue // of a thing that stands nowhere
			}
			next := d.read(local(v))
			if set, many := next["value"].([]any); many {
				if len(set) > 0 {
					walk(set[0].(object), depth-1)
				}
				continue
			}
			walk(next, depth-1)
		}
	}
	for k := range kinds {
		for _, e := range d.list("/"+kinds[k].set, "$top=2") {
			walk(e, 2)
		}
	}
}

func TestAddresses(t *testing.T) {
	d := newDoor(t)
	thing := d.list("/Things", "$filter=properties/device_id eq 'air-03'")[0]
	self := local(thing["@iot.selfLink"])
	f := func(path string, want int, text string) {
		t.Helper()
		if w := d.get(path); w.Code != want || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: %d %s, want %d with %q", path, w.Code, w.Body, want, text)
		}
	}
	f(self+"/name", 200, `{"name":"air-03"}`)
	f(self+"/name/$value", 200, "air-03")
	f(self+"/properties/$value", 200, `"kind":"air"`)
	f(self+"/Datastreams/$ref", 200, "@iot.selfLink")
	f(self+"/$ref", 200, "@iot.selfLink")
	f("/Things/$ref", 200, "@iot.selfLink")
	for _, path := range []string{"/Nothing", "/Things(1)", "/Things(x)", "/Things('a')", "/Things(1", self + "/nothing", self + "/name/nothing", self + "/name/$value/x", "/Things/Datastreams",
		"/Things/$ref/x", self + "(1)", "/Observations(-1)", "/Observations(9223372036854775807)", "/Observations(99999999999999999999)", "/things", "/Things//name"} {
		f(path, 404, "nothing at this address")
	}
	f(self+"/name?x=1", 400, "")
	f(self+"?$top=1", 400, "")
	other := d.list("/Things", "$filter=properties/device_id eq 'air-04'")[0]
	f(fmt.Sprintf("%s/Datastreams(%s)", self, idIn(d.list(local(other["@iot.selfLink"]) + "/Datastreams")[0])), 404, "")
}

// idIn returns the id within the self link: JSON numbers are floats here.
func idIn(e object) string {
	link := e["@iot.selfLink"].(string)
	return link[strings.LastIndex(link, "(")+1 : len(link)-1]
}

func TestFilters(t *testing.T) {
	d := newDoor(t)
	f := func(set, filter string, want int) {
		t.Helper()
		got := d.read("/"+set, "$filter="+filter, "$count=true", "$top=1000")
		if n := len(got["value"].([]any)); n != want || got["@iot.count"] != float64(want) {
			t.Errorf("%s: %s: %d, counted %v, want %d", set, filter, n, got["@iot.count"], want)
		}
	}
	f("Things", "name eq 'air-01'", 1)
	f("Things", "name eq 'Varco d''Ingresso'", 1)
	f("Things", "name ne 'air-01'", 12)
	f("Things", "properties/kind eq 'air' and properties/comune eq '058091'", 12)
	f("Things", "properties/zone eq null", 1)
	f("Things", "startswith(name,'air-0') or endswith(name, 'so')", 11)
	f("Things", "not startswith(name,'air')", 1)
	f("Things", "substringof('r-1',name)", 2)
	f("Things", "contains(tolower(name),'varco')", 1)
	f("Things", "length(name) eq 6", 12)
	f("Things", "indexof(name,'-') eq 3 and substring(name,4) gt '09'", 2)
	f("Things", "substring(name,0,3) eq 'air'", 12)
	f("Things", "concat(name,'x') eq 'air-05x'", 1)
	f("Things", "toupper(trim(' x ')) eq 'X'", 13)
	f("Datastreams", "ObservedProperty/name eq 'air.temp_c'", 12)
	f("Datastreams", "unitOfMeasurement/symbol eq 'Cel' and Thing/name le 'air-03'", 4)
	f("Datastreams", "properties/grade eq 'reference'", 24)
	f("Datastreams", "Observations/result gt 24.9", 2)
	f("Datastreams", "phenomenonTime ge 2026-03-01T12:00:00Z", 25)
	f("Things", "Datastreams/Observations/result eq 7", 2)
	f("Observations", "result lt 3", 3)
	f("Observations", "result add 1 mul 2 eq 5 and result gt 0", 1)
	f("Observations", "(result sub 1) div 2 gt 4.9", 13)
	f("Observations", "result mod 5 eq 0 and result lt 11", 3)
	f("Observations", "-result lt -24", 3)
	f("Observations", "round(result) eq 21 and floor(result) eq 20", 1)
	f("Observations", "ceiling(result) eq result and result div 0 eq null", 19)
	f("Observations", "year(phenomenonTime) eq 2026 and month(resultTime) eq 3 and day(phenomenonTime) eq 1 and hour(phenomenonTime) eq 12 and minute(phenomenonTime) eq 0 and second(phenomenonTime) eq 0", 25)
	f("Observations", "date(phenomenonTime) eq '2026-03-01' and fractionalseconds(phenomenonTime) eq 0 and totaloffsetminutes(phenomenonTime) eq 0", 25)
	f("Observations", "phenomenonTime lt now() and phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()", 25*boolean(time.Now().After(noon())))
	f("Observations", "phenomenonTime gt 2026-03-01T13:30:00+01:00 sub duration'PT1H'", 25)
	f("Observations", "result eq 'text'", 0)
	f("Observations", "result gt 'text'", 0)
	f("Observations", "time(phenomenonTime) eq '12:00:00'", 25)
	f("Locations", "geo.distance(location, geography'POINT (12.5 41.9)') lt 0.02", 2)
	f("Locations", "st_within(location, geography'POLYGON((12.49 41.89,12.525 41.89,12.525 41.925,12.49 41.925,12.49 41.89))')", 3)
	f("Locations", "st_within(location, geography'POLYGON((12 41,13 41,13 43,12 43,12 41),(12.49 41.89,12.525 41.89,12.525 41.925,12.49 41.925,12.49 41.89))')", 9)
	f("Locations", "geo.intersects(location, geography'LINESTRING(12.4 41.8, 12.5 41.9)')", 1)
	f("Locations", "st_disjoint(location, geography'POLYGON((0 0,1 0,1 1,0 1,0 0))')", 12)
	f("Locations", "st_equals(location, geography'POINT(12.5 41.9)')", 1)
	f("Locations", "st_contains(geography'POLYGON((12.49 41.89,12.525 41.89,12.525 41.925,12.49 41.925,12.49 41.89))', location)", 3)
	f("Locations", "st_touches(location, geography'POLYGON((12.5 41.9,13 41.9,13 42,12.5 42,12.5 41.9))')", 2)
	f("Locations", "geo.length(geography'LINESTRING(0 0,3 4)') eq 5", 12)
	f("Things", "geo.distance(Locations/location, geography'POINT(12.5 41.9)') lt 0.001", 1)
	f("FeaturesOfInterest", "st_intersects(feature, geography'POINT(12.5 41.9)')", 1)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestBadQueries(t *testing.T) {
	d := newDoor(t)
	for _, option := range []string{"$filter=", "$filter=name eq", "$filter=name eq 'x", "$filter=nothing eq 1", "$filter=Datastreams eq 1", "$filter=Datastreams/nothing eq 1", "$filter=name eq 1)", "$filter=(name eq 'a'",
		"$filter=nofunction(name)", "$filter=length()", "$filter=length(name,name)", "$filter=name eq 2026-13-45T00:00:00Z", "$filter=geo.distance(Locations/location,geography'CIRCLE(1 2)') lt 1",
		"$filter=geo.distance(Locations/location,geography'POINT(1)') lt 1", "$filter=geo.distance(Locations/location,geography'POLYGON((1 1,2 2))') lt 1", "$filter=name eq duration'1H'", "$filter=name ; drop",
		"$filter=" + strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100), "$filter=" + strings.Repeat("not ", 500) + "true", "$filter=name eq '" + strings.Repeat("x", 5000) + "'",
		"$top=-1", "$top=x", "$skip=-1", "$skip=1.5", "$skip=99999999", "$count=1", "$count=TRUE", "$select=nothing", "$orderby=nothing", "$orderby=name down", "$expand=Nothing", "$expand=Datastreams(", "$expand=Datastreams($top)", "$expand=Datastreams($top=x)",
		"$expand=Datastreams($nothing=1)", "$expand=Datastreams($top=1),Datastreams($top=2)", "$expand=Datastreams/Thing/Datastreams/Thing/Datastreams", "$nothing=1", "colour=red", "$resultFormat=dataArray"} {
		if w := d.get("/Things", option); w.Code != 400 || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", option, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, Prefix+"/Things?$top=1&$top=2", nil))
	if w.Code != 400 {
		t.Errorf("an option twice: %d", w.Code)
	}
}

func names(list []object) []string {
	var out []string
	for _, e := range list {
		out = append(out, e["name"].(string))
	}
	return out
}

func TestPagesAndOrder(t *testing.T) {
	d := newDoor(t)
	if got := names(d.list("/Things", "$orderby=name desc", "$top=2", "$skip=1")); !slices.Equal(got, []string{"air-10", "air-09"}) {
		t.Errorf("%v", got)
	}
	if got := names(d.list("/Things", "$orderby=properties/kind desc,name asc", "$top=2")); !slices.Equal(got, []string{"Varco d'Ingresso", "air-00"}) {
		t.Errorf("%v", got)
	}
	var ids []string
	page := d.read("/Things", "$top=5")
	for {
		for _, v := range page["value"].([]any) {
			ids = append(ids, idIn(v.(object)))
		}
		next, more := page["@iot.nextLink"].(string)
		if !more {
			break
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, next, nil))
		page = decode(t, w)
	}
	slices.Sort(ids)
	if len(ids) != 13 || len(slices.Compact(ids)) != 13 {
		t.Errorf("%v", ids)
	}
	if got := d.read("/Things", "$top=0", "$count=true"); got["@iot.count"] != 13.0 || got["@iot.nextLink"] != nil || len(got["value"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
}

func TestSelectAndExpand(t *testing.T) {
	d := newDoor(t)
	e := d.list("/Things", "$filter=name eq 'air-02'", "$select=name,Datastreams", "$expand=Datastreams($select=id,name;$orderby=name;$count=true;$expand=ObservedProperty($select=name),Observations($top=1;$orderby=phenomenonTime desc)),Locations")[0]
	if len(e) != 5 || e["description"] != nil || e["Datastreams@iot.count"] != 2.0 {
		t.Errorf("%v", e)
	}
	streams := e["Datastreams"].([]any)
	first := streams[0].(object)
	if len(streams) != 2 || first["ObservedProperty"].(object)["name"] != "air.pm10_ugm3" || first["Observations"].([]any)[0].(object)["result"] != 2.0 {
		t.Errorf("%v", first)
	}
	if d.source.asked != 0 {
		t.Errorf("%d questions to the store for newest values", d.source.asked)
	}
	if loc := e["Locations"].([]any)[0].(object)["location"].(object); loc["type"] != "Point" {
		t.Errorf("%v", loc)
	}
	e = d.list("/Things", "$expand=Datastreams,Datastreams/Observations", "$top=1")[0]
	if e["Datastreams"].([]any)[0].(object)["Observations"] == nil {
		t.Errorf("%v", e)
	}
	one := d.read(local(e["@iot.selfLink"]), "$expand=Datastreams/Sensor", "$select=Datastreams")
	if one["name"] != nil || one["Datastreams"].([]any)[0].(object)["Sensor"].(object)["name"] == "" {
		t.Errorf("%v", one)
	}
}

// observed is the path of the observations of one datastream.
func (d *door) observed() string {
	d.t.Helper()
	return local(d.list("/Datastreams", "$filter=Thing/name eq 'air-05' and ObservedProperty/name eq 'air.pm10_ugm3'")[0]["@iot.selfLink"]) + "/Observations"
}

func TestObservations(t *testing.T) {
	d := newDoor(t)
	path := d.observed()
	f := func(want string, options ...string) {
		t.Helper()
		var got []string
		for _, o := range d.list(path, options...) {
			got = append(got, fmt.Sprint(o["result"]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v: %v, want %s", options, got, want)
		}
	}
	f("99 98", "$top=2")
	f("97 96", "$top=2", "$skip=2")
	f("0 1", "$top=2", "$orderby=phenomenonTime desc")
	f("0", "$top=1", "$orderby=phenomenonTime desc", "$count=true")
	f("3 2 1", "$filter=phenomenonTime ge 2026-03-01T11:57:00Z and phenomenonTime lt 2026-03-01T12:00:00Z")
	f("2", "$filter=2026-03-01T11:58:00Z eq resultTime")
	f("", "$filter=phenomenonTime gt 2026-03-01T12:00:00Z")
	f("", "$filter=phenomenonTime gt 2026-03-01T12:00:00Z and phenomenonTime lt 2026-03-01T11:00:00Z")
	f("5 4", "$filter=phenomenonTime gt 2026-03-01T11:50:00Z and result gt 3 and (result lt 6)")
	f("98 99", "$filter=result ge 98 or phenomenonTime gt 2026-03-01T13:00:00Z", "$orderby=result")
	if got := d.read(path, "$count=true", "$top=3", "$filter=phenomenonTime gt 2026-03-01T11:30:00Z"); got["@iot.count"] != 30.0 || got["@iot.nextLink"] == nil {
		t.Errorf("%v", got)
	}
	o := d.list(path, "$top=1", "$skip=50")[0]
	again := d.read(local(o["@iot.selfLink"]))
	if again["result"] != o["result"] || again["phenomenonTime"] != o["phenomenonTime"] {
		t.Errorf("%v is %v", o, again)
	}
	if same := d.read(path + "(" + idIn(o) + ")"); same["result"] != o["result"] {
		t.Errorf("%v", same)
	}
	stream, at := streamAndTime(1<<timeBits | 5)
	if missing := observationID(stream+99, at); d.get(fmt.Sprintf("/Observations(%d)", missing)).Code != 404 {
		t.Error("an observation of no datastream")
	}
}

// TestCostIsBounded: what would read everything is refused, with what to do.
func TestCostIsBounded(t *testing.T) {
	d := newDoor(t)
	path := d.observed()
	d.source.rows = mostScanned + 1
	if w := d.get(path, "$filter=result gt 5"); w.Code != 400 || !strings.Contains(w.Body.String(), "phenomenonTime") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := d.get(path, "$filter=result gt 5 and phenomenonTime gt 2026-03-01T11:00:00Z"); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := d.get(path, "$filter=phenomenonTime gt 0001-01-01T00:00:00Z"); w.Code != 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	d.source.rows, d.source.asked = 10, 0
	for i := range 120 {
		twin := *d.source.city.Things[0]
		twin.ID = fmt.Sprintf("twin-%d", i)
		d.source.city.Things = append(d.source.city.Things, &twin)
	}
	d.source.city.Sort()
	d.last = nil
	if w := d.get("/Datastreams", "$expand=Observations", "$top=1000"); w.Code != 400 || d.source.asked > mostAsked {
		t.Errorf("%d after %d questions", w.Code, d.source.asked)
	}
	d.source.asked = 0
	if w := d.get("/Observations", "$top=1000"); w.Code != 200 || d.source.asked != 0 {
		t.Errorf("%d after %d questions", w.Code, d.source.asked)
	}
}

func TestStoreDown(t *testing.T) {
	d := newDoor(t)
	path := d.observed()
	d.source.err = errors.New("refused by 10.0.0.7")
	for _, p := range []string{path, "/Things"} {
		if w := d.get(p); w.Code != 503 || strings.Contains(w.Body.String(), "10.0.0.7") {
			t.Errorf("%s: %d %s", p, w.Code, w.Body)
		}
	}
}

// TestIds are unique, stay the same, and tell streams and times apart.
func TestIds(t *testing.T) {
	a, b := newModel(sample()), newModel(sample())
	for k := range a.sets {
		for i, e := range a.sets[k] {
			if e.id != b.sets[k][i].id || e.id < 0 {
				t.Errorf("%s: %d and %d", kinds[k].set, e.id, b.sets[k][i].id)
			}
			if i > 0 && a.sets[k][i-1].id == e.id {
				t.Errorf("%s: %d twice", kinds[k].set, e.id)
			}
		}
	}
	at := noon().Add(123 * time.Millisecond)
	if s, back := streamAndTime(observationID(1<<streamBits-1, at)); s != 1<<streamBits-1 || !back.Equal(at) {
		t.Errorf("%d %v", s, back)
	}
	m := newModel(sample())
	first := m.slot(0)
	m.add(&entity{kind: datastreams, id: first})
	if second := m.slot(0); second == first {
		t.Error("two datastreams of one hash have one id")
	}
}

func decode(t testing.TB, w *httptest.ResponseRecorder) object {
	t.Helper()
	var out object
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return out
}

// FuzzFilter: whatever is written, it is parsed or refused, and what is parsed
// can be evaluated for every kind of entity.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"name eq 'a'", "not (result gt 5.5) and phenomenonTime lt 2026-03-01T00:00:00Z", "geo.distance(location,geography'POINT(1 2)') lt 1", "st_within(location, geography'POLYGON((0 0,1 0,1 1,0 0))')",
		"substring(name,1,2) eq 'x'", "-result mod 0 eq null", "phenomenonTime sub duration'P1D' gt now()", "Datastreams/Observations/result add 1", "a/b/c", "''''", "properties/x/y eq 1"} {
		f.Add(s)
	}
	m := newModel(sample())
	f.Fuzz(func(t *testing.T, text string) {
		x, err := parse(text)
		if err != nil {
			return
		}
		for k := range m.sets {
			if x.check(kind(k)) == nil && len(m.sets[k]) > 0 {
				m.eval(x, m.sets[k][0])
				var b bounds
				b.takeTimes(x)
			}
		}
	})
}

// FuzzExpand: options within options.
func FuzzExpand(f *testing.F) {
	f.Add("Datastreams($filter=name eq 'a,b;c(';$expand=Observations($top=1)),Locations")
	f.Add("Datastreams/Observations,Datastreams")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseExpand(text, things, mostExpand)
		if err == nil && len(list) == 0 {
			t.Error("nothing was expanded, and nobody said so")
		}
	})
}
