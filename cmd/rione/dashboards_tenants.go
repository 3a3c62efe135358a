package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/text/unicode/norm"

	"rione/geo"
)

// administration is a comune or a union of comuni, as an entry of the file that
// RIONE_GRAFANA_TENANTS names.
type administration struct {
	Name            string   `json:"name"`
	TokenFile       string   `json:"token_file"`
	InfluxTokenFile string   `json:"influx_token_file"`
	Comuni          []string `json:"comuni"`
}

func newTenants() *cobra.Command {
	return &cobra.Command{
		Use: "tenants INITIATIVE", Short: "Write a first file of tenants: one for each administration of an initiative", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list := administrations(args[0])
			if len(list) == 0 {
				return usageError{fmt.Errorf("no comune takes part in %q", args[0])}
			}
			return printJSON(c, list)
		},
	}
}

// administrations returns those that take part in an initiative, in the order
// of their names. Comuni of a union act as one.
func administrations(initiative string) []administration {
	var out []administration
	for _, a := range geo.Administrations(initiative) {
		name := tenantName(a.Name)
		out = append(out, administration{
			Name: name, TokenFile: "secrets/" + name + ".grafana", InfluxTokenFile: "secrets/" + name + ".influx", Comuni: a.Comuni,
		})
	}
	slices.SortFunc(out, func(a, b administration) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// tenantName brings a name to a-z, 0-9 and dashes.
func tenantName(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r): // accents
			return -1
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			return unicode.ToLower(r)
		}
		return '-'
	}, norm.NFD.String(name))
	return strings.Join(strings.FieldsFunc(plain, func(r rune) bool { return r == '-' }), "-")
}
