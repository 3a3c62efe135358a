package codec

import "strconv"

// Controllers, whose figures mean what is wired to them. They are listed, so that
// a mapping or a codec of the operator's can name them; battery and state are
// read. Histories are of stated channels only, and end what is read.

// uc11 is the family of UC1114, UC1122 and UC1152.
var uc11 = map[uint16]item{
	0x0100: other(1, "input_1"), 0x0200: other(1, "input_2"),
	0x01c8: other(4, "pulses_1"), 0x02c8: other(4, "pulses_2"),
	0x0901: other(1, "output_1"), 0x0a01: other(1, "output_2"),
	0x1102: other(8, "analog_1"), 0x1202: other(8, "analog_2"),
	0xff0e: modbus(0),
}

// uc300 has inputs, outputs, two resistance thermometers and Modbus.
var uc300 = func() map[uint16]item {
	out := map[uint16]item{
		0xff15: other(1, "modbus_error"), 0x20dc: {last: true}, 0x20dd: {last: true},
		0xff19: {parts: []part{{0, 1, false, 1, "", 0, "modbus", nil}}, sized: func(rest []byte) int {
			if len(rest) < 3 {
				return 3
			}
			return 3 + [...]int{1, 1, 2, 2, 4}[min(4, rest[2]&0x7f)]
		}},
	}
	for i := range uint16(4) {
		channel := (3 + i) << 8
		out[channel] = other(1, "input_"+strconv.Itoa(int(i)+1))
		out[channel|0xc8] = other(4, "pulses_"+strconv.Itoa(int(i)+1))
	}
	for i := range uint16(2) {
		n := strconv.Itoa(int(i) + 1)
		out[(7+i)<<8|0x01] = other(1, "output_"+n)
		out[(9+i)<<8|0x67], out[(9+i)<<8|0xe2] = other(2, "pt100_"+n), other(8, "pt100_"+n)
		out[(11+i)<<8|0x02], out[(11+i)<<8|0xe2] = other(4, "current_"+n), other(8, "current_"+n)
		out[(13+i)<<8|0x02], out[(13+i)<<8|0xe2] = other(4, "voltage_"+n), other(8, "voltage_"+n)
	}
	return out
}()

// uc50 is the family of UC501 and UC502, on a battery.
var uc50 = func() map[uint16]item {
	out := map[uint16]item{
		0xff14: skip(1), 0xff15: other(1, "modbus_error"), 0x08db: other(37, "sdi12"),
		0xff0e: modbus(0), 0x800e: modbus(1), 0x900e: modbus(5), // with an alarm, and with the change
		0x20dc: {last: true}, 0x20dd: {last: true}, 0x20e0: {last: true},
	}
	for i := range uint16(2) {
		n := strconv.Itoa(int(i) + 1)
		input, analog := (3+i)<<8, (5+i)<<8
		out[input], out[input|0x01] = other(1, "input_"+n), other(1, "input_"+n)
		out[input|0xc8], out[input|0x80c8], out[input|0x90c8] = other(4, "pulses_"+n), other(5, "pulses_"+n), other(9, "pulses_"+n)
		out[analog|0x02], out[analog|0xe2] = other(8, "analog_"+n), other(8, "analog_"+n)
		out[analog|0x80e2], out[analog|0x90e2] = other(9, "analog_"+n), other(13, "analog_"+n)
	}
	return out
}()

// uc51 is the family of UC511 and UC512, which open valves.
var uc51 = map[uint16]item{
	0x0301: other(1, "valve_1"), 0x0501: other(1, "valve_2"), 0x04c8: other(4, "pulses_1"), 0x06c8: other(4, "pulses_2"),
	0x0701: other(1, "input_1"), 0x0801: other(1, "input_2"), 0x20ce: history(other(5, "history")),
}

// modbus is a value that was read by Modbus: its channel, its type, of which the
// lowest three bits tell the size, and more bytes behind it.
func modbus(more int) item {
	return item{parts: []part{{0, 1, false, 1, "", 0, "modbus", nil}}, sized: func(rest []byte) int {
		if len(rest) < 2 {
			return 2
		}
		return 2 + [...]int{1, 1, 2, 2, 4, 4, 4, 4}[rest[1]&7] + more
	}}
}
