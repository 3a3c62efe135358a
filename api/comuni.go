package api

import "context"

type comuniKey struct{}

// withComuni notes which comuni a query of the store can be about, so that a
// Store that keeps comuni apart need not ask everywhere.
func withComuni(ctx context.Context, comuni []string) context.Context {
	if len(comuni) == 0 {
		return ctx
	}
	return context.WithValue(ctx, comuniKey{}, comuni)
}

// ComuniOf returns the ISTAT codes of the comuni that a query of a Store can be
// about, nothing where it can be about any.
func ComuniOf(ctx context.Context) []string {
	comuni, _ := ctx.Value(comuniKey{}).([]string)
	return comuni
}
