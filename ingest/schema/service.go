package schema

// Service is the initiative under which rione itself tells, every five minutes and
// for each comune and zone, how many devices serve people: in the measurement indicator,
// the id is the devices' measurement, the value how many are up, the target how many
// there are. Those that are silent are not up.
const Service = "rione"

// Services returns the measurements whose state up says that a device serves people.
func Services() []string { return []string{"wifi_ap", "bb_link"} }
