package api

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"rione/devices"
)

// linesType is the media type of JSON objects, one a line.
const linesType = "application/x-ndjson"

// ImportLine is one line of an import's answer: how far it is, and in the last
// one what came of it.
type ImportLine struct {
	Stage   devices.Stage `json:"stage,omitempty" enum:"read,secrets,store"`
	Done    int           `json:"done" doc:"Of total: bytes of the file, rows, or devices."`
	Total   int           `json:"total"`
	Result  *ImportResult `json:"result,omitempty" doc:"Of the last line, when all is done."`
	Problem any           `json:"problem,omitempty" doc:"Of the last line, when nothing was done: an error as this API answers it (RFC 9457)."`
}

// tellEvery is how often an import says how far it is within a stage.
const tellEvery = 250 * time.Millisecond

// importLines writes how far an import is.
type importLines struct {
	w http.ResponseWriter

	mu    sync.Mutex
	stage devices.Stage
	last  time.Time
}

func newImportLines(w http.ResponseWriter) *importLines {
	w.Header().Set("Content-Type", linesType)
	w.WriteHeader(http.StatusOK)
	return &importLines{w: w}
}

// run imports a file and writes how far it is, then what came of it.
func (l *importLines) run(ctx context.Context, s *Server, in *importInput) {
	result, err := s.importFile(ctx, in, l.hear)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.write(ImportLine{Problem: s.problem(err)})
		return
	}
	l.write(ImportLine{Result: result})
}

// hear is a devices.Progress. The first line of a stage is written at once.
func (l *importLines) hear(stage devices.Stage, done, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); stage != l.stage || done == total || now.Sub(l.last) >= tellEvery {
		l.stage, l.last = stage, now
		l.write(ImportLine{Stage: stage, Done: done, Total: total})
	}
}

// write needs l.mu. Nobody is told that the client went away: the request's
// context ends with it.
func (l *importLines) write(line ImportLine) {
	rc := http.NewResponseController(l.w)
	_ = rc.SetWriteDeadline(time.Now().Add(transferTime)) // a recorder in tests has no deadlines
	_ = json.NewEncoder(l.w).Encode(line)
	_ = rc.Flush()
}
