package local

import (
	"net"
	"os"
	"path/filepath"
	"strings"
)

func (b binary) args() []string {
	if b.gen == 2 {
		return nil
	}
	return []string{"run", "-config", os.DevNull} // nothing but the environment counts
}

// environment returns the settings of the child, and the one among them that
// tells its process from all others: where its data are.
func (b binary) environment(dir, listen string) (env []string, mark string) {
	home := b.gen.home(dir)
	if b.gen == 2 {
		mark = "INFLUXD_ENGINE_PATH=" + filepath.Join(home, "engine")
		return []string{
			mark,
			"INFLUXD_CONFIG_PATH=" + home,
			"INFLUXD_BOLT_PATH=" + filepath.Join(home, "influxd.bolt"),
			"INFLUXD_SQLITE_PATH=" + filepath.Join(home, "influxd.sqlite"),
			"INFLUXD_HTTP_BIND_ADDRESS=" + listen,
			"INFLUXD_REPORTING_DISABLED=true",
			"INFLUXD_LOG_LEVEL=warn",
		}, mark
	}
	host, _, _ := net.SplitHostPort(listen)
	mark = "INFLUXDB_DATA_DIR=" + filepath.Join(home, "data")
	return []string{
		mark,
		"INFLUXDB_DATA_WAL_DIR=" + filepath.Join(home, "wal"), // synced at every write, the default
		"INFLUXDB_META_DIR=" + filepath.Join(home, "meta"),
		"INFLUXDB_BIND_ADDRESS=" + net.JoinHostPort(host, "0"), // its backup protocol
		"INFLUXDB_HTTP_BIND_ADDRESS=" + listen,
		"INFLUXDB_HTTP_AUTH_ENABLED=true",
		"INFLUXDB_HTTP_LOG_ENABLED=false",
		"INFLUXDB_REPORTING_DISABLED=true",
		"INFLUXDB_LOGGING_LEVEL=warn",
		"INFLUXDB_MONITOR_STORE_ENABLED=false",
		"INFLUXDB_CONTINUOUS_QUERIES_ENABLED=false",
		"INFLUXDB_DATA_QUERY_LOG_ENABLED=false",
		"INFLUXDB_DATA_INDEX_VERSION=tsi1",
		"INFLUXDB_DATA_MAX_SERIES_PER_DATABASE=0",
		"INFLUXDB_DATA_MAX_VALUES_PER_TAG=0",
		"INFLUXDB_DATA_CACHE_MAX_MEMORY_SIZE=1g",
		"INFLUXDB_DATA_CACHE_SNAPSHOT_MEMORY_SIZE=25m",
	}, mark
}

// inherited returns our own environment without what is meant for us or for
// another InfluxDB: secrets stay here, settings cannot slip in.
func inherited() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "RIONE_") && !strings.HasPrefix(kv, "INFLUX") {
			env = append(env, kv)
		}
	}
	return env
}
