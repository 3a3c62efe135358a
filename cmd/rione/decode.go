package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/cmd/rione/config"
	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/process"
)

func newDecode() *cobra.Command {
	var format, topic, mapped string
	var list, why, asJSON bool
	cmd := &cobra.Command{
		Use: "decode {--format NAME|--mapping FILE} [--topic T] FILE", Short: "Say what a payload means (- reads standard input); needs no server",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case list && len(args) > 0:
				return errors.New("--list takes no file")
			case !list && len(args) != 1:
				return errors.New("name one file, or - for standard input")
			case !list && format == "" && mapped == "":
				return errors.New("--format is missing; `rione decode --list` names the formats")
			case format != "" && mapped != "":
				return errors.New("--mapping says what the payload means, so --format is left out")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if list {
				return listFormats(c, asJSON)
			}
			f, err := formatOf(c, format, mapped)
			if err != nil {
				return err
			}
			payload, err := readFile(c, args[0])
			if err != nil {
				return err
			}
			return explain(c.OutOrStdout(), f, why, &ingest.Message{Received: time.Now().UTC(), Topic: topic, Payload: payload})
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "format of the payload")
	cmd.Flags().StringVar(&mapped, "mapping", "", "file that says what the members of the payload mean, instead of a format")
	cmd.Flags().StringVar(&topic, "topic", "", "topic that it was published on")
	cmd.Flags().BoolVar(&why, "explain", false, "say too what was changed on the way, and why")
	cmd.Flags().BoolVar(&list, "list", false, "list the formats")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// formatOf returns the format of that name, or the one that a mapping file
// describes.
func formatOf(c *cobra.Command, name, mapped string) (decode.Format, error) {
	if mapped == "" {
		own := config.Config{PublicNetworks: os.Getenv("RIONE_PUBLIC_NETWORKS")}
		f, ok := decode.Options{PublicNetworks: own.Networks()}.Lookup(name)
		if !ok {
			return f, usageError{fmt.Errorf("there is no format %q; `rione decode --list` names them", name)}
		}
		return f, nil
	}
	text, err := readFile(c, mapped)
	if err != nil {
		return decode.Format{}, err
	}
	f, err := decode.Mapping(string(text))
	if err != nil {
		return f, fmt.Errorf("%s: %w", mapped, err)
	}
	return f, nil
}

// explain prints a point a line. A message, or a field of one, that means
// nothing is a line with the reason. With why, so is what was changed.
func explain(w io.Writer, f decode.Format, why bool, m *ingest.Message) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	points, notes, refused, err := process.Explain(f.New(), m)
	for _, p := range points {
		if err := out.Encode(p); err != nil {
			return err
		}
	}
	if !why {
		notes = nil
	}
	for i := range notes {
		if err := out.Encode(noted(&notes[i])); err != nil {
			return err
		}
	}
	var r *ingest.Refusal
	if errors.As(err, &r) && len(refused) == 0 {
		refused = []ingest.Refusal{*r}
	}
	for i := range refused {
		if err := out.Encode(quarantined(&refused[i])); err != nil {
			return err
		}
	}
	if err != nil {
		return silentError{}
	}
	return nil
}

func noted(n *process.Note) any {
	return struct {
		Note  process.NoteKind `json:"note"`
		Field string           `json:"field,omitempty"`
		From  string           `json:"from,omitempty"`
		To    string           `json:"to,omitempty"`
		Why   string           `json:"why"`
	}{n.What, n.Field, n.From, n.To, n.Why}
}

func quarantined(r *ingest.Refusal) any {
	detail := r.Detail
	if r.Field != "" {
		detail = r.Field + ": " + detail
	}
	return struct {
		Quarantine ingest.Reason `json:"quarantine"`
		Detail     string        `json:"detail"`
	}{r.Reason, detail}
}

func listFormats(c *cobra.Command, asJSON bool) error {
	type row struct {
		Name          string `json:"name"`
		Title         string `json:"title"`
		Specification string `json:"specification"`
		Topics        string `json:"topics"`
		Yields        string `json:"yields"`
	}
	var rows []row
	for _, f := range decode.Formats() {
		rows = append(rows, row{f.Name, f.Title, f.Specification, f.Topics, f.Yields})
	}
	if asJSON {
		return printJSON(c, rows)
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FORMAT\tSPECIFICATION\tTOPICS\tYIELDS")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Specification, r.Topics, r.Yields)
	}
	return w.Flush()
}
