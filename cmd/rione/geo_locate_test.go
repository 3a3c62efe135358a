package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"rione/api"
	"rione/geo"
)

// byLatitude answers with the latitude for a code, so that the order shows.
func byLatitude(calls *[]int) locator {
	return func(_ context.Context, points []geo.Point) ([]geo.Place, error) {
		*calls = append(*calls, len(points))
		places := make([]geo.Place, len(points))
		for i, p := range points {
			if p.Lat != 0 {
				places[i] = geo.Place{Comune: fmt.Sprint(p.Lat)}
			}
		}
		return places, nil
	}
}

func TestLocateLines(t *testing.T) {
	f := func(in, want, wrong string) {
		t.Helper()
		cmd := newGeoLocate()
		var out strings.Builder
		var calls []int
		cmd.SetIn(strings.NewReader(in))
		cmd.SetOut(&out)
		cmd.SetContext(t.Context())
		err := locate(cmd, nil, byLatitude(&calls))
		if out.String() != want {
			t.Errorf("%q: %q, want %q", in, out.String(), want)
		}
		if wrong == "" && err == nil {
			return
		}
		if err == nil || wrong == "" || !strings.Contains(err.Error(), wrong) || !errors.As(err, new(usageError)) {
			t.Errorf("%q: %v, want %q", in, err, wrong)
		}
	}
	f("", "", "")
	f("\n\n", "", "")
	f("1,2\n0,0\n3,4\n", "1\n-\n3\n", "")
	f("1,2\r\n\r\n 3, 4 \n", "1\n3\n", "")
	f("1,2\n3,4", "1\n3\n", "")
	f("1,2\n\nRoma\n3,4\n", "1\n", `line 3: position "Roma"`)
	f("100,2\n", "", "line 1: ")
}

// However many points there are, few requests ask for them.
func TestLocateAsksForManyAtOnce(t *testing.T) {
	var in, want strings.Builder
	const n = 3*api.MaxPoints + 1
	for i := range n {
		fmt.Fprintf(&in, "%d,12.5\n", i%80+1)
		fmt.Fprintln(&want, i%80+1)
	}
	cmd := newGeoLocate()
	var out strings.Builder
	var calls []int
	cmd.SetIn(strings.NewReader(in.String()))
	cmd.SetOut(&out)
	cmd.SetContext(t.Context())
	if err := locate(cmd, nil, byLatitude(&calls)); err != nil {
		t.Fatal(err)
	}
	if out.String() != want.String() {
		t.Error("the answers are not those of the points")
	}
	if slices.Max(calls) > api.MaxPoints || len(calls) > n/100 {
		t.Errorf("%d points by %d requests: %v", n, len(calls), calls)
	}
}

// Who types points is answered before the next.
func TestLocateAnswersOneByOne(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		fmt.Fprint(w, "1,2\n") // and nothing more
	}()
	lines := pointLines{lines: bufio.NewReader(r)}
	points, err := lines.next()
	if err != nil || len(points) != 1 || points[0].Lat != 1 {
		t.Errorf("%v, %v", points, err)
	}
	w.Close()
	if points, err = lines.next(); !errors.Is(err, io.EOF) || len(points) != 0 {
		t.Errorf("%v, %v", points, err)
	}
}

// A boundary that cannot be used is told, not left out in silence.
func TestLocateInFile(t *testing.T) {
	file := t.TempDir() + "/zones.geojson"
	const square = `{"type":"Feature","properties":{"com_istat_code":"058091"},"geometry":{"type":"Polygon","coordinates":[[[12,41],[13,41],[13,42],[12,42],[12,41]]]}}`
	const broken = `{"type":"Feature","properties":{"com_istat_code":"058092"},"geometry":{"type":"Polygon","coordinates":[[[12,41],[13,41]]]}}`
	if err := os.WriteFile(file, []byte(`{"type":"FeatureCollection","features":[`+square+`,`+broken+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := newGeoLocate()
	var out, errs strings.Builder
	cmd.SetArgs([]string{"--boundaries", file, "41.5,12.5"})
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	if err := cmd.ExecuteContext(t.Context()); err != nil || out.String() != "058091\n" || !strings.Contains(errs.String(), "left out: ") {
		t.Errorf("%v: %q, %q", err, out.String(), errs.String())
	}
}

// The running rione answers as many points as there are, more than it would take
// requests in a minute.
func TestLocateOfTheRunning(t *testing.T) {
	r := newRig(t, "RIONE_HTTP_RATE=60")
	r.up()
	file := "../../api/testdata/comuni-roma-subset.geojson"
	r.must("", "geo", "import", file)
	var in strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&in, "41.%04d,12.4922\n", 7000+i)
	}
	own := r.must(in.String(), "geo", "locate", "--boundaries", file)
	if got := r.must(in.String(), "geo", "locate"); got != own || !strings.Contains(got, "058091") {
		t.Errorf("%d bytes of answers, want %d", len(got), len(own))
	}
}

// A point south of the equator is a point, wherever it stands, and no flag.
func TestSouthernPoint(t *testing.T) {
	f := func(args, want string) {
		t.Helper()
		if got := strings.Join(southern(strings.Fields(args)), " "); got != want {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
	f("geo locate -33.9,18.4", "geo locate -- -33.9,18.4")
	f("geo locate -33.9,18.4 --boundaries f", "geo locate --boundaries f -- -33.9,18.4")
	f("geo locate --boundaries f -33.9,-18.4", "geo locate --boundaries f -- -33.9,-18.4")
	f("geo locate -- -33.9,18.4", "geo locate -- -33.9,18.4")
	f("geo locate 41.9,-12.5", "geo locate 41.9,-12.5")
	f("geo locate -h", "geo locate -h")
	f("geo locate -33.9", "geo locate -33.9")
	f("geo locate", "geo locate")
	f("devices move air-1 --at -33.9,18.4", "devices move air-1 --at -33.9,18.4")
	f("", "")

	r := newRig(t)
	for _, args := range [][]string{{"-33.9,18.4"}, {"--", "-33.9,18.4"}, {"-33.9,-18.4"}} {
		if out := r.must("", append([]string{"geo", "locate"}, args...)...); out != "-\n" {
			t.Errorf("%v: %q", args, out)
		}
	}
	if _, errs, code := r.run("", "geo", "locate", "-133.9,18.4"); code != exitUsage || errs == "" {
		t.Errorf("no latitude: exit %d, %s", code, errs)
	}
}
