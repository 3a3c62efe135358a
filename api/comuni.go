package api

import "context"

type comuniKey struct{}

// withComuni notes which comuni a query of the store can be about, so that a
// Store that keeps comuni apart need not ask everywhere; "" is what is of none.
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

// about notes the comuni of a question: those that it names, or those in which
// its device stood.
func (s *Server) about(ctx context.Context, q *question) context.Context {
	comuni := q.comuni
	if d := s.o.Registry.Snapshot().Device(q.device); d != nil {
		comuni = nil
		for i := range d.Placements {
			comuni = append(comuni, d.Placements[i].Comune)
		}
	}
	return withComuni(ctx, comuni)
}
