package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/influxql"
	"rione/ingest"
	"rione/ingest/schema"
)

// LedgerLine sums what became of the messages of one comune or door, or what is
// held for one reason.
type LedgerLine struct {
	Comune      string `json:"comune,omitempty"`
	ComuneName  string `json:"comune_name,omitempty"`
	Door        string `json:"door,omitempty"`
	Reason      string `json:"reason,omitempty" doc:"Of a refusal; in lines by reason, which have held and nothing else."`
	Acked       int64  `json:"acked" doc:"Messages acked, as the doors counted them."`
	Stored      int64  `json:"stored"`
	Partial     int64  `json:"partial" doc:"Stored in part, the rest in quarantine."`
	Duplicate   int64  `json:"duplicate"`
	Quarantined int64  `json:"quarantined"`
	Expired     int64  `json:"expired" doc:"Older than the retention."`
	Points      int64  `json:"points"`
	Bytes       int64  `json:"bytes"`
	Open        int64  `json:"open" doc:"Acked in the range and not accounted for in it: what is under way, or was at its ends. 0 in lines of comuni."`
	Held        int64  `json:"held,omitempty" doc:"By reason only: messages received in the range that are in quarantine now, in whole or in part."`
}

// Ledger is what became of the acked messages of a range of time.
type Ledger struct {
	Lines []LedgerLine `json:"lines" doc:"Doors count what they acked without looking at the comune, so acked and open are by door only, and 0 for a token of some comuni."`
	Total LedgerLine   `json:"total"`
}

type ledgerInput struct {
	By    string `query:"by" enum:"comune,door,reason" default:"comune"`
	Start string `query:"start" format:"date-time" maxLength:"40" doc:"RFC 3339, included; 24 h before end when empty."`
	End   string `query:"end" format:"date-time" maxLength:"40" doc:"RFC 3339, not included; now when empty."`
}

func (s *Server) routeLedger() {
	handle(s, huma.Operation{OperationID: "ledger", Method: http.MethodGet, Path: "/v1/ledger", Tags: []string{"service"},
		Summary: "What became of every acked message"}, s.ledger)
}

func (s *Server) ledger(ctx context.Context, in *ledgerInput) (*body[Ledger], error) {
	var a question
	if err := a.setRange(in.Start, in.End, s.o.Now()); err != nil {
		return nil, err
	}
	if in.By == "reason" {
		return s.reasons(ctx, &a)
	}
	m := schema.Lookup("ledger")
	own := scopeOf(ctx)
	q := influxql.From(m).Where("comune", own.comuni...).NotBefore(a.start).Before(a.end).By(in.By)
	for i := range m.Fields {
		q.Aggregate("sum", m.Fields[i].Name)
	}
	answer, err := s.query(withComuni(ctx, []string{""}), q) // it is kept in one place
	if err != nil {
		return nil, err
	}
	out := Ledger{Lines: []LedgerLine{}}
	for i := range answer {
		line := ledgerLine(&answer[i])
		if in.By == "door" && own.all() {
			line.balance()
		}
		out.Lines = append(out.Lines, line)
		out.Total.add(&line)
	}
	if own.all() {
		out.Total.balance()
	}
	return &body[Ledger]{Body: out}, nil
}

func ledgerLine(s *ingest.Series) LedgerLine {
	l := LedgerLine{Comune: s.Tags["comune"], Door: s.Tags["door"]}
	if l.Comune != "" {
		l.ComuneName = comuneName(l.Comune)
	}
	for _, row := range s.Values {
		for i, column := range s.Columns {
			if sum := l.column(column); sum != nil {
				n, _ := ingest.NumberOf(row[i])
				*sum += int64(n)
			}
		}
	}
	return l
}

func (l *LedgerLine) balance() {
	l.Open = l.Acked - l.Stored - l.Partial - l.Duplicate - l.Quarantined - l.Expired
}

func (l *LedgerLine) column(name string) *int64 {
	return map[string]*int64{
		"acked": &l.Acked, "stored": &l.Stored, "partial": &l.Partial, "duplicate": &l.Duplicate,
		"quarantined": &l.Quarantined, "expired": &l.Expired, "points": &l.Points, "bytes": &l.Bytes,
	}[name]
}

func (l *LedgerLine) add(o *LedgerLine) {
	l.Acked += o.Acked
	l.Stored += o.Stored
	l.Partial += o.Partial
	l.Duplicate += o.Duplicate
	l.Quarantined += o.Quarantined
	l.Expired += o.Expired
	l.Points += o.Points
	l.Bytes += o.Bytes
}
