package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	protocol "github.com/influxdata/line-protocol"

	"rione/ingest/schema"
)

// lineReader reads one line of a file of readings as a native message that
// names its device and measurement. It returns nil for a line that is fine and
// holds nothing that could be brought in.
type lineReader func(line []byte) (map[string]any, error)

// readerOf returns how the lines of a file are read, and whether its first line
// is only a header. What cannot be told from the name is told from that line.
func readerOf(format string, first []byte) (read lineReader, header bool, err error) {
	if format == "" {
		switch {
		case bytes.HasPrefix(bytes.TrimSpace(first), []byte("{")):
			format = "ndjson"
		case isDDL(first) || bytes.Contains(first, []byte(" ")) && bytes.Contains(first, []byte("=")):
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

// isAdded tells whether rione gives a reading that tag or field by itself.
func isAdded(name string) bool {
	switch name {
	case "comune", "zone", "s2_cell_id", "q":
		return true
	}
	return false
}

// message makes the native message of one reading: values and tags by name. It is
// nil where everything that the reading holds is added by rione.
func message(device, measurement string, at any, members map[string]any) (map[string]any, error) {
	m := schema.Lookup(measurement)
	switch {
	case device == "":
		return nil, errors.New("device_id: it is missing")
	case m == nil || schema.Rollup(m, schema.Hour) == nil:
		return nil, fmt.Errorf("measurement: there is none of devices called %q; /v1/schema lists them", measurement)
	}
	when, err := timeOf(at)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"device_id": device, "ts": when.UTC().Format(time.RFC3339Nano)}
	inner, values, added := map[string]any{}, 0, 0
	for name, v := range members {
		switch {
		case m.Field(name) != nil:
			inner[name] = v
			values++
		case m.Tag(name) != nil && !isAdded(name):
			inner[name] = v
		case isAdded(name):
			added++
		case name == "lat" || name == "lon": // of a thing that moves; rione knows where the others are
			if out[name], err = degrees(v); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			added++
		default:
			return nil, fmt.Errorf("%s: %s has no such field or tag", name, measurement)
		}
	}
	switch {
	case values > 0:
		out[measurement] = []any{inner}
		return out, nil
	case added > 0:
		return nil, nil
	}
	return nil, errors.New("there is no value")
}

func degrees(v any) (json.Number, error) {
	text := fmt.Sprint(v)
	if n, err := strconv.ParseFloat(text, 64); err != nil || !(n >= -180 && n <= 180) {
		return "", fmt.Errorf("%q: write degrees, with a decimal point", text)
	}
	return json.Number(text), nil
}

// timeOf reads RFC 3339, or Unix time in s, ms, µs or ns by its magnitude.
func timeOf(v any) (time.Time, error) {
	text := ""
	if v != nil {
		text = fmt.Sprint(v)
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, fmt.Errorf("time: %q; write RFC 3339 with an offset, such as 2026-01-31T08:00:00+01:00, or Unix time", text)
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

// readNDJSON reads an object a line. Values may stand in an object of their own, as
// in the readings of the API.
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
	for _, name := range []string{"fields", "tags"} {
		if list, ok := in[name].(map[string]any); ok {
			delete(in, name)
			maps.Copy(in, list)
		}
	}
	return message(device, measurement, at, in)
}

// isDDL tells whether a line is one that makes a database: exports of InfluxDB
// begin with them.
func isDDL(line []byte) bool { return bytes.HasPrefix(line, []byte("CREATE DATABASE ")) }

// readLineProtocol reads what InfluxDB exports: a line may hold a part of a reading.
func readLineProtocol(line []byte) (map[string]any, error) {
	if isDDL(line) {
		return nil, nil
	}
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
		if t.Key == "device_id" {
			device = t.Value
			continue
		}
		members[t.Key] = t.Value
	}
	for _, f := range all[0].FieldList() {
		members[f.Key] = f.Value
	}
	return message(device, all[0].Name(), all[0].Time().UnixNano(), members)
}
