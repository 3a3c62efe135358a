package api

import (
	"context"
	"slices"
	"strings"
)

// reasons sums up by reason what the quarantine still holds of the messages
// received in the range. It is counted now: what was replayed, dropped or
// expired since is no longer in it.
func (s *Server) reasons(ctx context.Context, a *question) (*body[Ledger], error) {
	if err := s.hasQuarantine(); err != nil {
		return nil, err
	}
	groups, err := s.o.Quarantine.Groups(ctx, EntryFilter{Since: a.start, Until: a.end, Comuni: scopeOf(ctx).comuni})
	if err != nil {
		return nil, err
	}
	out := Ledger{Lines: []LedgerLine{}}
	for _, g := range groups {
		i := slices.IndexFunc(out.Lines, func(l LedgerLine) bool { return l.Reason == g.Reason })
		if i < 0 {
			i = len(out.Lines)
			out.Lines = append(out.Lines, LedgerLine{Reason: g.Reason})
		}
		out.Lines[i].Held += int64(g.Count)
		out.Total.Held += int64(g.Count)
	}
	slices.SortFunc(out.Lines, func(a, b LedgerLine) int { return strings.Compare(a.Reason, b.Reason) })
	return &body[Ledger]{Body: out}, nil
}
