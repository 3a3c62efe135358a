package main

import (
	"bytes"
	"errors"
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
	cmd.AddCommand(newGeoImport(), newGeoList(), newGeoRemove(), newGeoLocate())
	return cmd
}

// boundaryFile is a file of boundaries that an operator brings in.
type boundaryFile struct {
	name     string // to keep it under
	comune   string // whose zones it holds; empty: each feature names its comune
	property string // that names a zone
}

func newGeoImport() *cobra.Command {
	var f boundaryFile
	cmd := &cobra.Command{
		Use: "import FILE.geojson", Short: "Load boundaries of comuni or zones; a file of the same name is replaced",
		Long: `Features of comuni, and of zones that name their comune, say which by a property com_istat_code, pro_com_t, pro_com, istat_code or comune.
--comune CODE is for a municipality's own file of its zones, which does not: a zone's name is in zone, municipio, quartiere, name or nome,
or in what --property says. What cannot be used is told and left out. Devices that are registered keep their zone until their file is
imported again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return importBoundaries(c, args[0], f) },
	}
	cmd.Flags().StringVar(&f.name, "name", "", "name to keep the file under: small letters, digits and hyphens (default: its own)")
	cmd.Flags().StringVar(&f.comune, "comune", "", "ISTAT code of the comune whose zones they are")
	cmd.Flags().StringVar(&f.property, "property", "", "property that names a zone, with --comune")
	return cmd
}

func importBoundaries(c *cobra.Command, path string, f boundaryFile) error {
	if err := f.check(); err != nil {
		return usageError{err}
	}
	cfg, err := loadConfig(c)
	if err != nil {
		return err
	}
	file, err := readFile(c, path)
	if err != nil {
		return err
	}
	areas, problems, err := f.read(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, p := range problems {
		fmt.Fprintln(c.ErrOrStderr(), "left out:", p)
	}
	if len(areas) == 0 {
		return fmt.Errorf("%s holds no boundary that can be used; see `rione geo import --help`", path)
	}
	if f.name == "" {
		f.name = plainName(path)
	}
	var usable bytes.Buffer // of each feature what can be used, and its comune
	if err := geo.WriteBoundaries(&usable, areas); err != nil {
		return err
	}
	cl, err := running(cfg)
	if err == nil {
		err = cl.do(c.Context(), http.MethodPost, "/v1/geo/boundaries", url.Values{"name": {f.name}}, "application/geo+json", usable.Bytes(), nil)
	} else {
		err = withRegistry(c.Context(), cfg, func(r *app.Registry) error { return r.PutBoundaries(c.Context(), commandLine, f.name, usable.Bytes()) })
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%d boundaries loaded as %s, %d left out\n", len(areas), f.name, len(problems))
	return nil
}

func (f boundaryFile) check() error {
	if f.property != "" && f.comune == "" {
		return errors.New("--property is for a comune's own zones; say which by --comune")
	}
	if f.name != "" && f.name != plainName(f.name) {
		return fmt.Errorf("--name is %q; write small letters, digits and hyphens, such as %s", f.name, plainName(f.name))
	}
	if f.comune == "" {
		return nil
	}
	if err := geo.CheckCode(f.comune); err != nil {
		return fmt.Errorf("--comune is %q: %w", f.comune, err)
	}
	return nil
}

func (f boundaryFile) read(file []byte) ([]geo.Area, []geo.Problem, error) {
	if f.comune == "" {
		return geo.ReadBoundaries(bytes.NewReader(file))
	}
	return geo.ReadZones(bytes.NewReader(file), f.comune, f.property)
}

// plainName is what a file is kept as: its name without its ending, in small
// letters, digits and hyphens, at most 64 of them.
func plainName(path string) string {
	name := filepath.Base(path)
	name = strings.TrimSuffix(name, filepath.Ext(name))
	name = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(name))
	name = strings.Trim(name[:min(len(name), 64)], "-")
	if name == "" {
		return "boundaries"
	}
	return name
}
