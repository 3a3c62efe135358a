package schema

func gauge(name, unit string, lo, hi float64, doc string) Field {
	return Field{Name: name, Unit: unit, Min: lo, Max: hi, Doc: doc}
}

func count(name string, lo, hi float64, doc string) Field {
	return Field{Name: name, Type: Int, Min: lo, Max: hi, Doc: doc}
}

func counter(name, unit, doc string) Field {
	return Field{Name: name, Type: Int, Role: Counter, Unit: unit, Doc: doc}
}

func state(name, doc string) Field {
	return Field{Name: name, Type: Int, Role: State, Min: 0, Max: 1, Doc: doc}
}

func text(name, doc string) Field { return Field{Name: name, Type: Text, Doc: doc} }

var (
	ifname = Tag{Name: "ifname", Doc: "interface name as the device gives it"}
	ifrole = Tag{Name: "role", Kind: true, Doc: "what the interface is for: upstream, downstream, wan, lan"}
	band   = Tag{Name: "band", Values: []string{"2g", "5g", "6g"}, Kind: true, Doc: "frequency band"}
)

// measurements is the contract itself. A field's name ends in its unit; ranges
// are what the quantity can plausibly be outdoors in Italy, or what a standard
// allows, and are generous: they catch sentinels and broken sensors, not events.
var measurements = []*Measurement{
	{Name: "wifi_ap", Doc: "public Wi-Fi access point", Fields: []Field{
		state("up", "radio service available"),
		count("clients", 0, 5000, "associated clients, all bands"),
		counter("uptime_s", "s", "time since boot"),
		gauge("cpu_pct", "%", 0, 100, "processor load"),
		gauge("mem_used_pct", "%", 0, 100, "memory in use"),
		gauge("temp_c", "Cel", -40, 125, "board temperature"),
		gauge("sanity_pct", "%", 0, 100, "controller's health score"),
		count("portal_auth", 0, 5000, "captive-portal sessions authenticated"),
		count("portal_garden", 0, 5000, "captive-portal sessions in the walled garden"),
	}},
	{Name: "wifi_radio", Doc: "one radio of an access point",
		Tags: []Tag{band, {Name: "radio", Doc: "index of the radio within the access point"}},
		Fields: []Field{
			count("clients", 0, 5000, "associated clients"),
			count("channel", 1, 233, "IEEE 802.11 channel number"),
			gauge("width_mhz", "MHz", 5, 320, "channel width"),
			gauge("util_pct", "%", 0, 100, "channel utilisation"),
			gauge("noise_dbm", "dBm", -130, -20, "noise floor"),
			gauge("tx_power_dbm", "dBm", -10, 40, "transmit power"),
			counter("active_ms", "ms", "time the radio was active"),
			counter("busy_ms", "ms", "time the channel was busy"),
			gauge("rssi_avg_dbm", "dBm", -130, 0, "mean signal of the associated clients"),
		}},
	{Name: "wifi_ssid", Doc: "one public network of an access point",
		Tags: []Tag{band, {Name: "ssid", Kind: true, Doc: "network name from the allow-list of public networks"}},
		Fields: []Field{
			count("clients", 0, 5000, "associated clients"),
			counter("down_bytes", "By", "bytes towards the user"),
			counter("up_bytes", "By", "bytes from the user"),
			counter("retries", "", "transmission retries"),
		}},
	{Name: "net_if", Doc: "one network interface", Tags: []Tag{ifname, ifrole}, Fields: []Field{
		counter("rx_bytes", "By", "bytes received"),
		counter("tx_bytes", "By", "bytes sent"),
		counter("errors", "", "errors in both directions"),
		state("up", "link has carrier"),
		gauge("speed_mbps", "Mbit/s", 0, 800_000, "negotiated speed"),
	}},
	{Name: "bb_link", Doc: "broadband line or optical link",
		Tags: []Tag{
			{Name: "tech", Values: []string{"ftth", "fttc", "fwa", "adsl", "vdsl", "gpon", "xgspon", "docsis", "lte", "5g"}, Kind: true, Doc: "access technology"},
			{Name: "line", Doc: "line or interface index"},
		},
		Fields: []Field{
			state("up", "line in service"),
			gauge("rx_power_dbm", "dBm", -50, 15, "received optical power"),
			gauge("tx_power_dbm", "dBm", -50, 15, "transmitted optical power"),
			gauge("bias_ma", "mA", 0, 200, "laser bias current"),
			gauge("temp_c", "Cel", -40, 125, "transceiver temperature"),
			gauge("sync_down_kbps", "kbit/s", 0, 100_000_000, "synchronised rate towards the user"),
			gauge("sync_up_kbps", "kbit/s", 0, 100_000_000, "synchronised rate from the user"),
			gauge("attain_down_kbps", "kbit/s", 0, 100_000_000, "attainable rate towards the user"),
			gauge("snr_down_db", "dB", -20, 60, "noise margin towards the user"),
			gauge("snr_up_db", "dB", -20, 60, "noise margin from the user"),
			counter("errored_s", "s", "errored seconds"),
		}},
	{Name: "bb_probe", Doc: "active measurement of reachability",
		Tags: []Tag{{Name: "target", Doc: "what was probed"}, {Name: "af", Values: []string{"4", "6"}, Kind: true, Doc: "address family"}},
		Fields: []Field{
			count("sent", 0, 1_000_000, "packets sent"),
			count("rcvd", 0, 1_000_000, "packets received"),
			gauge("loss_pct", "%", 0, 100, "packets lost"),
			gauge("rtt_min_ms", "ms", 0, 60_000, "shortest round-trip time"),
			gauge("rtt_avg_ms", "ms", 0, 60_000, "mean round-trip time"),
			gauge("rtt_max_ms", "ms", 0, 60_000, "longest round-trip time"),
			gauge("jitter_ms", "ms", 0, 60_000, "variation of the round-trip time"),
		}},
	{Name: "bb_speed", Doc: "active measurement of capacity",
		Tags: []Tag{{Name: "dir", Values: []string{"down", "up"}, Kind: true, Doc: "down is towards the user"}, {Name: "method", Kind: true, Doc: "tr471, ndt7, …"}},
		Fields: []Field{
			gauge("capacity_mbps", "Mbit/s", 0, 800_000, "IP-layer capacity"),
			gauge("loss_pct", "%", 0, 100, "packets lost"),
			gauge("rtt_min_ms", "ms", 0, 60_000, "shortest round-trip time"),
			gauge("pdv_max_ms", "ms", 0, 60_000, "largest packet delay variation"),
		}},
	{Name: "air", Doc: "air quality station",
		Tags: []Tag{{Name: "grade", Values: []string{"reference", "indicative"}, Kind: true, Doc: "reference-grade or low-cost"}},
		Fields: []Field{
			gauge("pm1_ugm3", "ug/m3", 0, 2000, "particles up to 1 µm"),
			gauge("pm25_ugm3", "ug/m3", 0, 2000, "particles up to 2.5 µm"),
			gauge("pm10_ugm3", "ug/m3", 0, 3000, "particles up to 10 µm"),
			gauge("no2_ugm3", "ug/m3", 0, 2000, "nitrogen dioxide"),
			gauge("o3_ugm3", "ug/m3", 0, 1000, "ozone"),
			gauge("so2_ugm3", "ug/m3", 0, 5000, "sulphur dioxide"),
			gauge("co_mgm3", "mg/m3", 0, 200, "carbon monoxide"),
			gauge("c6h6_ugm3", "ug/m3", 0, 500, "benzene"),
			gauge("co2_ppm", "[ppm]", 200, 40_000, "carbon dioxide"),
			airTemp, airHumidity, airPressure,
		}},
	{Name: "noise", Doc: "sound level meter", Fields: []Field{
		gauge("laeq_db", "dB", 0, 140, "A-weighted equivalent level over the window"),
		gauge("lamax_db", "dB", 0, 140, "highest A-weighted level in the window"),
		gauge("lamin_db", "dB", 0, 140, "lowest A-weighted level in the window"),
		{Name: "window_s", Type: Int, Unit: "s", Min: 0, Max: 86_400, Doc: "length of the window"},
	}},
	{Name: "weather", Doc: "weather station", Fields: []Field{
		airTemp, airHumidity, airPressure,
		gauge("wind_ms", "m/s", 0, 90, "mean wind speed"),
		gauge("gust_ms", "m/s", 0, 120, "gust speed"),
		gauge("wind_deg", "deg", 0, 360, "direction the wind comes from, clockwise from north"),
		gauge("rain_mm", "mm", 0, 500, "rain since the previous reading"),
		gauge("solar_wm2", "W/m2", -10, 1600, "global irradiance"),
		gauge("lux", "lx", 0, 200_000, "illuminance"),
	}},
	{Name: "water", Doc: "water level gauge", Fields: []Field{
		gauge("level_m", "m", -20, 100, "level above the station's datum"),
		gauge("distance_m", "m", 0, 100, "distance from the sensor to the surface"),
	}},
	{Name: "traffic", Doc: "vehicle counter",
		Tags: []Tag{{Name: "lane", Doc: "lane"}, {Name: "dir", Kind: true, Doc: "direction of travel"}, {Name: "vclass", Kind: true, Doc: "vehicle class"}},
		Fields: []Field{
			count("count", 0, 100_000, "vehicles in the window"),
			gauge("speed_kmh", "km/h", 0, 300, "mean speed"),
			gauge("occ_pct", "%", 0, 100, "share of time the lane was occupied"),
			{Name: "window_s", Type: Int, Unit: "s", Min: 0, Max: 86_400, Doc: "length of the window"},
		}},
	{Name: "parking_spot", Doc: "one parking space", Fields: []Field{state("occupied", "a vehicle is in the space")}},
	{Name: "parking_area", Doc: "a car park", Fields: []Field{
		count("free", 0, 100_000, "free spaces"),
		count("total", 0, 100_000, "spaces in all"),
	}},
	{Name: "light", Doc: "street light", Fields: []Field{
		state("lit", "the lamp is on"),
		gauge("dim_pct", "%", 0, 100, "dimming level, 100 full"),
		gauge("power_w", "W", 0, 5000, "active power"),
		gauge("energy_kwh", "kW.h", 0, 10_000_000, "energy since installation"),
		state("fault", "the lamp reports a fault"),
	}},
	{Name: "bin", Doc: "waste container", Fields: []Field{
		gauge("fill_pct", "%", 0, 100, "filling level"),
		gauge("distance_m", "m", 0, 10, "distance from the sensor to the waste"),
		gauge("temp_c", "Cel", -40, 125, "temperature inside"),
		state("tilted", "the container is not upright"),
	}},
	{Name: "people", Doc: "people counter; published only in groups of five or more",
		Tags: []Tag{{Name: "line", Doc: "counting line"}},
		Fields: []Field{
			count("in_n", 0, 100_000, "people who went in"),
			count("out_n", 0, 100_000, "people who went out"),
		}},
	{Name: "device", Doc: "the device itself: power, radio, presence", Fields: []Field{
		state("online", "the device is connected"),
		gauge("battery_pct", "%", 0, 100, "battery charge"),
		gauge("battery_v", "V", 0, 60, "battery voltage"),
		gauge("rssi_dbm", "dBm", -150, 20, "received signal strength"),
		gauge("snr_db", "dB", -40, 60, "signal-to-noise ratio"),
		{Name: "fcnt", Type: Int, Role: Counter, Doc: "uplink frame counter"},
	}},
	{Name: "suspect", Doc: "a value that failed a field check, kept out of its canonical field",
		Tags:   []Tag{{Name: "of", Doc: "measurement.field that the value was meant for"}},
		Fields: []Field{{Name: "value", Doc: "the value, in the canonical unit of the field"}, {Name: "bits", Type: Int, Doc: "why it is set aside: 2 range, 4 rate of change, 8 stuck, 256 declared invalid by an operator"}}},
	{Name: "event", Doc: "presence, alarms from devices, operators' notes",
		Tags:   []Tag{{Name: "type", Doc: "what happened"}},
		Fields: []Field{count("severity", 0, 5, "0 information to 5 emergency"), state("state", "1 begins, 0 ends"), text("text", "what a person should read")}},
	{Name: "indicator", Doc: "an initiative's figure against its target",
		Tags: []Tag{{Name: "initiative", Doc: "initiative"}, {Name: "id", Doc: "indicator"},
			{Name: "subject", Doc: "administration, data set or other thing that it is about, where that is neither a comune nor a zone"},
			{Name: "class", Doc: "class of population of an administration", Values: []string{"a", "b", "c", "d", "e", "f"}}},
		Fields: []Field{{Name: "value", Doc: "value"}, {Name: "baseline", Doc: "value before the initiative"}, {Name: "target", Doc: "value to reach"}}},
	{Name: "ledger", Doc: "what became of every acked message",
		Tags: []Tag{{Name: "door", Doc: "door that acked"}},
		Fields: []Field{
			{Name: "acked", Type: Int, Doc: "messages acked, as the door counted them"},
			{Name: "stored", Type: Int, Doc: "messages whose readings are all stored"},
			{Name: "partial", Type: Int, Doc: "messages stored in part, the rest in quarantine"},
			{Name: "duplicate", Type: Int, Doc: "messages that said nothing new"},
			{Name: "quarantined", Type: Int, Doc: "messages in quarantine"},
			{Name: "expired", Type: Int, Doc: "messages older than the retention"},
			{Name: "points", Type: Int, Doc: "points written"},
			{Name: "bytes", Type: Int, Unit: "By", Doc: "payload bytes"},
		}},
}

var (
	airTemp     = gauge("temp_c", "Cel", -50, 70, "air temperature")
	airHumidity = gauge("rh_pct", "%", 0, 100, "relative humidity")
	airPressure = gauge("press_hpa", "hPa", 500, 1100, "station pressure")
)

var byName = func() map[string]*Measurement {
	out := make(map[string]*Measurement, len(measurements))
	for _, m := range measurements {
		m.index()
		setLimits(m)
		out[m.Name] = m
	}
	return out
}()

var byKind = map[string]*Measurement{
	"wifi_ap": byName["wifi_ap"], "bb_node": byName["bb_link"], "bb_probe": byName["bb_probe"],
	"air": byName["air"], "noise": byName["noise"], "weather": byName["weather"], "water": byName["water"],
	"traffic": byName["traffic"], "parking": byName["parking_spot"], "light": byName["light"],
	"bin": byName["bin"], "people": byName["people"], "gateway": byName["device"],
}
