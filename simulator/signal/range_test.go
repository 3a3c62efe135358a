package signal

import (
	"testing"
	"time"
)

// ranges are what each field can be outdoors in Italy. They stand here again,
// apart from the data contract's, so that one mistake cannot hide in both.
var ranges = map[string][2]float64{
	"wifi_ap.up": {0, 1}, "wifi_ap.clients": {0, 500}, "wifi_ap.uptime_s": {0, 4e8}, "wifi_ap.cpu_pct": {0, 100},
	"wifi_ap.mem_used_pct": {0, 100}, "wifi_ap.temp_c": {-20, 95}, "wifi_ap.sanity_pct": {50, 102}, "wifi_ap.portal_auth": {0, 500}, "wifi_ap.portal_garden": {0, 500},
	"wifi_radio.clients": {0, 500}, "wifi_radio.channel": {1, 165}, "wifi_radio.width_mhz": {20, 160}, "wifi_radio.util_pct": {0, 100},
	"wifi_radio.noise_dbm": {-105, -80}, "wifi_radio.tx_power_dbm": {0, 30}, "wifi_radio.active_ms": {0, 1e13}, "wifi_radio.busy_ms": {0, 1e13}, "wifi_radio.rssi_avg_dbm": {-90, -30},
	"wifi_ssid.clients": {0, 500}, "wifi_ssid.down_bytes": {0, 1e16}, "wifi_ssid.up_bytes": {0, 1e16}, "wifi_ssid.retries": {0, 1e13},
	"net_if.rx_bytes": {0, 1e16}, "net_if.tx_bytes": {0, 1e16}, "net_if.errors": {0, 1e9}, "net_if.up": {0, 1}, "net_if.speed_mbps": {10, 10_000},
	"bb_link.up": {0, 1}, "bb_link.rx_power_dbm": {-35, -8}, "bb_link.tx_power_dbm": {0, 6}, "bb_link.bias_ma": {5, 25}, "bb_link.temp_c": {0, 70},
	"bb_link.sync_down_kbps": {10_000, 100_000}, "bb_link.sync_up_kbps": {2_000, 30_000}, "bb_link.attain_down_kbps": {10_000, 120_000},
	"bb_link.snr_down_db": {-2, 15}, "bb_link.snr_up_db": {-2, 15}, "bb_link.errored_s": {0, 1e8},
	"bb_probe.sent": {20, 20}, "bb_probe.rcvd": {0, 20}, "bb_probe.loss_pct": {0, 100}, "bb_probe.rtt_min_ms": {1, 100}, "bb_probe.rtt_avg_ms": {1, 200}, "bb_probe.rtt_max_ms": {1, 500}, "bb_probe.jitter_ms": {0, 50},
	"bb_speed.capacity_mbps": {5, 1000}, "bb_speed.loss_pct": {0, 5}, "bb_speed.rtt_min_ms": {1, 100}, "bb_speed.pdv_max_ms": {0, 50},
	"air.pm1_ugm3": {0, 100}, "air.pm25_ugm3": {0, 120}, "air.pm10_ugm3": {0, 200}, "air.no2_ugm3": {0, 250}, "air.o3_ugm3": {0, 240}, "air.so2_ugm3": {0, 30},
	"air.co_mgm3": {0, 10}, "air.c6h6_ugm3": {0, 20}, "air.co2_ppm": {380, 800}, "air.temp_c": {-15, 46}, "air.rh_pct": {5, 100}, "air.press_hpa": {960, 1060},
	"noise.laeq_db": {30, 80}, "noise.lamax_db": {35, 100}, "noise.lamin_db": {20, 80}, "noise.window_s": {1, 86_400},
	"weather.temp_c": {-15, 46}, "weather.rh_pct": {5, 100}, "weather.press_hpa": {960, 1060}, "weather.wind_ms": {0, 30}, "weather.gust_ms": {0, 45},
	"weather.wind_deg": {0, 360}, "weather.rain_mm": {0, 100}, "weather.solar_wm2": {0, 1200}, "weather.lux": {0, 150_000},
	"water.level_m": {0, 8}, "water.distance_m": {0, 8}, "traffic.count": {0, 2000}, "traffic.speed_kmh": {5, 70}, "traffic.occ_pct": {0, 95}, "traffic.window_s": {1, 86_400},
	"parking_spot.occupied": {0, 1}, "parking_area.free": {0, 400}, "parking_area.total": {40, 400},
	"light.lit": {0, 1}, "light.dim_pct": {0, 100}, "light.power_w": {0, 130}, "light.energy_kwh": {0, 10_000}, "light.fault": {0, 1},
	"bin.fill_pct": {0, 100}, "bin.distance_m": {0, 1.4}, "bin.temp_c": {-15, 60}, "bin.tilted": {0, 1}, "people.in_n": {0, 2000}, "people.out_n": {0, 2000},
	"device.online": {0, 1}, "device.battery_pct": {4, 100}, "device.battery_v": {13, 14}, "device.rssi_dbm": {-125, -65}, "device.snr_db": {-10, 12}, "device.fcnt": {1, 1e9},
}

func TestEveryValueIsPlausibleInEverySeason(t *testing.T) {
	for kind := range models {
		for seed := range uint64(8) {
			for season := range 4 {
				from := monday.AddDate(0, 3*season, 0)
				play(t, Config{Seed: seed, Kind: kind, At: rome, Radio: true}, from, 20*time.Minute, 72*4, func(at time.Time, rs []Reading) {
					for _, r := range rs {
						checkRanges(t, at, r)
					}
				})
			}
		}
	}
}

func checkRanges(t *testing.T, at time.Time, r Reading) {
	t.Helper()
	for _, v := range r.Values {
		name := r.Measurement + "." + v.Field
		limits, known := ranges[name]
		if !known || v.Num < limits[0] || v.Num > limits[1] {
			t.Fatalf("%s is %v at %v, outside %v", name, v.Num, at, limits)
		}
	}
}
