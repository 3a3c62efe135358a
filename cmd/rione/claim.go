package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newDevicesClaimCode() *cobra.Command {
	var o struct {
		name, comune, kind, model, group, revoke string
		valid                                    time.Duration
		uses                                     int
		approve, list, asJSON                    bool
	}
	cmd := &cobra.Command{
		Use: "claim-code", Short: "Make a code by which an installer registers devices on the page /claim",
		Long: "The code is printed this once. Whoever has it registers devices of one kind in one comune, some times, for some time, with the\n" +
			"position of the phone; they wait for approval, unless --approve says otherwise. --list shows the codes, --revoke makes one void.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			making := !o.list && o.revoke == ""
			if making && (o.comune == "" || o.kind == "") {
				return usageError{errors.New("say for which --comune and --kind the code is")}
			}
			cl, err := runningHere(c)
			if err != nil {
				return err
			}
			switch {
			case o.list:
				return listClaimCodes(c, cl, o.asJSON)
			case o.revoke != "":
				return cl.do(c.Context(), http.MethodDelete, "/v1/claims/"+url.PathEscape(o.revoke), nil, "", nil, nil)
			}
			if o.name == "" {
				o.name = o.kind + " in " + o.comune
			}
			var made api.NewClaimCode
			body := map[string]any{
				"name": o.name, "comune": o.comune, "kind": o.kind, "model": o.model, "group": o.group,
				"approve": o.approve, "uses": o.uses, "expires": time.Now().Add(o.valid).UTC(),
			}
			if err := cl.post(c.Context(), "/v1/claims", body, &made); err != nil {
				return err
			}
			if o.asJSON {
				return printJSON(c, made)
			}
			fmt.Fprintln(c.OutOrStdout(), made.Code)
			fmt.Fprintf(c.ErrOrStderr(), "for %d devices until %s; page: /claim#%s\n", made.Uses, made.Expires.Format(time.RFC3339), made.Code)
			return nil
		},
	}
	cmd.Flags().StringVar(&o.comune, "comune", "", "ISTAT code of the comune")
	cmd.Flags().StringVar(&o.kind, "kind", "", "kind of the devices")
	cmd.Flags().StringVar(&o.name, "name", "", "who or what the code is for")
	cmd.Flags().StringVar(&o.model, "model", "", "given to the devices")
	cmd.Flags().StringVar(&o.group, "group", "", "given to the devices")
	cmd.Flags().DurationVar(&o.valid, "valid", 72*time.Hour, "how long the code is good")
	cmd.Flags().IntVar(&o.uses, "uses", 1, "how many devices it is for")
	cmd.Flags().BoolVar(&o.approve, "approve", false, "approve its devices at once")
	cmd.Flags().BoolVar(&o.list, "list", false, "list the codes, without their text")
	cmd.Flags().StringVar(&o.revoke, "revoke", "", "make the code of this id void")
	jsonFlag(cmd, &o.asJSON)
	return cmd
}

func listClaimCodes(c *cobra.Command, cl *client, asJSON bool) error {
	var list api.ClaimCodeList
	if err := cl.get(c.Context(), "/v1/claims", nil, &list); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c, list.Codes)
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tCOMUNE\tKIND\tUSED\tOF\tEXPIRES\tREVOKED")
	for _, code := range list.Codes {
		revoked := "-"
		if !code.Revoked.IsZero() {
			revoked = code.Revoked.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", code.ID, code.Name, code.Comune, code.Kind, code.Used, code.Uses, code.Expires.Format(time.RFC3339), revoked)
	}
	return w.Flush()
}
