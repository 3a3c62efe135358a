package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	protocol "github.com/influxdata/line-protocol"

	"rione/ingest/schema"
)

// lineReader reads one line of a file of readings as a native message that
// names its device and measurement.
type lineReader func(line []byte) (map[string]any, error)

// readerOf returns how the lines of a file are read, and whether its first line
// is only a header. What cannot be told from the name is told from that line.
func readerOf(format string, first []byte) (read lineReader, header bool, err error) {
	if format == "" {
		switch {
		case bytes.HasPrefix(bytes.TrimSpace(first), []byte("{")):
			format = "ndjson"
		case bytes.Contains(first, []byte(" ")) && bytes.Contains(first, []byte("=")):
			format = "lp"
		default:
			format = "csv"
		}
	}
	switch format {
	case "ndjson":
		return readNDJSON, false, nil
	case "lp":
		return readLineProtocol, false, nil
	case "csv":
		read, err = csvReader(first)
		return read, true, err
	}
	return nil, false, usageError{fmt.Errorf("--format is %q; say csv, ndjson or lp", format)}
}

// message makes the native message of one reading: values and tags by name.
func message(device, measurement string, at any, members map[string]any) (map[string]any, error) {
	m := schema.Lookup(measurement)
	switch {
	case device == "":
		return nil, errors.New("device_id is missing")
	case m == nil || schema.Rollup(m, schema.Hour) == nil:
		return nil, fmt.Errorf("measurement %q: there is none of devices of that name; /v1/schema lists them", measurement)
	}
	when, err := timeOf(at)
	if err != nil {
		return nil, err
	}
	out, values := map[string]any{}, 0
	for name, v := range members {
		switch {
		case m.Field(name) != nil:
			values++
		case m.Tag(name) == nil:
			return nil, fmt.Errorf("%s has no field or tag %q", measurement, name)
		}
		out[name] = v
	}
	if values == 0 {
		return nil, errors.New("there is no value")
	}
	return map[string]any{"device_id": device, "ts": when.UTC().Format(time.RFC3339Nano), measurement: []any{out}}, nil
}

// timeOf reads RFC 3339, or Unix time in s, ms, µs or ns by its magnitude.
func timeOf(v any) (time.Time, error) {
	text := fmt.Sprint(v)
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, fmt.Errorf("time %q: write RFC 3339 with an offset, or Unix time", text)
	}
	switch { // seconds until the year 5138
	case n < 1e11:
		return time.Unix(n, 0), nil
	case n < 1e14:
		return time.UnixMilli(n), nil
	case n < 1e17:
		return time.UnixMicro(n), nil
	}
	return time.Unix(0, n), nil
}

func readNDJSON(line []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var in map[string]any
	if err := dec.Decode(&in); err != nil {
		return nil, fmt.Errorf("no JSON object: %w", err)
	}
	device, _ := in["device_id"].(string)
	measurement, _ := in["measurement"].(string)
	at, ok := in["time"]
	if !ok {
		at = in["ts"]
	}
	for _, name := range []string{"device_id", "measurement", "time", "ts"} {
		delete(in, name)
	}
	return message(device, measurement, at, in)
}

// readLineProtocol reads what InfluxDB exports. Tags and fields that rione adds
// by itself are left to it.
func readLineProtocol(line []byte) (map[string]any, error) {
	handler := protocol.NewMetricHandler()
	handler.SetTimeFunc(func() time.Time { return time.Time{} }) // that of a line without one
	all, err := protocol.NewParser(handler).Parse(append(bytes.Clone(line), '\n'))
	switch {
	case err != nil:
		return nil, fmt.Errorf("no line protocol: %w", err)
	case len(all) != 1:
		return nil, errors.New("no line protocol")
	case all[0].Time().IsZero():
		return nil, errors.New("the line has no time")
	}
	device, members := "", map[string]any{}
	for _, t := range all[0].TagList() {
		switch t.Key {
		case "device_id":
			device = t.Value
		case "comune", "zone", "s2_cell_id":
		default:
			members[t.Key] = t.Value
		}
	}
	for _, f := range all[0].FieldList() {
		if f.Key != "lat" && f.Key != "lon" && f.Key != "q" {
			members[f.Key] = f.Value
		}
	}
	return message(device, all[0].Name(), all[0].Time().UnixNano(), members)
}

// csvReader reads lines under a header: time, device_id, measurement, and fields
// and tags by their names. An empty cell is no value.
func csvReader(header []byte) (lineReader, error) {
	names, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(header, []byte("\ufeff")))).Read()
	if err != nil {
		return nil, fmt.Errorf("the header line cannot be read: %w", err)
	}
	for _, need := range []string{"time", "device_id", "measurement"} {
		if !strings.Contains(","+strings.Join(names, ",")+",", ","+need+",") {
			return nil, fmt.Errorf("the header line has no column %q", need)
		}
	}
	return func(line []byte) (map[string]any, error) {
		cells, err := csv.NewReader(bytes.NewReader(line)).Read()
		if err != nil {
			return nil, err
		}
		if len(cells) != len(names) {
			return nil, fmt.Errorf("%d cells under %d columns", len(cells), len(names))
		}
		fixed, members := map[string]string{}, map[string]any{}
		for i, name := range names {
			switch {
			case name == "time" || name == "device_id" || name == "measurement":
				fixed[name] = cells[i]
			case cells[i] != "":
				members[name] = cells[i] // a number as text is a number
			}
		}
		return message(fixed["device_id"], fixed["measurement"], fixed["time"], members)
	}, nil
}
