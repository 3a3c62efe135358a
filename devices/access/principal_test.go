package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"rione/devices"
	"rione/devices/access"
)

// actors of the tests of topics: two comuni with a gateway each, what these
// speak for, and a pending device.
func city(t testing.TB) *registry {
	t.Helper()
	lot := device("gw-lot", devices.Gateway, "015146")
	lot.Speaks = []string{"lot-", "a84041"}
	air := device("air-rm", devices.Air, "058091")
	air.ExternalID = "70b3d50000000001"
	carried := device("lot-1", devices.Bin, "015146")
	carried.ExternalID = "a840410000000001"
	waits := device("new-1", devices.Bin, "058091")
	waits.Pending = true
	gone := device("old-1", devices.Bin, "058091")
	gone.Retired = true
	via := device("via-1", devices.Light, "058091")
	via.Via = "gw-lot"
	return newRegistry(t, lot, air, carried, waits, gone, via,
		device("gw-rm", devices.Gateway, "058091"), device("bin-rm", devices.Bin, "058091"), device("air-mi", devices.Air, "015146"))
}

// principal lets a device of the city in, whatever its state.
func principal(t testing.TB, r *registry, id string) *access.Principal {
	t.Helper()
	d := *r.Snapshot().Device(id)
	was := d
	d.Pending, d.Retired = false, false
	r.put(t, d)
	p, err := newPolicy(t, access.Options{Registry: r, Anonymous: true}).Authenticate(t.Context(), access.Login{ClientID: id, Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, was)
	return p
}

// topicShape is a topic of which a device is the subject.
type topicShape struct {
	text string
	mine bool // published by devices, or else subscribed to
}

// topicShapes are all topics that there are, natively and in other ecosystems,
// and filters that would catch them. %[1]s is the device's id, %[2]s what a
// network calls it, %[3]s its comune, %[4]s its kind.
func topicShapes() []topicShape {
	up, down := []string{
		"sc/v1/%[3]s/%[4]s/%[1]s/up", "sc/v1/%[3]s/%[4]s/%[1]s/state", "sc/v1/%[3]s/%[4]s/%[1]s/meta", "sc/v1/%[3]s/%[4]s/%[1]s/event",
		"sc/v1/999999/air/%[1]s/up",
		"application/1/device/%[2]s/event/up", "application/1/device/%[2]s/event/join",
		"v3/app@tenant/devices/%[2]s/up", "v3/app@tenant/devices/%[2]s/join",
		"spBv1.0/roma/NDATA/%[2]s", "spBv1.0/roma/DDATA/%[2]s/meter",
		"tele/%[1]s/SENSOR", "zigbee2mqtt/%[1]s",
	}, []string{
		"sc/v1/%[3]s/%[4]s/%[1]s/cmd/1", "sc/v1/%[3]s/%[4]s/%[1]s/cmd/#", "sc/v1/+/+/%[1]s/cmd/+",
		"application/1/device/%[2]s/command/down", "application/+/device/%[2]s/command/#", "v3/app@tenant/devices/%[2]s/down/push",
		"v3/app@tenant/devices/%[2]s/down/replace", "spBv1.0/roma/NCMD/%[2]s", "spBv1.0/roma/DCMD/%[2]s/#", "cmnd/%[1]s/POWER", "zigbee2mqtt/%[1]s/set",
	}
	var all []topicShape
	for _, s := range up {
		all = append(all, topicShape{s, true})
	}
	for _, s := range down {
		all = append(all, topicShape{s, false})
	}
	return all
}

// never are topics and filters that are nobody's.
func never() []string {
	return []string{
		"", "#", "+/#", "+", "sc", "sc/#", "sc/v1/#", "sc/v1/+/+/+/up", "sc/v1/058091/#", "sc/v1/+/+/+/cmd/#", "sc/v1/+/+/#", "sc/+/+/+/air-rm/cmd/#",
		"sc/v1/058091/air/air-rm/#", "sc/v1/058091/air/air-rm/+", "sc/v1/058091/air/air-rm", "sc/v1/058091/air/air-rm/up/x", "sc/v1/058091/air/air-rm/cmd/#/x/../up+",
		"sc/v1/058091/air/air-rm/UP", "sc/v2/058091/air/air-rm/up", "sc/v1/058091/air//up", "sc//v1/058091/air/air-rm/up", "/sc/v1/058091/air/air-rm/up",
		"$SYS/#", "$SYS/broker/uptime", "$share/g/sc/v1/+/+/air-rm/cmd/#", "application/+/device/+/command/#", "application/#", "v3/#", "spBv1.0/#",
		"spBv1.0/+/NCMD/+", "tele/#", "cmnd/+/#", "zigbee2mqtt/#", "v3/+/devices/lot-1/down/+", "rione/registry", "sc/v1/058091/air/air-rm/up\x00",
	}
}

// Every shape of topic, of every device, for every client: what may be done is
// exactly what the grants say. Run with -v to see the table.
func TestEveryTopicOfEveryDevice(t *testing.T) {
	r := city(t)
	s := r.Snapshot()
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TOPIC OR FILTER\tDEVICE\tMAY PUBLISH\tMAY SUBSCRIBE")
	checks := 0
	clients := map[string]*access.Principal{}
	for _, d := range s.All() {
		clients[d.ID] = principal(t, r, d.ID)
	}
	for _, shape := range topicShapes() {
		for _, of := range s.All() {
			name := of.ExternalID
			if name == "" {
				name = of.ID
			}
			topic := fmt.Sprintf(shape.text, of.ID, name, of.Current().Comune, of.Kind)
			topic = strings.Split(topic, "%!(EXTRA")[0]
			var publish, subscribe []string
			for _, client := range s.All() {
				may := clients[client.ID]
				checks += 2
				if got, want := may.MayPublish(topic), wantPublish(client, of, shape); got != want {
					t.Errorf("%s publishes on %s (of %s): %v", client.ID, topic, of.ID, got)
				} else if got {
					publish = append(publish, client.ID)
				}
				if got, want := may.MaySubscribe(topic), wantSubscribe(client, of, shape); got != want {
					t.Errorf("%s subscribes to %s (of %s): %v", client.ID, topic, of.ID, got)
				} else if got {
					subscribe = append(subscribe, client.ID)
				}
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", topic, of.ID, strings.Join(publish, " "), strings.Join(subscribe, " "))
		}
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d answers, as they have to be:\n%s", checks, out.String())
}

// grants lists, by hand, whom each client speaks for.
func grants() map[string][]string {
	return map[string][]string{
		"air-rm": {"air-rm"}, "bin-rm": {"bin-rm"}, "air-mi": {"air-mi"}, "lot-1": {"lot-1"}, "via-1": {"via-1"},
		"gw-rm":  {"gw-rm", "air-rm", "bin-rm", "new-1", "old-1"},
		"gw-lot": {"gw-lot", "lot-1", "via-1"},
	}
}

func wantPublish(client, of *devices.Device, shape topicShape) bool {
	native := strings.HasPrefix(shape.text, "sc/")
	switch {
	case !shape.mine:
		return false
	case client.ID == "new-1":
		return native && of == client && (strings.HasSuffix(shape.text, "/up") || strings.HasSuffix(shape.text, "/meta"))
	case native:
		return slices.Contains(grants()[client.ID], of.ID)
	}
	return client.Kind == devices.Gateway && slices.Contains(grants()[client.ID], of.ID)
}

func wantSubscribe(client, of *devices.Device, shape topicShape) bool {
	return !shape.mine && slices.Contains(grants()[client.ID], of.ID) &&
		(strings.HasPrefix(shape.text, "sc/") || client.Kind == devices.Gateway)
}

func TestWhatNobodyMayDo(t *testing.T) {
	r := city(t)
	for _, d := range r.Snapshot().All() {
		p := principal(t, r, d.ID)
		for _, topic := range never() {
			if p.MaySubscribe(topic) {
				t.Errorf("%s subscribes to %q", d.ID, topic)
			}
			outside := topic == "rione/registry" || strings.HasPrefix(topic, "/")
			if p.MayPublish(topic) && (!outside || d.Kind != devices.Gateway) {
				t.Errorf("%s publishes on %q", d.ID, topic)
			}
		}
	}
}

// A gateway may bring messages of devices that are not registered yet, within
// its grant: they wait in quarantine.
func TestGatewayForUnknownDevices(t *testing.T) {
	r := city(t)
	f := func(client, topic string, want bool) {
		t.Helper()
		if got := principal(t, r, client).MayPublish(topic); got != want {
			t.Errorf("%s on %s: %v", client, topic, got)
		}
	}
	f("gw-rm", "sc/v1/058091/air/stranger/up", true)
	f("gw-rm", "sc/v1/015146/air/stranger/up", false)
	f("gw-lot", "sc/v1/015146/bin/lot-99/up", true)
	f("gw-lot", "sc/v1/015146/bin/stranger/up", false)
	f("gw-lot", "application/1/device/ffffffffffffffff/event/up", true)
	f("gw-lot", "my/own/route", true)
	f("air-rm", "sc/v1/058091/air/stranger/up", false)
	f("air-rm", "my/own/route", false)
}

// What a client may do follows the registry while it is connected.
func TestGrantsFollowTheRegistry(t *testing.T) {
	r := city(t)
	const topic, commands = "sc/v1/058091/bin/bin-rm/up", "sc/v1/058091/bin/bin-rm/cmd/#"
	p, gateway := principal(t, r, "bin-rm"), principal(t, r, "gw-rm")
	f := func(who *access.Principal, publish, subscribe bool) {
		t.Helper()
		if who.MayPublish(topic) != publish || who.MaySubscribe(commands) != subscribe {
			t.Errorf("%s: publishes %v, subscribes %v", who.Identity(), who.MayPublish(topic), who.MaySubscribe(commands))
		}
	}
	f(p, true, true)
	f(gateway, true, true)
	before := r.Snapshot()
	d := *before.Device("bin-rm")
	d.Via = "gw-lot"
	r.put(t, d)
	f(p, true, true)
	f(gateway, false, false)
	d.Pending = true
	r.put(t, d)
	f(p, true, false)
	d.Retired = true
	r.put(t, d)
	f(p, false, false)
	if got := access.Changed(before, r.Snapshot()); !slices.Equal(got, []string{"bin-rm", "gw-rm"}) {
		t.Errorf("to disconnect: %v", got)
	}
}

func TestChanged(t *testing.T) {
	f := func(id, want string, change func(*devices.Device)) {
		t.Helper()
		r := city(t)
		before := r.Snapshot()
		d := *before.Device(id)
		change(&d)
		r.put(t, d)
		if got := strings.Join(access.Changed(before, r.Snapshot()), " "); got != want {
			t.Errorf("disconnects %q, want %q", got, want)
		}
	}
	now := newClock().at
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	f("air-rm", "", func(d *devices.Device) { d.Name = "x" })
	f("air-rm", "air-rm", func(d *devices.Device) { d.Retired = true })
	f("new-1", "new-1", func(d *devices.Device) { d.Pending = false })
	f("air-rm", "air-rm", func(d *devices.Device) { must(d.Revoke(now)) })
	f("air-rm", "gw-rm", func(d *devices.Device) { d.Via = "gw-lot" })
	f("gw-lot", "gw-lot", func(d *devices.Device) { d.Speaks = []string{"other"} })
	f("gw-lot", "gw-lot", func(d *devices.Device) { d.Placements = slices.Clone(d.Placements); d.Placements[0].Comune = "058091" })
	f("gw-lot", "gw-lot", func(d *devices.Device) { d.Kind, d.Speaks = devices.Light, nil })
	f("air-rm", "", func(d *devices.Device) {
		d.SecretOld, d.SecretHash = d.SecretHash, "another"
	})
}
