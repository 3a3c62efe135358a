package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	credential "rione/devices/access"
)

// Trail is the audit log, which the API reads and cannot change.
type Trail interface {
	Read(ctx context.Context, from uint64, limit int) ([]credential.Entry, error)
	// Last returns the place of the newest entry, 0 when there is none.
	Last(ctx context.Context) (uint64, error)
}

type auditInput struct {
	From   uint64 `query:"from" default:"1" doc:"Place in the log from which on entries are read."`
	Sort   string `query:"sort" enum:"seq,-seq" default:"seq" doc:"By the place in the log; -seq has the newest first."`
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	Cursor string `query:"cursor" maxLength:"2000" doc:"What the page before gave as next."`
}

// AuditEntry is one line of the audit log: who did what, when.
type AuditEntry credential.Entry

// AuditPage is one page of the audit log.
type AuditPage struct {
	Entries []AuditEntry `json:"entries"`
	Next    string       `json:"next,omitempty" doc:"Cursor of the following page."`
}

func (s *Server) routeAudit() {
	handle(s, huma.Operation{OperationID: "read-audit", Method: http.MethodGet, Path: "/v1/audit", Tags: []string{"audit"},
		Summary: "Who changed what", Errors: []int{501}}, s.readAudit)
}

func (s *Server) readAudit(ctx context.Context, in *auditInput) (*body[AuditPage], error) {
	if err := has(s.o.Trail != nil, "audit log"); err != nil {
		return nil, err
	}
	last, err := s.o.Trail.Last(ctx)
	if err != nil {
		return nil, err
	}
	from, n, next, err := in.page(last)
	if err != nil {
		return nil, err
	}
	out := AuditPage{Entries: []AuditEntry{}, Next: next}
	entries, err := s.o.Trail.Read(ctx, from, n)
	for _, e := range entries {
		out.Entries = append(out.Entries, AuditEntry(e))
	}
	if in.newestFirst() {
		slices.Reverse(out.Entries)
	}
	return &body[AuditPage]{Body: out}, err
}

func (in *auditInput) newestFirst() bool { return in.Sort == "-seq" }

// page returns which n entries of a log that ends at last are on the page, and
// the cursor of the next one.
func (in *auditInput) page(last uint64) (from uint64, n int, next string, err error) {
	from = max(1, in.From)
	if in.Cursor != "" {
		place, err := in.place()
		if err != nil {
			return 0, 0, "", err
		}
		if in.newestFirst() {
			last = min(last, place)
		} else {
			from = max(from, place)
		}
	}
	if from > last {
		return from, 0, "", nil
	}
	left := last - from + 1
	n = int(min(left, uint64(in.Limit)))
	following := from + uint64(n)
	if in.newestFirst() {
		from, following = last-uint64(n)+1, last-uint64(n)
	}
	if left > uint64(n) {
		next = writeCursor(fmt.Sprintf("%s %d", in.Sort, following))
	}
	return from, n, next, nil
}

// place reads the cursor: the entry that the page begins with.
func (in *auditInput) place() (uint64, error) {
	text, err := readCursor(in.Cursor)
	if err != nil {
		return 0, err
	}
	sort, digits, _ := strings.Cut(text, " ")
	place, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || sort != in.Sort {
		return 0, errForeignCursor()
	}
	return place, nil
}
