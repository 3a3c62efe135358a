package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// Export writes the set to dir as Grafana imports it by hand or by file
// provisioning: UID.json for each dashboard, datasources.yaml and
// dashboards.yaml. The same set gives the same files; files of dashboards that
// the set no longer has are removed. No secret is written: datasources.yaml
// refers to the environment variable RIONE_INFLUX_TOKEN of Grafana.
func Export(s Set, dir string) error {
	if err := s.Validate(); err != nil {
		return err
	}
	files := map[string][]byte{
		"datasources.yaml": s.dataSourcesYAML(),
		"dashboards.yaml":  s.providerYAML(),
	}
	for _, r := range s.Resources() {
		if r.Kind != Dashboards {
			continue
		}
		raw, err := pretty(r.Body)
		if err != nil {
			return fmt.Errorf("write %s as JSON: %w", r.UID, err)
		}
		files[r.UID+".json"] = raw
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := removeStale(dir, s.Label, files); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// ExportLive writes the dashboards that the plan would change or delete to dir,
// as they are now: so that what people did by hand can be kept, or taken over.
// It returns how many these are; with none, dir is not made.
func (p Plan) ExportLive(dir string) (int, error) {
	written := 0
	for _, c := range p.Changes {
		if c.Kind != Dashboards || c.live.Body == nil {
			continue
		}
		body := maps.Clone(c.live.Body)
		for _, k := range []string{"id", "version", appliedKey} {
			delete(body, k)
		}
		raw, err := pretty(body)
		if err != nil {
			return written, fmt.Errorf("write %s as JSON: %w", c.UID, err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return written, err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(c.UID)+".json"), raw, 0o644); err != nil {
			return written, err
		}
		written++
	}
	return written, nil
}

// pretty writes v as JSON for people and for version control.
func pretty(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

// removeStale removes dashboards of the label that are not among files.
func removeStale(dir, label string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if files[name] != nil || !strings.HasPrefix(name, label+"_") || filepath.Ext(name) != ".json" {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) dataSourcesYAML() []byte {
	var b bytes.Buffer
	b.WriteString("# For Grafana's provisioning/datasources. Set RIONE_INFLUX_TOKEN in Grafana's environment.\n" +
		"apiVersion: 1\ndatasources:\n")
	for _, d := range s.DataSources {
		r := s.dataSource(d)
		fmt.Fprintf(&b, "  - uid: %q\n    name: %q\n    type: influxdb\n    access: proxy\n    url: %q\n", r.UID, r.Title, d.URL)
		fmt.Fprintf(&b, "    jsonData:\n      dbName: %q\n      httpMode: POST\n      version: InfluxQL\n", d.Database)
		if d.Token != "" {
			b.WriteString("      httpHeaderName1: Authorization\n" +
				"    secureJsonData:\n      httpHeaderValue1: Token $RIONE_INFLUX_TOKEN\n")
		}
	}
	return b.Bytes()
}

func (s *Set) providerYAML() []byte {
	return fmt.Appendf(nil, `# For Grafana's provisioning/dashboards. Put the JSON files where options.path says.
apiVersion: 1
providers:
  - name: %q
    folder: %q
    type: file
    disableDeletion: false
    allowUiUpdates: false
    options:
      path: /var/lib/grafana/dashboards/%s
`, s.Label, s.Label, s.Label)
}
