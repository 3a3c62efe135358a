package codec

// Devices whose figures have no field: of these the battery is kept, and what
// they measure is listed as unknown, so that it can be mapped.
var (
	// Soil and what grows in it.
	dl10HS  = []group{nameless(1, "soil_moisture"), battery}
	dl5TM   = []group{nameless(2, "soil_permittivity", "soil_temperature"), battery}
	dl5TE   = []group{nameless(3, "soil_permittivity", "soil_temperature", "soil_conductivity"), battery}
	dlSMTP  = []group{nameless(16, "soil_moisture", "soil_temperature"), battery}
	dlSDD   = []group{nameless(18, "soil_moisture", "soil_temperature"), nameless(18, "soil_moisture_below", "soil_temperature_below"), battery}
	dlTRS21 = []group{nameless(2, "soil_water_potential", "soil_temperature"), battery}
	dlISF   = []group{nameless(16, "sap_flow"), battery}
	dlZN1   = []group{nameless(2, "dendrometer"), battery}
	dlZN2   = []group{nameless(4, "dendrometer_a", "dendrometer_b"), battery}
	dlIFD   = []group{nameless(1, "fruit_size"), battery}
	dlISD   = []group{nameless(1, "stem_size"), battery}
	dlILT   = []group{nameless(1, "leaf_temperature"), battery}
	dlLWS   = []group{nameless(2, "leaf_wetness"), battery}

	// Light for plants, the warmth of a black globe, temperatures of a profile.
	dlPAR = []group{nameless(1, "photosynthetic_radiation"), battery}
	dlBLG = []group{nameless(2, "globe_temperature"), battery}
	dlTP  = []group{nameless(16, "temperature_profile"), battery}

	// Inputs that mean what is wired to them.
	dlPulses      = []group{nameless(4, "pulses"), battery}
	dlTwoPulses   = []group{nameless(4, "pulses_0"), nameless(4, "pulses_1"), battery}
	dlInput       = []group{nameless(1, "input"), battery}
	dlAnalog      = []group{nameless(2, "analog"), battery}
	dlFrequencies = []group{nameless(3, "frequency"), battery}
)
