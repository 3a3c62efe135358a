package codec

import "rione/ingest/quantity"

// dlMBX, dlLID and dlRAD measure distances, by ultrasound, by light and by radar,
// whose temperature is its own.
var (
	dlMBX = []group{{2, []linear{word(0, 0, 1, "distance_m", quantity.Millimetre)}}, battery}
	dlLID = []group{{11, []linear{word(0, 0, 1, "distance_m", quantity.Millimetre)}}, battery}
	dlRAD = []group{
		{4, []linear{word(0, 0, 1, "distance_m", quantity.Millimetre), word(1, zero, 100, "", 0).called("temperature")}},
		battery,
	}
)

// Pressure probes in water. Their pressure depends on the range that was ordered
// and is no air pressure, so it has no field; neither has the water's temperature.
var (
	dlPR26    = []group{nameless(2, "pressure", "water_temperature"), battery}
	dlPR36CTD = []group{nameless(4, "pressure", "electronics_temperature", "water_temperature", "conductivity"), battery}
)

// dlCTD10 tells the depth of the water above it, in mm.
var dlCTD10 = []group{
	{4, []linear{
		word(0, zero, 1, "level_m", quantity.Millimetre), word(1, zero, 10, "", 0).called("water_temperature"),
		word(2, 0, 1, "", 0).called("conductivity"),
	}},
	battery,
}

// What is in the water: turbidity, oxygen, acidity.
var (
	dlMES5  = []group{nameless(5, "status", "water_temperature", "sludge_blanket", "suspended_solid", "turbidity"), battery}
	dlNTU   = []group{nameless(5, "status", "water_temperature", "turbidity"), battery}
	dlOPTOD = []group{nameless(5, "status", "water_temperature", "oxygen"), battery}
	dlPHEHT = []group{nameless(5, "status", "water_temperature", "ph", "redox"), battery}
)
