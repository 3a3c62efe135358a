package access

// The topics of native devices: sc/v1/{comune}/{kind}/{device_id}/{leaf}.
const (
	nativeRoot    = "sc"
	nativeVersion = "v1"
	nativeDevice  = 4 // level of the device's id
	nativeLeaf    = 5
	nativeLevels  = 6
)

// uplinks are the leaves that devices publish on.
func uplinks() []string { return []string{"up", "state", "meta", "event"} }

// nativeCommands is the shape of what a device subscribes to.
func nativeCommands() []string {
	return []string{nativeRoot, nativeVersion, "+", "+", "+", "cmd", "#"}
}

// ecosystem is how others lay out their topics. A shape is a topic filter, level
// by level.
type ecosystem struct {
	up     []string // what devices say
	down   []string // what is said to them
	device int      // level that names the device in both
}

// ecosystems returns those whose topics name devices. Sources: ChirpStack 4,
// integrations/mqtt; The Things Stack 3, MQTT server; Sparkplug 3.0, section 4;
// Tasmota and zigbee2mqtt, MQTT.
func ecosystems() []ecosystem {
	return []ecosystem{
		{up: shape("application", "+", "device", "+", "event", "+"), down: shape("application", "+", "device", "+", "command", "#"), device: 3},
		{up: shape("v3", "+", "devices", "+", "#"), down: shape("v3", "+", "devices", "+", "down", "push"), device: 3},
		{up: shape("v3", "+", "devices", "+", "#"), down: shape("v3", "+", "devices", "+", "down", "replace"), device: 3},
		{up: shape("spBv1.0", "+", "+", "+", "#"), down: shape("spBv1.0", "+", "NCMD", "+", "#"), device: 3},
		{up: shape("spBv1.0", "+", "+", "+", "#"), down: shape("spBv1.0", "+", "DCMD", "+", "#"), device: 3},
		{up: shape("tele", "+", "#"), down: shape("cmnd", "+", "#"), device: 1},
		{up: shape("zigbee2mqtt", "+", "#"), down: shape("zigbee2mqtt", "+", "set", "#"), device: 1},
	}
}

func shape(levels ...string) []string { return levels }

// covers reports whether a topic, or every topic that a filter fits, has the
// shape. As in MQTT, # stands for its parent too.
func covers(shape, levels []string) bool {
	for i, want := range shape {
		switch {
		case want == "#":
			return true
		case i >= len(levels) || levels[i] == "#":
			return false
		case want != "+" && want != levels[i]:
			return false
		}
	}
	return len(levels) == len(shape)
}
