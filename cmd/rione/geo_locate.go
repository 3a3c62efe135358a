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

	"github.com/spf13/cobra"

	"rione/api"
	"rione/cmd/rione/app"
	"rione/geo"
)

// locator says where points are, in their order.
type locator func(context.Context, []geo.Point) ([]geo.Place, error)

func newGeoLocate() *cobra.Command {
	var boundaries string
	cmd := &cobra.Command{
		Use: "locate [LAT,LON]", Short: "Print the comune and zone of a point, or of points on standard input, one a line",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if boundaries != "" {
				ix, err := readIndex(c, boundaries)
				if err != nil {
					return err
				}
				return locate(c, args, here(ix))
			}
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			if cl, err := running(cfg); err == nil {
				return locate(c, args, cl.locate)
			}
			return lookInRegistry(c.Context(), cfg, func(r *app.Registry) error { return locate(c, args, here(r.Places())) })
		},
	}
	cmd.Flags().StringVar(&boundaries, "boundaries", "", "GeoJSON file to look in, instead of what was imported")
	return cmd
}

// southern returns the arguments of rione with a point of the southern hemisphere
// behind --, since it begins like a flag.
func southern(args []string) []string {
	if len(args) < 3 || args[0] != "geo" || args[1] != "locate" {
		return args
	}
	for i, arg := range args {
		if arg == "--" {
			return args
		}
		if _, err := geo.ParsePoint(arg); err == nil && strings.HasPrefix(arg, "-") {
			return append(slices.Delete(slices.Clone(args), i, i+1), "--", arg)
		}
	}
	return args
}

func readIndex(c *cobra.Command, path string) (*geo.Index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	areas, problems, err := geo.ReadBoundaries(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, p := range problems {
		fmt.Fprintln(c.ErrOrStderr(), "left out:", p)
	}
	return geo.NewIndex(areas), nil
}

func locate(c *cobra.Command, args []string, in locator) error {
	if len(args) == 1 {
		p, err := geo.ParsePoint(args[0])
		if err != nil {
			return usageError{err}
		}
		return printPlaces(c, in, []geo.Point{p})
	}
	lines := pointLines{lines: bufio.NewReaderSize(c.InOrStdin(), 64<<10)}
	for {
		points, err := lines.next()
		if len(points) > 0 {
			if err := printPlaces(c, in, points); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// pointLines reads points from lines.
type pointLines struct {
	lines *bufio.Reader
	n     int // lines read
}

// next returns the points of the lines that are there already, and waits for one
// at least, so that who types points is answered one by one. With an error come
// the points before it.
func (l *pointLines) next() (points []geo.Point, err error) {
	for len(points) < api.MaxPoints {
		text, err := l.lines.ReadString('\n')
		l.n++
		if text = strings.TrimSpace(text); text != "" {
			p, wrong := geo.ParsePoint(text)
			if wrong != nil {
				return points, usageError{fmt.Errorf("line %d: %w", l.n, wrong)}
			}
			points = append(points, p)
		}
		if err != nil || len(points) > 0 && l.lines.Buffered() == 0 {
			return points, err
		}
	}
	return points, nil
}

func printPlaces(c *cobra.Command, in locator, points []geo.Point) error {
	places, err := in(c.Context(), points)
	if err != nil {
		return err
	}
	var out strings.Builder
	for _, at := range places {
		switch {
		case at.Comune == "":
			out.WriteString("-\n")
		case at.Zone == "":
			fmt.Fprintln(&out, at.Comune)
		default:
			fmt.Fprintln(&out, at.Comune, at.Zone)
		}
	}
	_, err = io.WriteString(c.OutOrStdout(), out.String())
	return err
}

// here locates in boundaries of this process.
func here(in interface{ Locate(geo.Point) geo.Place }) locator {
	return func(_ context.Context, points []geo.Point) ([]geo.Place, error) {
		places := make([]geo.Place, len(points))
		for i, p := range points {
			places[i] = in.Locate(p)
		}
		return places, nil
	}
}

// locate asks the running rione; it is a locator.
func (c *client) locate(ctx context.Context, points []geo.Point) ([]geo.Place, error) {
	var out api.Locations
	if err := c.post(ctx, "/v1/geo/locate", api.Points{Points: points}, &out); err != nil {
		return nil, err
	}
	if len(out.Places) != len(points) {
		return nil, fmt.Errorf("rione located %d of %d points", len(out.Places), len(points))
	}
	places := make([]geo.Place, len(points))
	for i, at := range out.Places {
		places[i] = geo.Place{Comune: at.Comune, Zone: at.Zone}
	}
	return places, nil
}
