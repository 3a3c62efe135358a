package app

import (
	"context"
	"fmt"
	"os"

	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/decode/script"
	"rione/ingest/decode/scrub"
)

// startFormats reads what the city brought of its own: codecs in JavaScript, in
// a folder of the data folder.
func (a *App) startFormats(context.Context) error {
	a.formats = decode.Options{PublicNetworks: a.opt.Config.Networks()}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	runner, err := script.New(script.Options{Command: []string{program, "script-host"}, Logger: a.log})
	if err != nil {
		return err
	}
	a.life.push("codecs", func(context.Context) error { return runner.Close() })
	library, err := script.Open(a.folder.Path("codecs"), runner)
	if err != nil {
		return fmt.Errorf("codecs: %w", err)
	}
	if len(library.Names()) > 0 {
		a.formats.Scripts = library
	}
	return nil
}

// scrubbing returns the intake that doors submit to.
func (a *App) scrubbing() ingest.Intake {
	return scrub.Before(a.intake, scrub.Options{Route: a.routeOf, Public: a.formats.PublicNetworks})
}

func (a *App) decoderOf(format string) ingest.Decoder {
	if f, ok := a.formats.Lookup(format); ok {
		return f.New()
	}
	return nil
}

func (a *App) formatNames() []string {
	var out []string
	for _, f := range a.formats.Formats() {
		out = append(out, f.Name)
	}
	return out
}
