package codec

// Devices of rooms and buildings: what most of them tell has no field, and is
// passed over by its size, so that the figures beside it are read.

// Buttons, contacts, leaks.
var (
	ws101 = map[uint16]item{0xff2e: other(1, "button")}
	ws136 = map[uint16]item{0xff34: other(3, "button")}
	ws301 = map[uint16]item{0x0300: other(1, "contact"), 0x0400: other(1, "tamper")}
	ws303 = map[uint16]item{0x0300: other(1, "leak")}
	mld   = map[uint16]item{0x0500: other(1, "leak"), 0x20ce: history(skip(3), skip(1))} // temperature and humidity stand empty
	cl    = map[uint16]item{0x03ed: other(1, "liquid"), 0x04ee: skip(1), 0x83ed: other(2, "liquid")}
	gs101 = map[uint16]item{
		0x058e: other(1, "gas"), 0x0601: other(1, "valve"), 0x0701: other(1, "relay"),
		0x0890: other(4, "life_remain"), 0xff3f: other(1, "alarm"),
	}
)

// hall is the EM300-DI without a thermometer: three bytes of its histories stand
// empty.
var hall = map[uint16]item{0x8500: other(2, "input"), 0x21ce: history(skip(3), skip(11))}

// gs301 smells lavatories: ammonia and hydrogen sulphide, which have no field.
var gs301 = map[uint16]item{
	0x0267: temperature, 0x0368: humidity,
	0x047d: other(2, "nh3"), 0x057d: other(2, "h2s"), 0x067d: other(2, "h2s"), 0x07ea: skip(5), 0xff7c: skip(43),
}

// ts101 is a probe; ts30 has two channels, each a probe or a contact, of which the
// first probe counts.
var (
	ts101 = map[uint16]item{0x84d7: temperature.alarmed(3), 0x20ce: history(temperature)}
	ts30  = map[uint16]item{
		0x0300: other(1, "contact"), 0x0400: other(1, "contact_2"),
		0x8367: temperature.alarmed(1), 0x93d7: temperature.alarmed(3),
		0x0467: other(2, "temperature_2"), 0x8467: other(3, "temperature_2"), 0x94d7: other(5, "temperature_2"),
		0x20ce: history(other(5, "history")), // a mask says what the two figures are
	}
)

// wt101 is the valve of a radiator, whose temperature is the room's.
var wt101 = map[uint16]item{
	0x0467: other(2, "temperature_target"), 0x0592: other(1, "valve_opening"),
	0x0600: skip(1), 0x0700: other(1, "window"), 0x08e5: skip(1), 0x0990: skip(2), 0x0a00: skip(1), 0x0b90: skip(2),
}

// ws50 is the family of wall switches, of which newer ones meter as sockets do.
var ws50 = func() map[uint16]item {
	out := with(ws52, 0x0829, other(1, "switches"))
	out[0xff29] = other(1, "switches")
	return out
}()

// ws558 switches and meters eight lamps.
var ws558 = with(ws52, 0xff31, other(2, "switches"))

// ct10 is the family of clamps around a cable: its current, and its warmth.
var ct10 = map[uint16]item{
	0x0397: other(4, "total_current"), 0x0498: other(2, "current"), 0x8498: other(7, "current"),
	0x0967: other(2, "cable_temperature"), 0x8967: other(3, "cable_temperature"),
}

// vs321 counts people in a room.
var vs321 = map[uint16]item{
	0x0367: temperature.without(0xffff), 0x0468: humidity.without(0xff), 0x8468: humidity.alarmed(1),
	0x05fd: other(2, "people"), 0x06fe: other(4, "regions"), 0x07ff: other(1, "daylight"), 0x08f4: skip(2), 0x0aef: skip(4),
	0x20ce: {past: true, sized: func(rest []byte) int { // regions, or people
		if len(rest) > 4 && rest[4] == 1 {
			return 9
		}
		return 7
	}},
}

// at101 is a tracker. Its temperature is its own. What it hears of Wi-Fi are the
// addresses of others, and is not read. Its histories give the longitude first.
var at101 = map[uint16]item{
	0x0367: other(2, "temperature"), 0x8367: other(3, "temperature"),
	0x0488: {size: 9, fix: &fix{lat: 0, lon: 4}}, 0x8488: {size: 9, fix: &fix{lat: 0, lon: 4}},
	0x0500: tilted, 0x06d9: skip(9), 0x0700: other(1, "tamper"),
	0x20ce: {size: 12, past: true, fix: &fix{lat: 8, lon: 4}},
}
