package api

import (
	"net/http"
	"slices"
)

// stillAdmitted returns what tells whether a stream's request would be let in
// again as who it was: a token may be revoked or expire while the stream runs.
func (s *Server) stillAdmitted(r *http.Request, pattern string) func() bool {
	was := callerOf(r.Context())
	return func() bool {
		who, status := s.gate.admit(r, access[pattern])
		return status == 0 && who.role == was.role && slices.Equal(who.scope.comuni, was.scope.comuni)
	}
}
