package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

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
