package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/cmd/rione/app"
	"rione/geo"
)

func newGeo() *cobra.Command {
	cmd := &cobra.Command{Use: "geo", Short: "Boundaries of comuni and zones"}
	cmd.AddCommand(newGeoImport(), newGeoLocate())
	return cmd
}

func newGeoImport() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "import FILE.geojson", Short: "Load boundaries of comuni or zones; a file of the same name is replaced",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			file, err := readFile(c, args[0])
			if err != nil {
				return err
			}
			areas, problems, err := geo.ReadBoundaries(bytes.NewReader(file))
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			for _, p := range problems {
				fmt.Fprintln(c.ErrOrStderr(), "left out:", p)
			}
			if len(areas) == 0 {
				return fmt.Errorf("%s holds no boundary that can be used", args[0])
			}
			if name == "" {
				name = strings.TrimSuffix(filepath.Base(args[0]), filepath.Ext(args[0]))
			}
			cl, err := running(cfg)
			if err == nil {
				err = cl.do(c.Context(), http.MethodPost, "/v1/geo/boundaries", url.Values{"name": {name}}, "application/geo+json", file, nil)
			} else {
				err = withRegistry(c.Context(), cfg, func(r *app.Registry) error { return r.PutBoundaries(c.Context(), name, file) })
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%d boundaries loaded as %s, %d left out\n", len(areas), name, len(problems))
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "name to keep the file under (default: its own)")
	return cmd
}

// locator says where a point is.
type locator interface{ Locate(geo.Point) geo.Place }

func newGeoLocate() *cobra.Command {
	var boundaries string
	cmd := &cobra.Command{
		Use: "locate [LAT,LON]", Short: "Print the comune and zone of a point, or of points on standard input, one a line",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if boundaries != "" {
				ix, err := readIndex(boundaries)
				if err != nil {
					return err
				}
				return locate(c, args, ix)
			}
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			if cl, err := running(cfg); err == nil {
				r := &remote{ctx: c.Context(), client: cl}
				return errors.Join(locate(c, args, r), r.err)
			}
			return lookInRegistry(c.Context(), cfg, func(r *app.Registry) error { return locate(c, args, r.Places()) })
		},
	}
	cmd.Flags().StringVar(&boundaries, "boundaries", "", "GeoJSON file to look in, instead of what was imported")
	return cmd
}

func readIndex(path string) (*geo.Index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	areas, _, err := geo.ReadBoundaries(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return geo.NewIndex(areas), nil
}

func locate(c *cobra.Command, args []string, in locator) error {
	if len(args) == 1 {
		return locateOne(c, args[0], in)
	}
	lines := bufio.NewScanner(c.InOrStdin())
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		if err := locateOne(c, text, in); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

func locateOne(c *cobra.Command, text string, in locator) error {
	p, err := geo.ParsePoint(text)
	if err != nil {
		return usageError{err}
	}
	at := in.Locate(p)
	switch {
	case at.Comune == "":
		fmt.Fprintln(c.OutOrStdout(), "-")
	case at.Zone == "":
		fmt.Fprintln(c.OutOrStdout(), at.Comune)
	default:
		fmt.Fprintln(c.OutOrStdout(), at.Comune, at.Zone)
	}
	return nil
}

// remote asks the running rione.
type remote struct {
	ctx    context.Context
	client *client
	err    error
}

// Locate implements locator; the first error is kept.
func (r *remote) Locate(p geo.Point) geo.Place {
	var at api.Location
	q := url.Values{"lat": {fmt.Sprint(p.Lat)}, "lon": {fmt.Sprint(p.Lon)}}
	if err := r.client.get(r.ctx, "/v1/geo/locate", q, &at); err != nil && r.err == nil {
		r.err = err
	}
	return geo.Place{Comune: at.Comune, Zone: at.Zone}
}
