package codec

import "rione/ingest/quantity"

// Ports of Nwave's parking sensors.
const (
	nwaveStatus       = 1
	nwaveHeartbeat    = 2
	nwaveStartup      = 3
	nwaveDebug        = 6
	nwaveRegistration = 10
)

// The place of the state in the first byte of a status and a heartbeat: newer
// sensors tell below it how long the state before lasted.
const (
	nps310 = 0x01
	nps405 = 0x80
)

// nwave reads the parking sensors of Nwave. At start the state is the lowest
// bit of the last byte, whatever the model. A registration says that a space was
// taken, and by whose tag, which is not read.
//
// Source: Nwave, "LoRaWAN Parking Sensor, Application protocol description",
// and the codecs of lorawan-devices, vendor/nwave.
func nwave(bit byte) func([]byte, uint64, *sink) error {
	return func(data []byte, port uint64, s *sink) error {
		state := byte(0)
		if port == nwaveDebug {
			s.number("", "debug", 0, 0)
			return nil
		}
		switch {
		case port == nwaveStatus && len(data) == 1, port == nwaveHeartbeat && (len(data) == 1 || len(data) >= 3):
			state = data[0] & bit
		case port == nwaveStartup && len(data) == 5:
			state = data[4] & 1
		case port == nwaveRegistration && len(data) >= 5 && data[0]&bit != 0:
			state = bit
		default:
			return refuse("no message of the parking sensor has this port and length")
		}
		occupied := 0.0
		if state != 0 {
			occupied = 1
		}
		s.number("occupied", "", occupied, 0)
		if port == nwaveHeartbeat && len(data) >= 3 {
			s.nwaveBattery(data[1])
			s.number("", "temperature", 0, 0) // the housing's
		}
		return nil
	}
}

// nwaveCounter reads NCC405, which counts cars on a road: its count is a total
// that begins anew, so it has no field.
func nwaveCounter(data []byte, port uint64, s *sink) error {
	switch {
	case port == nwaveStatus && len(data) == 2:
		s.number("", "counter", 0, 0)
	case port == nwaveHeartbeat && len(data) >= 2:
		s.nwaveBattery(data[1])
	case port == nwaveStartup || port == nwaveDebug:
		s.number("", "debug", 0, 0)
	default:
		return refuse("no message of the counter has this port and length")
	}
	return nil
}

func (s *sink) nwaveBattery(b byte) {
	s.number("battery_v", "", 2500+4*float64(b), quantity.Millivolt)
}
