package signal

import "strings"

// Contract lists everything that the sources can measure: measurement → field →
// true when the field is an integer. Each call makes a new one.
func Contract() map[string]map[string]bool {
	return map[string]map[string]bool{
		"wifi_ap": fields("up clients uptime_s portal_auth portal_garden", "cpu_pct mem_used_pct temp_c sanity_pct"),
		"wifi_radio": fields("clients channel active_ms busy_ms",
			"width_mhz util_pct noise_dbm tx_power_dbm rssi_avg_dbm"),
		"wifi_ssid": fields("clients down_bytes up_bytes retries", ""),
		"net_if":    fields("rx_bytes tx_bytes errors up", "speed_mbps"),
		"bb_link": fields("up errored_s", "rx_power_dbm tx_power_dbm bias_ma temp_c sync_down_kbps sync_up_kbps "+
			"attain_down_kbps snr_down_db snr_up_db"),
		"bb_probe": fields("sent rcvd", "loss_pct rtt_min_ms rtt_avg_ms rtt_max_ms jitter_ms"),
		"bb_speed": fields("", "capacity_mbps loss_pct rtt_min_ms pdv_max_ms"),
		"air": fields("", "pm1_ugm3 pm25_ugm3 pm10_ugm3 no2_ugm3 o3_ugm3 so2_ugm3 co_mgm3 c6h6_ugm3 co2_ppm "+
			"temp_c rh_pct press_hpa"),
		"noise":        fields("window_s", "laeq_db lamax_db lamin_db"),
		"weather":      fields("", "temp_c rh_pct press_hpa wind_ms gust_ms wind_deg rain_mm solar_wm2 lux"),
		"water":        fields("", "level_m distance_m"),
		"traffic":      fields("count window_s", "speed_kmh occ_pct"),
		"parking_spot": fields("occupied", ""),
		"parking_area": fields("free total", ""),
		"light":        fields("lit fault", "dim_pct power_w energy_kwh"),
		"bin":          fields("tilted", "fill_pct distance_m temp_c"),
		"people":       fields("in_n out_n", ""),
		"device":       fields("online fcnt", "battery_pct battery_v rssi_dbm snr_db"),
	}
}

// Tags lists the extra tags of each measurement that has some.
func Tags() map[string][]string {
	return map[string][]string{
		"wifi_radio": {"band", "radio"}, "wifi_ssid": {"band", "ssid"}, "net_if": {"ifname", "role"},
		"bb_link": {"tech", "line"}, "bb_probe": {"target", "af"}, "bb_speed": {"dir", "method"},
		"air": {"grade"}, "traffic": {"lane", "dir", "vclass"}, "people": {"line"},
	}
}

func fields(integers, floats string) map[string]bool {
	out := map[string]bool{}
	for _, f := range strings.Fields(floats) {
		out[f] = false
	}
	for _, f := range strings.Fields(integers) {
		out[f] = true
	}
	return out
}
