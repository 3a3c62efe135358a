package access_test

import (
	"strings"
	"testing"

	"rione/devices/access"
)

// FuzzTopics asks a device about whatever text may come as a topic or filter:
// no panic, and nothing that is not its own.
func FuzzTopics(f *testing.F) {
	for _, s := range topicShapes() {
		f.Add(strings.NewReplacer("%[1]s", "air-rm", "%[2]s", "air-rm", "%[3]s", "058091", "%[4]s", "air").Replace(s.text))
	}
	for _, s := range never() {
		f.Add(s)
	}
	r := city(f)
	device, gateway := principal(f, r, "air-rm"), principal(f, r, "gw-lot")
	f.Fuzz(func(t *testing.T, topic string) {
		levels := strings.Split(topic, "/")
		own := len(levels) >= 6 && levels[0] == "sc" && levels[1] == "v1" && levels[4] == "air-rm"
		if (device.MayPublish(topic) || device.MaySubscribe(topic)) && !own {
			t.Errorf("air-rm may use %q", topic)
		}
		if device.MayPublish(topic) && (device.MaySubscribe(topic) || strings.ContainsAny(topic, "+#")) {
			t.Errorf("%q is both ways", topic)
		}
		if own && (gateway.MayPublish(topic) || gateway.MaySubscribe(topic)) {
			t.Errorf("gw-lot may use %q", topic)
		}
	})
}

// FuzzEnrolment lets anybody try anything: nobody comes in without a token.
func FuzzEnrolment(f *testing.F) {
	f.Add("bin-1", "enrol:058091:bin:B1", "rione_x.secret")
	f.Add("", "enrol:", "")
	c := newClock()
	tokens, _, _ := newTokens(f, c)
	r := newRegistry(f)
	p := newPolicy(f, access.Options{Registry: r, Tokens: tokens, Gazetteer: gazetteer{}, Now: c.now})
	f.Fuzz(func(t *testing.T, id, user, password string) {
		if _, err := p.Authenticate(t.Context(), access.Login{ClientID: id, Username: user, Password: password, Loopback: true}); err == nil || r.Snapshot().Len() != 0 {
			t.Errorf("%q came in as %q", id, user)
		}
	})
}
