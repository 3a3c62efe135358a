package ingest

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// matchLiterally reads MQTT 5.0, section 4.7, sentence by sentence.
func matchLiterally(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	// 4.7.2: the server must not match filters that start with a wildcard
	// character with topic names that begin with $.
	if strings.HasPrefix(topic, "$") && (f[0] == "#" || f[0] == "+") {
		return false
	}
	for i, level := range f {
		switch {
		case level == "#": // 4.7.1.2: the parent and any number of child levels
			return len(t) >= i
		case i >= len(t):
			return false
		case level != "+" && level != t[i]: // 4.7.1.3: + matches only a single level
			return false
		}
	}
	return len(f) == len(t)
}

func TestMatchTopic(t *testing.T) {
	f := func(filter, topic string, want bool) {
		t.Helper()
		if MatchTopic(filter, topic) != want {
			t.Errorf("%q and %q: %v", filter, topic, !want)
		}
		if matchLiterally(filter, topic) != want {
			t.Errorf("the literal reading of %q and %q: %v", filter, topic, !want)
		}
	}
	// The examples of section 4.7.
	f("sport/tennis/player1/#", "sport/tennis/player1", true)
	f("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)
	f("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)
	f("sport/#", "sport", true)
	f("#", "sport/tennis", true)
	f("sport/tennis/+", "sport/tennis/player1", true)
	f("sport/tennis/+", "sport/tennis/player1/ranking", false)
	f("sport/+", "sport", false)
	f("sport/+", "sport/", true)
	f("+/+", "/finance", true)
	f("/+", "/finance", true)
	f("+", "/finance", false)
	f("#", "$SYS/monitor", false)
	f("+/monitor/Clients", "$SYS/monitor/Clients", false)
	f("$SYS/#", "$SYS/", true)
	f("$SYS/monitor/+", "$SYS/monitor/Clients", true)
	f("ACCOUNTS", "Accounts", false)
	f("sport", "/sport", false)
	// The edges between.
	f("a/#", "a/", true)
	f("a/#", "ab", false)
	f("a/+/b", "a//b", true)
	f("+/#", "a", true)
	f("a/+/#", "a", false)
	f("a/b", "a", false)
	f("a", "a/b", false)
	f("a/$x", "a/$x", true)
	f("+/$x", "a/$x", true)
}

func FuzzMatchTopic(f *testing.F) {
	f.Add("a/+/#", "a/b")
	f.Add("+", "$SYS")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, filter, topic string) {
		if ValidFilter(filter) == nil && MatchTopic(filter, topic) != matchLiterally(filter, topic) {
			t.Errorf("%q and %q: %v", filter, topic, MatchTopic(filter, topic))
		}
	})
}

// Short filters and topics of few letters meet every rule often.
func TestMatchTopicAgreesWithTheLiteralReading(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 7))
	draw := func(letters string) string {
		b := make([]byte, r.IntN(7))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	matched := 0
	for range 300_000 {
		filter, topic := draw("a$+#//"), draw("a$//")
		if ValidFilter(filter) != nil {
			continue
		}
		want := matchLiterally(filter, topic)
		if want {
			matched++
		}
		if MatchTopic(filter, topic) != want {
			t.Fatalf("%q and %q: %v", filter, topic, !want)
		}
	}
	if matched < 5000 {
		t.Errorf("only %d pairs matched", matched)
	}
}

func TestValidFilter(t *testing.T) {
	f := func(want string, filters ...string) {
		t.Helper()
		for _, filter := range filters {
			err := ValidFilter(filter)
			if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%.40q: %v, want %q", filter, err, want)
			}
		}
	}
	f("", "#", "+", "/", "a/#", "+/a/+", "$SYS/#", "/ingest/v1/native/#", "$share/g/a", "città/è", strings.Repeat("x", 65535))
	f("empty", "")
	f("at the end", "#/a", "a/#/b", "#/")
	f("stand alone", "a+", "+a", "a/b#", "##", "++", "a/+b/c")
	f("longer", strings.Repeat("x", 65536))
	f("UTF-8", "a\xff", "a\x00b")
}

func TestNewRoutes(t *testing.T) {
	valid := Route{Name: "r", Filter: "a/+", Format: "native"}
	f := func(want string, change func(*Route)) {
		t.Helper()
		r := valid
		change(&r)
		_, err := NewRoutes([]Route{r})
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
	f("", func(*Route) {})
	f("", func(r *Route) { r.Device = "client" })
	f("", func(r *Route) { r.Device = "topic:0" })
	f("", func(r *Route) { r.Device, r.Trust, r.Comune = "topic:12", "broker", "058091" })
	f("name", func(r *Route) { r.Name = "" })
	f("format is missing", func(r *Route) { r.Format = "" })
	f("", func(r *Route) {
		r.Device, r.Trust, r.Clock, r.Scrub = "json:/station/id", "client", "quarantine", "shape"
	})
	f("", func(r *Route) { r.Name = "http-mapping:bins_2.0" })
	f("letters", func(r *Route) { r.Name = "via Roma" })
	f("letters", func(r *Route) { r.Name = strings.Repeat("x", 65) })
	f("trust", func(r *Route) { r.Trust = "all" })
	f("six digits", func(r *Route) { r.Comune = "58091" })
	f("clock", func(r *Route) { r.Clock = "sundial" })
	f("scrub", func(r *Route) { r.Scrub = "nothing" })
	f("", func(r *Route) { r.Format, r.Mapping = FormatMapping, `{"readings": []}` })
	f("no meaning without one", func(r *Route) { r.Format = FormatMapping })
	f("JSON object", func(r *Route) { r.Format, r.Mapping = FormatMapping, "[]" })
	f(`makes the format "mapping"`, func(r *Route) { r.Mapping = "{}" })
	f("longer than", func(r *Route) { r.Format, r.Mapping = FormatMapping, "{"+strings.Repeat(" ", MaxMapping) })
	f("path in the payload", func(r *Route) { r.Device = "json:id" })
	f("topic filter", func(r *Route) { r.Filter = "a/#/b" })
	f("empty", func(r *Route) { r.Filter = "" })
	f("leave it out", func(r *Route) { r.Device = "payload" })
	for _, n := range []string{"", "x", "-1", "+1", "1.5", "99999999999999999999"} {
		f("counted from 0", func(r *Route) { r.Device = "topic:" + n })
	}
	if _, err := NewRoutes([]Route{valid, valid}); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Errorf("two routes of one name: %v", err)
	}
	if _, err := NewRoutes(DefaultRoutes()); err != nil {
		t.Errorf("the default routes: %v", err)
	}
}

func TestRoutes(t *testing.T) {
	list := []Route{
		{Name: "special", Filter: "a/special/#", Format: "x"},
		{Name: "general", Filter: "a/#", Format: "y"},
	}
	rs, err := NewRoutes(list)
	if err != nil {
		t.Fatal(err)
	}
	list[0].Filter = "changed/by/the/caller"
	f := func(topic, want string) {
		t.Helper()
		if got := rs.Match(topic); got != want {
			t.Errorf("%s has the route %q, want %q", topic, got, want)
		}
	}
	f("a/special/x", "special") // the first one that fits
	f("a/other", "general")
	f("b", "")
	f("changed/by/the/caller", "")
	if r := rs.ByName("general"); r == nil || r.Format != "y" {
		t.Errorf("general is %+v", r)
	}
	if rs.ByName("") != nil || rs.ByName("none") != nil || len(rs.All()) != 2 {
		t.Error("a route that is not there")
	}
}

func TestNearest(t *testing.T) {
	rs, err := NewRoutes(DefaultRoutes())
	if err != nil {
		t.Fatal(err)
	}
	f := func(topic, want string) {
		t.Helper()
		got := ""
		if r, ok := rs.Nearest(topic); ok {
			got = r.Name
		}
		if got != want {
			t.Errorf("nearest to %s is %q; want %q", topic, got, want)
		}
	}
	f("sc/v1/058091/air/air-1", "native")
	f("application/1/device/2/up", "chirpstack")
	f("application/1/device/2/event/up/more", "chirpstack")
	f("Tele/plug/SENSOR", "tasmota")
	f("v3/app/device/x/up", "tts")
	f("/api/v1/monitoring", "openwisp")
	f("homie/5/x", "")
	f("", "")
}

func TestTrusts(t *testing.T) {
	f := func(trust string, client, outer bool) {
		t.Helper()
		r := Route{Trust: trust}
		if r.Trusts("air-1") != client || r.Trusts("") != outer {
			t.Errorf("trust %q: a client %v, an outer broker %v", trust, r.Trusts("air-1"), r.Trusts(""))
		}
	}
	f("", true, true)
	f(TrustClient, true, false)
	f(TrustBroker, false, true)
}

func TestDeviceOf(t *testing.T) {
	m := &Message{Client: "gateway", Topic: "sc/v1/058091/air/air-0001/up", Payload: []byte(`{"station": {"id": "s-1", "n": 17, "on": true}, "list": [{"id": "first"}]}`)}
	f := func(device, want string) {
		t.Helper()
		r := Route{Device: device}
		if got := r.DeviceOf(m); got != want {
			t.Errorf("%q names %q, want %q", device, got, want)
		}
	}
	f("", "")
	f("client", "gateway")
	f("topic:0", "sc")
	f("topic:4", "air-0001")
	f("topic:5", "up")
	f("topic:6", "")
	f("json:/station/id", "s-1")
	f("json:/station/n", "17")
	f("json:/list/0/id", "first")
	f("json:/station/on", "")
	f("json:/station", "")
	f("json:/nothing/there", "")
	m.Payload = []byte("{")
	f("json:/station/id", "")
}

func BenchmarkMatch(b *testing.B) {
	rs, err := NewRoutes(DefaultRoutes())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if rs.Match("application/1/device/2/event/up") == "" {
			b.Fatal("no route")
		}
	}
}
