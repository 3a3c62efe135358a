package cayennelpp

// kind is one type of data: how it is written, and the field it goes to.
type kind struct {
	code    byte
	name    string // as network servers name it
	size    int    // bytes
	signed  bool
	perUnit float64 // the number divided by this is in the field's unit
	field   string  // "" where the type alone does not say
}

const (
	unixTime = 133
	gps      = 136
	polyline = 240 // its first byte is its size
)

var types = [...]kind{
	{0, "digital_in", 1, false, 1, ""},
	{1, "digital_out", 1, false, 1, ""},
	{2, "analog_in", 2, true, 100, ""},
	{3, "analog_out", 2, true, 100, ""},
	{100, "generic", 4, false, 1, ""},
	{101, "luminosity", 2, false, 1, "lux"},
	{102, "presence", 1, false, 1, "occupied"},
	{103, "temperature", 2, true, 10, "temp_c"},
	{104, "relative_humidity", 1, false, 2, "rh_pct"},
	{113, "accelerometer", 6, true, 1000, ""},
	{115, "barometric_pressure", 2, false, 10, "press_hpa"},
	{116, "voltage", 2, false, 100, ""},
	{117, "current", 2, false, 1000, ""},
	{118, "frequency", 4, false, 1, ""},
	{120, "percentage", 1, false, 1, ""},
	{121, "altitude", 2, true, 1, ""},
	{125, "concentration", 2, false, 1, ""},
	{128, "power", 2, false, 1, "power_w"},
	{130, "distance", 4, false, 1000, "distance_m"},
	{131, "energy", 4, false, 1000, "energy_kwh"},
	{132, "direction", 2, false, 1, ""},
	{unixTime, "unix_time", 4, false, 1, ""},
	{134, "gyrometer", 6, true, 100, ""},
	{135, "colour", 3, false, 1, ""},
	{gps, "gps", 9, true, 1, ""},
	{142, "switch", 1, false, 1, ""},
	{polyline, "polyline", 1, false, 1, ""},
}

func typeOf(code byte) *kind {
	for i := range types {
		if types[i].code == code {
			return &types[i]
		}
	}
	return nil
}
