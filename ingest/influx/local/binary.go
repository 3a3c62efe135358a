package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// generation is the major version of InfluxDB. The two that we can run differ
// in settings, in how the first user is made and in what they keep on disk.
type generation int

// binary is an influxd that we can run.
type binary struct {
	path string
	gen  generation
}

// find returns the influxd to run: the one that was asked for, one on PATH, or
// one built from its module. Where data stand already, only the generation that
// wrote them will do.
func find(ctx context.Context, o *Options) (binary, error) {
	want := keptBy(o.Dir)
	if o.Binary != "" {
		gen, err := generationOf(ctx, o.Binary)
		if err == nil && want != 0 && gen != want {
			err = fmt.Errorf("%s is InfluxDB %d, but %s holds data of InfluxDB %d", o.Binary, gen, o.Dir, want)
		}
		return binary{o.Binary, gen}, err
	}
	if path, err := exec.LookPath("influxd"); err == nil {
		gen, err := generationOf(ctx, path)
		switch {
		case err != nil:
			fmt.Fprintf(o.Progress, "InfluxDB: %s is not used: %v\n", path, err)
		case want != 0 && gen != want:
			fmt.Fprintf(o.Progress, "InfluxDB: %s is not used: it is InfluxDB %d, and %s holds data of InfluxDB %d\n", path, gen, o.Dir, want)
		default:
			return binary{path, gen}, nil
		}
	}
	if want == 2 {
		return binary{}, fmt.Errorf("%s holds data of InfluxDB 2.x: put its influxd on PATH, or set RIONE_INFLUX_URL", o.Dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return binary{}, fmt.Errorf("find a place for InfluxDB: %w; %s", err, instead)
	}
	path, err := build(ctx, filepath.Join(cache, "rione", "influxd-"+builtVersion), o.Progress)
	return binary{path, 1}, err
}

var versionNumber = regexp.MustCompile(`v(\d+)\.(\d+)`)

// generationOf asks a binary for its version. Binaries that were built without
// release flags give no number, but only 2.x tells its build date.
func generationOf(ctx context.Context, path string) (generation, error) {
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return 0, fmt.Errorf("%s version: %w", path, err)
	}
	return parseVersion(string(out))
}

func parseVersion(s string) (generation, error) {
	s = strings.TrimSpace(s)
	m := versionNumber.FindStringSubmatch(s)
	switch {
	case !strings.HasPrefix(s, "InfluxDB "):
	case m != nil && m[1] == "2", m == nil && strings.Contains(s, "build_date"):
		return 2, nil
	case m != nil && m[1] == "1" && m[2] == "8", m == nil && strings.Contains(s, "vunknown"):
		return 1, nil
	}
	return 0, fmt.Errorf("need InfluxDB 1.8 or 2.x, found %q", s)
}

// home is where a generation keeps its data within the data folder.
func (g generation) home(dir string) string { return filepath.Join(dir, fmt.Sprintf("influxdb%d", g)) }

// keptBy returns the generation whose data are in dir, 0 when there are none.
func keptBy(dir string) generation {
	for _, g := range []generation{1, 2} {
		if _, err := os.Stat(g.home(dir)); err == nil {
			return g
		}
	}
	return 0
}
