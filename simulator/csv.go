package simulator

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// WriteCSV writes the registry file of the city's devices. The column secret is
// there when the city's devices have secrets.
func (c *City) WriteCSV(w io.Writer) error {
	header := []string{"device_id", "kind", "comune", "zone", "name", "lat", "lon", "interval_s", "format", "external_id"}
	secrets := len(c.devices) > 0 && c.devices[0].Secret != ""
	if secrets {
		header = append(header, "secret")
	}
	out := csv.NewWriter(w)
	rows := [][]string{header}
	for i := range c.devices {
		d := &c.devices[i]
		row := []string{d.ID, d.Kind, d.Comune, d.Zone, d.Name, degrees(d.At.Lat), degrees(d.At.Lon),
			strconv.Itoa(int(d.Interval.Seconds())), d.Format, d.ExternalID}
		if secrets {
			row = append(row, d.Secret)
		}
		rows = append(rows, row)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the registry file: %w", err)
	}
	return nil
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
