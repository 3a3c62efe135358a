package broker

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v5 "github.com/eclipse/paho.golang/packets"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"

	"rione/ingest"
)

func TestSubscribeCodes(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Limits.Subscriptions = 3 })
	filters := []string{"a/#", "secret/#", "a#", "$share/g/a", strings.Repeat("+/", 40), "b", "c", "d", "b"}
	var subs []v5.SubOptions
	p4 := v4.NewControlPacket(v4.Subscribe).(*v4.SubscribePacket)
	p4.MessageID = 4
	for i, f := range filters {
		subs = append(subs, v5.SubOptions{Topic: f, QoS: byte(i % 3)})
		p4.Topics, p4.Qoss = append(p4.Topics, f), append(p4.Qoss, byte(i%3))
	}
	want := []byte{0, 0x87, 0x8f, 0x9e, 0x8f, 1, 0, 0x97, 1}
	if got := connect5(t, s, "five", nil).subscribe5(nil, subs...); !bytes.Equal(got, want) {
		t.Errorf("5: % x, want % x", got, want)
	}
	four := connect4(t, s, "four", nil)
	four.send4(p4)
	want = []byte{0, 0x80, 0x80, 0x80, 0x80, 1, 0, 0x80, 1}
	if got := read4[*v4.SubackPacket](four).ReturnCodes; !bytes.Equal(got, want) {
		t.Errorf("3.1.1: % x, want % x", got, want)
	}
}

func TestFanOutComesAfterTheCommit(t *testing.T) {
	intake := newIntake()
	intake.hold = true
	s := start(t, intake, nil)
	sub := connect5(t, s, "sub", nil)
	sub.subscribe5(nil, v5.SubOptions{Topic: "t"})
	pub := connect4(t, s, "pub", nil)
	pub.send4(publish4("t", "lost", 0, 0))
	intake.awaitHeld(t, 1)
	sub.alive() // nothing came yet
	intake.set(func(f *fakeIntake) { f.refuse = errors.New("no") })
	intake.commit()
	intake.set(func(f *fakeIntake) { f.refuse = nil })
	pub.send4(publish4("t", "kept", 0, 0))
	intake.awaitHeld(t, 1)
	intake.commit()
	if m := read5[*v5.Publish](sub); string(m.Payload) != "kept" {
		t.Errorf("got %q, which was not stored", m.Payload)
	}
}

// TestSubscriptionOptions sends one message to a subscriber with overlapping
// subscriptions and looks at the one copy that comes.
func TestSubscriptionOptions(t *testing.T) {
	s := start(t, newIntake(), nil)
	sub := connect5(t, s, "sub", nil)
	sub.subscribe5(&v5.Properties{SubscriptionIdentifier: ptr(7)}, v5.SubOptions{Topic: "a/+", QoS: 0})
	sub.subscribe5(&v5.Properties{SubscriptionIdentifier: ptr(300)}, v5.SubOptions{Topic: "a/#", QoS: 2, RetainAsPublished: true})
	sub.subscribe5(nil, v5.SubOptions{Topic: "own", NoLocal: true})
	pub := connect5(t, s, "pub", nil)
	m := publish5("a/b", "x", 2, 1)
	m.Retain = true
	m.Properties = &v5.Properties{
		ContentType: "text/plain", ResponseTopic: "r", CorrelationData: []byte{1}, PayloadFormat: ptr(byte(1)),
		MessageExpiry: ptr(uint32(100)), TopicAlias: ptr(uint16(1)), User: []v5.User{{Key: "k", Value: "v"}},
	}
	pub.send5(m)
	got := read5[*v5.Publish](sub)
	if got.Topic != "a/b" || string(got.Payload) != "x" || got.QoS != 1 || !got.Retain || got.PacketID == 0 {
		t.Errorf("got %v", got)
	}
	p := got.Properties
	if p.ContentType != "text/plain" || p.ResponseTopic != "r" || !bytes.Equal(p.CorrelationData, []byte{1}) ||
		*p.PayloadFormat != 1 || *p.MessageExpiry < 90 || p.TopicAlias != nil || len(p.User) != 1 {
		t.Errorf("properties %v", p)
	}
	sub.send5(&v5.Puback{PacketID: got.PacketID, Properties: &v5.Properties{}})
	sub.send5(publish5("own", "echo", 0, 0))
	pub.send5(publish5("own", "from another", 0, 0))
	if got := read5[*v5.Publish](sub); string(got.Payload) != "from another" {
		t.Errorf("got %q", got.Payload)
	}
	sub.alive() // so one copy came, and no echo
	sub.send5(&v5.Unsubscribe{PacketID: 9, Properties: &v5.Properties{}, Topics: []string{"a/+", "a/#", "never"}})
	if codes := read5[*v5.Unsuback](sub).Reasons; !bytes.Equal(codes, []byte{0, 0, 0x11}) {
		t.Errorf("UNSUBACK with % x", codes)
	}
	if s.subs.any("a/b") {
		t.Error("the subscription is still there")
	}
}

func TestSendMaximumAndPacketSizeOfTheClient(t *testing.T) {
	s := start(t, newIntake(), nil)
	sub := connect5(t, s, "sub", func(c *v5.Connect) {
		c.Properties.ReceiveMaximum, c.Properties.MaximumPacketSize = ptr(uint16(2)), ptr(uint32(50))
	})
	sub.subscribe5(nil, v5.SubOptions{Topic: "#", QoS: 1})
	pub := connect4(t, s, "pub", nil)
	pub.send4(publish4("t", strings.Repeat("x", 50), 1, 1))
	for i := range 4 {
		pub.send4(publish4("t", fmt.Sprint(i), 1, uint16(i+2)))
	}
	for range 5 {
		read4[*v4.PubackPacket](pub)
	}
	ack := func(m *v5.Publish) { sub.send5(&v5.Puback{PacketID: m.PacketID, Properties: &v5.Properties{}}) }
	first, second := read5[*v5.Publish](sub), read5[*v5.Publish](sub)
	if string(first.Payload)+string(second.Payload) != "01" {
		t.Errorf("got %q and %q", first.Payload, second.Payload)
	}
	sub.alive() // no third
	ack(second)
	third := read5[*v5.Publish](sub)
	ack(first)
	ack(third)
	if last := read5[*v5.Publish](sub); string(last.Payload) != "3" {
		t.Errorf("got %q", last.Payload)
	}
}

func TestUnackedIsSentAgain(t *testing.T) {
	s := start(t, newIntake(), nil)
	keep := func(c *v5.Connect) { c.CleanStart, c.Properties.SessionExpiryInterval = false, ptr(uint32(60)) }
	sub := connect5(t, s, "sub", keep)
	sub.subscribe5(nil, v5.SubOptions{Topic: "t", QoS: 1})
	pub := connect4(t, s, "pub", nil)
	pub.send4(publish4("t", "0", 1, 1), publish4("t", "1", 1, 2))
	acked, lost := read5[*v5.Publish](sub), read5[*v5.Publish](sub)
	sub.send5(&v5.Puback{PacketID: acked.PacketID, Properties: &v5.Properties{}})
	sub.alive()
	check := func(sub *peer) {
		t.Helper()
		m := read5[*v5.Publish](sub)
		if m.PacketID != lost.PacketID || string(m.Payload) != "1" || !m.Duplicate {
			t.Errorf("sent again: %v", m)
		}
		sub.alive()
	}
	newer := connect5(t, s, "sub", keep) // takes over
	check(newer)
	newer.Close()
	eventually(t, "it is gone", func() bool { return len(s.Clients()) == 1 })
	newest := connect5(t, s, "sub", keep)
	check(newest)
	pub.send4(publish4("t", "2", 1, 3))
	if m := read5[*v5.Publish](newest); string(m.Payload) != "2" || m.PacketID == lost.PacketID {
		t.Errorf("then came %v", m)
	}
}

// TestSlowSubscriberLosesTheOldest fills a subscriber's queue while nothing is
// written.
func TestSlowSubscriberLosesTheOldest(t *testing.T) {
	s, err := New(Options{Intake: newIntake(), Access: fakeAccess{}, Limits: Limits{QueueMessages: 3, QueueBytes: 100}})
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, link{Conn: &loopConn{}})
	payloads := func() (list []string) {
		for c.out.queue.len() > 0 {
			list = append(list, string(c.out.queue.pop().payload))
		}
		return list
	}
	put := func(payload string) { c.out.enqueue(delivery{message: &message{topic: "t", payload: []byte(payload)}}) }
	for i := range 5 {
		put(fmt.Sprint(i))
	}
	if got := payloads(); !slices.Equal(got, []string{"2", "3", "4"}) {
		t.Errorf("too many: %q are left", got)
	}
	s.waiting.Store(0)
	put("first")
	put(strings.Repeat("x", 97))
	put(strings.Repeat("y", 200))
	if got := payloads(); len(got) != 0 {
		t.Errorf("too large: %q are left", got)
	}
}

func TestRetained(t *testing.T) {
	s := start(t, newIntake(), nil)
	pub := connect5(t, s, "pub", nil)
	retain := func(topic, payload string, expiry *uint32) {
		m := publish5(topic, payload, 1, 1)
		m.Retain, m.Properties.MessageExpiry = true, expiry
		pub.send5(m)
		read5[*v5.Puback](pub)
	}
	retain("a/1", "one", nil)
	retain("a/2", "two", nil)
	retain("a/2", "two again", nil)
	retain("a/3", "removed", nil)
	retain("a/3", "", nil)
	retain("a/4", "expired", ptr(uint32(0)))
	retain("$a/5", "", nil) // refused, but not a reason to end
	sub := connect5(t, s, "sub", nil)
	read := func(n int) (got []string) {
		t.Helper()
		for range n {
			m := read5[*v5.Publish](sub)
			got = append(got, fmt.Sprintf("%s=%s %v", m.Topic, m.Payload, m.Retain))
		}
		slices.Sort(got)
		sub.alive() // and no more
		return got
	}
	both := []string{"a/1=one true", "a/2=two again true"}
	sub.subscribe5(nil, v5.SubOptions{Topic: "a/#"})
	if got := read(2); !slices.Equal(got, both) {
		t.Errorf("got %q", got)
	}
	sub.subscribe5(nil, v5.SubOptions{Topic: "a/#", RetainHandling: 1})
	read(0)
	sub.subscribe5(nil, v5.SubOptions{Topic: "+/+", RetainHandling: 2})
	read(0)
	sub.subscribe5(nil, v5.SubOptions{Topic: "a/1", RetainHandling: 1})
	if got := read(1); !slices.Equal(got, both[:1]) {
		t.Errorf("got %q", got)
	}
	retain("a/1", "live", nil)
	if got := read(1); !slices.Equal(got, []string{"a/1=live false"}) {
		t.Errorf("got %q", got)
	}
}

func TestRetainedIsBounded(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Limits.RetainedMessages, o.Limits.RetainedBytes = 2, 100 })
	retain := func(topic string, n int) {
		s.retained.set(&message{topic: topic, payload: make([]byte, n), retain: true})
	}
	retain("a", 10)
	retain("b", 10)
	retain("c", 10) // a third
	retain("b", 90) // too many bytes
	retain("a", 20)
	if r := s.retained; r.count != 2 || r.bytes != 32 || len(r.find("#", 0, 0)) != 2 {
		t.Errorf("%d messages of %d bytes, found %d", r.count, r.bytes, len(r.find("#", 0, 0)))
	}
}

func TestManyRetainedReachASubscriber(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Limits.QueueMessages = 5 })
	const n = 2000
	for i := range n {
		s.retained.set(&message{topic: fmt.Sprintf("r/%d", i), payload: []byte("x"), qos: 1, retain: true})
	}
	sub := connect5(t, s, "sub", nil)
	sub.subscribe5(nil, v5.SubOptions{Topic: "r/#", QoS: 1})
	seen := map[string]bool{}
	for range n {
		m := read5[*v5.Publish](sub)
		seen[m.Topic] = true
		sub.send5(&v5.Puback{PacketID: m.PacketID, Properties: &v5.Properties{}})
	}
	if len(seen) != n {
		t.Errorf("%d of %d came", len(seen), n)
	}
}

func TestPublishCommand(t *testing.T) {
	s := start(t, newIntake(), nil)
	dev := connect4(t, s, "dev", nil)
	acked := make(chan struct{}, 2)
	command := ingest.Command{Device: "dev", Door: Door, Topic: "dev/cmd/1", Payload: []byte("reboot"), Acked: func() { acked <- struct{}{} }}
	if err := s.Publish(t.Context(), command); !errors.Is(err, ErrNoSubscriber) {
		t.Errorf("nobody subscribes: %v", err)
	}
	sub := v4.NewControlPacket(v4.Subscribe).(*v4.SubscribePacket)
	sub.MessageID, sub.Topics, sub.Qoss = 1, []string{"dev/cmd/+"}, []byte{1}
	dev.send4(sub)
	read4[*v4.SubackPacket](dev)
	if err := s.Publish(t.Context(), command); err != nil {
		t.Fatal(err)
	}
	m := read4[*v4.PublishPacket](dev)
	if m.TopicName != command.Topic || string(m.Payload) != "reboot" || m.Qos != 1 {
		t.Errorf("got %v", m)
	}
	if len(acked) != 0 {
		t.Error("acknowledged by nobody")
	}
	ack := v4.NewControlPacket(v4.Puback).(*v4.PubackPacket)
	ack.MessageID = m.MessageID
	dev.send4(ack)
	dev.send4(ack) // a second one is of nothing
	eventually(t, "the acknowledgement is known", func() bool { return len(acked) > 0 })
	dev.send4(v4.NewControlPacket(v4.Pingreq))
	read4[*v4.PingrespPacket](dev)
	if len(acked) != 1 {
		t.Errorf("%d acknowledgements of one delivery", len(acked))
	}
	command.Topic = "dev/cmd/+"
	if err := s.Publish(t.Context(), command); err == nil || errors.Is(err, ErrNoSubscriber) {
		t.Errorf("a topic with a wildcard: %v", err)
	}
	if c := s.Clients(); len(c) != 1 || c[0].Subscriptions != 1 {
		t.Errorf("clients %+v", c)
	}
}

func TestWillDelay(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	connect := func(delay, expiry uint32, clean bool) *peer {
		return connect5(t, s, "dev", func(c *v5.Connect) {
			c.CleanStart, c.Properties.SessionExpiryInterval = clean, &expiry
			c.WillFlag, c.WillTopic, c.WillMessage = true, "w", []byte("gone")
			c.WillProperties = &v5.Properties{WillDelayInterval: &delay}
		})
	}
	gone := func() {
		eventually(t, "it is gone", func() bool { return len(s.Clients()) == 0 })
	}
	connect(60, 600, true).Close()
	gone()
	back := connect(60, 600, false) // in time: the first will is void
	back.send5(&v5.Disconnect{Properties: &v5.Properties{}})
	back.closed()
	gone()
	if due := s.sessions.sweep(time.Now().Add(time.Hour)); len(due) != 0 {
		t.Errorf("%d wills of clients that came back or said goodbye", len(due))
	}
	connect(60, 600, true).Close()
	gone()
	if due := s.sessions.sweep(time.Now().Add(59 * time.Second)); len(due) != 0 {
		t.Error("the will is too early")
	}
	if due := s.sessions.sweep(time.Now().Add(61 * time.Second)); len(due) != 1 {
		t.Error("the will is not due")
	}
	connect(60, 600, true).Close()
	gone()
	last := connect(0, 0, true) // ends the session, so its will goes out now
	intake.awaitStored(t, 1)
	last.send5(&v5.Disconnect{ReasonCode: 4, Properties: &v5.Properties{}}) // goodbye, with the will
	intake.awaitStored(t, 2)
}

func TestDelayedWillGoesOutInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		intake := newIntake()
		s := start(t, intake, func(o *Options) { o.Listen = "" })
		p := pipePeer(t, s)
		p.connect5("dev", func(c *v5.Connect) {
			c.Properties.SessionExpiryInterval = ptr(uint32(60))
			c.WillFlag, c.WillTopic, c.WillMessage = true, "w", []byte("gone")
			c.WillProperties = &v5.Properties{WillDelayInterval: ptr(uint32(5))}
		})
		p.Close()
		time.Sleep(4500 * time.Millisecond)
		synctest.Wait()
		if n := intake.count(); n != 0 {
			t.Error("too early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := intake.count(); n != 1 {
			t.Errorf("%d wills after the delay", n)
		}
	})
}
