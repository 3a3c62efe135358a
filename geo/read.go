package geo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/twpayne/go-geom/encoding/geojson"
)

// ErrNotBoundaries is returned for a file that is no GeoJSON FeatureCollection.
var ErrNotBoundaries = errors.New("boundaries must be a GeoJSON FeatureCollection")

// ReadBoundaries reads areas from a GeoJSON FeatureCollection (RFC 7946, but
// rings of either winding). What cannot be used is left out and reported; the
// error is for a file that cannot be read at all.
//
// Properties are known by these names, in any letter case:
//
//	comune      com_istat_code (openpolis), pro_com_t, pro_com (ISTAT),
//	            istat_code, or comune when it holds a number; six digits,
//	            leading zeros may be missing
//	zone        zone, municipio, quartiere; or name, when the code of the
//	            comune came from comune; without one the area is the comune
//	name        name, nome, comune
//	validity    valid_from, valid_to: date or RFC 3339
//	schematic   schematic: true for what is no real boundary
func ReadBoundaries(r io.Reader) ([]Area, []Problem, error) {
	return readAreas(r, labelBoundary)
}

// ReadZones reads the zones of one comune from the comune's own GeoJSON file,
// which need not name the comune. property is the feature property that names
// the zone; "" tries zone, municipio, quartiere, name and nome.
func ReadZones(r io.Reader, comune, property string) ([]Area, []Problem, error) {
	if err := CheckCode(comune); err != nil {
		return nil, nil, err
	}
	return readAreas(r, func(p properties) (Area, error) { return labelZone(p, comune, property) })
}

// readAreas reads the features of a file; label makes an area without a shape
// of a feature's properties.
func readAreas(r io.Reader, label func(properties) (Area, error)) ([]Area, []Problem, error) {
	var areas []Area
	var problems []Problem
	count := 0
	err := eachFeature(r, func(raw json.RawMessage) {
		count++
		area, details := readFeature(raw, label)
		for _, detail := range details {
			problems = append(problems, Problem{Feature: count, Name: area.Name, Detail: detail})
		}
		if area.Shape != nil {
			areas = append(areas, area)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	return areas, problems, nil
}

// readFeature reads one feature and says what is wrong with it. The area has no
// shape when it cannot be used.
func readFeature(raw json.RawMessage, label func(properties) (Area, error)) (Area, []string) {
	var feature struct {
		Geometry   *geojson.Geometry `json:"geometry"`
		Properties map[string]any    `json:"properties"`
	}
	if err := json.Unmarshal(raw, &feature); err != nil {
		return Area{}, []string{"is not a GeoJSON feature: " + err.Error()}
	}
	props := newProperties(feature.Properties)
	area, err := label(props)
	if err != nil {
		return Area{Name: props.first("name", "nome", "comune")}, []string{err.Error()}
	}
	var details []string
	area.Shape, details = readShape(feature.Geometry)
	return area, details
}

// eachFeature calls yield with each feature of a FeatureCollection, holding one
// at a time.
func eachFeature(r io.Reader, yield func(json.RawMessage)) error {
	dec := json.NewDecoder(skipBOM(r))
	if err := expect(dec, json.Delim('{')); err != nil {
		return err
	}
	var kind string
	found := false
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return notBoundaries(err)
		}
		switch key {
		case "type":
			err = dec.Decode(&kind)
		case "features":
			found = true
			err = eachElement(dec, yield)
		default:
			err = dec.Decode(new(json.RawMessage))
		}
		if err != nil {
			return notBoundaries(err)
		}
	}
	if err := expect(dec, json.Delim('}')); err != nil {
		return err
	}
	if kind != "FeatureCollection" || !found {
		return fmt.Errorf("%w: the file's type is %q", ErrNotBoundaries, kind)
	}
	return nil
}

// eachElement calls yield with each element of the array that comes next.
func eachElement(dec *json.Decoder, yield func(json.RawMessage)) error {
	if err := expect(dec, json.Delim('[')); err != nil {
		return err
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		yield(raw)
	}
	return expect(dec, json.Delim(']'))
}

// expect reads one token, which must be want.
func expect(dec *json.Decoder, want json.Delim) error {
	got, err := dec.Token()
	if err != nil {
		return notBoundaries(err)
	}
	if got != want {
		return fmt.Errorf("%w: found %v at byte %d, not %v", ErrNotBoundaries, got, dec.InputOffset(), want)
	}
	return nil
}

// notBoundaries returns err as an ErrNotBoundaries.
func notBoundaries(err error) error {
	if errors.Is(err, ErrNotBoundaries) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrNotBoundaries, err)
}

// skipBOM returns r without the byte order mark that some programs put first.
func skipBOM(r io.Reader) io.Reader {
	mark := []byte("\ufeff")
	buffered := bufio.NewReader(r)
	if head, err := buffered.Peek(len(mark)); err == nil && bytes.Equal(head, mark) {
		_, _ = buffered.Discard(len(mark)) // cannot fail: it was peeked
	}
	return buffered
}
