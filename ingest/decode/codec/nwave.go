package codec

import "rione/ingest/quantity"

// Ports of Nwave's parking sensors.
const (
	nwaveStatus       = 1
	nwaveHeartbeat    = 2
	nwaveStartup      = 3
	nwaveRegistration = 10
)

// nwaveParking reads the parking sensors of Nwave, NPS310 and NPS405. The state
// is the lowest bit of a byte that holds other things too; a registration says
// only that a space was taken, and by whose tag, which is not read.
//
// Source: Nwave, "LoRaWAN Parking Sensor, Application protocol description",
// and the codecs of lorawan-devices, vendor/nwave.
func nwaveParking(data []byte, port uint64, s *sink) error {
	at := 0
	switch {
	case port == nwaveStatus && len(data) == 1:
	case port == nwaveHeartbeat && (len(data) == 1 || len(data) >= 3):
	case port == nwaveStartup && len(data) == 5:
		at = 4
	case port == nwaveRegistration && len(data) >= 5 && data[0]&1 == 1:
	default:
		return refuse("no message of the parking sensor has this port and length")
	}
	s.number("occupied", "", float64(data[at]&1), 0)
	if port == nwaveHeartbeat && len(data) >= 3 {
		s.number("battery_v", "", 2500+4*float64(data[1]), quantity.Millivolt)
		s.number("", "temperature", 0, 0) // the housing's
	}
	return nil
}
