package broker

import (
	"strings"
	"testing"

	v5 "github.com/eclipse/paho.golang/packets"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"

	"rione/ingest"
)

func TestAckWaitsForTheCommit(t *testing.T) {
	intake := newIntake()
	intake.hold = true
	s := start(t, intake, nil)
	p := connect4(t, s, "dev", nil)
	p.send4(publish4("t", "x", 1, 5), publish4("t", "y", 2, 6))
	intake.awaitHeld(t, 2)
	p.alive() // its PINGRESP comes before any ack
	intake.commit()
	if ack := read4[*v4.PubackPacket](p); ack.MessageID != 5 {
		t.Errorf("PUBACK of %d", ack.MessageID)
	}
	if rec := read4[*v4.PubrecPacket](p); rec.MessageID != 6 {
		t.Errorf("PUBREC of %d", rec.MessageID)
	}
}

func TestFullIntakeDelaysAndDropsNothing(t *testing.T) {
	intake := newIntake()
	intake.full = true
	s := start(t, intake, nil)
	p := connect4(t, s, "dev", func(c *v4.ConnectPacket) { c.Keepalive = 1 })
	for id := range uint16(100) {
		p.send4(publish4("t", "x", 1, id+1))
	}
	intake.await(t, "the connection waits", func(f *fakeIntake) bool { return f.waiting == 1 })
	connect4(t, s, "other", nil).alive()
	intake.set(func(f *fakeIntake) { f.full = false })
	for id := range uint16(100) {
		if ack := read4[*v4.PubackPacket](p); ack.MessageID != id+1 {
			t.Fatalf("PUBACK of %d, want %d", ack.MessageID, id+1)
		}
	}
}

// TestRefusalsOnTheWire is the table of DESIGN.md.
func TestRefusalsOnTheWire(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	f := func(why string, code byte, topic, payload string, text bool, submit error) {
		t.Helper()
		intake.set(func(f *fakeIntake) { f.submit = submit })
		p := connect5(t, s, "five", nil)
		m := publish5(topic, payload, 1, 9)
		if text {
			m.Properties.PayloadFormat = ptr(byte(1))
		}
		p.send5(m)
		if ack := read5[*v5.Puback](p); ack.PacketID != 9 || ack.ReasonCode != code {
			t.Errorf("%s: PUBACK with 0x%02x, want 0x%02x", why, ack.ReasonCode, code)
		}
		m.QoS = 2
		p.send5(m)
		if ack := read5[*v5.Pubrec](p); ack.PacketID != 9 || ack.ReasonCode != code {
			t.Errorf("%s: PUBREC with 0x%02x, want 0x%02x", why, ack.ReasonCode, code)
		}
		p.send5(publish5(topic, payload, 0, 0))
		p.alive()
		if text {
			return // 3.1.1 cannot say that a payload is text
		}
		old := connect4(t, s, "four", nil)
		old.send4(publish4(topic, payload, 1, 9))
		old.closed()
	}
	f("another's topic", 0x87, "secret/x", "{}", false, nil)
	f("a topic of the server", 0x90, "$SYS/x", "{}", false, nil)
	f("too many levels", 0x90, strings.Repeat("a/", 40), "{}", false, nil)
	f("a topic too long", 0x90, strings.Repeat("a", 2000), "{}", false, nil)
	f("text that is none", 0x99, "t", "\xff", true, nil)
	f("too large for the journal", 0x97, "t", "{}", false, ingest.ErrTooLarge)
	f("over its quota", 0x97, "t", "{}", false, ingest.Refuse(ingest.OverQuota, "1,000 a day"))
	f("expands too far", 0x97, "t", "{}", false, ingest.Refuse(ingest.TooLarge, ""))
	f("not parsable", 0x99, "t", "{}", false, ingest.Refuse(ingest.Unparsable, ""))
	f("not for this client", 0x87, "t", "{}", false, ingest.Refuse(ingest.NotPermitted, ""))
	intake.set(func(f *fakeIntake) { f.submit, f.closed = nil, true })
	p := connect5(t, s, "five", nil)
	p.send5(publish5("t", "x", 1, 1))
	p.dropped5(0x8b)
	for _, m := range intake.stored {
		if m.topic != "t" || m.payload == "{}" && m.client == "four" {
			t.Errorf("%+v was stored", m)
		}
	}
}

func TestTopicWithWildcardEndsTheConnection(t *testing.T) {
	s := start(t, newIntake(), nil)
	p4, p5 := connect4(t, s, "four", nil), connect5(t, s, "five", nil)
	p4.send4(publish4("a/+", "x", 1, 1))
	p4.closed()
	p5.send5(publish5("a/#", "x", 0, 0))
	p5.dropped5(0x90)
}

func TestTopicAliases(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	p := dial(t, s)
	if ack := p.connect5("dev", nil); *ack.Properties.TopicAliasMaximum != 16 {
		t.Fatalf("alias maximum is %d", *ack.Properties.TopicAliasMaximum)
	}
	send := func(topic string, alias uint16) {
		m := publish5(topic, topic, 0, 0)
		m.Properties.TopicAlias = &alias
		p.send5(m)
	}
	send("a", 1)
	send("b", 16)
	send("", 1)
	send("", 16)
	send("c", 1)
	send("", 1)
	var got []string
	for _, m := range intake.awaitStored(t, 6) {
		got = append(got, m.topic)
	}
	if want := "a b a b c c"; strings.Join(got, " ") != want {
		t.Errorf("topics %q, want %s", got, want)
	}
	send("", 2)
	p.dropped5(0x82)
	p = connect5(t, s, "dev", nil)
	send("a", 17)
	p.dropped5(0x94)
}

// routeTable counts how often it is asked.
type routeTable struct{ asked map[string]int }

func (r *routeTable) Match(topic string) string {
	r.asked[topic]++
	return "route-of-" + topic
}

func TestRouteIsAskedOncePerTopic(t *testing.T) {
	intake := newIntake()
	routes := &routeTable{asked: map[string]int{}}
	s := start(t, intake, func(o *Options) { o.Routes = routes })
	p := connect4(t, s, "dev", nil)
	for range 3 {
		p.send4(publish4("a", "x", 0, 0), publish4("b", "x", 0, 0))
	}
	for _, m := range intake.awaitStored(t, 6) {
		if m.route != "route-of-"+m.topic {
			t.Errorf("%s took the route %q", m.topic, m.route)
		}
	}
	s.RoutesChanged()
	p.send4(publish4("a", "x", 0, 0))
	intake.awaitStored(t, 7)
	if routes.asked["a"] != 2 || routes.asked["b"] != 1 {
		t.Errorf("asked %v", routes.asked)
	}
}

func TestManyTopicsOfAGateway(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	p := connect4(t, s, "gateway", nil)
	const n = topicCache + 100
	for i := range n {
		p.send4(publish4("dev/"+strings.Repeat("x", i%50)+string(rune('a'+i/50)), "x", 0, 0))
	}
	intake.awaitStored(t, n)
}

func TestExactlyOnce(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	p := connect4(t, s, "dev", nil)
	rel := v4.NewControlPacket(v4.Pubrel).(*v4.PubrelPacket)
	rel.MessageID = 3
	for range 2 { // the identifier is free again after PUBCOMP
		p.send4(publish4("t", "x", 2, 3))
		read4[*v4.PubrecPacket](p)
		p.send4(publish4("t", "x", 2, 3))
		read4[*v4.PubrecPacket](p)
		p.send4(rel)
		if c := read4[*v4.PubcompPacket](p); c.MessageID != 3 {
			t.Errorf("PUBCOMP of %d", c.MessageID)
		}
	}
	if got := intake.awaitStored(t, 2); len(got) != 2 {
		t.Errorf("stored %d times, want twice", len(got))
	}
	p5 := connect5(t, s, "five", nil)
	p5.send5(&v5.Pubrel{PacketID: 77, Properties: &v5.Properties{}})
	if c := read5[*v5.Pubcomp](p5); c.PacketID != 77 || c.ReasonCode != 0x92 {
		t.Errorf("PUBCOMP of %d with 0x%02x", c.PacketID, c.ReasonCode)
	}
}

func TestExactlyOnceOverAReconnect(t *testing.T) {
	intake := newIntake()
	intake.hold = true
	s := start(t, intake, nil)
	keep := func(c *v4.ConnectPacket) { c.CleanSession = false }
	p := connect4(t, s, "dev", keep)
	p.send4(publish4("t", "x", 2, 3))
	intake.awaitHeld(t, 1)
	p.Close()
	p = dial(t, s)
	if ack := p.connect4("dev", keep); !ack.SessionPresent {
		t.Fatal("the session is gone")
	}
	again := publish4("t", "x", 2, 3)
	again.Dup = true
	p.send4(again)
	p.alive() // so it was read before the commit
	intake.commit()
	if rec := read4[*v4.PubrecPacket](p); rec.MessageID != 3 {
		t.Errorf("PUBREC of %d", rec.MessageID)
	}
	p.send4(again)
	read4[*v4.PubrecPacket](p)
	if got := intake.awaitStored(t, 1); len(got) != 1 || len(intake.held) != 0 {
		t.Errorf("stored %d times, %d more on the way", len(got), len(intake.held))
	}
}
