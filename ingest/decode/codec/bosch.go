package codec

// Ports of the Bosch parking lot sensor TPS110.
const (
	boschStatus    = 1
	boschHeartbeat = 2
	boschStartup   = 3
	boschInfo      = 4
	boschUsage     = 5
	boschDebug     = 6
)

// boschParking reads the parking lot sensor of Bosch: the state in one byte and,
// in heartbeats of newer firmware, the temperature of the housing, which is not
// the air's.
//
// Source: Bosch, "Parking Lot Sensor, Communication Interface".
func boschParking(data []byte, port uint64, s *sink) error {
	switch {
	case (port == boschStatus || port == boschHeartbeat) && len(data) == 1:
	case port == boschHeartbeat && len(data) == 2:
		s.number("", "temperature", 0, 0)
	case port == boschStartup && len(data) == 17:
		data = data[16:]
	case port >= boschInfo && port <= boschDebug:
		s.number("", [...]string{boschInfo: "device_information", boschUsage: "device_usage", boschDebug: "debug"}[port], 0, 0)
		return nil
	default:
		return refuse("no message of the parking lot sensor has this port and length")
	}
	if data[0] > 1 {
		return refuse("the parking state is 0 or 1")
	}
	s.number("occupied", "", float64(data[0]), 0)
	return nil
}
