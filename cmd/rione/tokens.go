package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/devices/access"
)

func newTokens() *cobra.Command {
	cmd := &cobra.Command{Use: "tokens", Short: "Tokens of the API, of the HTTP door, and of devices that enrol"}
	cmd.AddCommand(newTokensCreate(), newTokensList(), newTokensRevoke())
	return cmd
}

func newTokensCreate() *cobra.Command {
	var wanted access.Token
	var role string
	var valid time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make a token; its text is shown this once",
		Long: "The roles are reader, operator, installer and administrator (API), publisher (HTTP door) and enroller\n" +
			"(devices that nobody registered: user name enrol:COMUNE:KIND, password TOKEN.SECRET with a secret of their own).",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			wanted.Name, wanted.Role = args[0], access.Role(role)
			if valid > 0 {
				wanted.Expires = time.Now().Add(valid).UTC().Truncate(time.Second)
			}
			made, err := createToken(c.Context(), cfg, wanted)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, made)
			}
			fmt.Fprintln(c.OutOrStdout(), made.Text)
			return nil
		},
	}
	cmd.Flags().StringVar(&role, "role", string(access.Reader), "what its bearer may do")
	cmd.Flags().StringSliceVar(&wanted.Comuni, "comune", nil, "only for these comuni (ISTAT codes)")
	cmd.Flags().StringSliceVar(&wanted.Formats, "format", nil, "only for these formats (publisher)")
	cmd.Flags().DurationVar(&valid, "valid", 0, "how long it is good, such as 720h; for ever when not given")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func createToken(ctx context.Context, cfg config.Config, wanted access.Token) (made api.NewToken, err error) {
	cl, err := running(cfg)
	if err == nil {
		return made, cl.post(ctx, "/v1/tokens", tokenRequest(wanted), &made)
	}
	err = withRegistry(ctx, cfg, func(r *app.Registry) error {
		text, token, err := r.Tokens().Create(ctx, commandLine, wanted)
		made = api.NewToken{IssuedToken: api.IssuedToken(token), Text: text}
		return err
	})
	return made, err
}

// tokenRequest is what the API is asked for a token.
func tokenRequest(t access.Token) map[string]any {
	request := map[string]any{"name": t.Name, "role": t.Role}
	if len(t.Comuni) > 0 {
		request["comuni"] = t.Comuni
	}
	if len(t.Formats) > 0 {
		request["formats"] = t.Formats
	}
	if !t.Expires.IsZero() {
		request["expires"] = t.Expires
	}
	return request
}

func newTokensList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List tokens, oldest first", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		list, err := listTokens(c.Context(), cfg)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c, list.Tokens)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tROLE\tCOMUNI\tSTATE\tCREATED\tBY")
		for _, t := range list.Tokens {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Role, strings.Join(t.Comuni, " "), tokenState(access.Token(t)), t.Created.Format(time.DateOnly), t.Author)
		}
		return w.Flush()
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func listTokens(ctx context.Context, cfg config.Config) (list api.TokenList, err error) {
	cl, err := running(cfg)
	if err == nil {
		return list, cl.get(ctx, "/v1/tokens", nil, &list)
	}
	list.Tokens = []api.IssuedToken{}
	err = lookInRegistry(ctx, cfg, func(r *app.Registry) error {
		for _, t := range r.Tokens().List() {
			list.Tokens = append(list.Tokens, api.IssuedToken(t))
		}
		return nil
	})
	return list, err
}

func tokenState(t access.Token) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked " + t.Revoked.Format(time.DateOnly)
	case !t.InForce(time.Now()):
		return "expired"
	case t.Expires.IsZero():
		return "in force"
	}
	return "until " + t.Expires.Format(time.DateOnly)
}

func newTokensRevoke() *cobra.Command {
	return &cobra.Command{Use: "revoke TOKEN", Short: "Make a token void, named by id or name", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		cl, err := running(cfg)
		if err == nil {
			return cl.do(c.Context(), http.MethodDelete, "/v1/tokens/"+url.PathEscape(args[0]), nil, "", nil, nil)
		}
		return lookInRegistry(c.Context(), cfg, func(r *app.Registry) error {
			_, err := r.Tokens().Revoke(c.Context(), commandLine, args[0])
			return err
		})
	}}
}
